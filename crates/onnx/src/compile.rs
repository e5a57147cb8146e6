//! Compilation: import, calibration, and the choice of the narrowest integers that are accurate enough.

use crate::accuracy::{Accuracy, Agreement, Compared, compare};
use crate::calibrate::{Calibration, Sample, calibrate, calibrate_observed};
use crate::equalize::Equalization;
use crate::fold::fold_factors;
use crate::graph::Graph;
use crate::import::{ImportOptions, Model, Port, import, parse};
use crate::passes::{chosen, separable};
use crate::progress::{Progress, Work};
use crate::quantize::{InputWidths, Plan, Widths, lower};
use crate::shown::{self, ShownNumbers};
use crate::tensor_widths::{Spread, TensorWidth, tensor_widths};
use crate::trial::Trial;
use crate::{Dimensions, OnnxError, masks};
use inferproof_program::{BoundWeights, ValidProgram};
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
    /// The width of inputs that are not integers, up to 31; that of activations if it is not given.
    pub input_bits: Option<u32>,
    /// The greatest error on the calibration samples that is accepted, relative to the size of an output's column.
    pub tolerance: f64,
}

impl Default for QuantizeOptions {
    fn default() -> Self {
        Self {
            weight_bits: None,
            activation_bits: None,
            input_bits: None,
            tolerance: 0.02,
        }
    }
}

/// How the widths of a program are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Candidate {
    /// One width for all weights.
    Uniform(Widths),
    /// Activations of this width, weights as [`Plan::by_use`] has them.
    ByUse(u32),
}

/// The widths of activations that are tried, from the cheapest on.
const ACTIVATION_BITS: [u32; 8] = [8, 9, 10, 11, 12, 13, 14, 16];

/// The narrowest weights that are tried, and the widest.
const WEIGHT_BITS: [u32; 2] = [8, 16];

/// A graph of so few numbers begins at a width beyond the least: the proof stays small (28 kB instead of 13 for a product of 12 weights), and
/// entries that are small beside their column keep some digits.
const FEW_NUMBERS: usize = 2048;

/// Bits of weights and activations of such a graph.
const FEW_BITS: u32 = 12;

/// The least and the greatest share of the tolerance that chosen widths may take up.
const SHARES: [f64; 2] = [0.6, 0.75];

/// The widest integers that can be committed.
const MAX_INPUT_BITS: u32 = 31;

impl QuantizeOptions {
    /// What is tried for a graph, from the cheapest on. The last one is the most precise.
    fn candidates(&self, graph: &Graph) -> Result<Vec<Candidate>, OnnxError> {
        let [least, most] = WEIGHT_BITS;
        let uniform = |weights, activations| Candidate::Uniform(Widths::new(weights, activations));
        let all = ACTIVATION_BITS.iter();
        let candidates: Vec<Candidate> = match (self.weight_bits, self.activation_bits) {
            (None, None) if graph.entries() <= FEW_NUMBERS => vec![
                uniform(FEW_BITS, FEW_BITS),
                Candidate::ByUse(FEW_BITS),
                uniform(most, most),
            ],
            (None, None) => {
                let by_use = all.map(|&bits| Candidate::ByUse(bits));
                [uniform(least, least)]
                    .into_iter()
                    .chain(by_use)
                    .chain([uniform(most, most)])
                    .collect()
            }
            (Some(weights), Some(activations)) => vec![uniform(weights, activations)],
            (Some(weights), None) => all.map(|&bits| uniform(weights, bits)).collect(),
            (None, Some(bits)) => vec![
                uniform(least, bits),
                Candidate::ByUse(bits),
                uniform(most, bits),
            ],
        };
        for candidate in &candidates {
            let widths = match *candidate {
                Candidate::Uniform(widths) => widths,
                Candidate::ByUse(activations) => Widths::new(least, activations),
            };
            widths.check()?;
        }
        if let Some(got) = self
            .input_bits
            .filter(|b| !(2..=MAX_INPUT_BITS).contains(b))
        {
            return Err(OnnxError::InputBits { got });
        }
        Ok(candidates)
    }
}

/// How many rows each output has, at least.
fn rows_of_outputs(graph: &Graph) -> usize {
    let rows = graph.outputs.iter().map(|&id| {
        let shape = graph.shape(id).split_last();
        shape.map_or(1, |(_, rows)| rows.iter().product())
    });
    rows.min().unwrap_or(1)
}

/// A graph that computes what the model does, as it is or equalized, and what calibration says of it.
struct Variant<'a> {
    graph: &'a Graph,
    calibration: Calibration,
    inputs: InputWidths,
}

impl Variant<'_> {
    /// How it follows the float model.
    fn compare(
        &self,
        weights: &BoundWeights,
        samples: &[Sample],
        limit: Option<f64>,
        progress: &mut Progress<'_>,
    ) -> Result<Compared, OnnxError> {
        let outputs = &self.calibration.outputs;
        let graph = self.graph;
        compare(graph, weights, samples, outputs, limit, progress)
    }
}

