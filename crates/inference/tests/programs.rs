//! Random small programs: interpret, prove, verify.

use inferproof_inference::generic::{Prover, Verifier, VerifyingKey, commit};
use inferproof_inference::{Grumpkin, Proof, Visibility, Visible};
use inferproof_program::testing::{Case, programs};
use proptest::prelude::*;

fn visibility(bits: u8) -> Visibility {
    let choose = |bit: u8| {
        if bits >> bit & 1 == 1 {
            Visible::Private
        } else {
            Visible::Public
        }
    };
    Visibility {
        weights: choose(0),
        input: choose(1),
        output: choose(2),
    }
}

fn check(case: Case, visibility: Visibility) {
    let Case {
        program,
        weights,
        inputs,
        ..
    } = case;
    let expected = weights.run(&inputs).unwrap().outputs(&program);
    let (key, secret) = commit::<Grumpkin>(weights, visibility, &mut |_, _| true).unwrap();
    let bytes = key.encode();
    let prover = Prover::new(key, secret).unwrap();
    let inference = prover.prove(&inputs, b"nonce", &mut |_| true).unwrap();
    assert_eq!(inference.outputs, expected);
    let proof = inference.proof.encode::<Grumpkin>();

    let verifier = Verifier::<Grumpkin>::new(VerifyingKey::decode(&bytes).unwrap()).unwrap();
    verifier.check_range_proofs().unwrap();
    let proof = Proof::decode::<Grumpkin>(&proof).unwrap();
    verifier.verify(&proof, b"nonce").unwrap();
    assert!(verifier.verify(&proof, b"another").is_err());
    assert_eq!(
        proof.publics.outputs.is_some(),
        visibility.output == Visible::Public
    );
    if let Some(outputs) = &proof.publics.outputs {
        assert_eq!(*outputs, expected);
        let mut wrong = proof.clone();
        let value = &mut wrong.publics.outputs.as_mut().unwrap()[0][0];
        *value += if *value > 0 { -1 } else { 1 };
        assert!(verifier.verify(&wrong, b"nonce").is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 200, ..ProptestConfig::default() })]
    #[test]
    fn random_programs_are_proven(case in programs(), bits in 0u8..8) {
        check(case, visibility(bits));
    }
}
