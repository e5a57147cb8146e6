//! Compilation: import, calibration, and the choice of the narrowest integers that are accurate enough.

use crate::accuracy::{Accuracy, Agreement, compare};
use crate::calibrate::{Calibration, Sample, calibrate};
use crate::import::{ImportOptions, Model, Port, import, parse};
use crate::progress::{Progress, Work};
use crate::quantize::{Format, Lowered, Widths, lower};
use crate::{Dimensions, OnnxError};
use inferproof_program::{Program, Tensor, Weights};
use inferproof_view::volume;
use serde::Serialize;
use std::collections::BTreeSet;

/// How to quantize.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantizeOptions {
    /// The width of weights; chosen by accuracy if neither width is given.
    pub weight_bits: Option<u32>,
    /// The width of activations; chosen by accuracy if neither width is given.
    pub activation_bits: Option<u32>,
    /// The greatest error on the calibration samples that is accepted, relative to the size of an output's column.
    pub tolerance: f64,
}

impl Default for QuantizeOptions {
    fn default() -> Self {
        Self {
            weight_bits: None,
            activation_bits: None,
            tolerance: 0.02,
        }
    }
}

impl QuantizeOptions {
    fn candidates(&self) -> Result<Vec<Widths>, OnnxError> {
        let all = Widths::CANDIDATES.into_iter();
        let chosen: Vec<Widths> = match (self.weight_bits, self.activation_bits) {
            (None, None) => return Ok(all.collect()),
            (Some(weights), Some(activations)) => vec![Widths::new(weights, activations)],
            (Some(weights), None) => all.map(|w| Widths { weights, ..w }).collect(),
            (None, Some(activations)) => all.map(|w| Widths { activations, ..w }).collect(),
        };
        chosen.iter().try_for_each(|w| w.check())?;
        let mut distinct = chosen;
        distinct.dedup();
        Ok(distinct)
    }
}

/// What was decided, and how well the integer program follows the float model on the calibration samples.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CompileReport {
    /// The widths that were chosen.
    pub widths: Widths,
    /// How many calibration samples there were.
    pub samples: usize,
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
}

/// An integer program with its weights, and what was decided on the way.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The architecture.
    pub program: Program,
    /// The integers of the model.
    pub weights: Weights,
    /// What was decided.
    pub report: CompileReport,
}

/// A model in floats, imported and checked.
pub struct FloatModel {
    pub(crate) model: Model,
}

impl FloatModel {
    /// Imports an ONNX model.
    ///
    /// # Errors
    /// If the bytes are not an ONNX model, or something in it is not supported: then the node is named.
    pub fn import(onnx: &[u8]) -> Result<Self, OnnxError> {
        Self::import_with(onnx, &Dimensions::default())
    }

    /// Imports an ONNX model with lengths for the dimensions that it leaves open.
    ///
    /// # Errors
    /// As [`Self::import`]; if a dimension is still open, or one is given that is not.
    pub fn import_with(onnx: &[u8], dimensions: &Dimensions) -> Result<Self, OnnxError> {
        let dimensions = dimensions.clone();
        Self::import_as(
            onnx,
            &ImportOptions {
                dimensions,
                ..ImportOptions::default()
            },
        )
    }

    /// Imports an ONNX model as the options say.
    ///
    /// # Errors
    /// As [`Self::import_with`]; if a file beside the model is missing or is not what the model says.
    pub fn import_as(onnx: &[u8], options: &ImportOptions<'_>) -> Result<Self, OnnxError> {
        Ok(Self {
            model: import(&parse(onnx)?, options)?,
        })
    }

    /// What whoever uses the model has to know of its import, in sentences: none, mostly.
    pub fn notes(&self) -> &[String] {
        &self.model.notes
    }

    /// The files beside the model's own in which it keeps constants, by name.
    pub fn external_files(&self) -> &[String] {
        &self.model.external_files
    }

    /// The version of ONNX's default operation set that the model is written in.
    pub fn opset(&self) -> i64 {
        self.model.opset
    }

    /// The names and shapes of the inputs, in the model's order.
    pub fn inputs(&self) -> &[Port] {
        &self.model.inputs
    }

    /// The names and shapes of the outputs, in the model's order.
    pub fn outputs(&self) -> &[Port] {
        &self.model.outputs
    }

