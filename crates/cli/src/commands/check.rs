//! `inferproof check`: whether a model can be compiled, node by node, and what proving it will take.

use crate::Outcome;
use crate::args::CheckArgs;
use crate::error::Error;
use crate::estimate::Estimate;
use crate::onnx_file::{joined, quietly};
use crate::report::{Bytes, Count, Seconds, Shape, print, row};
use inferproof::{Visibility, forecast};
use inferproof_onnx::{
    Dimensions, FloatModel, ModelSummary, NodeSummary, OnnxError, Port, QuantizeOptions, Sample,
    inspect,
};
use serde::Serialize;
use std::fmt;
use std::path::Path;

/// The widths that estimates assume; `compile` chooses them by accuracy.
const WEIGHT_BITS: u32 = 8;
const ACTIVATION_BITS: u32 = 10;

/// What `check` prints.
#[derive(Serialize)]
struct Report {
    supported: bool,
    #[serde(flatten)]
    model: ModelSummary,
    /// With private weights, public input and output, and the widths that are tried first.
    estimate: Option<Estimate>,
}

pub fn main(args: CheckArgs, json: bool) -> Result<Outcome, Error> {
    let path = &args.onnx;
    let bytes = std::fs::read(path).map_err(Error::read(path))?;
    let dimensions = joined(args.dimensions);
    let model = quietly(|| inspect(&bytes, &dimensions)).map_err(Error::model(path))?;
    let estimate = match &model.error {
        None => Some(estimate(path, &bytes, &dimensions)?),
        Some(_) => None,
    };
    let report = Report {
        supported: model.error.is_none(),
        model,
        estimate,
    };
    print(json, &report);
    match report.model.error {
        None => Ok(Outcome::Done),
        Some(reason) => Err(Error::Unsupported {
            path: args.onnx,
            reason,
        }),
    }
}

/// Quantizes on made-up samples: the sizes of a proof depend little on the scales.
fn estimate(path: &Path, bytes: &[u8], dimensions: &Dimensions) -> Result<Estimate, Error> {
    let model =
        quietly(|| FloatModel::import_with(bytes, dimensions)).map_err(Error::model(path))?;
    let options = QuantizeOptions {
        weight_bits: Some(WEIGHT_BITS),
        activation_bits: Some(ACTIVATION_BITS),
        ..QuantizeOptions::default()
    };
    let mut tried = RANGES
        .iter()
        .map(|&range| model.compile(&[made_up(model.inputs(), range)], &options));
    // Some functions are defined in one of the ranges only; if in none, the first error is as good as any.
    let compiled = match tried.next() {
        Some(Err(first)) => tried.find_map(Result::ok).ok_or(first),
        Some(done) => done,
        None => return Err(Error::model(path)(OnnxError::NoCalibration)),
    };
    let compiled = compiled.map_err(Error::model(path))?;
    let forecast = forecast(&compiled.program, Visibility::default())?;
    Ok(Estimate::new(&forecast, compiled.report.weights))
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
        .map(|port| (0..port.shape.iter().product()).map(|_| next()).collect())
        .collect()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let model = &self.model;
        let width = |of: fn(&NodeSummary) -> &str| {
            model
                .nodes
                .iter()
                .map(|n| of(n).chars().count())
                .max()
                .unwrap_or(0)
        };
        let (names, ops) = (width(|n| &n.name), width(|n| &n.op));
        for node in &model.nodes {
            write!(
                f,
                "{:<3} {:<names$}  {:<ops$}",
                if node.unsupported.is_some() {
                    "no"
                } else {
                    "yes"
                },
                node.name,
                node.op
            )?;
            match (&node.unsupported, &node.shape) {
                (Some(reason), _) => write!(f, "  {reason}")?,
                (None, Some(shape)) => write!(f, "  {}", Shape(shape))?,
                (None, None) => {}
            }
            if node.weights > 0 {
                write!(f, ", {} weights", Count(node.weights))?;
            }
            if node.multiplications > 0 {
                write!(f, ", {} multiplications", Count(node.multiplications))?;
            }
            writeln!(f)?;
        }
        writeln!(f)?;
        row(f, "opset", model.opset)?;
        for (label, ports) in [("input", &model.inputs), ("output", &model.outputs)] {
            for port in ports {
                row(
                    f,
                    label,
                    format_args!("{}: {}", port.name, Shape(&port.shape)),
                )?;
            }
        }
        let Some(estimate) = &self.estimate else {
            return row(f, "supported", "no");
        };
        row(f, "weights", Count(model.weights))?;
        row(f, "supported", "yes")?;
        row(
            f,
            "estimate",
            format_args!(
                "prove in {}, {} of memory, proofs of {}",
                Seconds(estimate.seconds),
                Bytes(estimate.memory_bytes),
                Bytes(estimate.proof_bytes as u64)
            ),
        )
    }
}
