//! Bytes as a data file: CSV, JSON, `.npy` and `.npz`, for numbers, strings, and values that may be missing.
#![no_main]

use inferproof_onnx::{Port, parse_samples};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let port = |name: &str, shape: &[usize]| Port {
        name: name.into(),
        shape: shape.to_vec(),
        ..Port::default()
    };
    let text = Port {
        categories: vec!["a".into(), String::new()],
        ..port("y", &[1, 1])
    };
    let missing = Port {
        may_be_missing: true,
        ..port("x", &[1, 1])
    };
    let one = [port("x", &[1, 4])];
    let two = [port("x", &[2]), port("y", &[3, 1])];
    let columns = [missing, text];
    for file in ["a.csv", "a.json", "a.npy", "a.npz"] {
        for ports in [&one[..], &two[..], &columns[..]] {
            let Ok(samples) = parse_samples(file, data, ports) else {
                continue;
            };
            for sample in &samples.inputs {
                assert_eq!(sample.len(), ports.len());
                for (values, port) in sample.iter().zip(ports) {
                    assert_eq!(values.len(), port.shape.iter().product::<usize>());
                    let may_be = |v: &f64| v.is_finite() || port.may_be_missing && v.is_nan();
                    assert!(values.iter().all(may_be));
                    let codes = port.categories.len() as f64;
                    assert!(codes == 0.0 || values.iter().all(|v| (0.0..=codes).contains(v)));
                }
            }
        }
    }
});
