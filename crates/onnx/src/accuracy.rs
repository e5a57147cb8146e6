//! How well an integer program follows the float model.

mod answers;
mod columns;

use crate::OnnxError;
use crate::calibrate::{Sample, calibrate};
use crate::conversion::{dequantize_outputs, quantize_inputs};
use crate::float::argmax;
use crate::function::Function;
use crate::graph::{Graph, Kind, LayerId};
use crate::progress::{Progress, Work};
use answers::{Answers, have_answers};
use columns::Columns;
use inferproof_program::{Answer, BoundWeights, Program};
use serde::Serialize;

/// Integer outputs against float outputs, over samples.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Agreement {
    /// The greatest difference of an output entry over the size of its column, of all outputs the greatest.
    pub relative_error: f64,
    /// Of each output, the column whose error is the greatest relative to its size.
    pub worst: Vec<ColumnError>,
    /// The greatest absolute difference of an output entry.
    pub max_abs_error: f64,
    /// The mean absolute difference of output entries.
    pub mean_abs_error: f64,
    /// In how many rows of the outputs (of all samples) both have their maximum at the same place.
    pub top1: usize,
    /// Of how many: rows of one entry, or of entries that are not of one kind, have no maximum to compare.
    pub top1_of: usize,
    /// Where the maximum is elsewhere: by how much the float model prefers its own, relative to the size of its column, at most.
    pub top1_margin: f64,
    /// How many values were moved to the end of a range, other than by a ReLU or clip of the model itself.
    pub saturated: usize,
    /// The first output entries: what the float model gives, and what the integer program. For a picture; they may be private, so
    /// they are not serialized.
    #[serde(skip)]
    pub entries: Vec<(f64, f64)>,
}

/// The error of one column of an output: of what stands at one place of its last axis, in all rows and samples.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnError {
    /// The output's name.
    pub output: String,
    /// The place on the last axis; `None` where the output has one column.
    pub column: Option<usize>,
    /// The greatest absolute difference.
    pub max_abs_error: f64,
    /// How large the float model's values are: see the guide to quantization.
    pub size: f64,
    /// The one over the other.
    pub relative_error: f64,
}

/// How many output entries are kept.
const ENTRIES: usize = 1000;

/// Of so many rows, one may have another answer than the float model, if that is as good as undecided.
const ROWS_PER_DOUBT: usize = 200;

/// Accuracy on labelled samples.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Accuracy {
    /// How many samples.
    pub samples: usize,
    /// Against the float model.
    pub agreement: Agreement,
    /// How many labels the float model's first output gets right, if there are labels.
    pub float_correct: Option<usize>,
    /// How many labels the integer program's first output gets right, if there are labels.
    pub integer_correct: Option<usize>,
}

impl Agreement {
    /// Whether no column's error is beyond a tolerance, and the answers are the float model's: but for one row in
    /// 200 in which it prefers its own by no more than the tolerance.
    #[must_use]
    pub fn is_within(&self, tolerance: f64) -> bool {
        self.relative_error <= tolerance && self.has_answers(tolerance)
    }

    /// The second half of [`Self::is_within`].
    #[must_use]
    pub fn has_answers(&self, tolerance: f64) -> bool {
        let others = self.top1_of - self.top1;
        others == 0 || (others <= self.top1_of / ROWS_PER_DOUBT && self.top1_margin <= tolerance)
    }
}

/// Gathers an [`Agreement`] sample by sample.
struct Tally {
    outputs: Vec<OutputTally>,
    entries: Vec<(f64, f64)>,
    count: usize,
    total_error: f64,
    saturated: usize,
}

/// Of one output.
struct OutputTally {
    name: String,
    /// The least difference of two integers.
    step: f64,
    columns: Columns,
    /// For each column, the greatest error.
    errors: Vec<f64>,
    /// If rows may have answers.
    answers: Option<Answers>,
}

impl Tally {
    fn new(graph: &Graph, program: &Program) -> Self {
        let tensors = program.outputs.iter().filter_map(|&id| program.tensor(id));
        // What the next run is given is no answer.
        let is_fed = |place: usize| program.feeds.iter().any(|feed| feed.output == place);
        let outputs = tensors.zip(&graph.outputs).enumerate();
        let outputs = outputs.map(|(place, (tensor, &layer))| {
            let columns = Columns::new(&tensor.shape, is_sigmoid(graph, layer));
            OutputTally {
                name: tensor.name.clone(),
                step: 2f64.powi(-tensor.scale_log2),
                errors: vec![0.0; columns.width()],
                columns,
                answers: (have_answers(&tensor.shape) && !is_fed(place)).then(Answers::default),
            }
        });
        Self {
            outputs: outputs.collect(),
            entries: vec![],
            count: 0,
            total_error: 0.0,
            saturated: 0,
        }
    }

    /// Takes what the float model gives for one sample, by which errors are measured.
    fn size_columns(&mut self, float: &[Vec<f64>]) {
        for (output, float) in self.outputs.iter_mut().zip(float) {
            output.columns.add(float);
        }
    }

    fn add(&mut self, program: &Program, answer: &Answer, float: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let integer = dequantize_outputs(program, &answer.outputs);
        for ((integer, float), output) in integer.iter().zip(float).zip(&mut self.outputs) {
            output.add(integer, float);
            for (i, f) in integer.iter().zip(float) {
                self.total_error += (i - f).abs();
                if self.entries.len() < ENTRIES {
                    self.entries.push((*f, *i));
                }
                self.count += 1;
            }
        }
        self.saturated += answer.saturations.iter().map(|s| s.entries).sum::<usize>();
        integer
    }

