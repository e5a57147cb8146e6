//! How well an integer program follows the float model.

use crate::OnnxError;
use crate::calibrate::{Sample, calibrate};
use crate::compile::{Compiled, dequantize_outputs, quantize_inputs};
use crate::float::argmax;
use crate::graph::Graph;
use crate::progress::{Progress, Work};
use inferproof_program::{Op, Program, Trace, Weights};
use serde::Serialize;

/// Integer outputs against float outputs, over samples.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Agreement {
    /// On how many outputs (of all samples) both have their maximum at the same place.
    pub top1: usize,
    /// Of how many: outputs with one entry have no maximum to compare.
    pub top1_of: usize,
    /// The greatest absolute difference of an output entry.
    pub max_abs_error: f64,
    /// The mean absolute difference of output entries.
    pub mean_abs_error: f64,
    /// The greatest difference over the greatest magnitude of the same float output, of all outputs the greatest.
    pub relative_error: f64,
    /// How many values a rescale moved to the end of its range, other than by a ReLU or clip of the model itself.
    pub saturated: usize,
    /// The first output entries: what the float model gives, and what the integer program. For a picture; they may be private, so
    /// they are not serialized.
    #[serde(skip)]
    pub entries: Vec<(f64, f64)>,
}

/// How many output entries are kept.
const ENTRIES: usize = 1000;

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
    /// Whether this is the better of two: first by top-1, then by error.
    #[must_use]
    pub fn is_better_than(&self, other: &Self) -> bool {
        (self.top1, -self.relative_error) > (other.top1, -other.relative_error)
    }
}

/// Gathers an [`Agreement`] sample by sample.
#[derive(Default)]
struct Tally {
    agreement: Agreement,
    entries: usize,
    total_error: f64,
    /// For each output, the greatest error and the greatest magnitude of the float model.
    outputs: Vec<(f64, f64)>,
}

impl Tally {
    fn add(&mut self, program: &Program, trace: &Trace, float: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let integer = dequantize_outputs(program, &trace.outputs(program));
        self.outputs.resize(float.len(), (0.0, 0.0));
        for ((integer, float), output) in integer.iter().zip(float).zip(&mut self.outputs) {
            if float.len() > 1 {
                self.agreement.top1_of += 1;
                let same = argmax(integer.iter()) == argmax(float.iter());
                self.agreement.top1 += usize::from(same);
            }
            for (i, f) in integer.iter().zip(float) {
                let error = (i - f).abs();
                self.total_error += error;
                if self.agreement.entries.len() < ENTRIES {
                    self.agreement.entries.push((*f, *i));
                }
                *output = (output.0.max(error), output.1.max(f.abs()));
                self.entries += 1;
            }
        }
        self.agreement.saturated += saturated(program, trace);
        integer
    }

    fn finish(mut self) -> Agreement {
        self.agreement.mean_abs_error = self.total_error / self.entries.max(1) as f64;
        for (error, greatest) in self.outputs {
            let magnitude = if greatest > 0.0 { greatest } else { 1.0 };
            let agreement = &mut self.agreement;
            agreement.max_abs_error = agreement.max_abs_error.max(error);
            agreement.relative_error = agreement.relative_error.max(error / magnitude);
        }
        self.agreement
    }
}

/// Operations whose ranges are the model's own.
const QUANTIZATIONS: [&str; 3] = ["(QuantizeLinear)", "(QLinearConv)", "(QLinearMatMul)"];

/// How many values were beyond a rescale's range, not counting what a ReLU, a clip or a quantization of the model itself cuts off.
fn saturated(program: &Program, trace: &Trace) -> usize {
    let mut count = 0;
    for node in &program.nodes {
        let Op::Rescale { source, shift } = node.op else {
            continue;
        };
        if QUANTIZATIONS.iter().any(|op| node.origin.ends_with(op)) {
            continue;
        }
        let (Some(output), Some(values)) = (program.tensor(node.output), trace.get(source)) else {
            continue;
        };
        let half = if shift == 0 { 0 } else { 1i64 << (shift - 1) };
        // A range of a bit is a comparison: saturation is what it asks.
        let full = |bound: i64| {
            bound.unsigned_abs() > 1
                && (bound + i64::from(bound > 0))
                    .unsigned_abs()
                    .is_power_of_two()
        };
        let beyond = |&&x: &&i64| {
            let y = (x + half) >> shift;
            (y > output.high && full(output.high)) || (y < output.low && full(output.low))
        };
        count += values.iter().filter(beyond).count();
    }
    count
}

/// Runs the program on samples whose float outputs are known.
pub fn compare(
    program: &Program,
    weights: &Weights,
    samples: &[Sample],
    float: &[Vec<Vec<f64>>],
    progress: &mut Progress<'_>,
) -> Result<Agreement, OnnxError> {
    let mut tally = Tally::default();
    for (position, (sample, float)) in samples.iter().zip(float).enumerate() {
        progress.step(Work::Compare, position, samples.len())?;
        let trace = program.run(weights, &quantize_inputs(program, sample))?;
        tally.add(program, &trace, float);
    }
    Ok(tally.finish())
}

/// Runs both on samples, sample by sample.
pub fn evaluate(
    graph: &Graph,
    compiled: &Compiled,
    samples: &[Sample],
    labels: Option<&[i64]>,
    progress: &mut Progress<'_>,
) -> Result<Accuracy, OnnxError> {
    let program = &compiled.program;
    let mut tally = Tally::default();
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
        let trace = program.run(&compiled.weights, &quantize_inputs(program, sample))?;
        let integer = tally.add(program, &trace, &float);
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
        agreement: tally.finish(),
        float_correct: labels.map(|_| correct[0]),
        integer_correct: labels.map(|_| correct[1]),
    })
}
