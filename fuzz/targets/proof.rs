//! Bytes as a proof, and edits of a valid proof: nothing but that proof is accepted.
#![no_main]

use inferproof_inference::generic::{Verifier, VerifyingKey};
use inferproof_inference::{Disclosed, Grumpkin, Proof, Statement};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static VERIFIER: LazyLock<Verifier<Grumpkin>> = LazyLock::new(|| {
    let key = VerifyingKey::decode(include_bytes!("../seeds/key/small")).unwrap();
    Verifier::new(key).unwrap()
});

static EXPECTED: LazyLock<Statement> = LazyLock::new(|| VERIFIER.statement(b"fuzz"));

static VALID: LazyLock<Proof> = LazyLock::new(|| {
    let proof = Proof::decode::<Grumpkin>(include_bytes!("../seeds/valid.infproof")).unwrap();
    VERIFIER.verify(&EXPECTED, &proof).unwrap();
    proof
});

fn check(proof: &Proof) {
    if VERIFIER.verify(&EXPECTED, proof).is_ok() {
        assert_eq!(*proof, *VALID, "a second proof is accepted");
    }
}

/// An edit takes five bytes: what it does, where, and with which byte.
fn edited(edits: &[u8]) -> Proof {
    let mut proof = VALID.clone();
    for edit in edits.as_chunks::<5>().0 {
        let [kind, a, b, c, byte] = *edit;
        let place = usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16;
        let length = proof.argument.len().max(1);
        match kind % 8 {
            0..=2 => {
                if let Some(slot) = proof.argument.get_mut(place % length) {
                    *slot ^= byte;
                }
            }
            // A scalar or half of a point from another place.
            3 => {
                let (from, to) = (place % length / 32 * 32, usize::from(byte) * 32 % length);
                if from + 32 <= length && to + 32 <= length {
                    proof.argument.copy_within(from..from + 32, to);
                }
            }
            4 => proof.argument.truncate(place % length),
            5 => proof.argument.extend(vec![byte; place % 65]),
            6 => {
                let disclosure = &mut proof.disclosure;
                let list = if a & 1 == 0 {
                    &mut disclosure.inputs
                } else {
                    &mut disclosure.outputs
                };
                if let Some(Disclosed::Integers(tensor)) = list.first_mut() {
                    let place = usize::from(b) % tensor.len().max(1);
                    if let Some(slot) = tensor.get_mut(place) {
                        *slot = slot.wrapping_add(i64::from(byte as i8) << (c % 64));
                    }
                }
            }
            _ => {
                if let Some(slot) = proof.statement.model_id.get_mut(place % 32) {
                    *slot ^= byte;
                }
            }
        }
    }
    proof
}

fuzz_target!(|data: &[u8]| {
    match data.split_first() {
        Some((0, edits)) => check(&edited(edits)),
        _ => {
            if let Ok(proof) = Proof::decode::<Grumpkin>(data) {
                assert_eq!(proof.encode::<Grumpkin>(), data);
                check(&proof);
            }
        }
    }
});
