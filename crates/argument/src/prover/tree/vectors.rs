//! The tree eight fractions at a time.
//!
//! What memory holds are kept numbers, see [`lanes`](crate::lanes), as are challenges and weights.

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
use crate::curve::form::Form;
use crate::lanes::{Arithmetic, Number, Packed, WIDTH};

/// Layers of fewer bits are not worth it. Half of such a layer, and half of that, has whole cells.
pub(super) const LEAST_BITS: usize = 7;

/// Sixteen numbers.
type Numbers = [Packed; 2];

/// Sixteen fractions `p / q`, first the `p`; in a sumcheck, eight nodes: `p0` and `p1 + lambda q1`, then `q0` and `q1`.
pub(super) type Cell = [Numbers; 2];

/// The memory of a sumcheck that is done. Its pages have been used before, and so cost less than new ones.
pub(super) type Spare = Vec<Cell>;

/// A field's arithmetic, and what its numbers stand for.
pub(super) struct Kernel<F, A> {
    field: A,
    form: Form<F>,
    zero: Number,
    one: Number,
}

impl<F: Montgomery, A: Arithmetic<F>> Kernel<F, A> {
    pub fn new(field: A) -> Self {
        let form = A::form();
        Self {
            field,
            form,
            zero: form.number(F::zero()),
            one: form.number(F::one()),
        }
    }

    pub fn number(&self, value: F) -> Number {
        self.form.number(value)
    }

    pub fn scalar(&self, number: Number) -> F {
        self.form.value(number)
    }

    /// `a + x (b - a)`, of kept numbers.
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

/// Whether a cell is `neutral`: others are told apart by their first word.
#[inline]
fn is_neutral(cell: &Cell, neutral: &Cell) -> bool {
    cell[0][0].first() == neutral[0][0].first() && cell == neutral
}
