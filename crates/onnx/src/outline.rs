//! What a model is compiled to, as far as sizes go.

use crate::OnnxError;
use crate::calibrate::{Sample, calibrate};
use crate::compile::{QuantizeOptions, candidates::Candidate};
use crate::float_model::FloatModel;
use crate::import::{ImportOptions, Port, import_assumed, parse};
use crate::progress::Progress;
use crate::quantize::{InputWidths, lower};
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
        match model.outline(sample(model.inputs()), widths) {
            Ok(program) => return Ok(program),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or(OnnxError::NoCalibration))
}

impl FloatModel {
    fn outline(
        &self,
        sample: Sample,
        options: &QuantizeOptions,
    ) -> Result<ValidProgram, OnnxError> {
        let files = &self.model.files;
        files.checked(|| {
            let progress = &mut Progress::unheard();
            let sample = [sample];
            let (samples, _) = self.in_sequence(&sample, progress)?;
            self.check(&samples)?;
            let complete = self.without_missing(&samples);
            let model = &complete.as_ref().unwrap_or(self).model;
            let candidates = Candidate::all(options, &model.graph)?.into_iter();
            let calibration = calibrate(&model.graph, &samples, progress)?;
            let inputs = InputWidths {
                bits: options.input_bits,
                ..InputWidths::default()
            };
            let plan = candidates
                .map(|candidate| candidate.plan(&model.graph, &calibration, &inputs))
                .next();
            let plan = plan.ok_or_else(|| OnnxError::Model {
                reason: "there are no widths to try".into(),
            })?;
            let (inputs, outputs) = (&model.inputs, &model.outputs);
            let interface = &self.interface;
            let lowered = lower(
                &model.graph,
                &calibration,
                inputs,
                outputs,
                interface,
                &plan,
            );
            Ok(lowered?.program().clone())
        })
    }
}
