//! Bytes as a program: validated, lowered to relations, and made a verifier's key with a commitment of the right shape.
#![no_main]

use inferproof_inference::generic::{Verifier, VerifyingKey};
use inferproof_inference::{
    Architecture, Disclosed, Disclosure, Grumpkin, KeyError, Limits, Proof, Visibility, Visible,
};
use inferproof_program::Program;
use libfuzzer_sys::fuzz_target;

/// Much lower than the default, so that many inputs are tried: a generator takes long under a sanitizer.
const LIMITS: Limits = Limits {
    rows: 512,
    pads: 512,
    ..Limits::of_work(1 << 20)
};

fn seen(bit: u8) -> Visibility {
    if bit & 1 == 0 {
        Visibility::Public
    } else {
        Visibility::Private
    }
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
        weights: Visible::Public,
        row_bits: 1 + u32::from(choices >> 2) % 8,
    };
    // The verifier says which commitment it expects; any points will do.
    let mut rows: Vec<usize> = Vec::new();
    for _ in 0..32 {
        let key = VerifyingKey::<Grumpkin> {
            architecture: architecture.clone(),
            commitments: rows.iter().map(|&n| vec![Default::default(); n]).collect(),
            range_proofs: Vec::new(),
            card: None,
        };
        match Verifier::within(key, &LIMITS) {
            Err(KeyError::Rows {
                expected, got: 0, ..
            }) if expected < 1 << 9 => rows.push(expected),
            Ok(verifier) => {
                let _ = verifier.check_range_proofs();
                let _ = verifier.argument_length();
                // Relations of another shape, for a proof that shows what such a statement says and argues nothing.
                let statement = verifier.statement(b"");
                let statement = statement
                    .with_inputs(seen(choices))
                    .with_outputs(seen(choices >> 1));
                let disclose = |listed: &inferproof_inference::Listed| match listed.visibility {
                    Visibility::Public => Disclosed::Integers(Vec::new()),
                    _ => Disclosed::Nothing,
                };
                let proof = Proof {
                    disclosure: Disclosure {
                        inputs: statement.inputs.iter().map(disclose).collect(),
                        outputs: statement.outputs.iter().map(disclose).collect(),
                    },
                    statement: statement.clone(),
                    argument: Vec::new(),
                };
                assert!(verifier.verify(&statement, &proof).is_err());
                return;
            }
            Err(_) => return,
        }
    }
});
