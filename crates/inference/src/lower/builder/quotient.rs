//! Quotients by values that no table is wide enough for.

use super::{Builder, scaled};
use crate::lower::LowerError;
use crate::lower::tables::bits;
use inferproof_argument::Term;
use inferproof_program::{Tensor, TensorId};

/// Bits of what a division leaves, and of how far that is below the divisor.
pub(super) fn rest_bits(divisor: &Tensor) -> u32 {
    bits(divisor.high.saturating_sub(1).unsigned_abs().into()).max(1)
}

impl Builder<'_> {
    /// `x = y d + r` with `0 <= r < d`, and `y` in its declared range: then `y` is the only such integer.
    pub(super) fn quotient(
        &mut self,
        id: TensorId,
        dividend: TensorId,
        divisor: TensorId,
    ) -> Result<Term, LowerError> {
        let tensor = self.tensor(id)?;
        let by = self.operand(divisor)?;
        let quotient = self.commit_tensor(id)?;
        self.check_range(id, &quotient)?;
        let what = "times the divisor";
        let product = self.entrywise(id, what, vec![quotient.clone()], by.clone())?;

        let width = rest_bits(self.tensor(divisor)?);
        let mut rest = self.read(dividend)?;
        rest.push(scaled(product.clone(), -1)?);
        self.check_integer_bits(&format!("{}, what is left", tensor.name), rest, width)?;
        // r <= d - 1
        let mut below = by;
        below.push(self.constant(id, &tensor.shape, -1)?);
        below.push(product);
        for term in self.read(dividend)? {
            below.push(scaled(term, -1)?);
        }
        self.check_integer_bits(
            &format!("{}, less than the divisor", tensor.name),
            below,
            width,
        )?;
        Ok(quotient)
    }
}