    /// The float outputs for one sample, one array for each output.
    ///
    /// # Errors
    /// If the sample does not fit the model.
    pub fn run(&self, sample: &Sample) -> Result<Vec<Vec<f64>>, OnnxError> {
        self.check(std::slice::from_ref(sample))?;
        let mut calibration = calibrate(
            &self.model.graph,
            std::slice::from_ref(sample),
            &mut Progress::unheard(),
        )?;
        Ok(calibration.outputs.pop().unwrap_or_default())
    }

    /// Calibrates on samples and makes the integer program.
    ///
    /// # Errors
    /// If a sample does not fit the model, or the model cannot be quantized.
    pub fn compile(
        &self,
        samples: &[Sample],
        options: &QuantizeOptions,
    ) -> Result<Compiled, OnnxError> {
        self.compile_with(samples, options, &mut |_, _, _| true)
    }

    /// As [`Self::compile`]. `progress` is told how many samples of how many are done with, and may answer `false` to stop.
    ///
    /// # Errors
    /// As [`Self::compile`]; if stopped.
    pub fn compile_with(
        &self,
        samples: &[Sample],
        options: &QuantizeOptions,
        progress: &mut dyn FnMut(Work, usize, usize) -> bool,
    ) -> Result<Compiled, OnnxError> {
        self.check(samples)?;
        if let Some(complete) = self.without_missing(samples) {
            return complete.compile_with(samples, options, progress);
        }
        let progress = &mut Progress::new(progress);
        let candidates = options.candidates()?;
        let calibration = calibrate(&self.model.graph, samples, progress)?;
        let mut best: Option<Compiled> = None;
        for widths in candidates {
            let compiled =
                self.quantize(&calibration, samples, widths, options.tolerance, progress)?;
            let done = compiled.report.within_tolerance;
            if done
                || best.as_ref().is_none_or(|b| {
                    compiled
                        .report
                        .agreement
                        .is_better_than(&b.report.agreement)
                })
            {
                best = Some(compiled);
            }
            if done {
                break;
            }
        }
        best.ok_or_else(|| OnnxError::Model {
            reason: "there are no widths to try".into(),
        })
    }

    /// The same model without what deals with missing values of inputs in which these samples have none; `None` if there is no such
    /// input. A program that is to take missing values is calibrated with some: all others need not pay for it.
    fn without_missing(&self, samples: &[Sample]) -> Option<Self> {
        let is_complete = |slot: usize| {
            let mut values = samples.iter().filter_map(|sample| sample.get(slot));
            values.all(|values| !values.iter().any(|v| v.is_nan()))
        };
        let mut inputs = self.model.inputs.clone();
        let mut complete = BTreeSet::new();
        for (slot, (input, &layer)) in inputs.iter_mut().zip(&self.model.graph.inputs).enumerate() {
            if input.may_be_missing && is_complete(slot) {
                input.may_be_missing = false;
                complete.insert(layer);
            }
        }
        (!complete.is_empty()).then(|| Self {
            model: Model {
                graph: self.model.graph.without_missing(&complete),
                inputs,
                opset: self.model.opset,
                outputs: self.model.outputs.clone(),
                notes: self.model.notes.clone(),
                external_files: self.model.external_files.clone(),
            },
        })
    }

    fn quantize(
        &self,
        calibration: &Calibration,
        samples: &[Sample],
        widths: Widths,
        tolerance: f64,
        progress: &mut Progress<'_>,
    ) -> Result<Compiled, OnnxError> {
        let Model {
            opset: _,
            graph,
            inputs,
            outputs,
            notes,
            external_files: _,
        } = &self.model;
        let Lowered { program, weights } =
            lower(graph, &calibration.ranges, inputs, outputs, widths)?;
        let float = &calibration.outputs;
        let agreement = compare(graph, &program, &weights, samples, float, progress)?;
        let committed = program
            .nodes
            .iter()
            .zip(&program.tensors)
            .filter(|(n, _)| n.op.is_committed());
        let is_weight = |n: &inferproof_program::Node| n.op == inferproof_program::Op::Weight;
        let entries = |of_weights: bool| {
            let chosen = committed
                .clone()
                .filter(|(n, _)| is_weight(n) == of_weights);
            chosen.map(|(_, t)| t.volume()).sum()
        };
        let report = CompileReport {
            widths,
            samples: samples.len(),
            within_tolerance: agreement.is_within(tolerance),
            agreement,
            weights: entries(true),
            activations: entries(false),
            notes: notes.clone(),
        };
        Ok(Compiled {
            program,
            weights,
            report,
        })
    }

