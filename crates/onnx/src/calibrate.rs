//! What the float model does on the calibration samples: the range of every layer, and its outputs.

use crate::OnnxError;
use crate::float::{Activations, evaluate};
use crate::graph::{Graph, Kind, LayerId, Real};
use crate::progress::{Progress, Work};
use crate::range::Range;
use crate::seen::Seen;
use std::collections::BTreeMap;

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
    calibrate_observed(graph, samples, progress, &mut |_| ())
}

/// As [`calibrate`]; what is computed for each sample is shown to an observer.
pub fn calibrate_observed(
    graph: &Graph,
    samples: &[Sample],
    progress: &mut Progress<'_>,
    observe: &mut dyn FnMut(&Activations),
) -> Result<Calibration, OnnxError> {
    if samples.is_empty() {
        return Err(OnnxError::NoCalibration);
    }
    let constants = graph.layers.iter().map(|layer| match &layer.kind {
        Kind::Constant(values) => Range::of(values.iter().map(|&v| v.into())),
        _ => Range::EMPTY,
    });
    let mut ranges: Vec<Range> = constants.collect();
    let mut mean_squares = vec![f64::NAN; graph.layers.len()];
    let mut seen = Seen::of(graph);
    let mut outputs = Vec::with_capacity(samples.len());
    for (position, sample) in samples.iter().enumerate() {
        progress.step(Work::Calibrate, position, samples.len())?;
        let activations = evaluate(graph, sample)?;
        observe(&activations);
        for (slot, range) in ranges.iter_mut().enumerate() {
            let Some(values) = activations.get(crate::graph::LayerId(slot)) else {
                continue;
            };
            // A value may be missing from an input, as far as rearrangements carry it; whatever computes something makes a number of it.
            let passes_on = match &graph.layers[slot].kind {
                Kind::Input { .. } => true,
                Kind::Linear(terms) => terms.len() == 1,
                _ => false,
            };
            if !values
                .iter()
                .all(|v| v.0.is_finite() || v.0.is_nan() && passes_on)
            {
                return Err(OnnxError::NotFinite {
                    origin: graph.layers[slot].origin.clone(),
                    sample: position,
                });
            }
            if let Kind::Indicator { source, wraps } = graph.layers[slot].kind {
                check_indices(
                    graph,
                    slot,
                    activations.get(source).unwrap_or_default(),
                    wraps,
                    position,
                )?;
            }
            let observed = match &graph.layers[slot].kind {
                Kind::Logits { .. } => {
                    Range::of_logits(values, &graph.layers[slot].shape, f64::INFINITY)
                }
                _ => Range::of(values.iter().map(|v| v.0)),
            };
            *range = range.hull(observed);
            if !values.is_empty() {
                let squares: f64 = values.iter().map(|v| v.0 * v.0).sum();
                let mean = squares / (values.len() * samples.len()) as f64;
                let known = &mut mean_squares[slot];
                *known = if known.is_nan() { mean } else { *known + mean };
            }
        }
        seen.observe(graph, &activations);
        let values = graph.outputs.iter().map(|&id| match graph.constant(id) {
            Some(constant) => constant.iter().map(|&v| v.into()).collect(),
            None => {
                let values = activations.get(id).unwrap_or_default();
                values.iter().map(|v| v.0).collect()
            }
        });
        outputs.push(values.collect());
    }
    let seen = seen.conclude(graph, &mut ranges);
    Ok(Calibration {
        ranges,
        mean_squares,
        seen,
        outputs,
    })
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
