//! Bytes as an ONNX model: inspected, imported, and, where it is small, compiled on zeros.
#![no_main]

use inferproof_onnx::{FloatModel, ImportOptions, QuantizeOptions, inspect};
use libfuzzer_sys::fuzz_target;
use std::sync::Once;

/// The front end panics on some malformed models, which the importer catches; libFuzzer's hook would end the process.
static QUIET: Once = Once::new();

fuzz_target!(|data: &[u8]| {
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let result = std::panic::catch_unwind(|| {
        let _ = inspect(data, &ImportOptions::default());
        let Ok(model) = FloatModel::import(data) else {
            return;
        };
        let entries = |shape: &[usize]| shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
        let sizes: Option<Vec<usize>> = model.inputs().iter().map(|p| entries(&p.shape)).collect();
        if let Some(sizes) = sizes.filter(|s| s.iter().all(|&n| n < 1 << 12)) {
            let sample = sizes.iter().map(|&n| vec![0.5f64; n]).collect();
            let options = QuantizeOptions {
                weight_bits: Some(8),
                activation_bits: Some(8),
                ..QuantizeOptions::default()
            };
            let _ = model.compile(&[sample], &options);
        }
    });
    if let Err(panic) = result {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
        eprintln!("a panic came through: {text:?}");
        std::process::abort();
    }
});
