//! Inputs whose features may differ by orders of magnitude, though they share one scale.
//!
//! Classical models compare features with thresholds, or scale them one by one first. Either way a feature's own precision counts, not that of
//! the greatest. So an input of which nothing else is read has more bits than activations have, as do the sums that lie between.

use crate::function::Function;
use crate::graph::{Graph, Kind, LayerId, Summand};
use crate::range::Range;

/// The width of such an input. It costs little, since few numbers have it, and is the most that can be committed.
pub const INPUT_BITS: u32 = 31;

/// The width of the factors of such an input, which may differ as much as the features do. With [`MAX_OFFSETS`], products stay below 2^60.
pub const FACTOR_BITS: u32 = 28;

/// How many times constants may be added to an input before it is scaled.
const MAX_OFFSETS: usize = 2;

/// Factors differ much where the greatest is more than so many times the least.
const SPREAD: f32 = 32.0;

/// A function that is steep near zero is given all of an input whose entries differ by more than this factor.
const DECADES: f64 = 1024.0;

/// For each layer, whether nothing of it is read but the signs of sums that it goes into, products of an input with factors that differ
/// much (where they do not, as for the channels of an image, a feature has as many bits as the others anyway), and logarithms and the like of an
/// input over many decades.
pub fn layers(graph: &Graph, ranges: &[Range]) -> Vec<bool> {
    let mut wide = vec![false; graph.layers.len()];
    let mut refuted = wide.clone();
    graph.outputs.iter().for_each(|id| refuted[id.0] = true);
    for (position, layer) in graph.layers.iter().enumerate().rev() {
        wide[position] &= !refuted[position];
        for (operand, source) in layer.kind.sources().into_iter().enumerate() {
            let keeps = match &layer.kind {
                Kind::Apply { function, .. } => match function {
                    Function::Positive | Function::Missing => true,
                    Function::Present => wide[position],
                    steep if steep.is_steep() && is_part_of_input(graph, source) => {
                        let range = ranges[source.0];
                        range.low >= 0.0 && range.high > DECADES * range.low
                    }
                    _ => false,
                },
                Kind::Requantize { .. } => is_part_of_input(graph, source),
                Kind::Linear(_) => wide[position],
                Kind::Contract { right, axes, .. } => {
                    operand == 0
                        && axes.contracted == 0
                        && axes.right_free == 0
                        && graph
                            .constant(*right)
                            .is_some_and(|f| differ_much(&f.entries()))
                        && is_shifted_input(graph, source)
                }
                _ => false,
            };
            let found = if keeps { &mut wide } else { &mut refuted };
            found[source.0] = true;
        }
    }
    wide
}

/// The values that matter of a wide input: those of calibration and, with a little on either side, all with which it is compared. What is
/// beyond may saturate.
pub fn range(graph: &Graph, ranges: &[Range], id: LayerId) -> Range {
    let mut range = ranges[id.0];
    // The input, or what it is where nothing is missing.
    let is_own = |source: Option<LayerId>| {
        let kind = source.map(|source| &graph.layer(source).kind);
        let present = Function::Present;
        source == Some(id)
            || matches!(kind, Some(Kind::Apply { source, function }) if *source == id && *function == present)
    };
    for layer in &graph.layers {
        let Kind::Linear(terms) = &layer.kind else {
            continue;
        };
        let Some(own) = terms.iter().find(|t| is_own(t.source)) else {
            continue;
        };
        // The input is compared with minus the rest of the sum, over its own coefficient.
        let (mut low, mut high) = (0.0, 0.0);
        for term in terms.iter().filter(|t| !is_own(t.source)) {
            let factor = -term.coefficient / own.coefficient;
            let one = Range {
                low: 1.0,
                high: 1.0,
            };
            let of = term.source.map_or(one, |source| ranges[source.0]);
            low += (factor * of.low).min(factor * of.high);
            high += (factor * of.low).max(factor * of.high);
        }
        let margin = |real: f64| real.abs() * 2f64.powi(-20) + f64::MIN_POSITIVE;
        range.low = range.low.min(low - margin(low));
        range.high = range.high.max(high + margin(high));
    }
    range
}

/// Whether the least factor would lose most of its bits at the scale of the greatest.
fn differ_much(factors: &[f32]) -> bool {
    let magnitudes = factors.iter().map(|f| f.abs()).filter(|&f| f > 0.0);
    let least = magnitudes.clone().fold(f32::INFINITY, f32::min);
    magnitudes.fold(0.0, f32::max) > SPREAD * least
}

/// Whether a layer is an input of real numbers, or entries of one as they are.
pub fn is_part_of_input(graph: &Graph, mut id: LayerId) -> bool {
    while let Some((source, view)) = graph.viewed(id) {
        if view.magnitude(1) != 1 {
            return false;
        }
        id = source;
    }
    matches!(
        graph.layer(id).kind,
        Kind::Input {
            integral: false,
            ..
        }
    )
}

/// Whether a layer is entries of an input, perhaps with constants added: then its integers are hardly wider than the input's.
fn is_shifted_input(graph: &Graph, id: LayerId) -> bool {
    let mut id = id;
    let mut offsets = 0;
    loop {
        match &graph.layer(id).kind {
            Kind::Input { .. } => return offsets <= MAX_OFFSETS,
            Kind::Apply {
                source,
                function: Function::Present,
            } => id = *source,
            Kind::Linear(terms) => {
                let is_constant =
                    |t: &Summand| t.source.is_none_or(|s| graph.constant(s).is_some());
                let mut computed = terms.iter().filter(|t| !is_constant(t));
                let (Some(term), None) = (computed.next(), computed.next()) else {
                    return false;
                };
                let (Some(source), true) = (term.source, term.coefficient.abs() == 1.0) else {
                    return false;
                };
                if term.view.magnitude(1) != 1 {
                    return false;
                }
                offsets += terms.len() - 1;
                id = source;
            }
            _ => return false,
        }
    }
}
