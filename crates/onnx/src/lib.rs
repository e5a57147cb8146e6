//! ONNX in, integer program out: import, calibrated fixed-point quantization, and the measure of what that costs.
//!
//! This is the only crate that sees floats. The way of a model:
//!
//! 1. *Import.* `tract` parses and simplifies the ONNX file; what is left of it becomes a small float graph. Classical models
//!    (`ai.onnx.ml`) are read node by node instead. An operation that is not supported is an error that names its node.
//! 2. *Calibration.* The float graph is run on real samples, in double precision and a fixed order, so that the same file and samples give
//!    the same ranges, hence the same integers, on every machine.
//! 3. *Quantization.* Each tensor gets a power-of-two scale from its range; the graph is lowered onto the core operations of
//!    [`inferproof_program`]; the narrowest integers are chosen that follow the float model closely enough.
//!
//! What could still differ between machines is what `tract` computes itself while it simplifies (a constant folded in single precision
//! by a kernel that its processor has): a last bit of a weight, which rounding to 8 to 16 bits hides unless it lies on the
//! edge between two integers. Whoever publishes a commitment keeps the integers, so nothing depends on making them twice.
//!
//! Numbers that stand alone in the model (a slope, a factor, an exponent) become public coefficients of the architecture; arrays become
//! weights, which a prover may keep secret.
#![forbid(unsafe_code)]

mod accuracy;
mod calibrate;
mod compile;
mod data;
mod dimensions;
mod error;
mod expression;
mod float;
mod function;
mod graph;
mod import;
mod inspect;
mod integer_function;
mod progress;
mod quantize;
mod requantize;
mod warning;

pub use accuracy::{Accuracy, Agreement, ColumnError};
pub use calibrate::Sample;
pub use compile::{
    CompileReport, Compiled, FloatModel, QuantizeOptions, compile, dequantize, dequantize_outputs,
    quantize, quantize_inputs,
};
pub use data::{Array, Samples, parse_samples, read_samples};
pub use dimensions::{Dimensions, DimensionsError};
pub use error::OnnxError;
pub use expression::{Expression, Operation};
pub use function::{Comparison, Function, Trigonometric};
pub use import::Port;
pub use inspect::{ModelSummary, NodeSummary, inspect};
pub use progress::Work;
pub use quantize::Widths;
pub use warning::{ENOUGH_SAMPLES, Warning};
