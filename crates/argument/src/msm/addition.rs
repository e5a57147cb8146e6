//! Many independent additions of affine points for one field inversion (Montgomery's trick).

mod portable;
#[cfg(feature = "prover")]
#[allow(
    clippy::indexing_slicing,
    reason = "a kernel of the feature `prover`; its pairs are those of the portable one, which checks every index"
)]
mod vectors;

use crate::curve::form::Form;
use crate::curve::{Montgomery, Point, Profile, add_with_carry, subtract_with_borrow};
#[cfg(feature = "prover")]
use crate::instructions::Instructions as Allowed;
#[cfg(feature = "prover")]
use crate::lanes::{self, Arithmetic};
use ark_ec::AffineRepr;
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
    /// The form of coordinates, unless it is the field library's own.
    form: Option<Form<P::BaseField>>,
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
    neon: vectors::Scratch<P, lanes::Neon>,
    #[cfg(all(feature = "prover", target_arch = "x86_64"))]
    avx2: vectors::Scratch<P, lanes::Avx2>,
    #[cfg(all(feature = "prover", target_arch = "x86_64"))]
    ifma: vectors::Scratch<P, lanes::Ifma>,
}

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
            form: None,
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
        Some(Self {
            instructions,
            form: Some(A::form()),
        })
    }

    /// The quickest adder that this machine has.
    pub fn detect() -> Self {
        Self::available().last().unwrap_or(Self {
            instructions: Instructions::Portable,
            form: None,
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
        if point.is_zero() {
            return PackedPoint::default();
        }
        let [x, y] = [point.x, point.y].map(|coordinate| match &self.form {
            None => coordinate.limbs(),
            Some(form) => form.number(coordinate),
        });
        PackedPoint { x, y }
    }

    /// A point as the curve library has it.
    #[inline(always)]
    pub fn unpack(&self, point: &PackedPoint) -> Point<P> {
        if point.is_identity() {
            return Point::<P>::identity();
        }
        let [x, y] = [point.x, point.y].map(|number| match &self.form {
            None => P::BaseField::from_limbs(number),
            Some(form) => form.value(number),
        });
        Point::<P>::new_unchecked(x, y)
    }

    /// `point` or `-point`, without a branch. The point came from [`Self::pack`] and is not the identity.
    #[inline(always)]
    pub fn negate_if(&self, negative: bool, point: &PackedPoint) -> PackedPoint {
        let mask = u64::from(negative).wrapping_neg();
        let minuend = self.form.as_ref().map_or([0; 4], Form::twice_zero);
        let mut y = point.y;
        // Modulo 2^256 first, and then the modulus is added if that was negative.
        let mut negated = minuend;
        let mut borrow = false;
        for (negated, y) in negated.iter_mut().zip(y) {
            (*negated, borrow) = subtract_with_borrow(*negated, y, borrow);
        }
        let added = u64::from(borrow).wrapping_neg();
        let mut carry = false;
        let modulus = P::BaseField::MODULUS;
        let words = negated.into_iter().zip(modulus.as_ref());
        for (y, (negated, modulus)) in y.iter_mut().zip(words) {
            let (sum, next) = add_with_carry(negated, modulus & added, carry);
            *y ^= mask & (*y ^ sum);
            carry = next;
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
            Instructions::Neon => self.add_vectors(points, pairs, &mut scratch.neon),
            #[cfg(all(feature = "prover", target_arch = "x86_64"))]
            Instructions::Avx2 => self.add_vectors(points, pairs, &mut scratch.avx2),
            #[cfg(all(feature = "prover", target_arch = "x86_64"))]
            Instructions::Ifma => self.add_vectors(points, pairs, &mut scratch.ifma),
        }
    }

    #[cfg(all(
        feature = "prover",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ))]
    #[allow(
        clippy::expect_used,
        reason = "the adders that compute in an arithmetic are made with its form"
    )]
    fn add_vectors<A: Arithmetic<P::BaseField>>(
        &self,
        points: &mut [PackedPoint],
        pairs: &[Pair],
        scratch: &mut vectors::Scratch<P, A>,
    ) {
        let form = self.form.as_ref().expect("the adder has a form");
        vectors::add_pairs((self, form), points, pairs, scratch);
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
