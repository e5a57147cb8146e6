//! Sums with masks in them.
//!
//! Whatever reads such a sum to compare its entries or for a function that is flat where masks are gets masks as great as they need be: what
//! they hide saturates at an end of the range of what is seen, and costs it no digits. An output and whatever calculates with the sum gets
//! masks as they are.

use super::state::Lowering;
use crate::OnnxError;
use crate::graph::{Kind, LayerId, Summand};
use crate::quantize::scale::{Format, round, scaled};
use crate::range::Range;
use crate::seen::Ends;
use inferproof_program::{TensorId, Term};

/// What a mask of an output may reach at most, as an integer: far below the bound of sums.
const GREATEST: f64 = (1u64 << 56) as f64;

/// A factor of a mask is at most so many times that of the least, where only their order counts.
const MAX_RATIO: f64 = 4.0;

/// Bits of a commitment to levels that are constants.
const LEVEL_BITS: u32 = 8;

/// Beside a mask as great as this, single precision loses what it hides.
const ABSORBING: f64 = 2e7;

/// How many levels are told apart where what is hidden still has an order.
const LEVELS: f64 = 2.0;

impl Lowering<'_> {
    /// A masked sum as it is; masks are cut down to what sums can hold.
    pub(super) fn whole(&mut self, id: LayerId, terms: &[Summand]) -> Result<TensorId, OnnxError> {
        self.with_masks(id, terms, |factor, limit| factor.clamp(-limit, limit))
    }

    /// A masked sum in which what is hidden is beyond all that is seen, whatever it is.
    pub(super) fn hidden_sum(&mut self, id: LayerId) -> Result<TensorId, OnnxError> {
        if let Some(&tensor) = self.hidden.get(&id) {
            return Ok(tensor);
        }
        let graph = self.graph;
        let Kind::Linear(terms) = &graph.layer(id).kind else {
            return self.exact(id);
        };
        let finite = match terms.first().and_then(|t| t.source) {
            Some(source) => {
                let exact = self.exact(source)?;
                let tensor = self.tensor(exact);
                scaled(tensor.range().magnitude() as f64, -tensor.scale_log2)
            }
            None => 0.0,
        };
        let seen = self.seen.get(&id).copied().unwrap_or(self.range(id));
        let reach = finite + self.full.reach(id, seen);
        let tensor = self.with_least_masks(id, terms, reach)?;
        self.hidden.insert(id, tensor);
        Ok(tensor)
    }

    /// A masked sum with masks of at least this size.
    fn with_least_masks(
        &mut self,
        id: LayerId,
        terms: &[Summand],
        size: f64,
    ) -> Result<TensorId, OnnxError> {
        let size = 2f64.powi(size.log2().ceil() as i32);
        let factors = terms.iter().skip(1).map(|t| t.coefficient.abs());
        let least = factors.fold(f64::INFINITY, f64::min);
        self.with_masks(id, terms, |factor, _| {
            size * (factor / least).clamp(-MAX_RATIO, MAX_RATIO)
        })
    }

    /// The sum of its finite part and of levels times masks of another size, given the greatest that sums can hold.
    fn with_masks(
        &mut self,
        id: LayerId,
        terms: &[Summand],
        size: impl Fn(f64, f64) -> f64,
    ) -> Result<TensorId, OnnxError> {
        let layer = self.graph.layer(id);
        let mut parts = Vec::with_capacity(terms.len());
        for (position, term) in terms.iter().enumerate() {
            let source = match term.source {
                None => None,
                Some(source) if position > 0 && self.graph.constant(source).is_some() => {
                    let format = Format::integer_weight(self.range(source), LEVEL_BITS);
                    let format = format.unwrap_or(Format::weight(self.range(source), LEVEL_BITS));
                    Some(self.quantized(source, format)?)
                }
                Some(source) => {
                    let exact = self.exact(source)?;
                    let is_wide =
                        self.tensor(exact).range().magnitude() >= super::state::WIDEST_PART;
                    Some(if is_wide {
                        self.operand(source)?
                    } else {
                        exact
                    })
                }
            };
            parts.push((term, source));
        }
        let scales = parts.iter().filter_map(|(_, source)| *source);
        let scales = scales.map(|source| self.tensor(source).scale_log2);
        let scale = scales.max().unwrap_or(0).max(0);
        let terms = parts.iter().enumerate().map(|(position, (term, source))| {
            let level = source.map_or(1.0, |source| {
                let tensor = self.tensor(source);
                scaled(tensor.range().magnitude() as f64, -tensor.scale_log2)
            });
            let factor = match position {
                0 => term.coefficient,
                _ => size(term.coefficient, scaled(GREATEST, -scale) / level.max(1.0)),
            };
            let finer = scale - source.map_or(0, |source| self.tensor(source).scale_log2);
            Term {
                coefficient: round(scaled(factor, finer)),
                source: *source,
                view: term.view.clone(),
            }
        });
        let terms = terms.collect();
        self.linear(&layer.origin, scale, terms)
    }

    /// An operand of a maximum.
    pub(super) fn compared(&mut self, id: LayerId) -> Result<TensorId, OnnxError> {
        let Some(&seen) = self.seen.get(&id) else {
            return self.operand(id);
        };
        if let Some(&tensor) = self.narrow.get(&id) {
            return Ok(tensor);
        }
        let sum = self.hidden_sum(id)?;
        let format = self.seen_format(id, seen, self.plan.widths.activations);
        let tensor = self.rescale(&self.graph.layer(id).origin, sum, format)?;
        self.limit_hidden(id, tensor);
        self.narrow.insert(id, tensor);
        Ok(tensor)
    }

    /// A masked sum of so many bits, and a few more, in which what is hidden is below all that is seen, and in its order unless single
    /// precision loses it.
    pub(super) fn ordered(&mut self, id: LayerId, bits: u32) -> Result<TensorId, OnnxError> {
        let seen = self.seen.get(&id).copied().unwrap_or(self.range(id));
        let masked = self.graph.masked.get(&id).copied();
        let is_absorbing = masked.is_some_and(|m| 2.0 * m.threshold >= ABSORBING);
        let origin = &self.graph.layer(id).origin;
        if is_absorbing {
            let ends = Ends {
                below: masked.and_then(|m| m.below.then_some(-1.0)),
                above: masked.and_then(|m| m.above.then_some(1.0)),
            };
            let sum = self.hidden_sum(id)?;
            let format = self.seen_format(id, ends.beside(seen, bits), bits);
            let tensor = self.rescale(origin, sum, format)?;
            self.limit_hidden(id, tensor);
            return Ok(tensor);
        }
        let Kind::Linear(terms) = &self.graph.layer(id).kind else {
            return self.at_width(id, bits);
        };
        let span = 2f64.powi((2.0 * (seen.high - seen.low).max(1.0)).log2().ceil() as i32);
        let sum = self.with_least_masks(id, terms, span)?;
        let range = Range {
            low: seen.low - LEVELS * span,
            high: seen.high,
        };
        let format = self.seen_format(id, range, bits + 2);
        self.rescale(origin, sum, format)
    }

    /// What a mask hides saturates, and is meant to.
    fn limit_hidden(&mut self, id: LayerId, tensor: TensorId) {
        if let Some(masked) = self.graph.masked.get(&id) {
            self.limit_rescale(tensor, masked.below, masked.above);
        }
    }

    fn seen_format(&self, id: LayerId, seen: Range, bits: u32) -> Format {
        let integers = self
            .graph
            .is_integral(id)
            .then(|| Format::integers(seen, bits, bits));
        integers
            .flatten()
            .unwrap_or_else(|| Format::activation(seen, bits))
    }

    /// What a function reads.
    pub(super) fn argument(&mut self, id: LayerId, source: LayerId) -> Result<TensorId, OnnxError> {
        match self.ends(id, source) {
            Some(_) => self.hidden_sum(source),
            None => self.exact(source),
        }
    }

    /// What stands for the ends of a function's argument, if that is a masked sum and the function is flat there.
    pub(super) fn ends(&self, id: LayerId, source: LayerId) -> Option<Ends> {
        let Kind::Apply { function, .. } = &self.graph.layer(id).kind else {
            return None;
        };
        Ends::of(self.graph, self.seen, source, function)
    }
}
