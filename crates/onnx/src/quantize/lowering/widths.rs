//! Tensors of the widths that operands, arguments and outputs have.

use super::state::{
    EXACT_BITS, Lowering, MAX_ARGUMENT_BITS, MAX_INTEGER_BITS, MAX_SHIFT, SUM_BITS,
};
use crate::OnnxError;
use crate::graph::{Axes, Kind, LayerId, Summand, power_of_two};
use crate::quantize::scale::{Format, round, scaled};
use crate::quantize::{powers, wide};
use crate::range::Range;
use inferproof_program::{Contract, Linear, Op, TensorId, Term};
use inferproof_view::View;

impl Lowering<'_> {
    /// The format of a layer at a width; integers stay what they are, if that takes no more than `most` bits.
    pub(super) fn format(&self, id: LayerId, bits: u32, most: u32) -> Format {
        let range = self.range(id);
        if !self.graph.is_integral(id) {
            // What a function makes has ends of its own, and an input is what it was said to be.
            let is_sum = matches!(
                self.graph.layer(id).kind,
                Kind::Linear(_) | Kind::Contract { .. } | Kind::Max { .. }
            );
            return match self.unsaturated.contains(&id) {
                true => Format::unsaturated(range, bits),
                false if is_sum => Format::activation(range.with_headroom(self.headroom), bits),
                false => Format::activation(range, bits),
            };
        }
        Format::integers(range, bits, most)
            .unwrap_or_else(|| Format::activation(range, bits).at_most(0))
    }

    /// A committed tensor of an activation's width, or one that is no wider and made of such.
    pub(super) fn operand(&mut self, id: LayerId) -> Result<TensorId, OnnxError> {
        let graph = self.graph;
        match &graph.layer(id).kind {
            Kind::Constant(_) => self.weight(id),
            // It is committed, or a view of what is.
            Kind::Linear(_) if self.imposed.contains_key(&id) => self.exact(id),
            Kind::Linear(terms) => {
                if let Some(&tensor) = self.narrow.get(&id) {
                    return Ok(tensor);
                }
                if self.is_viewed_integers(id) {
                    return self.exact(id);
                }
                if let [
                    Summand {
                        coefficient,
                        source: Some(source),
                        view,
                    },
                ] = &terms[..]
                    && let Some((sign, exponent)) = power_of_two(*coefficient)
                    && graph.constant(*source).is_none()
                {
                    let source = self.operand(*source)?;
                    let tensor = self.tensor(source);
                    let (reach, _) = tensor.range().through(view);
                    if reach.magnitude() <= 2 * tensor.range().magnitude() {
                        let scale = tensor.scale_log2 - exponent;
                        let term = Term {
                            coefficient: sign,
                            source: Some(source),
                            view: view.clone(),
                        };
                        let layer = graph.layer(id);
                        let viewed = self.linear(&layer.origin, scale, vec![term])?;
                        self.narrow.insert(id, viewed);
                        return Ok(viewed);
                    }
                }
                let exact = self.exact(id)?;
                if self.readers[id.0] == 1 && self.is_sum_of_committed(exact) {
                    return Ok(exact);
                }
                self.at_width(id, self.plan.widths.activations)
            }
            _ => self.at_width(id, self.plan.widths.activations),
        }
    }

    /// Whether a tensor is a sum of committed ones that is hardly wider than they are. Contracting it as it is costs less than
    /// committing to it.
    pub(super) fn is_sum_of_committed(&self, id: TensorId) -> bool {
        let Op::Linear(Linear { terms }) = self.op(id) else {
            return false;
        };
        let mut sources = terms.iter().filter_map(|t| t.source);
        let limit = 1 << (self.plan.widths.activations + SUM_BITS);
        sources.all(|s| !self.virtuals[s.0 as usize].compound)
            && self.tensor(id).range().magnitude() < limit
    }

    /// A tensor of at most so many bits: the exact one if it is narrow enough, else a rescale of it.
    pub(super) fn at_width(&mut self, id: LayerId, bits: u32) -> Result<TensorId, OnnxError> {
        let exact = self.exact(id)?;
        let tensor = self.tensor(exact);
        // A maximum is as narrow as what it is made of, even where that has a few bits more than other activations.
        let is_narrow = tensor.high.saturating_sub(tensor.low) < 2 << MAX_ARGUMENT_BITS;
        if self.op(exact).is_committed() || (is_narrow && matches!(self.op(exact), Op::Max(_))) {
            return Ok(exact);
        }
        if bits == self.plan.widths.activations
            && let Some(&tensor) = self.narrow.get(&id)
        {
            return Ok(tensor);
        }
        // Few integers stay what they are, also where calibration has not seen them all.
        let are_few = tensor.high.saturating_sub(tensor.low) < 1 << EXACT_BITS;
        let format = match self.graph.is_integral(id) && tensor.scale_log2 == 0 && are_few {
            true => Format {
                low: tensor.low,
                high: tensor.high,
                scale: 0,
            },
            false => self.format(id, bits, MAX_INTEGER_BITS),
        };
        let rescaled = self.rescale(&self.graph.layer(id).origin, exact, format)?;
        if bits == self.plan.widths.activations {
            self.narrow.insert(id, rescaled);
        }
        Ok(rescaled)
    }

    /// A rescale to a format, or to the source's scale where that is coarser.
    pub(super) fn rescale(
        &mut self,
        origin: &str,
        source: TensorId,
        format: Format,
    ) -> Result<TensorId, OnnxError> {
        let tensor = self.tensor(source).clone();
        let mut format = format.at_most(tensor.scale_log2);
        // Shifted further there would be nothing left of any integer, whatever the format could hold.
        format.scale = format.scale.max(tensor.scale_log2 - MAX_SHIFT);
        let shift = u32::try_from(tensor.scale_log2 - format.scale).unwrap_or(0);
        self.rescaled(origin, source, shift, format)
    }

    /// The format of a clamp's output: an activation's, narrowed by the bounds.
    pub(super) fn clamp_format(
        &mut self,
        id: LayerId,
        low: Option<f64>,
        high: Option<f64>,
    ) -> Format {
        let bits = self.plan.widths.activations;
        let mut range = self.range(id);
        let free = range.with_headroom(self.headroom);
        range.low = range.low.min(low.map_or(free.low, |low| free.low.max(low)));
        range.high = range
            .high
            .max(high.map_or(free.high, |high| free.high.min(high)));
        let mut format = match low {
            _ if self.graph.is_integral(id) => self.format(id, bits, MAX_INTEGER_BITS),
            Some(low) if low >= 0.0 => Format::unsigned(range.high, bits),
            _ => Format::activation(
                Range {
                    low: range.low.min(-f64::MIN_POSITIVE),
                    ..range
                },
                bits,
            ),
        };
        let source = self.graph.layer(id).kind.sources()[0];
        if let Some(&source) = self.exact.get(&source) {
            format = format.at_most(self.tensor(source).scale_log2);
        }
        let bound = |real: f64| round(scaled(real, format.scale)).clamp(format.low, format.high);
        Format {
            low: low.map_or(format.low, bound),
            high: high.map_or(format.high, bound),
            scale: format.scale,
        }
    }

    /// The same integers at a finer scale.
    pub(super) fn refine(
        &mut self,
        origin: &str,
        source: TensorId,
        scale: i32,
    ) -> Result<TensorId, OnnxError> {
        let tensor = self.tensor(source).clone();
        let finer = u32::try_from(scale - tensor.scale_log2).unwrap_or(0);
        if finer == 0 {
            return Ok(source);
        }
        let view = View::identity(tensor.shape.clone())?;
        let coefficient = 1i64.checked_shl(finer).unwrap_or(i64::MAX);
        let terms = vec![Term {
            coefficient,
            source: Some(source),
            view,
        }];
        self.linear(origin, scale, terms)
    }

    /// A weight read as it is, because a weight itself cannot be an output.
    pub(super) fn reread(&mut self, origin: &str, source: TensorId) -> Result<TensorId, OnnxError> {
        let tensor = self.tensor(source).clone();
        let view = View::identity(tensor.shape.clone())?;
        let terms = vec![Term {
            coefficient: 1,
            source: Some(source),
            view,
        }];
        self.linear(origin, tensor.scale_log2, terms)
    }

    pub(super) fn contract(
        &mut self,
        id: LayerId,
        left: LayerId,
        right: LayerId,
        axes: Axes,
    ) -> Result<TensorId, OnnxError> {
        let is_constant = self.graph.constant(right).is_some();
        let (left, right) = if self.wide[left.0] && is_constant {
            let factors = Format::weight(self.range(right), wide::FACTOR_BITS);
            (self.exact(left)?, self.quantized(right, factors)?)
        } else if self.powers.products.contains(&id) {
            let exponents = Format::weight(self.range(right), powers::EXPONENT_BITS);
            (self.operand(left)?, self.quantized(right, exponents)?)
        } else {
            let left = self.operand(left)?;
            // Tables of rows that an index chooses are large, and are activations of the ordinary width.
            let is_index = matches!(self.op(left), Op::Indicator(_));
            if self.is_bits(left) && is_constant && !is_index {
                (left, self.picked(right, self.wide[id.0])?)
            } else if is_constant && self.graph.is_integral(id) {
                (left, self.whole_weight(right)?)
            } else {
                (left, self.operand(right)?)
            }
        };
        let layer = self.graph.layer(id);
        let scale = self.tensor(left).scale_log2 + self.tensor(right).scale_log2;
        self.contraction(
            &layer.origin,
            scale,
            Contract {
                left,
                right,
                shared: axes.shared,
                left_free: axes.left_free,
                right_free: axes.right_free,
                contracted: axes.contracted,
            },
        )
    }
}
