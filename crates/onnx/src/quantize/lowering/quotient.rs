//! Quotients of integers, exactly.
//!
//! By a number `d`: with `0 <= x < 2^n`, `s = n + ceil(log2 d)` and `m = ceil(2^s / d)`, `floor(x / d)` is `floor(x m / 2^s)` (Granlund and
//! Montgomery, "Division by invariant integers using multiplication", 1994), which is one rescale.
//!
//! By a tensor: a table gives `r = floor(2^n / d)`, with which `q = floor(x r / 2^n)` is the quotient or one less. What is left, `x - q d`, is
//! compared with `d`, and the result of that added.

use super::state::{Lowering, MAX_ARGUMENT_BITS, MAX_INTEGER_BITS, MAX_SHIFT};
use crate::OnnxError;
use crate::graph::LayerId;
use crate::quantize::scale::Format;
use inferproof_program::{Contract, Limit, MAX_BOUND, Table, TensorId, Term};
use inferproof_view::{Step, View};

/// Bits of what is divided by a tensor, at most: its product with a table's entry has twice as many.
const DIVIDEND_BITS: u32 = 29;

impl Lowering<'_> {
    /// `floor(x / number)`.
    pub(super) fn quotient_by_number(
        &mut self,
        id: LayerId,
        left: LayerId,
        number: i64,
    ) -> Result<TensorId, OnnxError> {
        let origin = &self.graph.layer(id).origin;
        let mut source = self.unscaled(left)?;
        if number == 1 {
            return Ok(source);
        }
        let divisor = i128::from(number.max(1));
        if self.by_multiples(source, divisor).is_none() {
            source = self.narrowed(left, MAX_INTEGER_BITS)?;
        }
        let Some(by) = self.by_multiples(source, divisor) else {
            return Err(OnnxError::Model {
                reason: format!(
                    "{origin}: it divides integers from {} to {} by {number}, which takes more than 60 bits",
                    self.tensor(source).low,
                    self.tensor(source).high
                ),
            });
        };
        let half = 1i64 << (by.shift - 1);
        let offset = by.offset.saturating_sub(half);
        let moved = self.affine(origin, &[(source, by.factor)], offset)?;
        let quotient = self.rescaled(origin, moved, by.shift, by.format)?;
        match by.turns {
            0 => Ok(quotient),
            turns => self.affine(origin, &[(quotient, 1)], -turns),
        }
    }

    /// `floor(left / right)`, of what is not negative by what is positive.
    pub(super) fn quotient(
        &mut self,
        id: LayerId,
        left: LayerId,
        right: LayerId,
    ) -> Result<TensorId, OnnxError> {
        let origin = &self.graph.layer(id).origin;
        let mut dividend = self.unscaled(left)?;
        let reach = |tensor: &Self, id: TensorId| tensor.tensor(id).high.max(0);
        if self.virtuals[dividend.0 as usize].bilinear || reach(self, dividend) >> DIVIDEND_BITS > 0
        {
            dividend = self.narrowed(left, DIVIDEND_BITS)?;
        }
        let greatest = reach(self, dividend);
        let bits = 64 - greatest.leading_zeros().min(63);
        let mut divisor = self.unscaled(right)?;
        let width = |tensor: &Self, id: TensorId| {
            let tensor = tensor.tensor(id);
            tensor.high.saturating_sub(tensor.low)
        };
        if width(self, divisor) >> MAX_ARGUMENT_BITS > 0
            || self.virtuals[divisor.0 as usize].bilinear
        {
            divisor = self.narrowed(right, MAX_ARGUMENT_BITS)?;
        }
        if bits > DIVIDEND_BITS || width(self, divisor) >> MAX_ARGUMENT_BITS > 0 {
            return Err(OnnxError::Model {
                reason: format!(
                    "{origin}: it divides integers of up to {greatest} by such of up to {}; up to 2^{DIVIDEND_BITS} by up to 2^{MAX_ARGUMENT_BITS} can be proven",
                    self.tensor(divisor).high
                ),
            });
        }
        let domain = self.tensor(divisor).clone();
        let reciprocals = (domain.low..=domain.high).map(|d| match d {
            ..1 => 0,
            d => (1i64 << bits) / d,
        });
        let table = self.builder.table(Table {
            low: domain.low,
            values: reciprocals.collect(),
        })?;
        let format = Format {
            low: 0,
            high: 1 << bits,
            scale: 0,
        };
        let reciprocal = self.looked_up(origin, divisor, table, format)?;
        // Nothing is a quotient by zero.
        if domain.low < 1 {
            self.builder.limit(Limit {
                tensor: reciprocal,
                low: 1,
                high: i64::MAX,
            });
        }
        let product = self.entrywise(origin, dividend, reciprocal)?;
        let shifted = self.affine(origin, &[(product, 1)], -(1i64 << bits >> 1))?;
        let format = Format {
            low: 0,
            high: greatest,
            scale: 0,
        };
        let quotient = self.rescaled(origin, shifted, bits, format)?;
        let taken = self.entrywise(origin, quotient, divisor)?;
        let rest = [(dividend, 1), (taken, -1), (divisor, -1)];
        let rest = self.affine(origin, &rest, 1)?;
        let more = self.rescaled(origin, rest, 0, Format::BIT)?;
        self.limit_rescale(more, true, true);
        self.affine(origin, &[(quotient, 1), (more, 1)], 0)
    }

    /// The integers of a layer as such.
    fn unscaled(&mut self, id: LayerId) -> Result<TensorId, OnnxError> {
        let exact = self.exact(id)?;
        let origin = &self.graph.layer(id).origin;
        let tensor = self.tensor(exact);
        if tensor.scale_log2 <= 0 {
            return self.refine(origin, exact, 0);
        }
        let shift = |v: i64| v >> tensor.scale_log2.min(63);
        let format = Format {
            low: shift(tensor.low),
            high: shift(tensor.high).saturating_add(1),
            scale: 0,
        };
        self.rescale(origin, exact, format)
    }

    /// The integers of a layer in as many bits as calibration has seen, at most so many.
    fn narrowed(&mut self, id: LayerId, bits: u32) -> Result<TensorId, OnnxError> {
        let exact = self.unscaled(id)?;
        let least = self.plan.widths.activations.min(bits);
        let format = Format::integers(self.range(id), least, bits);
        match format {
            Some(format) => {
                let narrow = self.rescale(&self.graph.layer(id).origin, exact, format)?;
                self.limit_exactly(narrow);
                Ok(narrow)
            }
            None => Ok(exact),
        }
    }

    /// A sum of multiples of tensors of one shape, and a number.
    fn affine(
        &mut self,
        origin: &str,
        parts: &[(TensorId, i64)],
        offset: i64,
    ) -> Result<TensorId, OnnxError> {
        let Some((first, _)) = parts.first() else {
            return Err(OnnxError::Model {
                reason: format!("{origin}: a sum of nothing"),
            });
        };
        let shape = self.tensor(*first).shape.clone();
        let mut terms = Vec::new();
        for &(source, coefficient) in parts {
            terms.push(Term {
                coefficient,
                source: Some(source),
                view: View::identity(shape.clone())?,
            });
        }
        if offset != 0 {
            let axes = shape.iter().enumerate();
            let steps = axes.map(|(axis, &len)| Step::Insert { axis, len });
            terms.push(Term {
                coefficient: offset,
                source: None,
                view: View::new(vec![], steps.collect())?,
            });
        }
        self.linear(origin, 0, terms)
    }

    /// The product of two tensors of one shape, entry by entry.
    fn entrywise(
        &mut self,
        origin: &str,
        left: TensorId,
        right: TensorId,
    ) -> Result<TensorId, OnnxError> {
        let shape = self.tensor(left).shape.clone();
        self.contraction(
            origin,
            0,
            Contract {
                left,
                right,
                shared: shape.len(),
                left_free: 0,
                right_free: 0,
                contracted: 0,
            },
        )
    }

    /// How a quotient by a number is a rescale; `None` if that takes too many bits.
    fn by_multiples(&self, source: TensorId, divisor: i128) -> Option<ByMultiples> {
        let tensor = self.tensor(source);
        let (low, high) = (i128::from(tensor.low), i128::from(tensor.high));
        let narrow = |v: i128| i64::try_from(v).ok();
        let by = if divisor.count_ones() == 1 {
            ByMultiples {
                factor: 1,
                offset: 0,
                shift: divisor.trailing_zeros(),
                turns: 0,
                format: Format {
                    low: narrow(low.div_euclid(divisor))?,
                    high: narrow(high.div_euclid(divisor))?,
                    scale: 0,
                },
            }
        } else {
            // As many times the divisor more as leave nothing negative.
            let turns = -low.div_euclid(divisor).min(0);
            let greatest = (high + turns * divisor).max(0);
            let bits = |v: i128| 128 - v.leading_zeros();
            let shift = bits(greatest) + bits(divisor - 1);
            let factor = (1i128.checked_shl(shift)?) / divisor + 1;
            let reach = factor.checked_mul(greatest + 1)?;
            if reach >= i128::from(MAX_BOUND) {
                return None;
            }
            ByMultiples {
                factor: narrow(factor)?,
                offset: narrow(factor * turns * divisor)?,
                shift,
                turns: narrow(turns)?,
                format: Format {
                    low: 0,
                    high: narrow(greatest / divisor)?,
                    scale: 0,
                },
            }
        };
        let fits = by.format.high.max(-by.format.low) >> MAX_INTEGER_BITS == 0;
        (fits && by.shift <= MAX_SHIFT as u32).then_some(by)
    }
}

/// `floor((factor x + offset) / 2^shift) - turns`.
struct ByMultiples {
    factor: i64,
    offset: i64,
    shift: u32,
    turns: i64,
    format: Format,
}
