//! Many independent additions of affine points for one field inversion (Montgomery's trick).

mod portable;
#[cfg(feature = "prover")]
#[allow(
    clippy::indexing_slicing,
    reason = "a kernel of the feature `prover`; its pairs are those of the portable one, which checks every index"
)]
mod vectors;

use crate::curve::{Montgomery, Point, Profile, below_modulus, subtract_with_borrow};
#[cfg(feature = "prover")]
use crate::instructions::Instructions as Allowed;
#[cfg(feature = "prover")]
use crate::lanes::{self, Arithmetic};
use ark_ec::AffineRepr;
#[cfg(feature = "prover")]
use ark_ff::Field;
use ark_ff::PrimeField;

/// A point in affine coordinates, one cache line, in the form that its [`Adder`] computes in. The identity is all zero,
/// which is on no profile's curve.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
#[repr(C, align(64))]
pub(super) struct PackedPoint {
    x: [u64; 4],
    y: [u64; 4],
}

impl PackedPoint {
    #[inline(always)]
    pub fn is_identity(&self) -> bool {
        self.x == [0; 4] && self.y == [0; 4]
    }
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
    /// What packing and unpacking multiply coordinates with, unless the form is the field library's own.
    scale: Option<[P::BaseField; 2]>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Instructions {
    Portable,
    #[cfg(all(feature = "prover", target_arch = "aarch64"))]
    Neon,
    #[cfg(all(feature = "prover", target_arch = "x86_64"))]
    Avx2,
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
    #[cfg(all(feature = "prover", target_arch = "aarch64"))]
    neon: vectors::Scratch<P, Eight<P, lanes::Neon>>,
    #[cfg(all(feature = "prover", target_arch = "x86_64"))]
    avx2: vectors::Scratch<P, Eight<P, lanes::Avx2>>,
    #[cfg(all(feature = "prover", target_arch = "x86_64"))]
    ifma: vectors::Scratch<P, Eight<P, lanes::Ifma>>,
}

#[cfg(feature = "prover")]
type Eight<P, A> = <A as Arithmetic<<P as ark_ec::CurveConfig>::BaseField>>::Eight;

impl<P: Profile> Default for Scratch<P> {
    fn default() -> Self {
        Self {
            portable: portable::Scratch::default(),
            #[cfg(all(feature = "prover", target_arch = "aarch64"))]
            neon: vectors::Scratch::default(),
            #[cfg(all(feature = "prover", target_arch = "x86_64"))]
            avx2: vectors::Scratch::default(),
            #[cfg(all(feature = "prover", target_arch = "x86_64"))]
            ifma: vectors::Scratch::default(),
        }
    }
}

impl<P: Profile> Adder<P> {
    /// The adders that this machine has, the quickest last.
    pub fn available() -> impl Iterator<Item = Self> {
        let portable = Self {
            instructions: Instructions::Portable,
            scale: None,
        };
        #[cfg(all(feature = "prover", target_arch = "x86_64"))]
        let special = [
            Self::with::<lanes::Avx2>(Instructions::Avx2, Allowed::Avx2),
            Self::with::<lanes::Ifma>(Instructions::Ifma, Allowed::Avx512),
        ];
        #[cfg(all(feature = "prover", target_arch = "aarch64"))]
        let special = [Self::with::<lanes::Neon>(Instructions::Neon, Allowed::Neon)];
        #[cfg(not(all(
            feature = "prover",
            any(target_arch = "x86_64", target_arch = "aarch64")
        )))]
        let special: [Option<Self>; 0] = [];
        std::iter::once(portable).chain(special.into_iter().flatten())
    }

    /// One that computes in an arithmetic, if the machine has its instructions and they may be used.
    #[cfg(all(
        feature = "prover",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ))]
    fn with<A: Arithmetic<P::BaseField>>(
        instructions: Instructions,
        kind: Allowed,
    ) -> Option<Self> {
        if Allowed::allowed() < kind {
            return None;
        }
        A::detect()?;
        let packing = P::BaseField::from(1u64 << A::EXTRA_BITS);
        Some(Self {
            instructions,
            scale: Some([packing, packing.inverse()?]),
        })
    }

    /// The quickest adder that this machine has.
    pub fn detect() -> Self {
        Self::available().last().unwrap_or(Self {
            instructions: Instructions::Portable,
            scale: None,
        })
    }

    #[cfg(test)]
    pub fn name(&self) -> &'static str {
        match self.instructions {
            Instructions::Portable => "portable",
            #[cfg(all(feature = "prover", target_arch = "aarch64"))]
            Instructions::Neon => "neon",
            #[cfg(all(feature = "prover", target_arch = "x86_64"))]
            Instructions::Avx2 => "avx2",
            #[cfg(all(feature = "prover", target_arch = "x86_64"))]
            Instructions::Ifma => "avx512ifma",
        }
    }

    /// A point in the adder's form, with coordinates below the modulus.
    pub fn pack(&self, point: &Point<P>) -> PackedPoint {
        let [x, y] = match self.scale {
            None => [point.x, point.y],
            Some([packing, _]) => [point.x * packing, point.y * packing],
        };
        PackedPoint {
            x: x.limbs(),
            y: y.limbs(),
        }
    }

    /// A point as the curve library has it.
    #[inline(always)]
    pub fn unpack(&self, point: &PackedPoint) -> Point<P> {
        let [x, y] = [point.x, point.y].map(|limbs| match self.scale {
            None => P::BaseField::from_limbs(limbs),
            Some([_, unpacking]) => {
                P::BaseField::from_limbs(below_modulus::<P::BaseField>(limbs)) * unpacking
            }
        });
        Point::<P>::new_unchecked(x, y)
    }

    /// `point` or `-point`, without a branch. The point came from [`Self::pack`] and is not the identity.
    #[inline(always)]
    pub fn negate_if(&self, negative: bool, point: &PackedPoint) -> PackedPoint {
        let mask = u64::from(negative).wrapping_neg();
        let mut y = point.y;
        let mut borrow = false;
        for (y, modulus) in y.iter_mut().zip(P::BaseField::MODULUS.as_ref()) {
            let (difference, next) = subtract_with_borrow(*modulus, *y, borrow);
            *y ^= mask & (*y ^ difference);
            borrow = next;
        }
        PackedPoint { x: point.x, y }
    }

    /// Does all additions, as if one after the other, in order.
    ///
    /// No pair may read what an earlier pair writes: `pairs[j].to` is neither `pairs[k].from` nor `pairs[k].from + 1` for
    /// `k > j`; and no two pairs write the same point.
    pub fn add_pairs(&self, points: &mut [PackedPoint], pairs: &[Pair], scratch: &mut Scratch<P>) {
        match self.instructions {
            Instructions::Portable => {
                portable::add_pairs(self, points, pairs, &mut scratch.portable)
            }
            #[cfg(all(feature = "prover", target_arch = "aarch64"))]
            Instructions::Neon => self.add_vectors::<lanes::Neon>(points, pairs, &mut scratch.neon),
            #[cfg(all(feature = "prover", target_arch = "x86_64"))]
            Instructions::Avx2 => self.add_vectors::<lanes::Avx2>(points, pairs, &mut scratch.avx2),
            #[cfg(all(feature = "prover", target_arch = "x86_64"))]
            Instructions::Ifma => self.add_vectors::<lanes::Ifma>(points, pairs, &mut scratch.ifma),
        }
    }

    #[cfg(all(
        feature = "prover",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ))]
    #[allow(
        clippy::expect_used,
        reason = "an adder is made only where its instructions were found"
    )]
    fn add_vectors<A: Arithmetic<P::BaseField>>(
        &self,
        points: &mut [PackedPoint],
        pairs: &[Pair],
        scratch: &mut vectors::Scratch<P, A::Eight>,
    ) {
        let field = A::detect().expect("there is no adder without its instructions");
        field.vectorize(
            #[inline(always)]
            || vectors::add_pairs(&field, self, points, pairs, scratch),
        );
    }
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
