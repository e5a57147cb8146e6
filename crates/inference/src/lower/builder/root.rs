//! Square roots of values that no table is wide enough for.

use super::{Builder, scaled};
use crate::lower::LowerError;
use crate::lower::tables::bits;
use inferproof_argument::Term;
use inferproof_program::{Tensor, TensorId};

/// Bits of the distance of `x` from the square below it and from the one above: the two squares are `2 y + 1` apart.
pub(super) fn root_bits(root: &Tensor) -> u32 {
    bits(2 * u128::from(root.high.unsigned_abs()))
}

impl Builder<'_> {
    /// `y^2 <= x < (y + 1)^2`, with `y` in its declared range, which has no negative values: then `y` is the only such integer.
    pub(super) fn root(&mut self, id: TensorId, source: TensorId) -> Result<Term, LowerError> {
        let tensor = self.tensor(id)?;
        let root = self.commit_tensor(id)?;
        self.check_range(id, &root)?;
        let square = self.entrywise(id, "square", vec![root.clone()], vec![root.clone()])?;

        let width = root_bits(tensor).max(1);
        let mut above = self.read(source)?;
        above.push(scaled(square.clone(), -1)?);
        self.check_integer_bits(&format!("{}, above the square", tensor.name), above, width)?;
        // x <= (y + 1)^2 - 1
        let mut below = vec![square, scaled(root.clone(), 2)?];
        for term in self.read(source)? {
            below.push(scaled(term, -1)?);
        }
        self.check_integer_bits(&format!("{}, below the next", tensor.name), below, width)?;
        Ok(root)
    }
}
