//! Bytes as a commitment to a tensor, or as what opens one.
#![no_main]

use inferproof_inference::TensorCommitment;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok((commitment, curve)) = TensorCommitment::decode(data) {
        assert_eq!(commitment.encode(curve), data);
        let _ = commitment.id(curve);
    }
    #[cfg(feature = "prover")]
    if let Ok((opening, curve)) = inferproof_inference::TensorOpening::decode(data) {
        assert_eq!(*opening.encode(curve), data);
    }
});
