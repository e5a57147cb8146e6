//! ONNX in, integer program out: import, calibrated fixed-point quantization, and the measure of what that costs.
//!
//! This is the only crate that sees floats. The way of a model:
//!
//! 1. *Import.* The file is read node by node; each operation says what it becomes in a small float graph, and what is computed of
//!    constants alone is computed at once. An operation that is not supported is an error that names its node.
//! 2. *Calibration.* The float graph is run on real samples, in double precision and a fixed order, so that the same file and samples give
//!    the same ranges, hence the same integers, on every machine.
//! 3. *Quantization.* Each tensor gets a power-of-two scale from its range; the graph is lowered onto the core operations of
//!    [`inferproof_program`]; the narrowest integers are chosen that follow the float model closely enough.
//!
//! Numbers that stand alone in the model (a slope, a factor, an exponent) become public coefficients of the architecture; arrays become
//! weights, which a prover may keep secret.
#![forbid(unsafe_code)]

mod accuracy;
mod calibrate;
mod compile;
mod conversion;
mod data;
mod dimensions;
mod element;
mod equalize;
mod error;
mod float;
mod float_model;
mod fold;
mod foreign;
mod function;
mod graph;
mod import;
mod inspect;
mod integer_function;
mod interface;
mod masks;
mod meaning;
mod missing;
mod numbers;
mod operations;
mod outline;
mod passes;
mod progress;
mod proto;
mod provenance;
mod quantize;
mod range;
mod requantize;
mod seen;
mod sequence;
mod shown;
mod tensor;
mod tensor_widths;
mod trial;
mod warning;

pub use accuracy::{Accuracy, Agreement, ColumnError};
pub use calibrate::Sample;
pub use compile::{CompileReport, Compiled, QuantizeOptions, compile};
pub use conversion::{dequantize_outputs, quantize_inputs};
pub use data::{Array, Entries, Samples, parse_samples, read_samples};
pub use dimensions::{Dimensions, DimensionsError};
pub use error::{OnnxError, OpenDimension, io_reason};
pub use float_model::FloatModel;
pub use function::{Comparison, Expression, Function, Operation, Trigonometric};
pub use import::{ImportOptions, Port};
pub use inspect::{ModelSummary, NodeSummary, inspect};
pub use interface::port_of;
pub use meaning::meant;
pub use operations::{SupportedOperation, operations, operations_page};
pub use outline::outline;
pub use progress::Work;
pub use quantize::Widths;
pub use shown::{Shown, ShownNumbers};
pub use tensor_widths::{Spread, TensorWidth};
pub use trial::Trial;
pub use warning::{ENOUGH_SAMPLES, Warning};
