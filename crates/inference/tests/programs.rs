//! Random small programs: interpret, prove, verify.

use inferproof_inference::generic::{Prover, Verifier, VerifyingKey, commit};
use inferproof_inference::{Disclosed, Grumpkin, Proof, Visibility, Visible};
use inferproof_program::testing::{Case, programs};
use proptest::prelude::*;

fn seen(number: u8) -> Visibility {
    match number % 3 {
        0 => Visibility::Public,
        1 => Visibility::Private,
        _ => Visibility::Commit,
    }
}

fn check(case: Case, weights: Visible, inputs_seen: Visibility, outputs_seen: Visibility) {
    let Case {
        program,
        weights: integers,
        inputs,
        ..
    } = case;
    let expected = integers.run(&inputs).unwrap().outputs(&program);
    // What may be wider than 32 bits cannot be committed.
    let wide = |id| {
        let tensor = program.tensor(id);
        tensor.is_some_and(|t| t.low < -i64::from(i32::MAX) || t.high > i32::MAX.into())
    };
    let allowed = |seen: Visibility, ids: &[inferproof_program::TensorId]| {
        if seen == Visibility::Commit && ids.iter().any(|&id| wide(id)) {
            Visibility::Private
        } else {
            seen
        }
    };
    let inputs_seen = allowed(inputs_seen, &program.inputs);
    let outputs_seen = allowed(outputs_seen, &program.outputs);
    let (key, secret) = commit::<Grumpkin>(integers, weights, &mut |_, _| true).unwrap();
    let bytes = key.encode();
    let prover = Prover::new(key, secret).unwrap();
    let statement = prover.verifier().statement(b"nonce");
    let statement = statement
        .with_inputs(inputs_seen)
        .with_outputs(outputs_seen);
    let inference = prover.prove(&statement, &inputs, &[], &mut |_| true);
    let inference = inference.unwrap();
    assert_eq!(inference.outputs, expected);
    let proof = inference.proof.encode::<Grumpkin>();

    let verifier = Verifier::<Grumpkin>::new(VerifyingKey::decode(&bytes).unwrap()).unwrap();
    verifier.check_range_proofs().unwrap();
    let proof = Proof::decode::<Grumpkin>(&proof).unwrap();
    verifier.verify(&statement, &proof).unwrap();
    let other = statement.clone().with_context(b"another");
    assert!(verifier.verify(&other, &proof).is_err());
    for (disclosed, values) in proof.disclosure.outputs.iter().zip(&expected) {
        assert_eq!(
            disclosed.integers().is_some(),
            outputs_seen == Visibility::Public
        );
        assert!(disclosed.integers().is_none_or(|shown| shown == values));
    }
    if outputs_seen == Visibility::Public {
        let mut wrong = proof.clone();
        let mut values = expected[0].clone();
        values[0] += if values[0] > 0 { -1 } else { 1 };
        wrong.disclosure.outputs[0] = Disclosed::Integers(values);
        assert!(verifier.verify(&statement, &wrong).is_err());
    }
    // A tensor that came out committed is what the next proof reads.
    if !inference.openings.is_empty() {
        let mut statement = verifier.statement(b"next");
        let mut openings = Vec::new();
        for fresh in inference.openings {
            let id = fresh
                .opening
                .commitment()
                .id(inferproof_inference::Curve::Grumpkin);
            let list = match fresh.role {
                inferproof_inference::Role::Input => &mut statement.inputs,
                inferproof_inference::Role::Output => &mut statement.outputs,
            };
            list[fresh.place].visibility = Visibility::Committed(id);
            openings.push(fresh.opening);
        }
        let next = prover.prove(&statement, &inputs, &openings, &mut |_| true);
        verifier.verify(&statement, &next.unwrap().proof).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 200, ..ProptestConfig::default() })]
    #[test]
    fn random_programs_are_proven(case in programs(), public in any::<bool>(), inputs in 0u8..3, outputs in 0u8..3) {
        let weights = if public { Visible::Public } else { Visible::Private };
        check(case, weights, seen(inputs), seen(outputs));
    }
}
