//! What masks leave to be seen, on the calibration samples.
//!
//! A sum with masks in it counts as masked if these hold on every sample: all that is seen is far smaller than a mask, and what masks are
//! multiplied by are whole numbers. Otherwise its numbers are great, but numbers like others.

use crate::float::Activations;
use crate::function::Function;
use crate::graph::{Graph, Kind, LOGIT_REACH, LayerId};
use crate::range::Range;
use std::collections::BTreeMap;

/// What is seen is smaller than a mask by at least this factor.
const MARGIN: f64 = 4.0;

/// Ranges of what is seen, growing sample by sample.
pub struct Seen {
    /// Of masked sums and of what a softmax reads of them: the range and the threshold beyond which an entry is hidden.
    ranges: BTreeMap<LayerId, (Range, f64)>,
    /// Masked sums that are not masked after all.
    refuted: BTreeMap<LayerId, bool>,
}

impl Seen {
    /// Nothing yet.
    pub fn of(graph: &Graph) -> Self {
        let mut ranges = BTreeMap::new();
        for (&id, masked) in &graph.masked {
            ranges.insert(id, (Range::EMPTY, masked.threshold));
        }
        for (position, layer) in graph.layers.iter().enumerate() {
            if let Kind::Logits { source } = layer.kind
                && let Some(masked) = graph.masked.get(&source)
            {
                ranges.insert(LayerId(position), (Range::EMPTY, masked.threshold));
            }
        }
        Self {
            ranges,
            refuted: BTreeMap::new(),
        }
    }

    /// Takes a layer of a sample into account.
    pub fn observe(&mut self, graph: &Graph, id: LayerId, activations: &Activations<'_>) {
        let Some((range, threshold)) = self.ranges.get_mut(&id) else {
            return;
        };
        let layer = graph.layer(id);
        let Some(values) = activations.get(id) else {
            return;
        };
        let observed = match &layer.kind {
            Kind::Logits { .. } => Range::of_logits(values, &layer.shape, *threshold),
            _ => Range::of(values.iter().map(|v| v.0).filter(|v| v.abs() < *threshold)),
        };
        *range = range.hull(observed);
        if let Kind::Linear(terms) = &layer.kind {
            let levels = terms.iter().skip(1).filter_map(|t| t.source);
            let levels = levels.filter_map(|level| activations.get(level));
            let is_fractional = levels.flatten().any(|v| v.0.fract() != 0.0);
            let finite = terms.first().and_then(|t| activations.get(t.source?));
            let finite = Range::of(finite.unwrap_or_default().iter().map(|v| v.0));
            let is_great = finite.high.max(-finite.low) * MARGIN > 2.0 * *threshold;
            if is_fractional || is_great {
                self.refuted.insert(id, true);
            }
        }
    }

    /// What is seen of each masked sum. Ranges of what is made of them become those of what is seen as well.
    pub fn conclude(self, graph: &Graph, ranges: &mut [Range]) -> BTreeMap<LayerId, Range> {
        let mut seen = BTreeMap::new();
        for (id, (range, _)) in self.ranges {
            let is_refuted = |id: &LayerId| self.refuted.contains_key(id);
            match graph.layer(id).kind {
                Kind::Logits { source } if !is_refuted(&source) => {
                    // Where nothing was seen on any sample, any range will do.
                    ranges[id.0] = match range == Range::EMPTY {
                        true => Range {
                            low: -LOGIT_REACH,
                            high: 0.0,
                        },
                        false => range,
                    };
                }
                Kind::Linear(ref terms) if !is_refuted(&id) => {
                    // Other samples show what these have hidden.
                    let zero = Range {
                        low: 0.0,
                        high: 0.0,
                    };
                    let finite = terms.first().and_then(|t| t.source);
                    let finite = finite.map_or(zero, |finite| ranges[finite.0]);
                    seen.insert(id, range.hull(finite));
                }
                _ => {}
            }
        }
        for (id, floor) in floors(graph, ranges, &seen) {
            if let Some(range) = seen.get_mut(&id) {
                range.low = range.low.min(floor);
            }
        }
        for (position, layer) in graph.layers.iter().enumerate() {
            let Kind::Apply { source, function } = &layer.kind else {
                continue;
            };
            if let Some(ends) = Ends::of(graph, &seen, *source, function) {
                let values = [ends.below, ends.above].into_iter().flatten();
                let values = Range::of(values.map(|mask| function.evaluate(mask)));
                ranges[position] = ranges[position].hull(values);
            }
        }
        seen
    }
}

/// For each operand of a maximum, the least that anything it is compared with may be: what a mask hides in it has to be no more than that.
fn floors(
    graph: &Graph,
    ranges: &[Range],
    seen: &BTreeMap<LayerId, Range>,
) -> BTreeMap<LayerId, f64> {
    let low = |id: LayerId| seen.get(&id).unwrap_or(&ranges[id.0]).low;
    let mut floors: BTreeMap<LayerId, f64> = BTreeMap::new();
    for (position, layer) in graph.layers.iter().enumerate().rev() {
        let known = floors.get(&LayerId(position)).copied();
        let (floor, operands) = match (&layer.kind, known) {
            (&Kind::Max { left, right }, _) => {
                let least = low(left).min(low(right));
                (known.map_or(least, |f| f.min(least)), vec![left, right])
            }
            // What is a view of a maximum may be compared again.
            (_, Some(floor)) => match graph.viewed(LayerId(position)) {
                Some((source, _)) => (floor, vec![source]),
                None => continue,
            },
            _ => continue,
        };
        for operand in operands {
            let own = floors.entry(operand).or_insert(floor);
            *own = own.min(floor);
        }
    }
    floors
}

/// The masks that stand for the ends of the range of a function's argument.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ends {
    pub below: Option<f64>,
    pub above: Option<f64>,
}

impl Ends {
    /// Of a masked sum, if the function is flat where masks are: only then is what they hide all alike.
    pub fn of(
        graph: &Graph,
        seen: &BTreeMap<LayerId, Range>,
        source: LayerId,
        function: &Function,
    ) -> Option<Self> {
        let (range, masked) = (seen.get(&source)?, graph.masked.get(&source)?);
        let ends = Self {
            below: masked.below.then_some(-2.0 * masked.threshold),
            above: masked.above.then_some(2.0 * masked.threshold),
        };
        let mut masks = [ends.below, ends.above].into_iter().flatten();
        masks
            .all(|mask| is_flat(function, mask, *range))
            .then_some(ends)
    }

    /// A range with room for masks beside it, as a format of so many bits has it.
    pub fn beside(self, range: Range, bits: u32) -> Range {
        let magnitude = range.high.max(-range.low).max(f64::MIN_POSITIVE);
        let unit = magnitude * 2f64.powi(2 - bits as i32);
        Range {
            low: if self.below.is_some() {
                range.low - unit
            } else {
                range.low
            },
            high: if self.above.is_some() {
                range.high + unit
            } else {
                range.high
            },
        }
    }
}

/// Whether a function has one value near a mask and beyond, whatever is added to it.
fn is_flat(function: &Function, mask: f64, seen: Range) -> bool {
    let reach = seen.high.max(-seen.low);
    let values = [mask - reach, mask, mask + reach, 2.0 * mask].map(|x| function.evaluate(x));
    let is_same = |v: &f64| v.is_finite() && (v - values[0]).abs() <= FLATNESS;
    values.iter().all(is_same)
}

/// How much a function may still change where it counts as flat.
const FLATNESS: f64 = 1e-6;
