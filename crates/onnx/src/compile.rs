//! Compilation: calibration, and the choice of the narrowest integers that are accurate enough.

mod candidates;
mod options;
mod report;

pub use options::QuantizeOptions;
pub use report::{CompileReport, Compiled};

use crate::OnnxError;
use crate::accuracy::{Agreement, Compared, compare};
use crate::calibrate::{Calibration, Sample, calibrate, calibrate_observed};
use crate::equalize::{Equalization, Equalized};
use crate::float::Activations;
use crate::float_model::FloatModel;
use crate::graph::Graph;
use crate::import::Model;
use crate::progress::{Progress, Work};
use crate::quantize::{InputWidths, Plan, Widths, lower};
use crate::shown;
use crate::tensor_widths::{Spread, tensor_widths};
use crate::trial::Trial;
use candidates::Candidate;
use inferproof_program::{BoundWeights, ValidProgram};
use std::cell::OnceCell;

/// How many rows each output has, at least.
fn rows_of_outputs(graph: &Graph) -> usize {
    let rows = graph.outputs.iter().map(|&id| {
        let shape = graph.shape(id).split_last();
        shape.map_or(1, |(_, rows)| rows.iter().product())
    });
    rows.min().unwrap_or(1)
}

/// The widths of inputs of the graph as it is.
fn input_widths(options: &QuantizeOptions) -> InputWidths {
    InputWidths {
        bits: options.input_bits,
        ..InputWidths::default()
    }
}

fn no_widths() -> OnnxError {
    OnnxError::Model {
        reason: "there are no widths to try".into(),
    }
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

impl FloatModel {
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
        self.model.files.checked(|| {
            let (samples, computed) = self.in_sequence(samples, &mut Progress::new(progress))?;
            self.check(&samples)?;
            let mut compiled = match self.without_missing(&samples) {
                Some(complete) => complete.quantized(&samples, options, progress),
                None => self.quantized(&samples, options, progress),
            }?;
            compiled.report.in_sequence = computed;
            Ok(compiled)
        })
    }

    fn quantized(
        &self,
        samples: &[Sample],
        options: &QuantizeOptions,
        progress: &mut dyn FnMut(Work, usize, usize) -> bool,
    ) -> Result<Compiled, OnnxError> {
        self.check_interface()?;
        let progress = &mut Progress::new(progress);
        let original = &self.model.graph;
        let candidates = Candidate::all(options, original)?;
        let mut equalization = Equalization::of(original, &self.laid_down())?;
        let observe = &mut |id, activations: &Activations<'_>| {
            equalization.observe(id, activations);
        };
        let calibration = calibrate_observed(original, samples, progress, observe)?;
        let inputs = input_widths(options);
        // Made when the graph as it is has been tried without success.
        let equalized: OnceCell<Option<Equalized>> = OnceCell::new();
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
                let plan = candidate.plan(variant.graph, &variant.calibration, &variant.inputs);
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
                if equalized.get().is_none()
                    && let applied = equalization.apply(original)?
                    && let Some(equalized) = equalized.get_or_init(|| applied)
                {
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
        let mut best = best.ok_or_else(no_widths)?;
        best.report.trials = trials;
        Ok(best)
    }

    /// The program at the first widths that would be tried for the graph as it is, whatever its accuracy.
    pub(crate) fn outlined(
        &self,
        sample: Sample,
        options: &QuantizeOptions,
    ) -> Result<ValidProgram, OnnxError> {
        self.model.files.checked(|| {
            let progress = &mut Progress::unheard();
            let sample = [sample];
            let (samples, _) = self.in_sequence(&sample, progress)?;
            self.check(&samples)?;
            let complete = self.without_missing(&samples);
            let model = complete.as_ref().unwrap_or(self);
            let graph = &model.model.graph;
            let candidate = Candidate::all(options, graph)?.into_iter().next();
            let variant = Variant {
                graph,
                calibration: calibrate(graph, &samples, progress)?,
                inputs: input_widths(options),
            };
            let candidate = candidate.ok_or_else(no_widths)?;
            let plan = candidate.plan(graph, &variant.calibration, &variant.inputs);
            Ok(model.lowered(&variant, &plan)?.program().clone())
        })
    }

    fn lowered(&self, variant: &Variant<'_>, plan: &Plan) -> Result<BoundWeights, OnnxError> {
        let Model {
            inputs, outputs, ..
        } = &self.model;
        let (graph, calibration) = (variant.graph, &variant.calibration);
        lower(graph, calibration, inputs, outputs, &self.interface, plan)
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
            in_sequence: Vec::new(),
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