impl Candidate {
    /// How much of the tolerance it may take up, where so many rows of each output are compared. Other data than those that chose the
    /// widths err more, above all where these were few.
    fn share(self, rows: usize) -> f64 {
        let [least, most] = SHARES;
        match self {
            Self::Uniform(_) => 1.0,
            Self::ByUse(_) => (1.0 - 1.0 / (rows as f64).sqrt()).clamp(least, most),
        }
    }

    fn plan(self, variant: &Variant<'_>) -> Plan {
        let Variant {
            graph,
            calibration,
            inputs,
        } = variant;
        match self {
            Self::Uniform(widths) => Plan::uniform(widths, inputs),
            Self::ByUse(bits) => Plan::by_use(graph, calibration, bits, inputs),
        }
    }
}

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
        let mut model = import(&parse(onnx)?, options)?;
        fold_factors(&mut model.graph)?;
        separable::merge(&mut model.graph)?;
        chosen::apply(&mut model.graph)?;
        model.graph.prune();
        model.graph = masks::separate(&model.graph)?;
        Ok(Self { model })
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
        let original = &self.model.graph;
        let candidates = options.candidates(original)?;
        let mut equalization = Equalization::of(original)?;
        let observe = &mut |activations: &_| equalization.observe(activations);
        let calibration = calibrate_observed(original, samples, progress, observe)?;
        let equalized = equalization.apply(original)?;
        let inputs = InputWidths {
            bits: options.input_bits,
            ..InputWidths::default()
        };
        let mut variants = vec![Variant {
            graph: original,
            calibration,
            inputs,
        }];
        let rows = samples.len() * rows_of_outputs(original);
        let last = candidates.len().saturating_sub(1);
        // Of the most precise candidates, which none is left to improve on.
        let mut best: Option<Compiled> = None;
        let mut trials = Vec::new();
        for (position, candidate) in candidates.into_iter().enumerate() {
            let mut tried = 0;
            while let Some(variant) = variants.get(tried) {
                tried += 1;
                let limit = options.tolerance * candidate.share(rows);
                let limit = (position != last).then_some(limit);
                let plan = candidate.plan(variant);
                let lowered = self.lowered(variant, &plan)?;
                let compared = variant.compare(&lowered, samples, limit, progress)?;
                let widths = plan.reported(variant.graph);
                trials.push(Trial::new(widths, tried > 1, &compared));
                if compared.is_within {
                    let agreement = compared.agreement;
                    let error = agreement.relative_error;
                    let mut found = self.report(
                        variant.graph,
                        lowered,
                        widths,
                        samples.len(),
                        agreement,
                        options,
                    );
                    if limit.is_some() || found.report.within_tolerance {
                        found.report.trials = trials;
                        return Ok(found);
                    }
                    let known = best.as_ref().map(|b| b.report.agreement.relative_error);
                    if known.is_none_or(|known| error < known) {
                        best = Some(found);
                    }
                }
                if let (1, Some(equalized)) = (variants.len(), &equalized) {
                    let expected = variants[0].calibration.outputs.clone();
                    let mut calibration = calibrate(&equalized.graph, samples, progress)?;
                    calibration.outputs = expected;
                    variants.push(Variant {
                        graph: &equalized.graph,
                        calibration,
                        inputs: InputWidths {
                            bits: options.input_bits,
                            wide: equalized.wide.clone(),
                        },
                    });
                }
            }
        }
        let mut best = best.ok_or_else(|| OnnxError::Model {
            reason: "there are no widths to try".into(),
        })?;
        best.report.trials = trials;
        Ok(best)
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

    fn lowered(&self, variant: &Variant<'_>, plan: &Plan) -> Result<BoundWeights, OnnxError> {
        let Model {
            inputs, outputs, ..
        } = &self.model;
        lower(variant.graph, &variant.calibration, inputs, outputs, plan)
    }

    fn report(
        &self,
        graph: &Graph,
        weights: BoundWeights,
        widths: Widths,
        samples: usize,
        agreement: Agreement,
        options: &QuantizeOptions,
    ) -> Compiled {
        let program = weights.program().clone();
        let tensors = tensor_widths(&program);
        let of = |is_weight| tensors.iter().filter(move |t| t.is_weight == is_weight);
        let report = CompileReport {
            widths,
            weight_bits: Spread::of(of(true)),
            activation_bits: Spread::of(of(false)),
            trials: Vec::new(),
            samples,
            within_tolerance: agreement.is_within(options.tolerance),
            agreement,
            weights: of(true).map(|t| t.entries).sum(),
            activations: of(false).map(|t| t.entries).sum(),
            tensors,
            notes: self.model.notes.clone(),
            shown: shown::numbers(graph),
        };
        Compiled {
            program,
            weights,
            report,
        }
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
        crate::accuracy::evaluate(
            &self.model.graph,
            &compiled.weights,
            samples,
            labels,
            progress,
        )
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
