//! Many independent additions of affine points for one field inversion (Montgomery's trick).

#[cfg(all(feature = "prover", target_arch = "x86_64"))]
mod ifma;
mod portable;

use ark_ec::AffineRepr;
use ark_ff::{AdditiveGroup, Field, PrimeField};

use crate::curve::{Point, Profile};

/// A point in affine coordinates, one cache line, in the form that its [`Adder`] computes in. The identity is all zero,
/// which is on no profile's curve.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
#[repr(C, align(64))]
pub(super) struct PackedPoint {
    x: [u64; 4],
    y: [u64; 4],
}

/// An addition to do: `points[to] = points[from] + points[from + 1]`.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub from: u32,
    pub to: u32,
}

/// A way to add points of one profile, which the machine is known to have.
pub(super) struct Adder<P: Profile> {
    instructions: Instructions,
    /// The number that unpacking multiplies coordinates with.
    unpacking: P::BaseField,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Instructions {
    Portable,
    #[cfg(all(feature = "prover", target_arch = "x86_64"))]
    Ifma,
}

impl<P: Profile> Clone for Adder<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Profile> Copy for Adder<P> {}

/// Memory that [`Adder::add_pairs`] needs, kept between calls.
pub(super) struct Scratch<P: Profile> {
    portable: portable::Scratch<P>,
    #[cfg(all(feature = "prover", target_arch = "x86_64"))]
    ifma: ifma::Scratch<P>,
}

impl<P: Profile> Default for Scratch<P> {
    fn default() -> Self {
        Self {
            portable: portable::Scratch::default(),
            #[cfg(all(feature = "prover", target_arch = "x86_64"))]
            ifma: ifma::Scratch::default(),
        }
    }
}

impl<P: Profile> Adder<P> {
    /// The adders that this machine has, the quickest last.
    pub fn available() -> impl Iterator<Item = Self> {
        let portable = Self { instructions: Instructions::Portable, unpacking: P::BaseField::ONE };
        #[cfg(all(feature = "prover", target_arch = "x86_64"))]
        let special = ifma::is_available().then(|| Self {
            instructions: Instructions::Ifma,
            unpacking: P::BaseField::from(1u64 << ifma::EXTRA_BITS).inverse().unwrap_or_default(),
        });
        #[cfg(not(all(feature = "prover", target_arch = "x86_64")))]
        let special = None;
        std::iter::once(portable).chain(special)
    }

    /// The quickest adder that this machine has.
    pub fn detect() -> Self {
        Self::available()
            .last()
            .unwrap_or(Self { instructions: Instructions::Portable, unpacking: P::BaseField::ONE })
    }

    pub fn name(&self) -> &'static str {
        match self.instructions {
            Instructions::Portable => "portable",
            #[cfg(all(feature = "prover", target_arch = "x86_64"))]
            Instructions::Ifma => "avx512ifma",
        }
    }

    /// A point in the adder's form, with coordinates below the modulus.
    pub fn pack(&self, point: &Point<P>) -> PackedPoint {
        let (mut x, mut y) = (point.x, point.y);
        match self.instructions {
            Instructions::Portable => {}
            #[cfg(all(feature = "prover", target_arch = "x86_64"))]
            Instructions::Ifma => {
                for _ in 0..ifma::EXTRA_BITS {
                    x.double_in_place();
                    y.double_in_place();
                }
            }
        }
        PackedPoint { x: P::coordinate_limbs(&x), y: P::coordinate_limbs(&y) }
    }

    /// A point as the curve library has it.
    pub fn unpack(&self, point: &PackedPoint) -> Point<P> {
        let [x, y] = [point.x, point.y].map(|limbs| match self.instructions {
            Instructions::Portable => P::coordinate_from_limbs(limbs),
            #[cfg(all(feature = "prover", target_arch = "x86_64"))]
            Instructions::Ifma => P::coordinate_from_limbs(below_modulus::<P>(limbs)) * self.unpacking,
        });
        Point::<P>::new_unchecked(x, y)
    }

    /// `-point`, for a point that came from [`Self::pack`] and is not the identity.
    #[inline(always)]
    pub fn negate(&self, point: &PackedPoint) -> PackedPoint {
        PackedPoint { x: point.x, y: P::coordinate_limbs(&-P::coordinate_from_limbs(point.y)) }
    }

    /// Does all additions, as if one after the other, in order.
    ///
    /// No pair may read what an earlier pair writes: `pairs[j].to` is neither `pairs[k].from` nor `pairs[k].from + 1` for
    /// `k > j`; and no two pairs write the same point.
    pub fn add_pairs(&self, points: &mut [PackedPoint], pairs: &[Pair], scratch: &mut Scratch<P>) {
        match self.instructions {
            Instructions::Portable => portable::add_pairs(self, points, pairs, &mut scratch.portable),
            // SAFETY: the adder's instructions are `Ifma` only if `ifma::is_available`.
            #[cfg(all(feature = "prover", target_arch = "x86_64"))]
            Instructions::Ifma => unsafe { ifma::add_pairs(self, points, pairs, &mut scratch.ifma) },
        }
    }
}

/// `limbs`, below twice the modulus, less the modulus if need be.
#[cfg(all(feature = "prover", target_arch = "x86_64"))]
fn below_modulus<P: Profile>(limbs: [u64; 4]) -> [u64; 4] {
    let mut reduced = limbs;
    let mut borrow = false;
    for (limb, modulus) in reduced.iter_mut().zip(P::BaseField::MODULUS.as_ref()) {
        let (difference, first) = limb.overflowing_sub(*modulus);
        let (difference, second) = difference.overflowing_sub(borrow.into());
        *limb = difference;
        borrow = first || second;
    }
    if borrow { limbs } else { reduced }
}

/// Which of the addition law's cases two points fall in.
enum Case<P: Profile> {
    /// Two points with different `x`.
    Chord,
    /// Twice the same point.
    Tangent,
    /// One of the two is the identity, or each is minus the other: the sum takes no slope.
    Known(Point<P>),
}

impl<P: Profile> Case<P> {
    #[inline(always)]
    fn of(a: &Point<P>, b: &Point<P>) -> Self {
        if a.is_zero() {
            Self::Known(*b)
        } else if b.is_zero() {
            Self::Known(*a)
        } else if a.x != b.x {
            Self::Chord
        } else if a.y != b.y {
            Self::Known(Point::<P>::identity())
        } else {
            Self::Tangent
        }
    }
}
