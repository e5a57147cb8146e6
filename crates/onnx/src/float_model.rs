//! A model in floats: imported, run, and compared with its integers.

use crate::accuracy::{Accuracy, evaluate};
use crate::calibrate::{Sample, calibrate};
use crate::compile::Compiled;
use crate::fold::fold_factors;
use crate::import::{ImportOptions, Model, Port, import, parse};
use crate::interface::Interface;
use crate::passes::{chosen, separable};
use crate::progress::{Progress, Work};
use crate::{Dimensions, OnnxError, masks};
use inferproof_view::volume;
use std::collections::BTreeSet;

/// A model in floats, imported and checked.
pub struct FloatModel {
    pub(crate) model: Model,
    pub(crate) interface: Interface,
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
        Self::of(import(&parse(onnx)?, options)?)
    }

    pub(crate) fn of(mut model: Model) -> Result<Self, OnnxError> {
        let files = model.files.clone();
        files.checked(|| {
            fold_factors(&mut model.graph)?;
            separable::merge(&mut model.graph)?;
            chosen::apply(&mut model.graph)?;
            model.graph.prune();
            model.graph = masks::separate(&model.graph)?;
            Ok(Self {
                model,
                interface: Interface::default(),
            })
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
        let samples = std::slice::from_ref(sample);
        self.check(samples)?;
        let run = || calibrate(&self.model.graph, samples, &mut Progress::unheard());
        let mut calibration = self.model.files.checked(run)?;
        Ok(calibration.outputs.pop().unwrap_or_default())
    }

    /// The same model without what deals with missing values of inputs in which these samples have none; `None` if there is no such
    /// input. A program that is to take missing values is calibrated with some: all others need not pay for it.
    pub(crate) fn without_missing(&self, samples: &[Sample]) -> Option<Self> {
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
                files: self.model.files.clone(),
            },
            interface: self.interface.clone(),
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
        self.model.files.checked(|| {
            let (samples, _) = self.in_sequence(samples, progress)?;
            self.check(&samples)?;
            let (graph, weights) = (&self.model.graph, &compiled.weights);
            evaluate(graph, weights, &samples, labels, progress)
        })
    }

    /// Refuses samples that do not fit the model.
    pub(crate) fn check(&self, samples: &[Sample]) -> Result<(), OnnxError> {
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
                let is_wrong = |v: &f64| !(v.is_finite() || v.is_nan() && port.may_be_missing);
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
