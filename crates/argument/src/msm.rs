//! Multi-exponentiations: Pedersen commitments to rows of small integers, and sums of full-size multiples.
//!
//! All of them are Pippenger's bucket method over signed digits ([`digits`]). The buckets are summed in affine
//! coordinates, many independent additions sharing one field inversion ([`buckets`], [`addition`]).

mod addition;
mod buckets;
mod digits;
#[cfg(feature = "prover")]
mod fixed_base;

use ark_ec::AdditiveGroup;
use ark_ec::short_weierstrass::Projective;

use self::addition::{Adder, PackedPoint};
use self::buckets::{Buckets, Window};
#[cfg(feature = "prover")]
pub(crate) use self::fixed_base::FixedBase;
use crate::curve::{Point, Profile, Scalar};
#[cfg(feature = "prover")]
pub use self::rows::{commit_rows, commit_scalars};

#[cfg(feature = "prover")]
mod rows;

/// Points that share inversions: enough that an inversion weighs little beside the additions, few enough that they (64
/// bytes each) stay in the second-level cache.
const BATCH: usize = 1 << 13;

/// `sum scalars[i] * points[i]` for full-size scalars, on the calling thread. The shorter slice counts.
///
/// The time depends on the values: this is for what is public, or for a prover's own machine.
pub fn msm_full<P: Profile>(points: &[Point<P>], scalars: &[Scalar<P>]) -> Projective<P> {
    let count = points.len().min(scalars.len());
    let adder = Adder::<P>::detect();
    let bases: Vec<PackedPoint> = points.iter().take(count).map(|point| adder.pack(point)).collect();
    let width = digits::window_for_full(count);
    let (digits, windows) = digits::of_scalars::<P>(&scalars[..count], width);
    let mut buckets = Buckets::new(adder);
    let windows: Vec<Window<'_>> =
        (0..windows).map(|w| Window { digits: &digits[w * count..][..count], width, ones: &[] }).collect();
    let mut bits = Vec::new();
    for windows in windows.chunks((BATCH / count.max(1)).max(1)) {
        bits.extend_from_slice(buckets.weighted_bits(&bases, windows));
    }
    horner(bits.iter().rev().map(|point| adder.unpack(point)))
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
