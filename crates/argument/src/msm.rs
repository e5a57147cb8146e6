//! Multi-exponentiations: Pedersen commitments to rows of small integers, and sums of full-size multiples.
//!
//! All of them are Pippenger's bucket method over signed digits ([`digits`]). The buckets are summed in affine
//! coordinates, many independent additions sharing one field inversion ([`buckets`], [`addition`]).

mod addition;
mod buckets;
mod digits;
#[cfg(feature = "prover")]
#[allow(
    clippy::indexing_slicing,
    reason = "the prover's own: it runs on its own witness, never on bytes from outside"
)]
mod fixed_base;
#[cfg(feature = "prover")]
mod ready;

#[cfg(feature = "prover")]
use ark_ec::CurveGroup;
use ark_ec::short_weierstrass::Projective;
use ark_ec::{AdditiveGroup, AffineRepr};
#[cfg(feature = "prover")]
use ark_ff::Zero;
#[cfg(feature = "prover")]
use rayon::prelude::*;

use self::addition::{Adder, PackedPoint};
use self::buckets::{Buckets, Window};
#[cfg(feature = "prover")]
pub(crate) use self::ready::Ready;
#[cfg(feature = "prover")]
pub use self::rows::{commit_field_rows, commit_rows, commit_scalars};
use crate::curve::{Point, Profile, Scalar};
use crate::parallel;

#[cfg(feature = "prover")]
#[allow(
    clippy::indexing_slicing,
    reason = "the prover's own: it runs on its own witness, never on bytes from outside"
)]
mod rows;
#[cfg(all(test, feature = "prover"))]
mod tests;

/// How many points and scalars are brought into the form of the bucket method in one piece.
const PREPARED: usize = 1 << 10;

/// `sum scalars[i] * points[i]` for full-size scalars. The shorter slice counts.
///
/// Feature `prover` shares the work among threads. The time depends on the values: this is for what is public, or for a
/// prover's own machine.
pub fn msm_full<P: Profile>(points: &[Point<P>], scalars: &[Scalar<P>]) -> Projective<P> {
    msm_full_with(Adder::<P>::detect(), points, scalars)
}

fn msm_full_with<P: Profile>(
    adder: Adder<P>,
    points: &[Point<P>],
    scalars: &[Scalar<P>],
) -> Projective<P> {
    let pairs = points.iter().zip(scalars);
    let count = pairs.clone().filter(|(point, _)| !point.is_zero()).count();
    let width = digits::best_width(count, digits::scalar_bits::<P>());
    let length = pairs.len();
    let points = points.get(..length).unwrap_or_default().chunks(PREPARED);
    let pairs: Vec<_> = points.zip(scalars.chunks(PREPARED)).collect();
    let prepared = parallel::map(&pairs, |(points, scalars)| {
        let pairs = points.iter().zip(*scalars);
        let (bases, scalars): (Vec<PackedPoint>, Vec<Scalar<P>>) = pairs
            .filter(|(point, _)| !point.is_zero())
            .map(|(point, scalar)| (adder.pack(point), *scalar))
            .unzip();
        let digits = digits::of_scalars::<P>(&scalars, width);
        (bases, digits)
    });
    let mut bases = Vec::with_capacity(count);
    for (some, _) in &prepared {
        bases.extend_from_slice(some);
    }
    // Window by window, the digits of all.
    let count_of_windows = digits::windows(digits::scalar_bits::<P>(), width) as usize;
    let mut digits = Vec::with_capacity(count_of_windows * count);
    let mut parts: Vec<_> = prepared
        .iter()
        .map(|(bases, digits)| digits.chunks(bases.len().max(1)))
        .collect();
    for _ in 0..count_of_windows {
        for part in &mut parts {
            digits.extend_from_slice(part.next().unwrap_or_default());
        }
    }
    let windows: Vec<Window<'_>> = windows(&digits, count, width).collect();
    let bits = weighted_bits(adder, &bases, &windows);
    horner(bits.iter().rev().map(|point| adder.unpack(point)))
}

/// The windows of these digits, which are those of one window after the other.
fn windows(digits: &[i16], count: usize, width: u32) -> impl Iterator<Item = Window<'_>> {
    digits.chunks(count.max(1)).map(move |digits| Window {
        digits,
        width,
        ones: &[],
    })
}

/// Points of which many sums are made.
#[cfg(feature = "prover")]
pub(crate) struct Bases<P: Profile> {
    adder: Adder<P>,
    points: Vec<PackedPoint>,
}

#[cfg(feature = "prover")]
impl<P: Profile> Bases<P> {
    /// None of the points is the identity.
    pub fn new<'a>(points: impl Iterator<Item = &'a Point<P>>) -> Self {
        let adder = Adder::<P>::detect();
        let points = points.map(|point| adder.pack(point)).collect();
        Self { adder, points }
    }

    /// `sum scalars[i] * points[i]` of as many full-size scalars as there are points, for several lists of scalars at once. Zeros cost
    /// nothing.
    pub fn sums(&self, lists: &[Vec<Scalar<P>>]) -> Vec<Point<P>> {
        let digits = parallel::map(lists, |scalars| {
            let nonzero = scalars.iter().filter(|scalar| !scalar.is_zero()).count();
            let width = digits::best_width(nonzero, digits::scalar_bits::<P>());
            (digits::of_scalars::<P>(scalars, width), width)
        });
        let count = self.points.len();
        let lists = digits.iter();
        let windows = lists.flat_map(|(digits, width)| windows(digits, count, *width));
        let windows: Vec<_> = windows.collect();
        let bits = weighted_bits(self.adder, &self.points, &windows);
        let mut bits = bits.as_slice();
        let own = digits.iter().map(|(_, width)| {
            let count = digits::windows(digits::scalar_bits::<P>(), *width) * width;
            let (own, rest) = bits.split_at_checked(count as usize).unwrap_or_default();
            bits = rest;
            own
        });
        let own: Vec<_> = own.collect();
        let sums = parallel::map(&own, |own| {
            horner(own.iter().rev().map(|point| self.adder.unpack(point)))
        });
        Projective::normalize_batch(&sums)
    }
}

/// [`Buckets::weighted_bits`], the windows shared among threads where there is enough to do.
#[cfg(feature = "prover")]
fn weighted_bits<P: Profile>(
    adder: Adder<P>,
    bases: &[PackedPoint],
    windows: &[Window<'_>],
) -> Vec<PackedPoint> {
    let threads =
        (bases.len() * windows.len() / buckets::BATCH).clamp(1, rayon::current_num_threads());
    if threads == 1 {
        return Buckets::new(adder).weighted_bits(bases, windows).to_vec();
    }
    windows
        .par_chunks(windows.len().div_ceil(threads))
        .flat_map_iter(|windows| Buckets::new(adder).weighted_bits(bases, windows).to_vec())
        .collect()
}

/// [`Buckets::weighted_bits`].
#[cfg(not(feature = "prover"))]
fn weighted_bits<P: Profile>(
    adder: Adder<P>,
    bases: &[PackedPoint],
    windows: &[Window<'_>],
) -> Vec<PackedPoint> {
    Buckets::new(adder).weighted_bits(bases, windows).to_vec()
}

/// `sum 2^i points[i]`, the points given from the last to the first.
fn horner<P: Profile>(points: impl Iterator<Item = Point<P>>) -> Projective<P> {
    let mut sum = Projective::<P>::ZERO;
    for point in points {
        sum.double_in_place();
        sum += point;
    }
    sum
}
