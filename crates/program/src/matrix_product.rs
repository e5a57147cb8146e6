//! The matrix products behind [`crate::Contract`], in numbers as narrow as the declared ranges allow.
//!
//! Where all sums are below `2^53` in size doubles hold them exactly, and processors of any kind multiply these several at a time. Entries
//! of 16 bits are multiplied as such, and what is wider than doubles, which is rare, as words of 64 bits.

use crate::Tensor;
use inferproof_integers::Integers;
use rayon::prelude::*;
use std::ops::Range;

/// Row-major operands `[s, f, k]` and `[s, g, k]`, and their product `[s, f, g]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dimensions {
    pub s: usize,
    pub f: usize,
    pub g: usize,
    pub k: usize,
}

/// An operand's entries, where they are.
#[derive(Clone, Copy)]
pub(crate) enum Operand<'a> {
    Wide(&'a [i64]),
    Weight(&'a Integers),
}

/// `out[s, f, g] = sum_k left[s, f, k] * right[s, g, k]`; the caller has checked shapes and ranges.
pub(crate) fn product(
    d: Dimensions,
    (left, left_tensor): (Operand<'_>, &Tensor),
    (right, right_tensor): (Operand<'_>, &Tensor),
) -> Vec<i64> {
    let magnitude = |t: &Tensor| t.low.unsigned_abs().max(t.high.unsigned_abs());
    let (a, b) = (magnitude(left_tensor), magnitude(right_tensor));
    let largest = u128::from(a.max(1)) * u128::from(b.max(1));
    if a.max(b) <= i16::MAX.unsigned_abs().into() {
        // How many products an i32 can sum: the sums of shorter runs are widened.
        let run = u128::from(i32::MAX.unsigned_abs()) / largest;
        let run = usize::try_from(run).unwrap_or(usize::MAX).min(d.k.max(1));
        if run >= 32.min(d.k) {
            return of_blocks(d, (left, right), &Halves { run });
        }
    }
    match largest.saturating_mul(d.k as u128) < 1 << f64::MANTISSA_DIGITS {
        true => of_blocks(d, (left, right), &Doubles),
        false => of_blocks(d, (left, right), &Words),
    }
}

impl Operand<'_> {
    /// Some entries as numbers of another type, which the declared range makes exact.
    fn read<T>(self, range: Range<usize>, into: &mut Vec<T>, convert: impl Fn(i64) -> T) {
        into.clear();
        match self {
            Self::Wide(v) => into.extend(v[range].iter().map(|&v| convert(v))),
            Self::Weight(Integers::I8(v)) => {
                into.extend(v[range].iter().map(|&v| convert(v.into())));
            }
            Self::Weight(Integers::I16(v)) => {
                into.extend(v[range].iter().map(|&v| convert(v.into())));
            }
            Self::Weight(Integers::I32(v)) => {
                into.extend(v[range].iter().map(|&v| convert(v.into())));
            }
            Self::Weight(Integers::I64(v)) => into.extend(v[range].iter().map(|&v| convert(v))),
        }
    }
}

/// A type of numbers, and how rows of them are multiplied.
trait Rows: Sync {
    type Number: Send + Sync;

    fn convert(value: i64) -> Self::Number;

    /// The product of each of some rows with each of some others, all of length `k`.
    fn multiply(
        &self,
        k: usize,
        left: &[Self::Number],
        right: &[Self::Number],
        put: impl FnMut(usize, usize, i64),
    );
}

/// Each of some rows with each of some others, and their places; all are of length `k`.
#[inline]
fn each_pair<T>(k: usize, left: &[T], right: &[T], mut meet: impl FnMut(usize, usize, &[T], &[T])) {
    for (g, y) in right.chunks_exact(k).enumerate() {
        for (f, x) in left.chunks_exact(k).enumerate() {
            meet(f, g, x, y);
        }
    }
}

/// Entries that are read together, of either operand: they stay in a core's caches.
const BLOCK: usize = 1 << 14;

/// All pairs of rows, on all cores: blocks of left rows meet blocks of right rows.
fn of_blocks<R: Rows>(
    d: Dimensions,
    (left, right): (Operand<'_>, Operand<'_>),
    rows: &R,
) -> Vec<i64> {
    let mut out = vec![0i64; d.s * d.f * d.g];
    if out.is_empty() || d.k == 0 {
        return out;
    }
    let threads = rayon::current_num_threads();
    let block = |rows: usize, tasks: usize| {
        let fits = (BLOCK / d.k).max(4).next_multiple_of(4);
        fits.min(rows.div_ceil(tasks)).max(1)
    };
    // Two tasks a thread or more; where there are few left rows, each is cut as well.
    let lefts = block(d.f, (2 * threads).div_ceil(d.s));
    let cuts = match lefts {
        1 => (2 * threads).div_ceil(d.s * d.f),
        _ => 1,
    };
    let rights = block(d.g, cuts);
    let of_task = rights * d.g.div_ceil(rights).div_ceil(cuts);
    out.par_chunks_mut(d.f * d.g)
        .enumerate()
        .for_each(|(s, out)| {
            out.par_chunks_mut(lefts * d.g)
                .enumerate()
                .for_each(|(i, out)| {
                    let count = out.len() / d.g;
                    let start = (s * d.f + i * lefts) * d.k;
                    let mut of_left = Vec::new();
                    left.read(start..start + count * d.k, &mut of_left, R::convert);
                    // One row may be cut; of several there is one piece.
                    let piece = if count == 1 { of_task } else { out.len() };
                    out.par_chunks_mut(piece).enumerate().for_each(|(j, out)| {
                        let (first, columns) = (j * piece, out.len() / count);
                        let mut of_right = Vec::new();
                        for column in (0..columns).step_by(rights) {
                            let width = rights.min(columns - column);
                            let start = (s * d.g + first + column) * d.k;
                            right.read(start..start + width * d.k, &mut of_right, R::convert);
                            rows.multiply(d.k, &of_left, &of_right, |f, g, sum| {
                                out[f * columns + column + g] = sum;
                            });
                        }
                    });
                });
        });
    out
}

/// Entries of 16 bits, of which an `i32` can sum so many products.
struct Halves {
    run: usize,
}

impl Rows for Halves {
    type Number = i16;

    fn convert(value: i64) -> i16 {
        value as i16
    }

    fn multiply(
        &self,
        k: usize,
        left: &[i16],
        right: &[i16],
        mut put: impl FnMut(usize, usize, i64),
    ) {
        each_pair(k, left, right, |f, g, x, y| {
            let runs = x.chunks(self.run).zip(y.chunks(self.run));
            let sums = runs.map(|(x, y)| {
                let products = x.iter().zip(y).map(|(&x, &y)| i32::from(x) * i32::from(y));
                i64::from(products.sum::<i32>())
            });
            put(f, g, sums.sum());
        });
    }
}

/// Entries of which doubles hold all sums of products.
struct Doubles;

/// Doubles that are multiplied together.
const LANES: usize = 2;

impl Rows for Doubles {
    type Number = f64;

    fn convert(value: i64) -> f64 {
        value as f64
    }

    fn multiply(
        &self,
        k: usize,
        left: &[f64],
        right: &[f64],
        mut put: impl FnMut(usize, usize, i64),
    ) {
        // As many sums as registers hold: what is read is multiplied several times.
        const ROWS: usize = 2;
        const COLUMNS: usize = 4;
        let (rights, last_rights) = right.split_at(right.len() / k / COLUMNS * COLUMNS * k);
        for (j, right) in rights.chunks_exact(COLUMNS * k).enumerate() {
            for (i, left) in left.chunks(ROWS * k).enumerate() {
                // An odd last row is multiplied twice.
                let rows = std::array::from_fn(|row| &left[row * k % left.len()..][..k]);
                let columns = std::array::from_fn(|column| &right[column * k..][..k]);
                let sums = dots::<ROWS, COLUMNS>(rows, columns);
                for (f, sums) in sums.iter().enumerate().take(left.len() / k) {
                    for (g, &sum) in sums.iter().enumerate() {
                        put(ROWS * i + f, COLUMNS * j + g, sum);
                    }
                }
            }
        }
        let first = rights.len() / k;
        each_pair(k, left, last_rights, |f, g, row, column| {
            let [[sum]] = dots([row], [column]);
            put(f, first + g, sum);
        });
    }
}

/// The product of each row with each column, all of one length.
#[inline]
fn dots<const R: usize, const C: usize>(rows: [&[f64]; R], columns: [&[f64]; C]) -> [[i64; C]; R] {
    let length = rows.iter().chain(&columns).map(|v| v.len()).min();
    let whole = length.unwrap_or(0) / LANES;
    let row_lanes = rows.map(|row| &row.as_chunks::<LANES>().0[..whole]);
    let column_lanes = columns.map(|column| &column.as_chunks::<LANES>().0[..whole]);
    let mut sums = [[[0.0; LANES]; C]; R];
    for at in 0..whole {
        let columns = column_lanes.map(|column| column[at]);
        for (sums, row) in sums.iter_mut().zip(&row_lanes) {
            let row = row[at];
            for (sum, column) in sums.iter_mut().zip(&columns) {
                for (lane, sum) in sum.iter_mut().enumerate() {
                    *sum += row[lane] * column[lane];
                }
            }
        }
    }
    std::array::from_fn(|r| {
        std::array::from_fn(|c| {
            let last = rows[r].iter().zip(columns[c]).skip(whole * LANES);
            let last: f64 = last.map(|(x, y)| x * y).sum();
            (sums[r][c].iter().sum::<f64>() + last) as i64
        })
    })
}

/// Entries of any size.
struct Words;

impl Rows for Words {
    type Number = i64;

    fn convert(value: i64) -> i64 {
        value
    }

    fn multiply(
        &self,
        k: usize,
        left: &[i64],
        right: &[i64],
        mut put: impl FnMut(usize, usize, i64),
    ) {
        each_pair(k, left, right, |f, g, x, y| {
            put(f, g, x.iter().zip(y).map(|(x, y)| x * y).sum());
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Products of all shapes and widths are what the definition says.
    #[test]
    fn products_are_exact() {
        let mut seed = 1u64;
        let mut random = |magnitude: i64| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            // Many are at the bounds, where sums are largest.
            match seed % 4 {
                0 => magnitude,
                1 => -magnitude,
                _ => (seed >> 8) as i64 % (magnitude + 1),
            }
        };
        let magnitudes: [(i64, i64); 6] = [
            (127, 127),
            (32_767, 255),
            (32_767, 32_767),
            (1 << 24, 1 << 15),
            ((1 << 45) - 1, 15),
            (1 << 30, 1 << 28),
        ];
        for (s, f, g, k) in [
            (1, 1, 1, 1),
            (1, 1, 301, 33),
            (1, 7, 5, 64),
            (2, 3, 4, 129),
            (3, 1, 9, 16),
            (1, 65, 66, 7),
            (5, 2, 1, 3),
            (1, 2, 3, 20_000),
            (1, 0, 3, 2),
            (1, 2, 3, 0),
        ] {
            for (a, b) in magnitudes {
                let d = Dimensions { s, f, g, k };
                let left: Vec<i64> = (0..s * f * k).map(|_| random(a)).collect();
                let right: Vec<i64> = (0..s * g * k).map(|_| random(b)).collect();
                let tensor = |magnitude: i64| Tensor {
                    name: String::new(),
                    shape: Vec::new(),
                    low: -magnitude,
                    high: magnitude,
                    scale_log2: 0,
                };
                let narrow = Integers::from_i64(&right).unwrap();
                let (left_tensor, right_tensor) = (tensor(a), tensor(b));
                let got = product(
                    d,
                    (Operand::Wide(&left), &left_tensor),
                    (Operand::Weight(&narrow), &right_tensor),
                );
                let sum = |place: usize| -> i64 {
                    let (s, f, g) = (place / (f * g), place / g % f, place % g);
                    let row = &left[(s * d.f + f) * k..][..k];
                    let column = &right[(s * d.g + g) * k..][..k];
                    row.iter().zip(column).map(|(x, y)| x * y).sum()
                };
                let expected: Vec<i64> = (0..s * f * g).map(sum).collect();
                assert_eq!(got, expected, "{d:?}, {a}, {b}");
            }
        }
    }
}
