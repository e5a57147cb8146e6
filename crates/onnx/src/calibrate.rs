//! What the float model does on the calibration samples: the range of every layer, and its outputs.

use crate::OnnxError;
use crate::float::{Activations, evaluate_observed, reals};
use crate::graph::{Graph, Kind, LayerId, Real};
use crate::progress::{Progress, Work};
use crate::range::Range;
use crate::seen::Seen;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One sample: an array for each input of the model, row-major.
pub type Sample = Vec<Vec<f64>>;

/// The ranges of all layers and the outputs on all samples.
pub struct Calibration {
    pub ranges: Vec<Range>,
    /// The mean square of each layer's values; no number for constants, and for windows, which are not kept.
    pub mean_squares: Vec<f64>,
    /// Of sums with masks in them, what is seen.
    pub seen: BTreeMap<LayerId, Range>,
    /// For each sample and each output of the model, its values.
    pub outputs: Vec<Vec<Vec<f64>>>,
}

/// The most that is left free beyond what calibration has seen, as a share of it.
const MOST_HEADROOM: f64 = 1.0 / 16.0;

/// So many samples go about as far as others will.
const MANY_SAMPLES: usize = 64;

impl Calibration {
    /// How far beyond the ranges other samples are expected to go, as a share of them: the more samples there were, the less. Of many
    /// samples it would be less than one part in a hundred, for which a scale twice as coarse is too high a price.
    pub fn headroom(&self) -> f64 {
        match self.outputs.len() {
            MANY_SAMPLES.. => 0.0,
            samples => (0.5 / samples.max(1) as f64).min(MOST_HEADROOM),
        }
    }
}

/// Runs the float model on all samples.
pub fn calibrate(
    graph: &Graph,
    samples: &[Sample],
    progress: &mut Progress<'_>,
) -> Result<Calibration, OnnxError> {
    calibrate_observed(graph, samples, progress, &mut |_, _| ())
}

/// As [`calibrate`]; each layer that is computed is shown to an observer, sample by sample.
pub fn calibrate_observed(
    graph: &Graph,
    samples: &[Sample],
    progress: &mut Progress<'_>,
    observe: &mut dyn FnMut(LayerId, &Activations<'_>),
) -> Result<Calibration, OnnxError> {
    if samples.is_empty() {
        return Err(OnnxError::NoCalibration);
    }
    let constants = graph.layers.iter().map(|layer| match &layer.kind {
        Kind::Constant(values) => values.range(),
        _ => Range::EMPTY,
    });
    let mut ranges: Vec<Range> = constants.collect();
    let mut mean_squares = vec![f64::NAN; graph.layers.len()];
    let mut seen = Seen::of(graph);
    let mut outputs = Vec::with_capacity(samples.len());
    for (position, sample) in samples.iter().enumerate() {
        progress.step(Work::Calibrate, position, samples.len())?;
        let inputs = sample.iter().map(|values| Arc::new(reals(values)));
        let is_output = |id: LayerId| graph.outputs.contains(&id);
        let mut look = |id: LayerId, activations: &Activations<'_>| -> Result<(), OnnxError> {
            let Some(values) = activations.get(id) else {
                return Ok(());
            };
            observe(id, activations);
            check_values(graph, id, values, activations, position)?;
            let layer = graph.layer(id);
            let observed = match &layer.kind {
                Kind::Logits { .. } => Range::of_logits(values, &layer.shape, f64::INFINITY),
                _ => Range::of(values.iter().map(|v| v.0)),
            };
            ranges[id.0] = ranges[id.0].hull(observed);
            if !values.is_empty() {
                let squares: f64 = values.iter().map(|v| v.0 * v.0).sum();
                let mean = squares / (values.len() * samples.len()) as f64;
                let known = &mut mean_squares[id.0];
                *known = if known.is_nan() { mean } else { *known + mean };
            }
            seen.observe(graph, id, activations);
            Ok(())
        };
        let activations = evaluate_observed(graph, inputs.collect(), is_output, &mut look)?;
        outputs.push(outputs_of(graph, &activations));
    }
    let seen = seen.conclude(graph, &mut ranges);
    Ok(Calibration {
        ranges,
        mean_squares,
        seen,
        outputs,
    })
}

/// The values of the graph's outputs, which a run has kept.
pub fn outputs_of(graph: &Graph, activations: &Activations<'_>) -> Vec<Vec<f64>> {
    let values = graph.outputs.iter().map(|&id| match graph.constant(id) {
        Some(constant) => constant.entries().iter().map(|&v| v.into()).collect(),
        None => {
            let values = activations.get(id).unwrap_or_default();
            values.iter().map(|v| v.0).collect()
        }
    });
    values.collect()
}

/// Refuses values that are no numbers, and indices that are none of their axis.
fn check_values(
    graph: &Graph,
    id: LayerId,
    values: &[Real],
    activations: &Activations<'_>,
    sample: usize,
) -> Result<(), OnnxError> {
    let layer = graph.layer(id);
    // A value may be missing from an input, as far as rearrangements carry it; whatever computes something makes a number of it.
    let passes_on = match &layer.kind {
        Kind::Input { .. } => true,
        Kind::Linear(terms) => terms.len() == 1,
        _ => false,
    };
    let is_expected = |v: &Real| v.0.is_finite() || v.0.is_nan() && passes_on;
    if !values.iter().all(is_expected) {
        return Err(OnnxError::NotFinite {
            origin: layer.origin.clone(),
            sample,
        });
    }
    match layer.kind {
        Kind::Indicator { source, wraps } => {
            let indices = activations.get(source).unwrap_or_default();
            check_indices(graph, id.0, indices, wraps, sample)
        }
        _ => Ok(()),
    }
}

/// Indices count from 0, or from the end if they wrap, and stay within the axis.
fn check_indices(
    graph: &Graph,
    slot: usize,
    indices: &[Real],
    wraps: bool,
    sample: usize,
) -> Result<(), OnnxError> {
    let layer = &graph.layers[slot];
    let length = layer.shape.last().copied().unwrap_or(0);
    let least = if wraps { -(length as f64) } else { 0.0 };
    let is_outside = |i: &&Real| i.0 < least || i.0 >= length as f64;
    match indices.iter().find(is_outside) {
        None => Ok(()),
        Some(index) => Err(OnnxError::Index {
            origin: layer.origin.clone(),
            sample,
            index: index.0,
            least,
            length,
        }),
    }
}