    fn agreement(&self) -> Agreement {
        let mut agreement = Agreement {
            mean_abs_error: self.total_error / self.count.max(1) as f64,
            saturated: self.saturated,
            entries: self.entries.clone(),
            ..Agreement::default()
        };
        for output in &self.outputs {
            let sizes = output.columns.sizes();
            let greatest = output.errors.iter().copied().fold(0.0, f64::max);
            agreement.max_abs_error = agreement.max_abs_error.max(greatest);
            if let Some(answers) = output.answers.filter(|_| output.columns.are_alike()) {
                let size = sizes.iter().copied().fold(0.0, f64::max);
                agreement.top1 += answers.same;
                agreement.top1_of += answers.of;
                agreement.top1_margin = agreement.top1_margin.max(answers.margin / size);
            }
            agreement.worst.extend(output.worst(&sizes));
        }
        let errors = agreement.worst.iter().map(|w| w.relative_error);
        agreement.relative_error = errors.fold(0.0, f64::max);
        agreement
    }
}

impl OutputTally {
    fn add(&mut self, integer: &[f64], float: &[f64]) {
        let width = self.columns.width();
        for (integer, float) in integer.chunks_exact(width).zip(float.chunks_exact(width)) {
            for ((i, f), greatest) in integer.iter().zip(float).zip(&mut self.errors) {
                *greatest = greatest.max((i - f).abs());
            }
        }
        if let Some(answers) = &mut self.answers {
            answers.add(width, integer, float, self.step);
        }
    }

    /// The column with the greatest error relative to these sizes.
    fn worst(&self, sizes: &[f64]) -> Option<ColumnError> {
        let errors = self.errors.iter().zip(sizes);
        let errors = errors
            .enumerate()
            .map(|(column, (&error, &size))| ColumnError {
                output: self.name.clone(),
                column: (sizes.len() > 1).then_some(column),
                max_abs_error: error,
                size,
                relative_error: error / size,
            });
        errors.reduce(
            |worst, next| match next.relative_error > worst.relative_error {
                true => next,
                false => worst,
            },
        )
    }
}

/// Whether a layer's values are those of a sigmoid, perhaps in another shape.
fn is_sigmoid(graph: &Graph, mut id: LayerId) -> bool {
    while let Some((source, _)) = graph.viewed(id) {
        id = source;
    }
    let unit = Function::Clamp {
        low: Some(0.0),
        high: Some(1.0),
    };
    match &graph.layer(id).kind {
        Kind::Apply { function, .. } => *function == Function::Sigmoid || *function == unit,
        _ => false,
    }
}

/// How far a comparison came, and what it says.
pub struct Compared {
    /// On the samples that were compared.
    pub agreement: Agreement,
    /// How many these were: all, unless one was beyond the limit.
    pub samples: usize,
    /// Whether all are within the limit.
    pub is_within: bool,
}

/// Runs the program on samples whose float outputs are known, until a sample is beyond the limit, if there is one.
pub fn compare(
    graph: &Graph,
    weights: &BoundWeights,
    samples: &[Sample],
    float: &[Vec<Vec<f64>>],
    limit: Option<f64>,
    progress: &mut Progress<'_>,
) -> Result<Compared, OnnxError> {
    let program = weights.program();
    let mut tally = Tally::new(graph, program);
    // A column's size is that in all samples, from the first one on.
    for values in float {
        tally.size_columns(values);
    }
    for (position, (sample, float)) in samples.iter().zip(float).enumerate() {
        progress.step(Work::Compare, position, samples.len())?;
        let answer = weights.answer(&quantize_inputs(program, sample))?;
        tally.add(program, &answer, float);
        let Some(limit) = limit else { continue };
        let agreement = tally.agreement();
        let others = agreement.top1_of - agreement.top1;
        let rows = agreement.top1_of * samples.len() / (position + 1);
        if agreement.relative_error > limit || others > rows / ROWS_PER_DOUBT {
            return Ok(Compared {
                agreement,
                samples: position + 1,
                is_within: false,
            });
        }
    }
    let agreement = tally.agreement();
    Ok(Compared {
        is_within: limit.is_none_or(|limit| agreement.is_within(limit)),
        samples: samples.len(),
        agreement,
    })
}

/// Runs both on samples, sample by sample.
pub fn evaluate(
    graph: &Graph,
    weights: &BoundWeights,
    samples: &[Sample],
    labels: Option<&[i64]>,
    progress: &mut Progress<'_>,
) -> Result<Accuracy, OnnxError> {
    let program = weights.program();
    let mut tally = Tally::new(graph, program);
    let mut correct = [0, 0];
    for (position, sample) in samples.iter().enumerate() {
        progress.step(Work::Evaluate, position, samples.len())?;
        let float = calibrate(
            graph,
            std::slice::from_ref(sample),
            &mut Progress::unheard(),
        )?
        .outputs
        .pop()
        .unwrap_or_default();
        let answer = weights.answer(&quantize_inputs(program, sample))?;
        tally.size_columns(&float);
        let integer = tally.add(program, &answer, &float);
        let label = labels.and_then(|l| l.get(position)).copied();
        for (slot, outputs) in correct.iter_mut().zip([&float, &integer]) {
            let answer = outputs.first().map(|values| match values[..] {
                // The label itself, as classifiers of `ai.onnx.ml` give it.
                [answer] => answer.round() as i64,
                _ => argmax(values.iter()) as i64,
            });
            *slot += usize::from(label.is_some() && label == answer);
        }
    }
    Ok(Accuracy {
        samples: samples.len(),
        agreement: tally.agreement(),
        float_correct: labels.map(|_| correct[0]),
        integer_correct: labels.map(|_| correct[1]),
    })
}
