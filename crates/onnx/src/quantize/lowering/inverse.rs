//! Inverses of few numbers, divided exactly: a table would have more entries than there are arguments.

use super::state::Lowering;
use crate::OnnxError;
use crate::function::Inverse;
use crate::graph::LayerId;
use crate::quantize::scale::{Format, round, scaled};
use crate::range::Range;
use inferproof_program::{Limit, MAX_BOUND, Tensor, TensorId, Term};
use inferproof_view::View;

/// So many entries of a table take a proof as long as one division, with its dozen and a half of lookups.
const ENTRIES_A_DIVISION: usize = 4;

/// Bits of a quotient below those of its value, into which it is rounded.
const GUARD_BITS: i32 = 4;

/// How many times, as a power of two, a quotient may be greater than the greatest value: what is beyond is cut off by a maximum, so that no
/// divisor is zero, and what is not by the value's own range, which says so.
const REACH_BITS: u32 = 4;

impl Lowering<'_> {
    /// `numerator / (x + offset)`, or of its root, of an argument that is never negative; `None` where there are so many that a table takes
    /// less, or where the integers would be too wide.
    pub(super) fn inverse(
        &mut self,
        id: LayerId,
        source: TensorId,
        inverse: &Inverse,
        argument: Range,
        value: Format,
        bits: u32,
    ) -> Result<Option<TensorId>, OnnxError> {
        let origin = &self.graph.layer(id).origin;
        let tensor = self.tensor(source).clone();
        let width = tensor.high.saturating_sub(tensor.low);
        let entries = width.min(1 << bits) as usize;
        if tensor.low < 0 || tensor.volume().saturating_mul(ENTRIES_A_DIVISION) > entries {
            return Ok(None);
        }
        let quotients = Quotients {
            greatest: value.high.saturating_add(1) << (GUARD_BITS as u32 + REACH_BITS),
            scale: value.scale + GUARD_BITS,
        };
        let least = argument.low + inverse.offset;
        let Some(scale) = quotients.divisor_scale(inverse, &tensor, least, bits) else {
            return Ok(None);
        };
        let moved = round(scaled(inverse.offset, scale));
        let mut terms = vec![Term {
            coefficient: 1 << (scale - tensor.scale_log2),
            source: Some(source),
            view: View::identity(tensor.shape.clone())?,
        }];
        if moved > 0 {
            terms.push(self.builder.constant(moved, &tensor.shape)?);
        }
        let mut divisor = self.linear(origin, scale, terms)?;
        if inverse.is_of_root {
            let greatest = self.tensor(divisor).high.isqrt();
            let format = Format {
                low: 0,
                high: (1 << (64 - greatest.leading_zeros())) - 1,
                scale: scale / 2,
            };
            divisor = self.rooted(origin, divisor, format)?;
        }
        let scale = self.tensor(divisor).scale_log2;
        let numerator = round(scaled(inverse.numerator, quotients.scale + scale));
        let least = numerator / quotients.greatest + 1;
        if self.tensor(divisor).low < least {
            let constant = vec![self.builder.constant(least, &tensor.shape)?];
            let constant = self.linear(origin, scale, constant)?;
            divisor = self.maximum(origin, scale, divisor, constant)?;
        }
        let numerator = vec![self.builder.constant(numerator, &tensor.shape)?];
        let numerator = self.linear(origin, quotients.scale + scale, numerator)?;
        let format = Format {
            low: 0,
            high: quotients.greatest - 1,
            scale: quotients.scale,
        };
        let quotient = self.divided(origin, numerator, divisor, format)?;
        let made = self.rescale(origin, quotient, value)?;
        // Nothing is lost of arguments such as calibration's, rounded: one unit less than the least.
        let unit = scaled(1.0, -tensor.scale_log2);
        let below = (argument.low + inverse.offset - unit).max(unit);
        let greatest = match inverse.is_of_root {
            true => inverse.numerator / below.sqrt(),
            false => inverse.numerator / below,
        };
        self.builder.limit(Limit {
            tensor: made,
            low: i64::MIN,
            high: round(scaled(greatest, value.scale)).max(value.high) + 1,
        });
        Ok(Some(made))
    }
}

/// What is known of the quotients before they are made.
struct Quotients {
    /// One more than the greatest, a power of two.
    greatest: i64,
    scale: i32,
}

impl Quotients {
    /// The scale of `x + offset`, at which the least one has enough steps; `None` if there is none that keeps all within bounds.
    fn divisor_scale(
        &self,
        inverse: &Inverse,
        tensor: &Tensor,
        least: f64,
        bits: u32,
    ) -> Option<i32> {
        if least <= 0.0 || !least.is_finite() {
            return None;
        }
        let halves = if inverse.is_of_root { 2 } else { 1 };
        let wanted = halves * (bits as i32 + GUARD_BITS) - least.log2().floor() as i32;
        let finest = tensor.scale_log2.max(wanted);
        let is_whole = |scale: &i32| scale % halves == 0;
        let fits = |scale: &i32| {
            let greatest = scaled(tensor.high as f64, scale - tensor.scale_log2)
                + scaled(inverse.offset, *scale)
                + 1.0;
            let divisor = match inverse.is_of_root {
                true => 2.0 * greatest.sqrt(),
                false => greatest,
            };
            let numerator = scaled(inverse.numerator, self.scale + scale / halves);
            let bound = MAX_BOUND as f64 / 2.0;
            greatest < bound
                && numerator < bound
                && divisor.max(numerator / self.greatest as f64 + 1.0) * (self.greatest as f64)
                    < bound
        };
        let enough = wanted - halves * GUARD_BITS;
        (tensor.scale_log2..=finest + 1)
            .rev()
            .filter(is_whole)
            .find(fits)
            .filter(|&scale| scale >= enough)
    }
}
