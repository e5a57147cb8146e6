//! Between real numbers and the integers of a program's inputs and outputs.

use crate::quantize::Format;
use inferproof_program::{Program, Tensor};

/// The integers of an input: the nearest (halves up) at the tensor's scale; what is beyond the declared range saturates. A missing value
/// (NaN) has an integer of its own, the greatest, where the input takes them.
fn quantize(tensor: &Tensor, missing: Option<i64>, values: &[f64]) -> Vec<i64> {
    let format = Format {
        low: tensor.low,
        high: missing.map_or(tensor.high, |missing| missing - 1),
        scale: tensor.scale_log2,
    };
    let integer = |&value: &f64| match missing {
        Some(missing) if value.is_nan() => missing,
        _ => format.quantize(value),
    };
    values.iter().map(integer).collect()
}

/// The reals that integers of a tensor mean.
#[must_use]
pub(crate) fn dequantize(tensor: &Tensor, values: &[i64]) -> Vec<f64> {
    let unit = 2f64.powi(-tensor.scale_log2);
    values.iter().map(|&v| v as f64 * unit).collect()
}

/// The integer inputs of a program for one sample.
#[must_use]
pub fn quantize_inputs(program: &Program, sample: &[Vec<f64>]) -> Vec<Vec<i64>> {
    let inputs = program.inputs.iter().filter_map(|&id| {
        let missing = program.meaning(id).and_then(|meaning| meaning.missing);
        Some((program.tensor(id)?, missing))
    });
    inputs
        .zip(sample)
        .map(|((tensor, missing), values)| quantize(tensor, missing, values))
        .collect()
}

/// The real outputs of a program from its integer outputs.
#[must_use]
pub fn dequantize_outputs(program: &Program, outputs: &[Vec<i64>]) -> Vec<Vec<f64>> {
    let tensors = program.outputs.iter().filter_map(|&id| program.tensor(id));
    tensors
        .zip(outputs)
        .map(|(tensor, values)| dequantize(tensor, values))
        .collect()
}
