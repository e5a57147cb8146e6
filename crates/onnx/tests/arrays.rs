//! Arrays that a model was given, in operations that public numbers would do for: the answers are onnxruntime's, and the arrays are weights
//! that nothing of the program shows. `generate_arrays.py` makes the models and the answers.

mod support;

use inferproof_onnx::{
    Compiled, FloatModel, QuantizeOptions, Shown, dequantize_outputs, quantize_inputs,
};
use std::collections::BTreeMap;
use support::{Array, arrays, check_all};

/// By how much of the greatest output one may be off at 16 bits; integers are exact.
const TOLERANCE: f64 = 2e-3;

#[test]
fn arrays_stay_weights_and_answers_are_those_of_onnxruntime() {
    let arrays = arrays("arrays.npz");
    check_all("arrays", 54, |case, onnx| {
        for bits in if is_exact(case) { &[8, 16][..] } else { &[16] } {
            let compiled = check(case, onnx, &arrays, *bits)?;
            check_shown(case, &compiled)?;
        }
        Ok(())
    });
}

fn is_exact(case: &str) -> bool {
    ["div", "mod"].iter().any(|op| case.contains(op))
}

/// What could be read of an array is listed where it is public, and nowhere else.
fn check_shown(case: &str, compiled: &Compiled) -> Result<(), String> {
    let shown = &compiled.report.shown;
    let weights = compiled.program.weights().count();
    // Where integers wrap around, a table or a divisor has numbers of their type.
    let is_of_array = |what, count| match what {
        Shown::Places => true,
        Shown::Divisors => weights == 0 || count > 1,
        Shown::Parameters => !is_exact(case),
        Shown::Coefficients | Shown::Scales => false,
    };
    let of_array = shown
        .iter()
        .any(|s| s.node.starts_with("the_") && is_of_array(s.what, s.count));
    match case.starts_with("secret") {
        true if of_array || weights == 0 => Err(format!("{weights} weights, shown: {shown:?}")),
        false if !of_array => Err(format!("not shown: {shown:?}")),
        _ => Ok(()),
    }
}

fn check(
    case: &str,
    onnx: &[u8],
    arrays: &BTreeMap<String, Array>,
    bits: u32,
) -> Result<Compiled, String> {
    let model = FloatModel::import(onnx).map_err(|e| e.to_string())?;
    let part = |kind: &str, name: &str, sample: usize| {
        let Array { shape, values } = &arrays[&format!("{case}.{kind}.{name}")];
        let size = values.len() / shape[0];
        values[sample * size..(sample + 1) * size].to_vec()
    };
    let count = arrays[&format!("{case}.out.y")].shape[0];
    let sample = |i: usize| -> Vec<Vec<f64>> {
        let inputs = model.inputs().iter().map(|p| part("in", &p.name, i));
        inputs.collect()
    };
    let samples: Vec<_> = (0..count).map(sample).collect();
    let options = QuantizeOptions {
        weight_bits: Some(bits),
        activation_bits: Some(bits),
        ..QuantizeOptions::default()
    };
    let compiled = model.compile(&samples, &options);
    let compiled = compiled.map_err(|e| e.to_string())?;
    let greatest = &arrays[&format!("{case}.out.y")].values;
    let greatest = greatest.iter().fold(1e-6, |m: f64, &v| m.max(v.abs()));
    for (i, sample) in samples.iter().enumerate() {
        let float = model.run(sample).map_err(|e| e.to_string())?;
        let inputs = quantize_inputs(&compiled.program, sample);
        let trace = compiled.weights.run(&inputs).map_err(|e| e.to_string())?;
        let integer = dequantize_outputs(&compiled.program, &trace.outputs(&compiled.program));
        let expected = part("out", "y", i);
        for (what, got, tolerance) in [("float", &float, 1e-5), ("integer", &integer, TOLERANCE)] {
            let tolerance = if is_exact(case) {
                0.0
            } else {
                tolerance * greatest
            };
            for (place, (got, expected)) in got[0].iter().zip(&expected).enumerate() {
                if (got - expected).abs() > tolerance || got.is_nan() {
                    return Err(format!(
                        "{what} {bits} bits, sample {i}, entry {place}: {got}, not {expected}"
                    ));
                }
            }
        }
    }
    Ok(compiled)
}
