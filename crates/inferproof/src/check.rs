//! Whether a model can be compiled, node by node, and what proving it will take.

use crate::error::Error;
use crate::estimate::Estimate;
use inferproof_inference::forecast;
use inferproof_onnx::{
    ImportOptions, ModelSummary, Port, QuantizeOptions, Sample, Widths, inspect, outline,
};
use serde::Serialize;
use std::path::Path;

/// The widths that estimates assume if none are given; [`crate::compile`] chooses them by accuracy.
pub const ASSUMED: Widths = Widths::new(8, 10);

/// What can be said of a model without data.
#[derive(Debug, Serialize)]
pub struct Check {
    /// Whether it can be compiled.
    pub supported: bool,
    /// Node by node.
    #[serde(flatten)]
    pub model: ModelSummary,
    /// With private weights, public input and output, and these widths.
    pub estimate: Option<Estimate>,
    /// Of weights and activations, that the estimate is for.
    pub widths: Widths,
}

/// Checks a model, and estimates proofs with these widths; messages call it by `path`.
///
/// # Errors
/// If it is no ONNX model, or one that can be imported but not quantized. What is not supported is no error but an answer.
pub fn check(
    path: &Path,
    onnx: &[u8],
    options: &ImportOptions<'_>,
    widths: Widths,
) -> Result<Check, Error> {
    let options = ImportOptions {
        folder: path.parent(),
        ..options.clone()
    };
    let model = inspect(onnx, &options).map_err(Error::onnx(path))?;
    let estimate = match &model.error {
        None => Some(estimate(path, onnx, &options, widths)?),
        Some(_) => None,
    };
    Ok(Check {
        supported: model.error.is_none(),
        model,
        estimate,
        widths,
    })
}

/// Quantizes made-up weights on made-up samples: the sizes of a proof depend little on the scales.
fn estimate(
    path: &Path,
    onnx: &[u8],
    options: &ImportOptions<'_>,
    widths: Widths,
) -> Result<Estimate, Error> {
    let widths = QuantizeOptions {
        weight_bits: Some(widths.weights),
        activation_bits: Some(widths.activations),
        ..QuantizeOptions::default()
    };
    // Some functions are defined in one of the ranges only; if in none, the first error is as good as any.
    let samples = RANGES.map(|range| move |inputs: &[Port]| made_up(inputs, range));
    let program = outline(onnx, options, samples, &widths);
    let forecast = forecast(&program.map_err(Error::onnx(path))?)?;
    Ok(Estimate::from(&forecast))
}

/// Where made-up numbers lie.
const RANGES: [(f32, f32); 3] = [(0.0, 1.0), (1.1, 2.0), (-1.0, 1.0)];

/// Numbers all over an interval, the same in every run.
fn made_up(inputs: &[Port], (low, high): (f32, f32)) -> Sample {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        low + (high - low) * ((state >> 8) as f32 / (1 << 24) as f32)
    };
    inputs
        .iter()
        .map(|port| {
            (0..port.shape.iter().product())
                .map(|_| next().into())
                .collect()
        })
        .collect()
}
