//! Arrays that a model was given, in operations that public numbers would do for: the answers are onnxruntime's, and the arrays are weights
//! that nothing of the program shows. `generate_arrays.py` makes the models and the answers.

mod support;

use inferproof_onnx::{
    Compiled, FloatModel, QuantizeOptions, Shown, dequantize_outputs, quantize_inputs,
};
use std::cell::Cell;
use std::collections::BTreeMap;
use support::{Array, arrays, check_all, data};

/// By how much of the greatest output one may be off at 16 bits; integers are exact.
const TOLERANCE: f64 = 2e-3;

#[test]
fn arrays_stay_weights_and_answers_are_those_of_onnxruntime() {
    let arrays = arrays("arrays.npz");
    check_all("arrays", 76, |case, onnx| {
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

/// A model compiled at a width, and of each sample what it makes and what onnxruntime made.
struct Answers {
    compiled: Compiled,
    float: Vec<Vec<f64>>,
    integer: Vec<Vec<f64>>,
    expected: Vec<Vec<f64>>,
    greatest: f64,
}

fn answers(
    case: &str,
    onnx: &[u8],
    arrays: &BTreeMap<String, Array>,
    bits: u32,
) -> Result<Answers, String> {
    let text = |error: inferproof_onnx::OnnxError| error.to_string();
    let model = FloatModel::import(onnx).map_err(text)?;
    let parts = |kind: &str, name: &str| {
        let Array { shape, values } = &arrays[&format!("{case}.{kind}.{name}")];
        let parts = values.chunks(values.len() / shape[0]);
        parts.map(<[f64]>::to_vec).collect::<Vec<_>>()
    };
    let expected = parts("out", "y");
    let inputs = model.inputs().iter().map(|port| parts("in", &port.name));
    let inputs: Vec<_> = inputs.collect();
    let sample = |i: usize| inputs.iter().map(|tensor| tensor[i].clone()).collect();
    let samples: Vec<Vec<Vec<f64>>> = (0..expected.len()).map(sample).collect();
    let options = QuantizeOptions {
        weight_bits: Some(bits),
        activation_bits: Some(bits),
        ..QuantizeOptions::default()
    };
    let compiled = model.compile(&samples, &options).map_err(text)?;
    let (mut float, mut integer) = (vec![], vec![]);
    for sample in &samples {
        let mut outputs = model.run(sample).map_err(text)?;
        float.push(outputs.swap_remove(0));
        let inputs = quantize_inputs(&compiled.program, sample);
        let trace = compiled.weights.run(&inputs).map_err(|e| e.to_string())?;
        let mut outputs = dequantize_outputs(&compiled.program, &trace.outputs(&compiled.program));
        integer.push(outputs.swap_remove(0));
    }
    let greatest = expected.iter().flatten();
    let greatest = greatest.fold(1e-9, |m: f64, v| m.max(v.abs()));
    Ok(Answers {
        compiled,
        float,
        integer,
        expected,
        greatest,
    })
}

fn check(
    case: &str,
    onnx: &[u8],
    arrays: &BTreeMap<String, Array>,
    bits: u32,
) -> Result<Compiled, String> {
    let answers = answers(case, onnx, arrays, bits)?;
    let made = [
        ("float", &answers.float, 1e-5),
        ("integer", &answers.integer, TOLERANCE),
    ];
    for (what, got, tolerance) in made {
        let tolerance = match is_exact(case) {
            true => 0.0,
            false => tolerance * answers.greatest,
        };
        for (i, (got, expected)) in got.iter().zip(&answers.expected).enumerate() {
            assert_eq!(got.len(), expected.len());
            for (place, (got, expected)) in got.iter().zip(expected).enumerate() {
                if (got - expected).abs() > tolerance || got.is_nan() {
                    return Err(format!(
                        "{what} {bits} bits, sample {i}, entry {place}: {got}, not {expected}"
                    ));
                }
            }
        }
    }
    Ok(answers.compiled)
}

/// The exponential of a multiple of a logarithm is as near to onnxruntime's power as a table of the power itself, at any width, also where
/// the base is zero or next to it.
#[test]
fn secret_exponents_are_as_exact_as_public_ones() {
    let arrays = arrays("arrays.npz");
    let mean_error = |case: &str, onnx: &[u8], bits| {
        let answers = answers(case, onnx, &arrays, bits)?;
        let entries = answers
            .integer
            .iter()
            .flatten()
            .zip(answers.expected.iter().flatten());
        let squares: Vec<f64> = entries
            .map(|(got, expected)| (got - expected).powi(2))
            .collect();
        let mean = squares.iter().sum::<f64>() / squares.len() as f64;
        Ok::<f64, String>(mean.sqrt() / answers.greatest)
    };
    let compared = Cell::new(0);
    check_all("arrays", 76, |case, onnx| {
        let Some(power) = case.strip_prefix("secret_pow_") else {
            return Ok(());
        };
        let public = format!("public_pow_{power}");
        let other = std::fs::read(data().join(format!("arrays/{public}.onnx")));
        let other = other.map_err(|e| e.to_string())?;
        for bits in [8, 10, 12, 16] {
            let secret = mean_error(case, onnx, bits)?;
            let public = mean_error(&public, &other, bits)?;
            // Of one part in ten thousand: no table has more than 16 bits.
            if secret > 1.1 * public + 1e-4 {
                return Err(format!("{bits} bits: {secret}, with public ones {public}"));
            }
        }
        compared.set(compared.get() + 1);
        Ok(())
    });
    assert_eq!(compared.get(), 11);
}
