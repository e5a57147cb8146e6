//! The tree eight fractions at a time.
//!
//! Bounds of numbers, see [`lanes`](crate::lanes), with weights and challenges below `p`: what memory holds is below `1.67 p`. It is
//! products, and sums of two products, of such numbers, below `1.2 p`, or sums below `4 p` that are reduced.

mod fractions;
mod halves;
mod leaf_layer;
mod numerators;
mod sumcheck;
mod sums;

pub(super) use fractions::Fractions;
pub(super) use leaf_layer::LeafSumcheck;
pub(super) use sumcheck::Sumcheck;

use crate::curve::Montgomery;
use crate::curve::below_modulus;
use crate::lanes::{Arithmetic, Number, Packed, WIDTH};

/// Layers of fewer bits are not worth it. Half of such a layer, and half of that, has whole cells.
pub(super) const LEAST_BITS: usize = 7;

/// Sixteen numbers.
type Numbers = [Packed; 2];

/// Sixteen fractions `p / q`, first the `p`; in a sumcheck, eight nodes: `p0` and `p1 + lambda q1`, then `q0` and `q1`.
pub(super) type Cell = [Numbers; 2];

/// The memory of a sumcheck that is done. Its pages have been used before, and so cost less than new ones.
pub(super) type Spare = Vec<Cell>;

/// A field's arithmetic, and what takes its numbers into Montgomery's form and out of it.
pub(super) struct Kernel<F, A> {
    field: A,
    into: F,
    out: F,
    one: Number,
}

impl<F: Montgomery, A: Arithmetic<F>> Kernel<F, A> {
    pub fn new(field: A) -> Self {
        let into = F::from(1u64 << A::EXTRA_BITS);
        Self {
            field,
            into,
            out: into.inverse().unwrap_or_default(),
            one: into.limbs(),
        }
    }

    pub fn number(&self, value: F) -> Number {
        (value * self.into).limbs()
    }

    pub fn scalar(&self, number: Number) -> F {
        F::from_limbs(below_modulus::<F>(number)) * self.out
    }

    /// `a + x (b - a)`, of numbers below `1.67 p`.
    #[inline(always)]
    fn line(&self, a: &A::Eight, b: &A::Eight, x: &A::Eight) -> A::Eight {
        let step = self.field.multiply(x, &self.field.subtract(b, a));
        self.field.add_reduced(a, &step)
    }
}

/// Writes a number into sixteen.
#[inline]
fn put(numbers: &mut Numbers, at: usize, number: Number) {
    numbers[at / WIDTH].set(at % WIDTH, number);
}

/// Whether a cell is `neutral`, of which the first number is zero: others are told apart by their first.
#[inline]
fn is_neutral(cell: &Cell, neutral: &Cell) -> bool {
    cell[0][0].first() == 0 && cell == neutral
}
