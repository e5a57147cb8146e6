//! Many independent additions of affine points for one field inversion (Montgomery's trick).

use std::marker::PhantomData;

use ark_ff::{AdditiveGroup, Field, Zero};

use crate::curve::{Point, Profile};

/// A point in affine coordinates, one cache line: Montgomery forms below the modulus, least significant limb first. The
/// identity is all zero, which is on no profile's curve.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
#[repr(C, align(64))]
pub(super) struct PackedPoint {
    pub x: [u64; 4],
    pub y: [u64; 4],
}

/// An addition to do: `points[to] = points[from] + points[from + 1]`.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub from: u32,
    pub to: u32,
}

/// Adds points of one profile, in the best way that this machine has.
pub(super) struct Adder<P: Profile> {
    profile: PhantomData<P>,
}

impl<P: Profile> Clone for Adder<P> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<P: Profile> Copy for Adder<P> {}

/// Memory that [`Adder::add_pairs`] needs, kept between calls.
#[derive(Default)]
pub(super) struct Scratch<F> {
    /// The denominator of each pair's slope.
    denominators: Vec<F>,
    /// The product of the denominators behind each pair.
    products: Vec<F>,
}

impl<P: Profile> Adder<P> {
    pub fn detect() -> Self {
        Self {
            profile: PhantomData,
        }
    }

    pub fn pack(&self, point: &Point<P>) -> PackedPoint {
        PackedPoint {
            x: P::coordinate_limbs(&point.x),
            y: P::coordinate_limbs(&point.y),
        }
    }

    pub fn unpack(&self, point: &PackedPoint) -> Point<P> {
        Point::<P>::new_unchecked(
            P::coordinate_from_limbs(point.x),
            P::coordinate_from_limbs(point.y),
        )
    }

    /// `-point`, for a point that is not the identity.
    #[inline(always)]
    pub fn negate(&self, point: &PackedPoint) -> PackedPoint {
        PackedPoint {
            x: point.x,
            y: P::coordinate_limbs(&-P::coordinate_from_limbs(point.y)),
        }
    }

    /// Does all additions, as if one after the other, in order.
    ///
    /// No pair may read what an earlier pair writes: `pairs[j].to` is none of `pairs[k].from`, `pairs[k].from + 1` for
    /// `k > j`.
    pub fn add_pairs(
        &self,
        points: &mut [PackedPoint],
        pairs: &[Pair],
        scratch: &mut Scratch<P::BaseField>,
    ) {
        let Scratch {
            denominators,
            products,
        } = scratch;
        denominators.clear();
        products.clear();
        let mut product = P::BaseField::ONE;
        for pair in pairs.iter().rev() {
            let [a, b] = self.operands(points, pair);
            let denominator = match Case::of(&a, &b) {
                Case::Chord => b.x - a.x,
                Case::Tangent => a.y.double(),
                Case::Copy(_) => P::BaseField::ONE,
            };
            products.push(product);
            denominators.push(denominator);
            product *= denominator;
        }
        // No denominator is zero: b.x != a.x on a chord, and no point of an odd-order group has y = 0.
        let mut inverse = product.inverse().unwrap_or_default();
        for ((pair, denominator), product) in pairs
            .iter()
            .zip(denominators.iter().rev())
            .zip(products.iter().rev())
        {
            let reciprocal = inverse * product;
            inverse *= denominator;
            let [a, b] = self.operands(points, pair);
            let numerator = match Case::of(&a, &b) {
                Case::Chord => b.y - a.y,
                Case::Tangent => {
                    let square = a.x.square();
                    square.double() + square
                }
                Case::Copy(sum) => {
                    points[pair.to as usize] = self.pack(&sum);
                    continue;
                }
            };
            let slope = numerator * reciprocal;
            let x = slope.square() - a.x - b.x;
            let y = slope * (a.x - x) - a.y;
            points[pair.to as usize] = self.pack(&Point::<P>::new_unchecked(x, y));
        }
    }

    #[inline(always)]
    fn operands(&self, points: &[PackedPoint], pair: &Pair) -> [Point<P>; 2] {
        let from = pair.from as usize;
        [self.unpack(&points[from]), self.unpack(&points[from + 1])]
    }
}

/// Which of the addition law's cases two points fall in.
enum Case<P: Profile> {
    /// Two points with different `x`.
    Chord,
    /// Twice the same point.
    Tangent,
    /// One of the two is the identity, or each is minus the other: the sum takes no slope.
    Copy(Point<P>),
}

impl<P: Profile> Case<P> {
    #[inline(always)]
    fn of(a: &Point<P>, b: &Point<P>) -> Self {
        if a.x != b.x {
            if is_identity::<P>(a) {
                Self::Copy(*b)
            } else if is_identity::<P>(b) {
                Self::Copy(*a)
            } else {
                Self::Chord
            }
        } else if a.y != b.y {
            // The x are the same: either minus each other, or one is the identity and the other has x = 0.
            if is_identity::<P>(a) {
                Self::Copy(*b)
            } else if is_identity::<P>(b) {
                Self::Copy(*a)
            } else {
                Self::Copy(Point::<P>::identity())
            }
        } else if a.y.is_zero() {
            Self::Copy(*a)
        } else {
            Self::Tangent
        }
    }
}

#[inline(always)]
fn is_identity<P: Profile>(point: &Point<P>) -> bool {
    point.x.is_zero() && point.y.is_zero()
}
