//! Range checks: that a committed or virtual value is an integer of a declared range (PROTOCOL must 4).

use super::{Builder, malformed, scaled};
use crate::lower::tables::bits;
use crate::lower::{Advice, LowerError};
#[cfg(feature = "prover")]
use crate::witness::{Assignment, digit};
#[cfg(feature = "prover")]
use inferproof_argument::ProveError;
use inferproof_argument::Term;
use inferproof_program::TensorId;
use inferproof_view::View;
use std::sync::Arc;

/// Limb `number` in base `2^bits` of the sum that a range check cuts into limbs: of the very terms that the check looks up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limb {
    whole: Arc<[Term]>,
    bits: u32,
    number: u32,
}

#[cfg(feature = "prover")]
impl Limb {
    /// The limbs, entry by entry.
    pub fn values(&self, assignment: &Assignment<'_>) -> Result<Vec<i64>, ProveError> {
        let mut values = assignment.sum(&self.whole)?;
        for value in &mut values {
            *value = digit(*value, self.bits, self.number);
        }
        Ok(values)
    }
}

impl Builder<'_> {
    /// A committed tensor is in its declared range (PROTOCOL must 4). It is not known to be an integer yet, so that nothing
    /// may be scaled before it is looked up.
    pub(super) fn check_range(&mut self, id: TensorId, term: &Term) -> Result<(), LowerError> {
        let tensor = self.tensor(id)?;
        let size = tensor.high.abs_diff(tensor.low).saturating_add(1);
        if size <= 1 << 16 {
            let table = self.tables.range(tensor.low, size as usize);
            self.lookup(&tensor.name, table, vec![vec![term.clone()]])?;
            return Ok(());
        }
        let bits = bits((size - 1).into());
        for (sign, offset) in [(1, -tensor.low), (-1, tensor.high)] {
            let value = vec![
                scaled(term.clone(), sign)?,
                self.constant(id, term.view.target(), offset)?,
            ];
            self.check_limbs(&tensor.name, value, bits)?;
            if size.is_power_of_two() {
                break;
            }
        }
        Ok(())
    }

    /// The sum of `value`, which other lookups make an integer, is in `[0, 2^bits)`: a multiple of it may be looked up instead,
    /// so that narrow and wide ones share a table.
    pub(super) fn check_integer_bits(
        &mut self,
        name: &str,
        value: Vec<Term>,
        bits: u32,
    ) -> Result<(), LowerError> {
        if bits <= self.limb_bits() {
            let shared = bits <= self.remainder_bits;
            let (table, factor) = match shared {
                true => (
                    self.tables.range(0, 1 << self.remainder_bits),
                    1 << (self.remainder_bits - bits),
                ),
                false => (self.tables.range(0, 1 << bits), 1),
            };
            let column = value
                .into_iter()
                .map(|t| scaled(t, factor))
                .collect::<Result<_, _>>()?;
            self.lookup(name, table, vec![column])?;
            return Ok(());
        }
        self.check_limbs(name, value, bits)
    }

    /// The sum of `value`, whatever it is, is an integer in `[0, 2^bits)`, more bits than a limb has: limbs, each looked up as it is.
    fn check_limbs(&mut self, name: &str, value: Vec<Term>, bits: u32) -> Result<(), LowerError> {
        let limb = self.limb_bits();
        let shape = value
            .first()
            .map(|t| t.view.target().to_vec())
            .unwrap_or_default();
        let whole: Arc<[Term]> = value.clone().into();
        let mut lowest = value;
        for number in 1..bits.div_ceil(limb) {
            let advice = Advice::Limb(Limb {
                whole: whole.clone(),
                bits: limb,
                number,
            });
            let width = limb.min(bits - number * limb);
            let term = self.commit_limb(name, &shape, advice, number, width)?;
            lowest.push(scaled(term, -1)?);
        }
        let table = self.tables.range(0, 1 << limb);
        self.lookup(name, table, vec![lowest])?;
        Ok(())
    }

    pub(super) fn limb_bits(&self) -> u32 {
        self.remainder_bits.max(8)
    }

    /// Commits limb `number` of a value, which this advice computes, and looks it up in `[0, 2^width)`; gives its share of the value.
    pub(super) fn commit_limb(
        &mut self,
        name: &str,
        shape: &[usize],
        advice: Advice,
        number: u32,
        width: u32,
    ) -> Result<Term, LowerError> {
        let limb = self.limb_bits();
        let source = self.commit(format!("{name}, limb {number}"), shape.to_vec(), advice)?;
        let view = View::identity(shape.to_vec()).map_err(|e| malformed(name, e.to_string()))?;
        let term = Term {
            coefficient: 1,
            source,
            view,
        };
        let table = self.tables.range(0, 1 << width);
        self.lookup(name, table, vec![vec![term.clone()]])?;
        scaled(term, 1 << (number * limb))
    }
}
