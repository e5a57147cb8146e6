//! Bytes as a verifying key: decoded, made ready, its range proofs checked.
#![no_main]

use inferproof_inference::generic::{Verifier, VerifyingKey};
use inferproof_inference::{Bn254, Grumpkin, Limits};
use libfuzzer_sys::fuzz_target;

/// Much lower than the default, so that many inputs are tried: a generator takes long under a sanitizer.
const LIMITS: Limits = Limits {
    rows: 512,
    pads: 512,
    ..Limits::of_work(1 << 20)
};

fuzz_target!(|data: &[u8]| {
    let _ = inferproof_inference::kind_of(data);
    let _ = VerifyingKey::<Bn254>::decode(data);
    if let Ok(key) = VerifyingKey::<Grumpkin>::decode(data) {
        assert_eq!(key.encode(), data);
        if let Ok(verifier) = Verifier::within(key, &LIMITS) {
            let _ = verifier.check_range_proofs();
        }
    }
});
