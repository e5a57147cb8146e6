//! The tensor that follows a layer's definition.

use super::state::{ARGMAX_BITS, Lowering, MAX_INPUT_BITS, MAX_INTEGER_BITS};
use crate::OnnxError;
use crate::function::Function;
use crate::graph::{Divisor, Kind, LOGIT_REACH, LayerId};
use crate::quantize::scale::{Format, scaled};
use crate::quantize::{full, wide};
use inferproof_program::{TensorId, Term};
use inferproof_view::View;

impl Lowering<'_> {
    /// The tensor that follows the layer's definition.
    pub(super) fn exact(&mut self, id: LayerId) -> Result<TensorId, OnnxError> {
        if let Some(&tensor) = self.exact.get(&id) {
            return Ok(tensor);
        }
        let graph = self.graph;
        let layer = graph.layer(id);
        let origin = &layer.origin;
        let shape = &layer.shape;
        let tensor = match &layer.kind {
            Kind::Input { bounds, .. } => {
                let index = self.indices.get(&id).copied();
                let format = match index {
                    _ if self.declared.contains_key(&id) => self.declared[&id],
                    Some(classes) => self.index_format(id, classes as i64),
                    None if self.truths.contains(&id) => Format::BIT,
                    None if self.wide[id.0] => {
                        // One integer more stands for a missing value.
                        let spare = u32::from(graph.takes_missing(id));
                        let bits = wide::INPUT_BITS - spare;
                        Format::activation(wide::range(graph, self.ranges, id), bits)
                    }
                    None => match *bounds {
                        Some((low, high)) => Format {
                            low,
                            high,
                            scale: 0,
                        },
                        None if graph.is_integral(id) => {
                            self.format(id, self.plan.widths.activations, MAX_INPUT_BITS)
                        }
                        None => self.format(id, self.plan.input(id), MAX_INTEGER_BITS),
                    },
                };
                self.input(id, shape, format)?
            }
            Kind::Constant(_) => self.weight(id)?,
            Kind::Linear(terms) if graph.masked.contains_key(&id) => self.whole(id, terms)?,
            Kind::Linear(terms) => match self.viewed_integers(id)? {
                Some(viewed) => viewed,
                None => self.sum(id, terms)?,
            },
            Kind::Contract { left, right, axes } => self.contract(id, *left, *right, *axes)?,
            Kind::Apply {
                source,
                function: Function::Clamp { low, high },
            } => {
                let source = self.argument(id, *source)?;
                let format = self.clamp_format(id, *low, *high);
                let clamped = self.rescale(origin, source, format)?;
                // An end at which the model itself clips loses nothing; one where the range ends before does.
                let unit = 2f64.powi(-self.tensor(clamped).scale_log2);
                let is_own = |bound: Option<f64>, end: i64| {
                    bound.is_some_and(|bound| (bound - end as f64 * unit).abs() <= unit)
                };
                let (is_low, is_high) = (is_own(*low, format.low), is_own(*high, format.high));
                self.limit_rescale(clamped, is_low, is_high);
                clamped
            }
            Kind::Apply {
                source,
                function: Function::Positive,
            } => {
                // Of integers: whatever is above zero is at least one unit, and saturates there. No division, so no rounding.
                let source = self.argument(id, *source)?;
                let sign = self.rescaled(origin, source, 0, Format::BIT)?;
                self.limit_rescale(sign, true, true);
                sign
            }
            Kind::Apply {
                source,
                function: Function::Missing,
            } => self.missing(*source)?,
            Kind::Apply {
                source,
                function: Function::Present,
            } => self.present(id, *source)?,
            Kind::Apply { source, function } => self.map(id, *source, function)?,
            Kind::Max { left, right } => {
                let (left, right) = (self.compared(*left)?, self.compared(*right)?);
                let scale = self
                    .tensor(left)
                    .scale_log2
                    .max(self.tensor(right).scale_log2);
                let left = self.refine(origin, left, scale)?;
                let right = self.refine(origin, right, scale)?;
                self.maximum(origin, scale, left, right)?
            }
            Kind::OneHot { source, taken } => {
                let bits = self.plan.widths.activations.max(ARGMAX_BITS);
                let mut source = match self.seen.contains_key(source) {
                    true => self.ordered(*source, bits)?,
                    false => self.at_width(*source, bits)?,
                };
                if !taken.is_empty() {
                    source = self.untaken(origin, source, taken)?;
                }
                self.first_maxima(origin, source)?
            }
            Kind::Indicator { source, wraps } => self.indicator(id, *source, *wraps)?,
            Kind::Requantize { source, rule } => self.requantize(id, *source, rule)?,
            Kind::Lookup { sources, function } => self.lookup(id, sources, function)?,
            Kind::Quotient { left, divisor } => match divisor {
                Divisor::Number(number) => self.quotient_by_number(id, *left, *number)?,
                Divisor::Layer(right) => self.quotient(id, *left, *right)?,
            },
            Kind::Logits { source } => {
                let range = self.range(id);
                let exact = match self.seen.contains_key(source) {
                    true => self.hidden_sum(*source)?,
                    false => self.exact(*source)?,
                };
                let (range, bits) = match self.full.logits.contains(&id) {
                    // An input is what it is, and no wider.
                    true if wide::is_part_of_input(graph, *source) => (range, self.steep_bits()),
                    true => (full::logits(range), self.steep_bits()),
                    false => (range, self.plan.widths.activations),
                };
                let format = Format::activation(range, bits);
                let logits = self.rescale(origin, exact, format)?;
                // What a mask hides, or what is nothing beside the greatest entry, may be any number as small.
                let masked = self.seen.get(source).and(graph.masked.get(source));
                let hides = masked.is_some_and(|m| m.below)
                    || scaled(format.low as f64, -format.scale) <= range.high - LOGIT_REACH;
                self.limit_rescale(logits, hides, masked.is_some_and(|m| m.above));
                logits
            }
        };
        let tensor = match self.imposed.get(&id) {
            Some(&format) => self.fitted(origin, tensor, format)?,
            None => tensor,
        };
        self.exact.insert(id, tensor);
        Ok(tensor)
    }

    /// A tensor in which entries that are taken are below all others.
    pub(super) fn untaken(
        &mut self,
        origin: &str,
        source: TensorId,
        taken: &[LayerId],
    ) -> Result<TensorId, OnnxError> {
        let tensor = self.tensor(source).clone();
        let read = |coefficient, source| -> Result<Term, OnnxError> {
            Ok(Term {
                coefficient,
                source: Some(source),
                view: View::identity(tensor.shape.clone())?,
            })
        };
        let below = tensor.low - tensor.high - 1;
        let mut terms = vec![read(1, source)?];
        for &taken in taken {
            terms.push(read(below, self.exact(taken)?)?);
        }
        self.linear(origin, tensor.scale_log2, terms)
    }
}
