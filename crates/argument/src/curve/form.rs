//! Field elements as kernels keep them in memory.

use crate::curve::{Montgomery, below_modulus};

/// An element `v`, as the field library has it, is kept as `v factor + zero`, or that plus the modulus.
#[derive(Clone, Copy)]
pub(crate) struct Form<F> {
    factor: F,
    inverse: F,
    zero: F,
    twice_zero: [u64; 4],
}

impl<F: Montgomery> Form<F> {
    /// The form with this factor, whose inverse is given, too.
    #[cfg(feature = "prover")]
    pub fn new(factor: F, inverse: F, zero: F) -> Self {
        Self {
            factor,
            inverse,
            zero,
            twice_zero: zero.double().limbs(),
        }
    }

    /// One half.
    #[cfg(feature = "prover")]
    pub fn half() -> F {
        // (p - 1) / 2 + 1
        F::from_bigint(F::MODULUS_MINUS_ONE_DIV_TWO).unwrap_or_default() + F::one()
    }

    /// The number that an element is kept as: the one below the modulus.
    #[inline(always)]
    pub fn number(&self, value: F) -> [u64; 4] {
        (value * self.factor + self.zero).limbs()
    }

    /// The element that is kept as a number below twice the modulus.
    #[inline(always)]
    pub fn value(&self, number: [u64; 4]) -> F {
        (F::from_limbs(below_modulus::<F>(number)) - self.zero) * self.inverse
    }

    /// What a number is to be taken from, modulo `p`, for that of minus its value.
    #[inline(always)]
    pub fn twice_zero(&self) -> [u64; 4] {
        self.twice_zero
    }
}
