//! Bytes as a data file: JSON, `.npy` and `.npz`.
#![no_main]

use inferproof_onnx::{Port, parse_samples};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let port = |name: &str, shape: &[usize]| Port {
        name: name.into(),
        shape: shape.to_vec(),
    };
    let one = [port("x", &[1, 4])];
    let two = [port("x", &[2]), port("y", &[3, 1])];
    for file in ["a.json", "a.npy", "a.npz"] {
        for ports in [&one[..], &two[..]] {
            if let Ok(samples) = parse_samples(file, data, ports) {
                for sample in &samples.inputs {
                    assert_eq!(sample.len(), ports.len());
                }
            }
        }
    }
});
