//! The model card, `public/model.json`: what is public of a model, for people and other programs. The verifier does not read it.

use crate::folder::hex;
use inferproof::{Profile, Verifier, Visibility, Visible};
use inferproof_onnx::{Accuracy, CompileReport};
use inferproof_program::{Program, TensorId};
use serde::Serialize;

/// The card's `format`.
pub const FORMAT: &str = "inferproof model card 1";

/// A model card.
#[derive(Debug, Serialize)]
pub struct Card {
    pub format: &'static str,
    pub model_id: String,
    pub curve: &'static str,
    pub security_bits: u32,
    pub visibility: Visibility,
    pub source: Source,
    pub inputs: Vec<Tensor>,
    pub outputs: Vec<Tensor>,
    pub quantization: Quantization,
    /// Against the float model on the calibration data.
    pub calibration: CompileReport,
    /// On other data, if some was given.
    pub evaluation: Option<Accuracy>,
    pub sizes: Sizes,
}

/// The file that a model was compiled from.
#[derive(Clone, Debug, Serialize)]
pub struct Source {
    pub file: String,
    /// Only with public weights: a digest of secret weights is not hiding, it confirms a guess of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blake3: Option<String>,
    pub bytes: usize,
    pub opset: i64,
}

/// An input or output.
#[derive(Debug, Serialize)]
pub struct Tensor {
    pub name: String,
    pub shape: Vec<usize>,
    /// The integer `n` means `n * 2^-scale_log2`.
    pub scale_log2: i32,
    pub low: i64,
    pub high: i64,
}

/// How reals became integers.
#[derive(Debug, Serialize)]
pub struct Quantization {
    pub weight_bits: u32,
    pub activation_bits: u32,
    pub tolerance: f64,
    pub calibration_samples: usize,
}

/// How large things are.
#[derive(Debug, Serialize)]
pub struct Sizes {
    pub weights: usize,
    pub activations: usize,
    pub row_entries: usize,
    pub key_bytes: usize,
    /// Of the argument, the same for every proof of the model.
    pub argument_bytes: usize,
}

impl Card {
    /// Of a model just committed.
    pub fn new<P: Profile>(
        verifier: &Verifier<P>,
        key_bytes: usize,
        mut source: Source,
        tolerance: f64,
        calibration: CompileReport,
        evaluation: Option<Accuracy>,
    ) -> Self {
        let architecture = &verifier.key().architecture;
        let program = &architecture.program;
        if architecture.visibility.weights == Visible::Private {
            source.blake3 = None;
        }
        Self {
            format: FORMAT,
            model_id: hex(&verifier.model_id()),
            curve: P::NAME,
            security_bits: P::SECURITY_BITS,
            visibility: architecture.visibility,
            source,
            inputs: tensors(program, &program.inputs),
            outputs: tensors(program, &program.outputs),
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
            calibration,
            evaluation,
        }
    }
}

/// What is public of some tensors of a program.
pub fn tensors(program: &Program, ids: &[TensorId]) -> Vec<Tensor> {
    let found = ids.iter().filter_map(|&id| program.tensor(id));
    found
        .map(|t| Tensor {
            name: t.name.clone(),
            shape: t.shape.clone(),
            scale_log2: t.scale_log2,
            low: t.low,
            high: t.high,
        })
        .collect()
}
