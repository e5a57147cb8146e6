//! How many bits each tensor has.
//!
//! Activations cost a proof the most, weights next to nothing: they are committed once, and as long as a product's rounding fits one
//! lookup it does not matter how wide they are. So a plan starts from a width of activations, and gives each array of weights as many
//! bits as it takes for their rounding not to be seen behind the rounding of what is made with them. A rounding to a unit `u` is
//! an error of variance `u^2 / 12`. A sum of `k` products with weights of unit `w` has the variance `k m w^2 / 12` from their
//! rounding, where `m` is the mean square of what they are multiplied with; that is no more than a quarter of the variance of the sum's own rounding
//! to a unit `u` if `w <= u / (2 sqrt(k m))`.

use super::Widths;
use super::scale::Format;
use crate::calibrate::Calibration;
use crate::function::Function;
use crate::graph::{Graph, Kind, LayerId, Summand};
use crate::range::Range;
use inferproof_view::volume;
use std::collections::{BTreeMap, BTreeSet};

/// The widths of weights that a plan chooses from.
const WEIGHT_BITS: std::ops::RangeInclusive<u32> = 8..=16;

/// How many times smaller the error from weights is than that from the rounding of their sums.
const FINER: f64 = 2.0;

/// The width of an output, for the choice of weights: outputs are not rounded, and are to be finer than activations.
const OUTPUT_BITS: u32 = 12;

/// The width of what is compared or rounded to an integer.
const COMPARED_BITS: u32 = 16;

/// The widths of inputs that are not integers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InputWidths {
    /// The width that was asked for; that of activations if there is none.
    pub bits: Option<u32>,
    /// Inputs that need all bits that can be committed.
    pub wide: BTreeSet<LayerId>,
}

/// The widths of one program's tensors.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The width of activations, and that of weights that have none of their own.
    pub widths: Widths,
    /// The widths of inputs.
    pub inputs: InputWidths,
    weights: BTreeMap<LayerId, u32>,
}

impl Plan {
    /// All weights of one width, and all activations.
    pub fn uniform(widths: Widths, inputs: &InputWidths) -> Self {
        Self {
            widths,
            inputs: inputs.clone(),
            weights: BTreeMap::new(),
        }
    }

    /// Activations of one width, and weights as wide as their use needs.
    pub fn by_use(
        graph: &Graph,
        calibration: &Calibration,
        activations: u32,
        inputs: &InputWidths,
    ) -> Self {
        let least = *WEIGHT_BITS.start();
        let units = units(graph, &calibration.ranges, activations);
        let mut weights: BTreeMap<LayerId, u32> = BTreeMap::new();
        for (position, layer) in graph.layers.iter().enumerate() {
            let Kind::Contract { left, right, axes } = &layer.kind else {
                continue;
            };
            if graph.constant(*right).is_none() {
                continue;
            }
            let shape = graph.shape(*left);
            let products = volume(&shape[shape.len() - axes.contracted..]).unwrap_or(1);
            let gain = products as f64 * mean_square(graph, calibration, *left);
            let unit = units[position] / gain.sqrt() / FINER;
            let range = calibration.ranges[right.0];
            let is_fine = |bits: &u32| 2f64.powi(-Format::weight(range, *bits).scale) <= unit;
            let bits = WEIGHT_BITS.clone().find(is_fine);
            let bits = bits.unwrap_or(*WEIGHT_BITS.end());
            let known = weights.entry(*right).or_insert(least);
            *known = bits.max(*known);
        }
        Self {
            widths: Widths::new(least, activations),
            inputs: inputs.clone(),
            weights,
        }
    }

    /// The width of an input that is not made of integers.
    pub fn input(&self, id: LayerId) -> u32 {
        match self.inputs.wide.contains(&id) {
            true => super::wide::INPUT_BITS,
            false => self.inputs.bits.unwrap_or(self.widths.activations),
        }
    }

