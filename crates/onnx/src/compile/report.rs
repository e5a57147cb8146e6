//! What was decided in a compilation, and how well it turned out.

use crate::accuracy::Agreement;
use crate::quantize::Widths;
use crate::shown::ShownNumbers;
use crate::tensor_widths::{Spread, TensorWidth};
use crate::trial::Trial;
use inferproof_program::{BoundWeights, ValidProgram};
use serde::Serialize;

/// What was decided, and how well the integer program follows the float model on the calibration samples.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CompileReport {
    /// The width of activations that was chosen, and that of weights: their mean, rounded up, where it is chosen for each.
    pub widths: Widths,
    /// The widths of the model's numbers.
    pub weight_bits: Option<Spread>,
    /// The widths of inputs and of what is computed and committed.
    pub activation_bits: Option<Spread>,
    /// What was tried, in order, before these widths were chosen.
    pub trials: Vec<Trial>,
    /// The width of every committed tensor.
    pub tensors: Vec<TensorWidth>,
    /// How many calibration samples there were.
    pub samples: usize,
    /// The inputs that the data left out, or gave for the first sample alone: what the float model makes of one sample, the next was given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub in_sequence: Vec<String>,
    /// How the program compares with the float model on them.
    pub agreement: Agreement,
    /// Whether the accuracy that was asked for is reached.
    pub within_tolerance: bool,
    /// The number of the model's weights, biases included.
    pub weights: usize,
    /// The number of committed values of one run, without weights.
    pub activations: usize,
    /// What is to be known of how the model was read, in sentences.
    pub notes: Vec<String>,
    /// The numbers of the model that the key shows, though the weights may be secret, by node.
    pub shown: Vec<ShownNumbers>,
}

/// An integer program with its weights, and what was decided on the way.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The architecture.
    pub program: ValidProgram,
    /// The integers of the model.
    pub weights: BoundWeights,
    /// What was decided.
    pub report: CompileReport,
}
