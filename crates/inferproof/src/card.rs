//! The model card, `public/model.json`: what is public of a model, for people and other programs. The verifier does not read it.

use crate::coarse;
use crate::estimate::Estimate;
use crate::inspect::{FeedReport, feeds};
use inferproof_inference::hex;
use inferproof_inference::{Verifier, Visible};
use inferproof_onnx::{Accuracy, CompileReport, Warning};
use inferproof_program::{Program, TensorId};
use serde::Serialize;

/// The card's `format`.
pub const FORMAT: &str = "inferproof model card 2";

/// A model card.
#[derive(Debug, Serialize)]
pub struct Card {
    /// [`FORMAT`].
    pub format: &'static str,
    /// The published identifier.
    pub model_id: String,
    /// Of the commitments.
    pub curve: &'static str,
    /// About how many.
    pub security_bits: u32,
    /// Whether verifiers see the weights. Who sees inputs and outputs, each proof says.
    pub weights_visibility: Visible,
    /// What it was compiled from.
    pub source: Source,
    /// In order.
    pub inputs: Vec<Described>,
    /// In order.
    pub outputs: Vec<Described>,
    /// Which outputs are the next run's inputs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub feeds: Vec<FeedReport>,
    /// How reals became integers.
    pub quantization: Quantization,
    /// Against the float model on the calibration data. With private weights all errors have two digits.
    pub calibration: CompileReport,
    /// On other data, if some was given.
    pub evaluation: Option<Accuracy>,
    /// What is to be said against trusting it as it is.
    pub warnings: Vec<Warning>,
    /// How large things are.
    pub sizes: Sizes,
    /// What a proof takes, roughly.
    pub estimate: Estimate,
}

/// The file that a model was compiled from.
#[derive(Clone, Debug, Serialize)]
pub struct Source {
    /// Its name.
    pub file: String,
    /// Only with public weights: a digest of secret weights is not hiding, it confirms a guess of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blake3: Option<String>,
    /// How long it is.
    pub bytes: usize,
    /// Of ONNX's default operation set.
    pub opset: i64,
    /// Files beside it in which it keeps weights.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub external: Vec<External>,
}

/// A file beside a model in which it keeps weights.
#[derive(Clone, Debug, Serialize)]
pub struct External {
    /// Its name, from the model's folder on.
    pub file: String,
    /// Only with public weights, as that of the model itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blake3: Option<String>,
    /// How long it is.
    pub bytes: u64,
}

/// An input or output.
#[derive(Debug, Serialize)]
pub struct Described {
    /// As in the ONNX file.
    pub name: String,
    /// The lengths of its axes.
    pub shape: Vec<usize>,
    /// The integer `n` means `n * 2^-scale_log2`.
    pub scale_log2: i32,
    /// The least integer.
    pub low: i64,
    /// The greatest integer.
    pub high: i64,
    /// Of strings: what the integers from 0 on stand for. One more stands, in an input, for every other string.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// The integer that stands for a missing value, if the model takes those.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<i64>,
}

/// How reals became integers.
#[derive(Debug, Serialize)]
pub struct Quantization {
    /// Of a weight.
    pub weight_bits: u32,
    /// Of an activation.
    pub activation_bits: u32,
    /// The error to stay below on the calibration data, relative to the size of an output's column.
    pub tolerance: f64,
    /// How many there were.
    pub calibration_samples: usize,
}

/// How large things are.
#[derive(Debug, Serialize)]
pub struct Sizes {
    /// How many.
    pub weights: usize,
    /// How many.
    pub activations: usize,
    /// Of a committed row.
    pub row_entries: usize,
    /// Of the verifying key.
    pub key_bytes: usize,
    /// Of the argument, the same for every proof of the model.
    pub argument_bytes: usize,
}

impl Card {
    /// Of a model just committed.
    #[must_use]
    pub fn new(
        verifier: &Verifier,
        key_bytes: usize,
        mut source: Source,
        tolerance: f64,
        mut calibration: CompileReport,
        mut evaluation: Option<Accuracy>,
        estimate: Estimate,
    ) -> Self {
        let architecture = verifier.architecture();
        let program = &architecture.program;
        let mut warnings = Warning::all(&calibration, evaluation.as_ref(), tolerance);
        if architecture.weights == Visible::Private {
            coarse::report(&mut calibration);
            evaluation.iter_mut().for_each(coarse::accuracy);
            warnings.iter_mut().for_each(coarse::warning);
            source.blake3 = None;
            source
                .external
                .iter_mut()
                .for_each(|file| file.blake3 = None);
        }
        Self {
            format: FORMAT,
            model_id: hex(&verifier.model_id()),
            curve: verifier.curve().name(),
            security_bits: verifier.curve().security_bits(),
            weights_visibility: architecture.weights,
            source,
            inputs: describe(program, &program.inputs),
            outputs: describe(program, &program.outputs),
            feeds: feeds(program),
            quantization: Quantization {
                weight_bits: calibration.widths.weights,
                activation_bits: calibration.widths.activations,
                tolerance,
                calibration_samples: calibration.samples,
            },
            sizes: Sizes {
                weights: calibration.weights,
                activations: calibration.activations,
                row_entries: 1 << architecture.row_bits,
                key_bytes,
                argument_bytes: verifier.argument_length(),
            },
            warnings,
            calibration,
            evaluation,
            estimate,
        }
    }
}

/// What is public of some tensors of a program.
pub fn describe(program: &Program, ids: &[TensorId]) -> Vec<Described> {
    let found = ids
        .iter()
        .filter_map(|&id| Some((program.tensor(id)?, program.meaning(id))));
    found
        .map(|(t, meaning)| Described {
            name: t.name.clone(),
            shape: t.shape.clone(),
            scale_log2: t.scale_log2,
            low: t.low,
            high: t.high,
            categories: meaning.map_or_else(Vec::new, |m| m.categories.clone()),
            missing: meaning.and_then(|m| m.missing),
        })
        .collect()
}
