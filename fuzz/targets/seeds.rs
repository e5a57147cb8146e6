//! Writes the seeds: `cargo run --release --features prover --bin seeds`, in this folder.

#[path = "claim/program.rs"]
mod claims;

use inferproof_claims::{Claim, Scope};
use inferproof_inference::generic::{Prover, Verifier, VerifyingKey, commit};
use inferproof_inference::{Curve, Grumpkin, Proof, Visibility, Visible};
use inferproof_program::testing::{Case, build};
use std::fs;

/// Numbers that look random.
fn choices(seed: u64, count: usize) -> Vec<u32> {
    let mut state = seed;
    let next = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32
    };
    std::iter::repeat_with(next).take(count).collect()
}

fn key_and_proof(case: &Case, weights: Visible) -> (Vec<u8>, Proof) {
    let (key, secret) =
        commit::<Grumpkin>(case.weights.clone(), weights, &mut |_, _| true).unwrap();
    let bytes = key.encode();
    let prover = Prover::new(key, secret).unwrap();
    let proof = prover
        .prove(
            &prover.verifier().statement(b"fuzz"),
            &case.inputs,
            &[],
            &mut |_| true,
        )
        .unwrap()
        .proof;
    (bytes, proof)
}

fn main() {
    for folder in [
        "claim",
        "key",
        "proof",
        "program",
        "statement",
        "tensor",
        "view",
    ] {
        fs::create_dir_all(format!("seeds/{folder}")).unwrap();
    }
    let program = claims::program();
    for (number, text) in claims::CLAIMS.iter().enumerate() {
        let claim = Claim::parse(text, &Scope::new(&program)).unwrap();
        fs::write(format!("seeds/claim/text-{number}"), text).unwrap();
        let bytes = postcard::to_allocvec(&claim).unwrap();
        fs::write(format!("seeds/claim/bytes-{number}"), bytes).unwrap();
    }
    // The smallest of some programs that have a weight and a contraction.
    let small = (0..200)
        .map(|seed| build(&choices(seed, 60)))
        .filter(|case| {
            let has = |name: &str| format!("{:?}", case.program.nodes).contains(name);
            has("Weight") && has("Contract") && has("Rescale")
        })
        .min_by_key(|case| {
            case.program
                .tensors
                .iter()
                .map(|t| t.volume())
                .sum::<usize>()
        })
        .unwrap();
    let (key, proof) = key_and_proof(&small, Visible::Private);
    let key_bytes = key.clone();
    fs::write("seeds/key/small", key).unwrap();
    let bytes = proof.encode::<Grumpkin>();
    fs::write("seeds/valid.infproof", &bytes).unwrap();
    fs::write("seeds/proof/valid", &bytes).unwrap();
    fs::write("seeds/proof/edits", [0, 0, 1, 0, 0, 1, 6, 0, 0, 0, 1]).unwrap();
    let decoded = VerifyingKey::<Grumpkin>::decode(&key_bytes).unwrap();
    let verifier = Verifier::new(decoded).unwrap();
    let statement = verifier
        .statement(b"fuzz")
        .with_inputs(Visibility::Committed([7; 32]));
    fs::write(
        "seeds/statement/committed",
        statement.to_json(verifier.program()),
    )
    .unwrap();
    let opening = verifier.commit_input(0, small.inputs[0].clone()).unwrap();
    fs::write(
        "seeds/tensor/commitment",
        opening.commitment().encode(Curve::Grumpkin),
    )
    .unwrap();
    fs::write("seeds/tensor/opening", &*opening.encode(Curve::Grumpkin)).unwrap();
    for seed in 1000..1012 {
        let case = build(&choices(seed, 120));
        let mut bytes = vec![seed as u8 * 37];
        bytes.extend(postcard::to_allocvec(&case.program).unwrap());
        fs::write(format!("seeds/program/{seed}"), bytes).unwrap();
        for node in &case.program.nodes {
            if let inferproof_program::Op::Linear(inferproof_program::Linear { terms }) = &node.op
                && let Some(term) = terms.first()
            {
                fs::write(
                    format!("seeds/view/{seed}"),
                    postcard::to_allocvec(&term.view).unwrap(),
                )
                .unwrap();
            }
        }
    }
    let (key, _) = key_and_proof(&build(&choices(1003, 120)), Visible::Public);
    fs::write("seeds/key/public", key).unwrap();
}