    /// The width of a constant.
    pub fn weight(&self, id: LayerId) -> u32 {
        self.weights
            .get(&id)
            .copied()
            .unwrap_or(self.widths.weights)
    }

    /// The width of activations and the mean width of weights, rounded up.
    pub fn reported(&self, graph: &Graph) -> Widths {
        let (mut bits, mut entries) = (0, 0);
        for (&id, &width) in &self.weights {
            let count = graph.constant(id).map_or(0, |values| values.len());
            bits += width as usize * count;
            entries += count;
        }
        let mean = (entries > 0).then(|| bits.div_ceil(entries) as u32);
        Widths {
            weights: mean.unwrap_or(self.widths.weights),
            ..self.widths
        }
    }
}

/// The mean square of a layer's values, or of what it repeats if it was not kept.
fn mean_square(graph: &Graph, calibration: &Calibration, id: LayerId) -> f64 {
    let known = calibration.mean_squares[id.0];
    match &graph.layer(id).kind {
        Kind::Linear(terms) if known.is_nan() => match &terms[..] {
            [
                Summand {
                    coefficient,
                    source: Some(source),
                    ..
                },
            ] => coefficient * coefficient * mean_square(graph, calibration, *source),
            _ => 1.0,
        },
        _ if known.is_nan() => 1.0,
        _ => known,
    }
}

/// For each layer, the unit to which it, or what is made of it, is rounded first: an error much smaller than that is not seen.
fn units(graph: &Graph, ranges: &[Range], activations: u32) -> Vec<f64> {
    let rounded = |id: LayerId, bits: u32| {
        let format = Format::activation(ranges[id.0], bits);
        2f64.powi(-format.scale)
    };
    let mut units = vec![f64::INFINITY; graph.layers.len()];
    for &id in &graph.outputs {
        units[id.0] = rounded(id, activations.max(OUTPUT_BITS));
    }
    for (position, layer) in graph.layers.iter().enumerate().rev() {
        let id = LayerId(position);
        let mut demand = |source: LayerId, unit: f64| {
            let slot = &mut units[source.0];
            *slot = slot.min(unit);
        };
        match &layer.kind {
            Kind::Input { .. } | Kind::Constant(_) => {}
            Kind::Apply {
                source,
                function: Function::Clamp { .. },
            } => demand(*source, rounded(id, activations)),
            Kind::Apply { source, function } => {
                let bits = match function.is_integral() {
                    true => COMPARED_BITS,
                    false => activations,
                };
                demand(*source, rounded(*source, bits));
            }
            Kind::Logits { source } => demand(*source, rounded(id, activations)),
            Kind::OneHot { source, .. } => demand(*source, rounded(*source, OUTPUT_BITS)),
            Kind::Contract { left, right, .. } => {
                demand(*left, rounded(*left, activations));
                demand(*right, rounded(*right, activations));
            }
            Kind::Max { left, right } => {
                demand(*left, rounded(id, activations));
                demand(*right, rounded(id, activations));
            }
            Kind::Indicator { source, .. } | Kind::Requantize { source, .. } => {
                demand(*source, rounded(*source, COMPARED_BITS));
            }
            Kind::Quotient { .. } => {
                for source in layer.kind.sources() {
                    demand(source, rounded(source, COMPARED_BITS));
                }
            }
            Kind::Lookup { sources, .. } => {
                for source in sources {
                    demand(source.layer, rounded(source.layer, COMPARED_BITS));
                }
            }
            Kind::Linear(terms) => {
                let unit = units[position];
                for term in terms {
                    let Some(source) = term.source else { continue };
                    // Errors of entries that are added up do not all have one sign.
                    let (from, to) = (volume(term.view.source()), volume(term.view.target()));
                    let added = from.unwrap_or(1) as f64 / to.unwrap_or(1).max(1) as f64;
                    let slot = &mut units[source.0];
                    let factor = term.coefficient.abs() * added.max(1.0).sqrt();
                    *slot = slot.min(unit / factor.max(f64::MIN_POSITIVE));
                }
            }
        }
    }
    units
}
