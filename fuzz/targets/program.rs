//! Bytes as a program: validated, lowered to relations, and made a verifier's key with a commitment of the right shape.
#![no_main]

use inferproof_inference::generic::{Verifier, VerifyingKey};
use inferproof_inference::{Architecture, Grumpkin, KeyError, Limits, Visibility, Visible};
use inferproof_program::Program;
use libfuzzer_sys::fuzz_target;

/// Much lower than the default, so that many inputs are tried: a generator takes long under a sanitizer.
const LIMITS: Limits = Limits {
    rows: 512,
    pads: 512,
    ..Limits::of_work(1 << 20)
};

fn visible(bit: u8) -> Visible {
    if bit & 1 == 0 { Visible::Public } else { Visible::Private }
}

fuzz_target!(|data: &[u8]| {
    let Some((&choices, body)) = data.split_first() else {
        return;
    };
    let Ok(program) = postcard::from_bytes::<Program>(body) else {
        return;
    };
    let Ok(program) = program.validated() else {
        return;
    };
    let architecture = Architecture {
        program,
        visibility: Visibility {
            weights: Visible::Public,
            input: visible(choices),
            output: visible(choices >> 1),
        },
        row_bits: 1 + u32::from(choices >> 2) % 8,
    };
    // The verifier says which commitment it expects; any points will do.
    let mut rows: Vec<usize> = Vec::new();
    for _ in 0..32 {
        let key = VerifyingKey::<Grumpkin> {
            architecture: architecture.clone(),
            commitments: rows.iter().map(|&n| vec![Default::default(); n]).collect(),
            range_proofs: Vec::new(),
        };
        match Verifier::within(key, &LIMITS) {
            Err(KeyError::Rows { expected, got: 0, .. }) if expected < 1 << 9 => rows.push(expected),
            Ok(verifier) => {
                let _ = verifier.check_range_proofs();
                let _ = verifier.argument_length();
                return;
            }
            Err(_) => return,
        }
    }
});
