//! Folding the rows of a matrix of small integers with field elements: the pass over weights and traces in an opening.
//!
//! A coefficient is split into its 32 bytes, a value into its signed bytes, and each pair of byte positions is an integer
//! matrix product with 32-bit sums, which processors have instructions for ([`kernel`]). The field is entered once a
//! column, when the sums are recombined: a value costs 32 byte products and no field multiplication.

mod kernel;
#[cfg(test)]
mod tests;

use std::ops::Range;

use rayon::prelude::*;
use zeroize::Zeroizing;

use crate::curve::{Montgomery, below_modulus};
use crate::lanes::{modulus, negated_inverse};

use self::kernel::{Bytes, COEFFICIENT_BYTES, GROUP, Group, Kernel, Sums, TILE};
use inferproof_integers::Integers;

/// Columns that are packed together: a row is read in runs of as many values.
const BLOCK: usize = 8 * TILE;
/// Rows that are packed together: a block's panel, 128 KiB a byte of value, stays in the second-level cache.
const CHUNK: usize = 256;
/// Rows that can be summed in 32 bits: a product is at most `255 * 128` in size, and `2^16 * 255 * 128 < 2^31`.
const ROWS_PER_FLUSH: usize = 1 << 16;
/// The fewest rows worth a task of their own when there are more threads than blocks of columns.
const ROWS_PER_TASK: usize = 1 << 10;
/// Positions of the recombined sums, a byte apart: 32 for the coefficient, up to 3 more for the value, in whole limbs.
const POSITIONS: usize = 40;

/// `out[x] = sum_i rho[i] * values[rows[i].start + x]` over the rows with `x < rows[i].len()`, for `x < width`.
///
/// # Panics
///
/// When a row is longer than `width` or out of the values' bounds, or when there are not as many `rho` as rows.
pub fn fold_rows<F: Montgomery>(
    rho: &[F],
    values: &Integers,
    rows: &[Range<usize>],
    width: usize,
) -> Vec<F> {
    fold_arrays(&[(rho, values)], rows, width)
}

/// The sum of [`fold_rows`] of several arrays with the same rows. What is done once a column is done once for all of them.
///
/// # Panics
///
/// As [`fold_rows`].
pub(crate) fn fold_arrays<F: Montgomery>(
    arrays: &[(&[F], &Integers)],
    rows: &[Range<usize>],
    width: usize,
) -> Vec<F> {
    fold_arrays_with(Kernel::detect(), arrays, rows, width)
}

fn fold_arrays_with<F: Montgomery>(
    kernel: Kernel,
    arrays: &[(&[F], &Integers)],
    rows: &[Range<usize>],
    width: usize,
) -> Vec<F> {
    assert!(
        rows.iter().all(|row| row.len() <= width),
        "no row is longer than the width"
    );
    let (mut bytes, mut halves, mut words) = (Rows::new(), Rows::new(), Rows::new());
    let mut wide: Option<Vec<F>> = None;
    for (rho, values) in arrays {
        assert_eq!(rho.len(), rows.len(), "one coefficient a row");
        match values {
            Integers::I8(values) => bytes.add(rho, values, rows),
            Integers::I16(values) => halves.add(rho, values, rows),
            Integers::I32(values) => words.add(rho, values, rows),
            Integers::I64(values) => {
                let wide = wide.get_or_insert_with(|| vec![F::zero(); width]);
                add_wide(wide, rho, values, rows);
            }
        }
    }
    let sums = [
        bytes.fold(kernel, width),
        halves.fold(kernel, width),
        words.fold(kernel, width),
        wide,
    ];
    let sums = sums.into_iter().flatten();
    let sum = sums.reduce(|mut sum, other| {
        sum.iter_mut().zip(other).for_each(|(sum, v)| *sum += v);
        sum
    });
    sum.unwrap_or_else(|| vec![F::zero(); width])
}

/// Integers of 64 bits, which no commitment holds, so that they are rare: one field multiplication each.
fn add_wide<F: Montgomery>(sums: &mut [F], rho: &[F], values: &[i64], rows: &[Range<usize>]) {
    for (rho, row) in rho.iter().zip(rows) {
        let row = values[row.clone()].iter();
        for (sum, &value) in sums.iter_mut().zip(row) {
            *sum += *rho * F::from(value);
        }
    }
}