    /// Compares a compiled program with this model on other samples, and with labels where there are some. `progress` is told how
    /// many samples of how many are done with, and may answer `false` to stop.
    ///
    /// # Errors
    /// If a sample does not fit the model; if stopped.
    pub fn evaluate(
        &self,
        compiled: &Compiled,
        samples: &[Sample],
        labels: Option<&[i64]>,
        progress: &mut dyn FnMut(Work, usize, usize) -> bool,
    ) -> Result<Accuracy, OnnxError> {
        let progress = &mut Progress::new(progress);
        self.check(samples)?;
        crate::accuracy::evaluate(&self.model.graph, compiled, samples, labels, progress)
    }

    fn check(&self, samples: &[Sample]) -> Result<(), OnnxError> {
        let shape_error = |tensor: &str, expected: String, got: String| OnnxError::Shape {
            file: "samples".into(),
            tensor: tensor.into(),
            expected,
            got,
        };
        for sample in samples {
            if sample.len() != self.model.inputs.len() {
                let expected = format!("{} tensors", self.model.inputs.len());
                return Err(shape_error(
                    "(all)",
                    expected,
                    format!("{} tensors", sample.len()),
                ));
            }
            for (values, port) in sample.iter().zip(&self.model.inputs) {
                let count = volume(&port.shape).unwrap_or(0);
                if values.len() != count {
                    let expected = format!("{count} entries of shape {:?}", port.shape);
                    return Err(shape_error(
                        &port.name,
                        expected,
                        format!("{} entries", values.len()),
                    ));
                }
                let is_wrong = |v: &f32| !v.is_finite() && !(v.is_nan() && port.may_be_missing);
                if let Some(position) = values.iter().position(is_wrong) {
                    return Err(OnnxError::Value {
                        file: "samples".into(),
                        tensor: port.name.clone(),
                        place: format!("entry {position}"),
                        value: values[position].to_string(),
                        expected: "a finite number".into(),
                    });
                }
            }
        }
        Ok(())
    }
}

/// Imports, calibrates and quantizes in one go.
///
/// # Errors
/// As [`FloatModel::import`] and [`FloatModel::compile`].
pub fn compile(
    onnx: &[u8],
    calibration: &[Sample],
    options: &QuantizeOptions,
) -> Result<Compiled, OnnxError> {
    FloatModel::import(onnx)?.compile(calibration, options)
}

/// The integers of an input: the nearest (halves up) at the tensor's scale; what is beyond the declared range saturates. A missing value
/// (NaN) has an integer of its own, the greatest, where the input takes them.
fn quantize(tensor: &Tensor, missing: Option<i64>, values: &[f32]) -> Vec<i64> {
    let format = Format {
        low: tensor.low,
        high: missing.map_or(tensor.high, |missing| missing - 1),
        scale: tensor.scale_log2,
    };
    let integer = |&value: &f32| match missing {
        Some(missing) if value.is_nan() => missing,
        _ => format.quantize(value.into()),
    };
    values.iter().map(integer).collect()
}

/// The reals that integers of a tensor mean.
#[must_use]
pub(crate) fn dequantize(tensor: &Tensor, values: &[i64]) -> Vec<f64> {
    let unit = 2f64.powi(-tensor.scale_log2);
    values.iter().map(|&v| v as f64 * unit).collect()
}

/// The integer inputs of a program for one sample.
#[must_use]
pub fn quantize_inputs(program: &Program, sample: &[Vec<f32>]) -> Vec<Vec<i64>> {
    let inputs = program.inputs.iter().filter_map(|&id| {
        let missing = program.meaning(id).and_then(|meaning| meaning.missing);
        Some((program.tensor(id)?, missing))
    });
    inputs
        .zip(sample)
        .map(|((tensor, missing), values)| quantize(tensor, missing, values))
        .collect()
}

/// The real outputs of a program from its integer outputs.
#[must_use]
pub fn dequantize_outputs(program: &Program, outputs: &[Vec<i64>]) -> Vec<Vec<f64>> {
    let tensors = program.outputs.iter().filter_map(|&id| program.tensor(id));
    tensors
        .zip(outputs)
        .map(|(tensor, values)| dequantize(tensor, values))
        .collect()
}
