//! What a model is compiled to, as far as sizes go.

use crate::OnnxError;
use crate::calibrate::Sample;
use crate::compile::QuantizeOptions;
use crate::float_model::FloatModel;
use crate::import::{ImportOptions, Port, import_assumed, parse};
use inferproof_program::ValidProgram;

/// The program of an ONNX model whose large weights are not read: numbers of their shapes stand for them. Each of `samples` makes inputs, and
/// the next one is tried where the model has no value for them. Of several widths the first that [`FloatModel::compile`] would try
/// are those of the program.
///
/// # Errors
/// As [`FloatModel::import_as`] and [`FloatModel::compile`].
pub fn outline(
    onnx: &[u8],
    options: &ImportOptions<'_>,
    samples: impl IntoIterator<Item = impl Fn(&[Port]) -> Sample>,
    widths: &QuantizeOptions,
) -> Result<ValidProgram, OnnxError> {
    let model = FloatModel::of(import_assumed(&parse(onnx)?, options)?)?;
    let mut first = None;
    for sample in samples {
        match model.outlined(sample(model.inputs()), widths) {
            Ok(program) => return Ok(program),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or(OnnxError::NoCalibration))
}
