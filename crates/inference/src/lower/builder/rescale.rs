//! Rescales: `clamp(floor((x + 2^(shift-1)) / 2^shift), low, high)` (PROTOCOL must 5).

use super::{Builder, half, scaled};
use crate::lower::tables::bits;
use crate::lower::{Advice, LowerError};
#[cfg(feature = "prover")]
use crate::witness::Run;
#[cfg(feature = "prover")]
use inferproof_argument::ProveError;
use inferproof_argument::{Linear, Term};
use inferproof_program::TensorId;

/// What the clamp of a rescale cuts off, of which limb `limb` in base `2^bits`, with the sign of the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Excess {
    output: TensorId,
    source: TensorId,
    shift: u32,
    bits: u32,
    limb: u32,
}

#[cfg(feature = "prover")]
impl Excess {
    /// `e` of `x + half = 2^shift (y + e) + rem`: the quotient less the output.
    pub fn values(&self, run: &Run<'_>) -> Result<Vec<i64>, ProveError> {
        let half = half(self.shift) as i64;
        let excess = |(x, y): (&i64, &i64)| {
            let cut = ((x + half) >> self.shift) - y;
            let digit = (cut.unsigned_abs() >> (self.bits * self.limb)) & ((1 << self.bits) - 1);
            cut.signum() * digit as i64
        };
        let (x, y) = (run.read(self.source)?, run.read(self.output)?);
        Ok(x.iter().zip(y.iter()).map(excess).collect())
    }
}

impl Builder<'_> {
    /// The largest absolute excess that the clamp of a rescale can cut off.
    pub(super) fn excess(
        &self,
        output: TensorId,
        source: TensorId,
        shift: u32,
    ) -> Result<u128, LowerError> {
        let (x, y) = (self.tensor(source)?, self.tensor(output)?);
        let half = half(shift);
        let rescale = |v: i64| (i128::from(v) + half) >> shift;
        let above = rescale(x.high) - i128::from(y.high);
        let below = i128::from(y.low) - rescale(x.low);
        Ok(above.max(below).max(0).unsigned_abs())
    }

    /// `x + half = 2^shift (y + e) + rem` (PROTOCOL must 5).
    pub(super) fn rescale(
        &mut self,
        id: TensorId,
        source: TensorId,
        shift: u32,
    ) -> Result<Term, LowerError> {
        let tensor = self.tensor(id)?;
        let shape = tensor.shape.clone();
        let output = self.commit_tensor(id)?;
        let mut quotient = vec![output.clone()];
        let excess = self.excess(id, source, shift)?;
        if excess == 0 {
            self.check_range(id, &output)?;
        } else {
            let users = self.clamps.get(&(tensor.low, tensor.high)).copied();
            let users = users.unwrap_or_default();
            let table = self.tables.clamp(tensor.low, tensor.high, users);
            let limb_bits = users
                .limb_bits
                .ok_or_else(|| self.refuse(id, "its table was not foreseen"))?;
            for limb in 0..bits(excess).div_ceil(limb_bits) {
                let excess = Excess {
                    output: id,
                    source,
                    shift,
                    bits: limb_bits,
                    limb,
                };
                let advice = self.commit(
                    format!("{}, excess {limb}", tensor.name),
                    shape.clone(),
                    Advice::Excess(excess),
                )?;
                let term = Term {
                    coefficient: 1,
                    source: advice,
                    view: self.identity(id)?,
                };
                let name = format!("{}, clamp", tensor.name);
                self.lookup(&name, table, vec![vec![term.clone()], vec![output.clone()]])?;
                quotient.push(scaled(term, 1 << (limb * limb_bits))?);
            }
        }
        let mut remainder = self.read(source)?;
        if shift > 0 {
            remainder.push(self.constant(id, &shape, half(shift) as i64)?);
        }
        for term in quotient {
            let factor = 1i64
                .checked_shl(shift)
                .filter(|f| *f > 0)
                .ok_or_else(|| self.refuse(id, "its shift is too large"))?;
            remainder.push(scaled(term, -factor)?);
        }
        let name = format!("{}, remainder", tensor.name);
        if shift == 0 {
            self.linears.push(Linear {
                name,
                shape,
                terms: remainder,
            });
        } else {
            self.check_integer_bits(&name, remainder, shift)?;
        }
        Ok(output)
    }
}
