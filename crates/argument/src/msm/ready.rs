//! Generators in the form that additions compute in.

use super::addition::{Adder, PackedPoint};
use super::fixed_base::FixedBase;
use crate::curve::{Point, Profile};

/// The generators of a commitment, made ready once.
pub(crate) struct Ready {
    pub(super) g: Vec<PackedPoint>,
    /// Multiples of `H`.
    pub(super) blinding: FixedBase,
}

impl Ready {
    pub(super) fn new<P: Profile>(adder: Adder<P>, g: &[Point<P>], h: &Point<P>) -> Self {
        Self {
            g: g.iter().map(|point| adder.pack(point)).collect(),
            blinding: FixedBase::new(adder, h),
        }
    }
}