/// Rows of integers of one type, each with its coefficient.
struct Rows<'a, F, T> {
    rho: Vec<F>,
    rows: Vec<&'a [T]>,
}

impl<'a, F: Montgomery, T: Bytes> Rows<'a, F, T> {
    fn new() -> Self {
        Self {
            rho: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Rows that count: a claim on a box of a tensor weighs some of its rows only.
    fn add(&mut self, rho: &[F], values: &'a [T], rows: &[Range<usize>]) {
        for (rho, row) in rho.iter().zip(rows).filter(|(rho, _)| !rho.is_zero()) {
            self.rho.push(*rho);
            self.rows.push(&values[row.clone()]);
        }
    }

    /// `None` if there are no rows.
    fn fold(&self, kernel: Kernel, width: usize) -> Option<Vec<F>> {
        (!self.rows.is_empty()).then(|| fold_slices(kernel, &self.rho, &self.rows, width))
    }
}

fn fold_slices<F: Montgomery, T: Bytes>(
    kernel: Kernel,
    rho: &[F],
    rows: &[&[T]],
    width: usize,
) -> Vec<F> {
    // Bytes below the top one are shifted by 128 to be signed; this takes the shifts back, in every column alike.
    let shift = F::from(T::SHIFT) * rho.iter().sum::<F>();
    let blocks = width.div_ceil(BLOCK).max(1);
    let rows_per_task = rows
        .len()
        .div_ceil(rayon::current_num_threads().div_ceil(blocks))
        .max(ROWS_PER_TASK);
    let rows_per_task = rows_per_task.next_multiple_of(GROUP);
    let coefficients: Vec<Group<COEFFICIENT_BYTES>> =
        rho.par_chunks(GROUP).with_min_len(64).map(split).collect();
    let tasks: Vec<(usize, usize)> = (0..width)
        .step_by(BLOCK)
        .flat_map(|column| {
            (0..rows.len())
                .step_by(rows_per_task)
                .map(move |row| (column, row))
        })
        .collect();
    let field = Recombination::new();
    let partial: Vec<Vec<F>> = tasks
        .par_iter()
        .map(|&(column, row)| {
            let end = rows.len().min(row + rows_per_task);
            let groups = row / GROUP..end.div_ceil(GROUP);
            let columns = column..width.min(column + BLOCK);
            let coefficients = &coefficients[groups];
            fold_block((kernel, &field), coefficients, &rows[row..end], columns)
        })
        .collect();
    let mut out = vec![shift; width];
    for (&(column, _), partial) in tasks.iter().zip(&partial) {
        for (out, partial) in out[column..].iter_mut().zip(partial) {
            *out += partial;
        }
    }
    out
}

/// The canonical bytes of up to [`GROUP`] coefficients, byte position by byte position; missing ones are zero.
fn split<F: Montgomery>(rho: &[F]) -> Group<COEFFICIENT_BYTES> {
    let mut group = [0; COEFFICIENT_BYTES];
    for (i, rho) in rho.iter().enumerate() {
        let number = rho.into_bigint();
        for (position, entry) in group.iter_mut().enumerate() {
            let byte = (number.as_ref()[position / 8] >> (position % 8 * 8)) as u8;
            *entry |= u32::from(byte) << (8 * i);
        }
    }
    Group(group)
}

/// Folds some rows (from a multiple of [`GROUP`] on) in some columns, at most [`BLOCK`], without the shift.
fn fold_block<F: Montgomery, T: Bytes>(
    (kernel, field): (Kernel, &Recombination<F>),
    coefficients: &[Group<COEFFICIENT_BYTES>],
    rows: &[&[T]],
    columns: Range<usize>,
) -> Vec<F> {
    let tiles = columns.len().div_ceil(TILE);
    // Few rows take little room.
    let groups = CHUNK.min(rows.len()).div_ceil(GROUP).max(1);
    // By byte of value, then tile, then group of rows.
    let mut panel = Zeroizing::new(vec![Group::<TILE>::default(); T::COUNT * tiles * groups]);
    let mut sums = Zeroizing::new(vec![Sums::default(); T::COUNT * tiles]);
    let mut totals = Zeroizing::new(vec![[[0i64; TILE]; POSITIONS]; tiles]);
    let mut block = Zeroizing::new([[T::default(); BLOCK]; GROUP]);
    for (rows, coefficients) in rows
        .chunks(ROWS_PER_FLUSH)
        .zip(coefficients.chunks(ROWS_PER_FLUSH / GROUP))
    {
        for (rows, coefficients) in rows.chunks(CHUNK).zip(coefficients.chunks(groups)) {
            for (index, rows) in rows.chunks(GROUP).enumerate() {
                for (line, row) in block.iter_mut().zip(rows) {
                    let run = &row[columns.start.min(row.len())..columns.end.min(row.len())];
                    let (head, tail) = line.split_at_mut(run.len());
                    head.copy_from_slice(run);
                    tail.fill(T::default());
                }
                kernel.pack(&block, tiles, &mut panel[index..], groups);
            }
            for (panel, sums) in panel.chunks_exact(groups).zip(sums.iter_mut()) {
                kernel.accumulate(&panel[..coefficients.len()], coefficients, sums);
            }
        }
        for (index, sums) in sums.iter_mut().enumerate() {
            let (byte, tile) = (index / tiles, index % tiles);
            for (totals, sums) in totals[tile][byte..].iter_mut().zip(&mut sums.0) {
                for (total, sum) in totals.iter_mut().zip(sums) {
                    *total += i64::from(std::mem::take(sum));
                }
            }
        }
    }
    (0..columns.len())
        .map(|column| field.recombine(&totals[column / TILE], column % TILE))
        .collect()
}

/// Takes sums into a field.
struct Recombination<F> {
    modulus: [u64; 4],
    /// `-1 / p mod 2^64`.
    negated_inverse: u64,
    two_to_384: F,
    two_to_319: F,
}

impl<F: Montgomery> Recombination<F> {
    fn new() -> Self {
        let two_to_64 = F::from(1u128 << 64);
        let modulus = modulus::<F>();
        Self {
            negated_inverse: negated_inverse(modulus[0]),
            modulus,
            two_to_384: two_to_64.pow([6]),
            two_to_319: two_to_64.pow([4]) * F::from(1u64 << 63),
        }
    }

    /// `sum_i 256^i totals[i][column]`.
    fn recombine(&self, totals: &[[i64; TILE]; POSITIONS], column: usize) -> F {
        let mut limbs = [0u64; POSITIONS / 8];
        let mut carry = 0i128;
        for (limb, totals) in limbs.iter_mut().zip(totals.as_chunks::<8>().0) {
            let [a, b, c, d, e, f, g, h] = totals.each_ref().map(|total| total[column]);
            // A total is below 2^39 for 2^24 rows of any kind, and may be below 2^45.
            let thirds = [
                a + (b << 8) + (c << 16),
                d + (e << 8) + (f << 16),
                g + (h << 8),
            ];
            let [low, middle, high] = thirds.map(i128::from);
            let sum = low + (middle << 24) + (high << 48) + carry;
            *limb = sum as u64;
            carry = sum >> 64;
        }
        // The whole is a signed number below 2^319 in size; with 2^319 added it is none.
        limbs[4] ^= 1 << 63;
        let shifted = self.without_limb(self.without_limb(limbs));
        // The library reads a number x below the modulus as x / 2^256.
        let [a, b, c, d, _] = shifted;
        let number = F::from_limbs(below_modulus::<F>([a, b, c, d]));
        number * self.two_to_384 - self.two_to_319
    }

    /// The Montgomery reduction by one limb: the number, plus a multiple of the modulus, divided by `2^64`. Twice, it takes a number below `2^320`
    /// to one below `2^192 + p`.
    fn without_limb(&self, [lowest, a, b, c, d]: [u64; 5]) -> [u64; 5] {
        let times = u128::from(lowest.wrapping_mul(self.negated_inverse));
        let [p0, p1, p2, p3] = self.modulus.map(|limb| u128::from(limb) * times);
        let carry = (p0 + u128::from(lowest)) >> 64;
        let sum = p1 + u128::from(a) + carry;
        let a = sum as u64;
        let sum = p2 + u128::from(b) + (sum >> 64);
        let b = sum as u64;
        let sum = p3 + u128::from(c) + (sum >> 64);
        let c = sum as u64;
        let sum = u128::from(d) + (sum >> 64);
        [a, b, c, sum as u64, (sum >> 64) as u64]
    }
}
