//! What moves entries about, ranks them, or goes through branches, loops, sequences and functions, against onnxruntime: the float graph closely, the
//! integer program at 16 bits within a stated tolerance. `generate_movement.py` makes the models and the answers.

mod support;

use inferproof_onnx::{FloatModel, QuantizeOptions, dequantize_outputs, quantize_inputs};
use std::collections::BTreeMap;
use support::{Array, arrays, check_all};

/// Of the greatest output: a few roundings at 16 bits.
const TOLERANCE: f64 = 2e-3;

#[test]
fn movements_follow_onnxruntime() {
    let arrays = arrays("movement.npz");
    check_all("movement", 121, |case, onnx| check(case, onnx, &arrays));
}

fn check(case: &str, onnx: &[u8], arrays: &BTreeMap<String, Array>) -> Result<(), String> {
    let model = FloatModel::import(onnx).map_err(|e| e.to_string())?;
    let inputs = model.inputs().iter();
    let sample = inputs.map(|p| arrays[&format!("{case}.in.{}", p.name)].values.clone());
    let sample: Vec<Vec<f64>> = sample.collect();
    let float = model.run(&sample).map_err(|e| e.to_string())?;
    let options = QuantizeOptions {
        weight_bits: Some(16),
        activation_bits: Some(16),
        ..QuantizeOptions::default()
    };
    let compiled = model.compile(std::slice::from_ref(&sample), &options);
    let compiled = compiled.map_err(|e| e.to_string())?;
    let program = &compiled.program;
    let trace = compiled.weights.run(&quantize_inputs(program, &sample));
    let trace = trace.map_err(|e| e.to_string())?;
    let integer = dequantize_outputs(program, &trace.outputs(program));
    for ((port, float), integer) in model.outputs().iter().zip(float).zip(integer) {
        let expected = &arrays[&format!("{case}.out.{}", port.name)];
        if port.shape != expected.shape {
            return Err(format!(
                "{} has the shape {:?}, not {:?}",
                port.name, port.shape, expected.shape
            ));
        }
        let greatest = expected.values.iter().fold(1e-6f64, |m, &v| m.max(v.abs()));
        for (what, got, tolerance) in [("float", float, 1e-5), ("integer", integer, TOLERANCE)] {
            let pairs = got.iter().zip(&expected.values);
            let error = pairs.map(|(g, &e)| (g - e).abs()).fold(0.0, f64::max);
            if error > tolerance * greatest || got.len() != expected.values.len() {
                return Err(format!(
                    "{what} output {} is off by {error} of {greatest}",
                    port.name
                ));
            }
        }
    }
    Ok(())
}
