//! What ends in a sigmoid or a softmax: a score has its whole range, whatever calibration saw.
//!
//! A detector that was calibrated without positives must still be able to say yes. So the argument of a last sigmoid, and the exponentials and
//! sums of a last softmax, have the ranges that they can reach, not those that they reached.

use crate::function::Function;
use crate::graph::{Graph, Kind, LOGIT_REACH, LayerId};
use crate::range::Range;
use inferproof_view::volume;
use std::collections::{BTreeMap, BTreeSet};

/// Scores of which a model has few have as many bits as a table has, at most so many.
pub const FEW: usize = 1 << 14;

/// By how many times its calibrated length the range of a last softmax's argument is longer on either side.
const MARGIN: f64 = 3.0;

/// A sum of exponentials is as precise as this many bits, where it is one.
const SUM_BITS: u32 = 7;

/// The layers of which the whole range counts.
#[derive(Default)]
pub struct Full {
    /// Bounded functions whose values are outputs, perhaps less one or beside others.
    pub scores: BTreeSet<LayerId>,
    /// What a last softmax reads.
    pub logits: BTreeSet<LayerId>,
    /// Sums of exponentials, and how many they add up.
    pub sums: BTreeMap<LayerId, usize>,
    /// Exponents, and inverses of sums.
    exponents: BTreeSet<LayerId>,
    inverses: BTreeMap<LayerId, usize>,
    logarithms: BTreeMap<LayerId, usize>,
    /// Where a last softmax reads a masked sum.
    sources: BTreeSet<LayerId>,
}

impl Full {
    /// Of a graph.
    pub fn of(graph: &Graph) -> Self {
        let mut full = Self::default();
        let mut open = graph.outputs.clone();
        let mut known = BTreeSet::new();
        while let Some(id) = open.pop() {
            if !known.insert(id) {
                continue;
            }
            match &graph.layer(id).kind {
                Kind::Linear(_) => open.extend(graph.layer(id).kind.sources()),
                Kind::Contract { left, right, .. } => full.softmax(graph, *left, *right),
                Kind::Apply { source, function } => match function {
                    Function::Sigmoid | Function::Tanh => {
                        full.scores.insert(id);
                    }
                    Function::Ln => {
                        full.exponentials(graph, *source);
                        if let Some(&count) = full.sums.get(source) {
                            full.logarithms.insert(id, count);
                        }
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        full
    }

    /// Rows of exponentials times the inverses of their sums.
    fn softmax(&mut self, graph: &Graph, exponentials: LayerId, inverse: LayerId) {
        let Kind::Apply {
            source: sum,
            function: Function::Reciprocal,
        } = graph.layer(inverse).kind
        else {
            return;
        };
        let is_sum = |source: LayerId| source == exponentials;
        if graph.layer(sum).kind.sources().into_iter().all(is_sum) {
            self.exponentials(graph, sum);
            if let Some(&count) = self.sums.get(&sum) {
                self.inverses.insert(inverse, count);
            }
        }
    }

    /// The sum of a softmax, and what its terms are made of.
    fn exponentials(&mut self, graph: &Graph, sum: LayerId) {
        let [exponentials] = graph.layer(sum).kind.sources()[..] else {
            return;
        };
        let Kind::Apply {
            source: below,
            function: Function::Exp,
        } = graph.layer(exponentials).kind
        else {
            return;
        };
        let is_logits = |id: &LayerId| matches!(graph.layer(*id).kind, Kind::Logits { .. });
        let Some(logits) = graph
            .layer(below)
            .kind
            .sources()
            .into_iter()
            .find(is_logits)
        else {
            return;
        };
        let entries = |id: LayerId| volume(graph.shape(id)).unwrap_or(0);
        if entries(logits) > FEW {
            return;
        }
        let count = entries(exponentials) / entries(sum).max(1);
        self.logits.insert(logits);
        self.sources.extend(graph.layer(logits).kind.sources());
        self.exponents.insert(below);
        self.sums.insert(sum, count);
    }

    /// Ranges as they can be, where these count.
    pub fn ranges(&self, graph: &Graph, calibrated: &[Range]) -> Vec<Range> {
        let mut ranges = calibrated.to_vec();
        for id in &self.scores {
            let is_signed = matches!(
                graph.layer(*id).kind,
                Kind::Apply {
                    function: Function::Tanh,
                    ..
                }
            );
            ranges[id.0] = Range {
                low: if is_signed { -1.0 } else { 0.0 },
                high: 1.0,
            };
        }
        for id in &self.exponents {
            ranges[id.0].low = ranges[id.0].low.min(-LOGIT_REACH);
        }
        for (id, &count) in &self.sums {
            ranges[id.0] = Range {
                low: 1.0,
                high: count as f64,
            };
        }
        for (id, &count) in &self.inverses {
            ranges[id.0] = Range {
                low: 1.0 / count.max(1) as f64,
                high: 1.0,
            };
        }
        for (id, &count) in &self.logarithms {
            ranges[id.0] = Range {
                low: 0.0,
                high: libm::log(count.max(1) as f64),
            };
        }
        ranges
    }

    /// How far a format of what reads a masked sum may reach, given the range of what is seen.
    pub fn reach(&self, source: LayerId, seen: Range) -> f64 {
        // Formats reach at most twice as far as the greatest value; a last softmax has its margin on either side.
        let greatest = seen.high.max(-seen.low).max(LOGIT_REACH);
        match self.sources.contains(&source) {
            true => 4.0 * (1.0 + MARGIN) * (greatest + LOGIT_REACH),
            false => 2.0 * greatest,
        }
    }
}

/// The range of what a last softmax reads, with room for what calibration has not seen.
pub fn logits(range: Range) -> Range {
    let margin = MARGIN * (range.high - range.low);
    Range {
        low: range.low - margin,
        high: range.high + margin,
    }
}

/// The width of a sum of so many exponentials.
pub fn sum_bits(count: usize) -> u32 {
    count.max(1).next_power_of_two().ilog2() + SUM_BITS
}
