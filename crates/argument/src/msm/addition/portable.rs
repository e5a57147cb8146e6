//! Additions with the field library's arithmetic.

use ark_ff::{AdditiveGroup, Field};

use super::{Adder, Case, PackedPoint, Pair};
use crate::curve::{Point, Profile};

/// Memory for the two passes.
pub(super) struct Scratch<P: Profile> {
    /// For each pair, from the last on: its slope's denominator, and the product of those of all pairs behind it.
    steps: Vec<(P::BaseField, P::BaseField)>,
}

impl<P: Profile> Default for Scratch<P> {
    fn default() -> Self {
        Self { steps: Vec::new() }
    }
}

pub(super) fn add_pairs<P: Profile>(
    adder: &Adder<P>,
    points: &mut [PackedPoint],
    pairs: &[Pair],
    scratch: &mut Scratch<P>,
) {
    let operands = |points: &[PackedPoint], pair: &Pair| {
        let from = pair.from as usize;
        [from, from + 1].map(|place| match points.get(place) {
            Some(point) => adder.unpack(point),
            None => Point::<P>::identity(),
        })
    };
    scratch.steps.clear();
    let mut product = P::BaseField::ONE;
    for pair in pairs.iter().rev() {
        let [a, b] = operands(points, pair);
        let denominator = match Case::of(&a, &b) {
            Case::Chord => b.x - a.x,
            Case::Tangent => a.y.double(),
            Case::Known(_) => P::BaseField::ONE,
        };
        scratch.steps.push((denominator, product));
        product *= denominator;
    }
    // No denominator is zero: x differs on a chord, and no point of a group of odd order has y = 0.
    let mut inverse = product.inverse().unwrap_or_default();
    for (pair, (denominator, behind)) in pairs.iter().zip(scratch.steps.iter().rev()) {
        let reciprocal = inverse * behind;
        inverse *= denominator;
        let [a, b] = operands(points, pair);
        let sum = match Case::of(&a, &b) {
            Case::Chord => along(&a, &b, (b.y - a.y) * reciprocal),
            Case::Tangent => along(&a, &a, a.x.square() * P::BaseField::from(3u64) * reciprocal),
            Case::Known(sum) => sum,
        };
        if let Some(slot) = points.get_mut(pair.to as usize) {
            *slot = adder.pack(&sum);
        }
    }
}

/// `a + b`, given the slope of the line through both.
#[inline(always)]
fn along<P: Profile>(a: &Point<P>, b: &Point<P>, slope: P::BaseField) -> Point<P> {
    let x = slope.square() - a.x - b.x;
    Point::<P>::new_unchecked(x, slope * (a.x - x) - a.y)
}

/// Twice each point, none of which is the identity.
#[cfg(feature = "prover")]
pub(super) fn double_all<P: Profile>(points: &mut [Point<P>]) {
    // The library inverts something even for none.
    if points.is_empty() {
        return;
    }
    let mut reciprocals: Vec<P::BaseField> = points.iter().map(|point| point.y.double()).collect();
    ark_ff::batch_inversion(&mut reciprocals);
    for (point, reciprocal) in points.iter_mut().zip(reciprocals) {
        *point = along(
            point,
            point,
            point.x.square() * P::BaseField::from(3u64) * reciprocal,
        );
    }
}
