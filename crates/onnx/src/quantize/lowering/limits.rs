//! Where a value that is cut off is a loss: beyond what calibration saw, but not where the model itself cuts off.

use super::state::Lowering;
use crate::quantize::scale::{round, scaled};
use crate::range::Range;
use inferproof_program::{Limit, Tensor, TensorId};

impl Lowering<'_> {
    /// Of a rescale whose low or high end is the model's own.
    pub(super) fn limit_rescale(&mut self, id: TensorId, is_low: bool, is_high: bool) {
        let tensor = self.tensor(id);
        let limit = Limit {
            tensor: id,
            low: if is_low { i64::MIN } else { tensor.low - 1 },
            high: if is_high { i64::MAX } else { tensor.high + 1 },
        };
        if is_low || is_high {
            self.builder.limit(limit);
        }
    }

    /// Of a rescale that may not move a value at all.
    pub(super) fn limit_exactly(&mut self, id: TensorId) {
        let tensor = self.tensor(id);
        let limit = Limit {
            tensor: id,
            low: tensor.low,
            high: tensor.high,
        };
        self.builder.limit(limit);
    }

    /// Of a table, if its function leaves the range of its entries by more than one unit: the arguments of calibration, one unit more for
    /// their rounding, and those around
    /// them up to the first for which it does. `reals` are the function's values on the whole domain.
    pub(super) fn limit_table(
        &mut self,
        id: TensorId,
        domain: &Tensor,
        calibrated: Range,
        reals: &[f64],
    ) {
        let tensor = self.tensor(id);
        let (least, greatest) = (tensor.low as f64 - 1.0, tensor.high as f64 + 1.0);
        let is_cut = |real: &f64| !(least..=greatest).contains(&scaled(*real, tensor.scale_log2));
        if !reals.iter().any(is_cut) {
            return;
        }
        let argument = |real: f64| {
            let integer = round(scaled(real, domain.scale_log2));
            integer.clamp(domain.low, domain.high)
        };
        let position = |integer: i64| usize::try_from(integer - domain.low).unwrap_or(0);
        let low = (argument(calibrated.low) - 1).max(domain.low);
        let high = (argument(calibrated.high) + 1).min(domain.high);
        let below = reals.iter().take(position(low)).rev();
        let above = reals.iter().skip(position(high) + 1);
        let kept_below = below.take_while(|real| !is_cut(real)).count() as i64;
        let kept_above = above.take_while(|real| !is_cut(real)).count() as i64;
        self.builder.limit(Limit {
            tensor: id,
            low: low - kept_below,
            high: high + kept_above,
        });
    }
}
