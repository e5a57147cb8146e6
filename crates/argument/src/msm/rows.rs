//! Pedersen commitments of a prover.

use std::ops::Range;

use ark_ec::CurveGroup;
use ark_ec::short_weierstrass::Projective;
use rayon::prelude::*;

use super::addition::{Adder, PackedPoint};
use super::buckets::{BATCH, Buckets, Window};
use super::fixed_base::FixedBase;
use super::ready::Ready;
use super::{digits, horner, msm_full};
use crate::curve::{Point, Profile, Scalar};
use crate::generators::Generators;
use inferproof_integers::Integers;

/// One Pedersen commitment a row: row `i` commits to `values[rows[i].clone()]` under the first generators, plus
/// `blinders[i] * H`. Rows may be shorter than the generators; a row of zeros has its blinder all the same.
///
/// The time depends on the values (zeros cost nothing).
///
/// # Panics
///
/// When a row is longer than the generators or out of the values' bounds, or when rows and blinders differ in number.
pub fn commit_rows<P: Profile>(
    generators: &Generators<P>,
    values: &Integers,
    rows: &[Range<usize>],
    blinders: &[Scalar<P>],
) -> Vec<Point<P>> {
    commit_rows_with(Adder::detect(), generators, values, rows, blinders)
}

pub(super) fn commit_rows_with<P: Profile>(
    adder: Adder<P>,
    generators: &Generators<P>,
    values: &Integers,
    rows: &[Range<usize>],
    blinders: &[Scalar<P>],
) -> Vec<Point<P>> {
    assert_eq!(rows.len(), blinders.len(), "one blinder a row");
    match values {
        Integers::I8(values) => commit_slices(adder, generators, values, rows, blinders),
        Integers::I16(values) => commit_slices(adder, generators, values, rows, blinders),
        Integers::I32(values) => commit_slices(adder, generators, values, rows, blinders),
        Integers::I64(values) => commit_slices(adder, generators, values, rows, blinders),
    }
}

/// `<vector, G> + blinder * H` for a vector of full-size scalars, not longer than the generators.
pub fn commit_scalars<P: Profile>(
    generators: &Generators<P>,
    vector: &[Scalar<P>],
    blinder: Scalar<P>,
) -> Point<P> {
    assert!(
        vector.len() <= generators.g.len(),
        "a vector is not longer than the generators"
    );
    let adder = Adder::detect();
    let blinding = ready(adder, generators).blinding.multiple(adder, &blinder);
    let sum = msm_full::<P>(&generators.g[..vector.len()], vector) + blinding;
    sum.into_affine()
}

/// The generators, in the form of an adder that this machine has.
fn ready<P: Profile>(adder: Adder<P>, generators: &Generators<P>) -> &Ready {
    let ready = || Ready::new(adder, &generators.g, &generators.h);
    generators.ready.get_or_init(ready)
}

/// As [`commit_rows`], of full-size scalars: a row takes one multi-exponentiation.
///
/// # Panics
///
/// As [`commit_rows`].
pub fn commit_field_rows<P: Profile>(
    generators: &Generators<P>,
    values: &[Scalar<P>],
    rows: &[Range<usize>],
    blinders: &[Scalar<P>],
) -> Vec<Point<P>> {
    assert_eq!(rows.len(), blinders.len(), "one blinder a row");
    rows.par_iter()
        .zip(blinders)
        .map(|(row, &blinder)| commit_scalars(generators, &values[row.clone()], blinder))
        .collect()
}

fn commit_slices<P: Profile, T: Copy + Into<i64> + Sync>(
    adder: Adder<P>,
    generators: &Generators<P>,
    values: &[T],
    rows: &[Range<usize>],
    blinders: &[Scalar<P>],
) -> Vec<Point<P>> {
    let longest = rows.iter().map(Range::len).max().unwrap_or(0);
    let ready = ready(adder, generators);
    let (bases, blinding) = (&ready.g[..longest], &ready.blinding);
    let batch = (2 * BATCH / longest.max(1))
        .min(rows.len().div_ceil(rayon::current_num_threads()))
        .max(1);
    rows.par_chunks(batch)
        .zip(blinders.par_chunks(batch))
        .map_init(
            || RowBatch {
                buckets: Buckets::new(adder),
                digits: Vec::new(),
                layouts: Vec::new(),
                ones: Vec::new(),
            },
            |state, (rows, blinders)| {
                let sums = state.commit(adder, bases, blinding, values, rows, blinders);
                Projective::normalize_batch(&sums)
            },
        )
        .flatten_iter()
        .collect()
}

/// Where the digits of one row are, and how many windows of which width.
struct Layout {
    digits: usize,
    count: usize,
    width: u32,
    windows: u32,
    ones: Range<usize>,
}

/// The working memory for a batch of rows.
struct RowBatch<P: Profile> {
    buckets: Buckets<P>,
    digits: Vec<i16>,
    layouts: Vec<Layout>,
    ones: Vec<PackedPoint>,
}

impl<P: Profile> RowBatch<P> {
    fn commit<T: Copy + Into<i64>>(
        &mut self,
        adder: Adder<P>,
        bases: &[PackedPoint],
        blinding: &FixedBase,
        values: &[T],
        rows: &[Range<usize>],
        blinders: &[Scalar<P>],
    ) -> Vec<Projective<P>> {
        self.digits.clear();
        self.layouts.clear();
        self.ones.clear();
        for (row, blinder) in rows.iter().zip(blinders) {
            let row = &values[row.clone()];
            let start = self.ones.len();
            blinding.terms(adder, blinder, &mut self.ones);
            let ones = start..self.ones.len();
            self.split(row, ones);
        }
        let windows: Vec<Window<'_>> = self
            .layouts
            .iter()
            .flat_map(|layout| {
                (0..layout.windows as usize).map(|w| Window {
                    digits: &self.digits[layout.digits + w * layout.count..][..layout.count],
                    width: layout.width,
                    ones: if w == 0 {
                        &self.ones[layout.ones.clone()]
                    } else {
                        &[]
                    },
                })
            })
            .collect();
        let mut bits = self.buckets.weighted_bits(bases, &windows);
        self.layouts
            .iter()
            .map(|layout| {
                let (row, rest) = bits.split_at((layout.windows * layout.width) as usize);
                bits = rest;
                horner(row.iter().rev().map(|point| adder.unpack(point)))
            })
            .collect()
    }

    /// Appends the row's digits, with the width that takes the fewest additions.
    fn split<T: Copy + Into<i64>>(&mut self, row: &[T], ones: Range<usize>) {
        let mut largest = 0u64;
        let mut nonzero = 0;
        for &value in row {
            let magnitude = value.into().unsigned_abs();
            largest = largest.max(magnitude);
            nonzero += usize::from(magnitude != 0);
        }
        // Signed digits reach 2^(bits - 1) either way.
        let bits = largest.next_power_of_two().trailing_zeros() + 1;
        let width = digits::best_width(nonzero, bits);
        let windows = digits::windows(bits, width);
        let digits = self.digits.len();
        let count = row.len();
        self.digits.resize(digits + windows as usize * count, 0);
        for (i, &value) in row.iter().enumerate() {
            let value: i64 = value.into();
            let mut rest = value.unsigned_abs();
            for w in 0..windows as usize {
                let (digit, carry) = digits::signed((rest & ((1 << width) - 1)) as u32, width);
                rest = (rest >> width) + u64::from(carry);
                self.digits[digits + w * count + i] = if value < 0 { -digit } else { digit };
            }
        }
        self.layouts.push(Layout {
            digits,
            count,
            width,
            windows,
            ones,
        });
    }
}
