//! Everything that can be wrong with a model or with data, said so that the reader can mend it.

use inferproof_program::{ProgramError, RunError};
use inferproof_view::ViewError;

/// Why a model could not be imported, or data could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// The bytes are not an ONNX model.
    #[error("not a readable ONNX model: {reason}")]
    Corrupt {
        /// What is wrong.
        reason: String,
    },
    /// An operation is not supported.
    #[error("node `{node}` ({op}, opset {opset}) is not supported: {reason}")]
    Unsupported {
        /// The ONNX node's name.
        node: String,
        /// The ONNX operation.
        op: String,
        /// The operation set's version.
        opset: i64,
        /// Why, and what to do.
        reason: String,
    },
    /// An index of a calibration sample is outside the axis that it chooses from.
    #[error("{origin}: calibration sample {sample} has the index {index}; expected one from {least} to {}", length - 1)]
    Index {
        /// The node.
        origin: String,
        /// The sample's position.
        sample: usize,
        /// The index.
        index: f64,
        /// The least there may be: below zero if the operation counts from the end, too.
        least: f64,
        /// The length of the axis.
        length: usize,
    },
    /// Dimensions of inputs are open, and no lengths were given for them.
    #[error("{}", open_dimensions(open))]
    OpenDimensions {
        /// All of them, each name once.
        open: Vec<OpenDimension>,
    },
    /// A length was given for a dimension that does not exist.
    #[error("no open dimension is called `{name}`; {open}")]
    UnknownDimension {
        /// What was given.
        name: String,
        /// Which ones there are.
        open: String,
    },
    /// A model has a property that no program can have.
    #[error("the model cannot be compiled: {reason}")]
    Model {
        /// What is wrong.
        reason: String,
    },
    /// There is nothing to calibrate with.
    #[error("calibration needs at least one sample")]
    NoCalibration,
    /// Calibration shows that a function is not defined on what it is given.
    #[error(
        "{origin}: {function} is applied to values from {low} to {high} in calibration, where it is not defined throughout"
    )]
    Domain {
        /// The node.
        origin: String,
        /// The function.
        function: String,
        /// The least argument.
        low: f64,
        /// The greatest argument.
        high: f64,
    },
    /// A value overflowed in the float model.
    #[error(
        "{origin}: the float model gives values that are not finite on calibration sample {sample}"
    )]
    NotFinite {
        /// The node.
        origin: String,
        /// Which sample.
        sample: usize,
    },
    /// Weights and activations may have 2 to 16 bits.
    #[error("{what} of {got} bits; expected 2 to 16")]
    Bits {
        /// Weights or activations.
        what: &'static str,
        /// How many were asked for.
        got: u32,
    },
    /// Inputs of a width that cannot be committed.
    #[error("inputs of {got} bits: give 2 to 31")]
    InputBits {
        /// How many were asked for.
        got: u32,
    },
    /// An input or output cannot be what it is to be for another run.
    #[error("{what}: {reason}")]
    Interface {
        /// Which, and what.
        what: String,
        /// Why, and what there is.
        reason: String,
    },
    /// A data file could not be read.
    #[error("{file}: {reason}")]
    File {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// A tensor of a data file is missing.
    #[error("{file}: no tensor `{tensor}`; expected {expected}, found {found}")]
    MissingTensor {
        /// The file.
        file: String,
        /// The tensor.
        tensor: String,
        /// All that the model needs.
        expected: String,
        /// All that the file has.
        found: String,
    },
    /// A tensor of a data file has the wrong shape.
    #[error("{file}: tensor `{tensor}`: expected {expected}, got {got}")]
    Shape {
        /// The file.
        file: String,
        /// The tensor.
        tensor: String,
        /// What the model needs.
        expected: String,
        /// What the file has.
        got: String,
    },
    /// An entry of a data file is not what the model takes.
    #[error("{file}: tensor `{tensor}`: {place} is {value}; expected {expected}")]
    Value {
        /// The file.
        file: String,
        /// The tensor.
        tensor: String,
        /// Which entry of the tensor, or which line and column of the file.
        place: String,
        /// What it is.
        value: String,
        /// What the model takes.
        expected: String,
    },
    /// Whoever listened to the progress asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// The lowered program is not well formed: a mistake of this crate, or a model with absurd sizes.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The integer program could not be run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A view does not fit.
    #[error(transparent)]
    View(#[from] ViewError),
}

/// A dimension of an input that a model leaves open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenDimension {
    /// The first input that has it.
    pub input: String,
    /// That input's shape, as declared.
    pub shape: String,
    /// What the dimension is called.
    pub name: String,
}

/// What to say for open dimensions: all at once.
fn open_dimensions(open: &[OpenDimension]) -> String {
    let where_ = open
        .iter()
        .map(|o| format!("`{}` of input `{}` {}", o.name, o.input, o.shape));
    let lengths = open.iter().map(|o| format!("{}=N", o.name));
    let (noun, verb) = match open.len() {
        1 => ("dimension", "is"),
        _ => ("dimensions", "are"),
    };
    format!(
        "{noun} {} {verb} open; say how long: --dim {}",
        where_.collect::<Vec<_>>().join(", "),
        lengths.collect::<Vec<_>>().join(",")
    )
}

/// What the system says of a file, in our words where they are common.
#[must_use]
pub fn io_reason(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "no such file or folder".into(),
        ErrorKind::PermissionDenied => "permission denied".into(),
        ErrorKind::IsADirectory => "it is a folder".into(),
        ErrorKind::NotADirectory => "part of its path is not a folder".into(),
        ErrorKind::UnexpectedEof => "it is cut short".into(),
        // Readers of compressed data say so, each in its own words.
        ErrorKind::InvalidData | ErrorKind::InvalidInput => "it is damaged".into(),
        ErrorKind::Other if error.raw_os_error().is_none() => "it is damaged".into(),
        _ => error.to_string().to_lowercase(),
    }
}
