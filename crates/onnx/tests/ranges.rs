//! Masks, and numbers of sizes that a range of integers holds badly, entry by entry against onnxruntime: the float graph closely, the integer
//! program at the widths that calibration chooses. `generate_ranges.py` makes the models and the answers. Most of the samples are for
//! calibration; the others hide more and reach further.

mod support;

use inferproof_onnx::{FloatModel, QuantizeOptions, dequantize_outputs, quantize_inputs};
use std::collections::BTreeMap;
use support::{Array, arrays, check_all};

/// Samples of each model that are for calibration: so many come first.
const CALIBRATION: usize = 20;

/// The widths that are tried, and by how much of itself an entry may be off, or of which part of the greatest. An entry of a fiftieth of
/// the greatest has six bits less.
const WIDTHS: [(u32, f64, f64); 2] = [(14, 1.5e-3, 1.0), (16, 0.015, 0.02)];

/// The part of the greatest entry by which an entry is measured, if it is less.
const LEAST: f64 = 0.02;

/// By how much of itself an entry of the float graph, which is in double precision, may differ from onnxruntime's. Beside a mask of 1e4
/// single precision keeps a score to a thousandth, and half precision has eleven bits of everything.
fn float_tolerance(case: &str) -> f64 {
    if case.contains("half") {
        4e-3
    } else if case.contains("1e4") {
        1e-3
    } else {
        1e-5
    }
}

/// What a mask hides is beyond this, where onnxruntime has infinity or numbers near it.
const NEVER: f64 = 1e9;

#[test]
fn ranges_follow_onnxruntime() {
    let arrays = arrays("ranges.npz");
    check_all("ranges", 191, |case, onnx| check(case, onnx, &arrays));
}

fn check(case: &str, onnx: &[u8], arrays: &BTreeMap<String, Array>) -> Result<(), String> {
    let model = FloatModel::import(onnx).map_err(|e| e.to_string())?;
    let part = |kind: &str, name: &str, sample: usize| {
        let Array { shape, values } = &arrays[&format!("{case}.{kind}.{name}")];
        let size = values.len() / shape[0];
        values[sample * size..(sample + 1) * size].to_vec()
    };
    let count = arrays[&format!("{case}.in.{}", model.inputs()[0].name)].shape[0];
    let sample = |i: usize| -> Vec<Vec<f64>> {
        let inputs = model.inputs().iter().map(|p| part("in", &p.name, i));
        inputs.collect()
    };
    let calibration: Vec<_> = (0..CALIBRATION).map(sample).collect();
    let greatest = |name: &str| greatest_number(&arrays[&format!("{case}.out.{name}")].values);
    for (bits, tolerance, least) in WIDTHS {
        let options = QuantizeOptions {
            weight_bits: Some(bits),
            activation_bits: Some(bits),
            ..QuantizeOptions::default()
        };
        let compiled = model.compile(&calibration, &options);
        let compiled = compiled.map_err(|e| e.to_string())?;
        for i in 0..count {
            let sample = sample(i);
            let float = model.run(&sample).map_err(|e| e.to_string())?;
            let inputs = quantize_inputs(&compiled.program, &sample);
            let trace = compiled.weights.run(&inputs);
            let trace = trace.map_err(|e| e.to_string())?;
            let integer = dequantize_outputs(&compiled.program, &trace.outputs(&compiled.program));
            for ((port, float), integer) in model.outputs().iter().zip(float).zip(integer) {
                let expected = part("out", &port.name, i);
                let greatest = greatest(&port.name);
                compare(&float, &expected, float_tolerance(case), LEAST * greatest)
                    .map_err(|e| format!("float {} of sample {i}: {e}", port.name))?;
                compare(&integer, &expected, tolerance, least * greatest)
                    .map_err(|e| format!("{bits}-bit {} of sample {i}: {e}", port.name))?;
            }
        }
    }
    Ok(())
}

fn is_never(value: f64) -> bool {
    value.is_infinite() || value.abs() > 1e29
}

/// The greatest magnitude. Masks are not what the other entries are measured by.
fn greatest_number(values: &[f64]) -> f64 {
    let magnitudes = values.iter().map(|&v| v.abs());
    let greatest = magnitudes.clone().fold(0.0, f64::max);
    let small = magnitudes.clone().filter(|&m| m < 5e3).fold(0.0, f64::max);
    let are_masks = greatest >= 5e3 && small < greatest / 50.0 && small > 0.0;
    if are_masks { small } else { greatest }
}

/// Each entry may be off by this part of itself, or of the least number that counts.
fn compare(got: &[f64], expected: &[f64], tolerance: f64, least: f64) -> Result<(), String> {
    if got.len() != expected.len() {
        return Err(format!("{} entries, not {}", got.len(), expected.len()));
    }
    for (position, (&got, &expected)) in got.iter().zip(expected).enumerate() {
        let agrees = if is_never(expected) {
            got * expected.signum() >= NEVER
        } else {
            (got - expected).abs() <= tolerance * expected.abs().max(least)
        };
        if !agrees {
            return Err(format!("entry {position} is {got}, not {expected}"));
        }
    }
    Ok(())
}
