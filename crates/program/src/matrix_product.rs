//! The matrix products behind [`crate::Contract`], on operands as narrow as their declared ranges allow.

use crate::Tensor;
use crate::entries::map;
use inferproof_integers::Integers;
use rayon::prelude::*;
use std::borrow::Cow;

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
    let (narrow, middle) = (
        i16::MAX.unsigned_abs().into(),
        i32::MAX.unsigned_abs().into(),
    );
    if a.max(b) <= narrow {
        // How many products an i32 can sum: the sums of shorter runs are widened.
        let run = usize::try_from(i32::MAX.unsigned_abs()).unwrap_or(1) as u64 / (a * b).max(1);
        let run = usize::try_from(run).unwrap_or(usize::MAX).min(d.k.max(1));
        if run >= 32.min(d.k) {
            let (left, right) = (left.narrow(), right.narrow());
            return of_rows(d, &left, &right, |x, y| dot_runs(x, y, run));
        }
    }
    if a.max(b) <= middle {
        let (left, right) = (left.middle(), right.middle());
        return of_rows(d, &left, &right, dot);
    }
    let (left, right) = (left.wide(), right.wide());
    of_rows(d, &left, &right, dot)
}

impl<'a> Operand<'a> {
    /// The entries as `i16`, which the declared range makes exact.
    fn narrow(self) -> Cow<'a, [i16]> {
        match self {
            Self::Weight(Integers::I16(v)) => Cow::Borrowed(v),
            Self::Weight(Integers::I8(v)) => Cow::Owned(map(v, |&v| v.into())),
            Self::Weight(other) => other.iter().map(|v| v as i16).collect(),
            Self::Wide(v) => Cow::Owned(map(v, |&v| v as i16)),
        }
    }

    /// The entries as `i32`, which the declared range makes exact.
    fn middle(self) -> Cow<'a, [i32]> {
        match self {
            Self::Weight(Integers::I32(v)) => Cow::Borrowed(v),
            Self::Weight(other) => other.iter().map(|v| v as i32).collect(),
            Self::Wide(v) => Cow::Owned(map(v, |&v| v as i32)),
        }
    }

    fn wide(self) -> Cow<'a, [i64]> {
        match self {
            Self::Weight(weight) => Cow::Owned(weight.to_i64()),
            Self::Wide(v) => Cow::Borrowed(v),
        }
    }
}

/// All pairs of rows, on all cores. Right rows are walked in blocks that stay in cache while the left rows pass.
fn of_rows<T: Sync>(
    d: Dimensions,
    left: &[T],
    right: &[T],
    dot: impl Fn(&[T], &[T]) -> i64 + Sync,
) -> Vec<i64> {
    const BLOCK_ENTRIES: usize = 1 << 14;
    /// Products of entries that a task takes.
    const TASK: usize = 1 << 18;
    let mut out = vec![0i64; d.s * d.f * d.g];
    let of_left_row = (d.g * d.k).max(1);
    let block = (BLOCK_ENTRIES / d.k.max(1)).clamp(1, d.g.max(1));
    let rows_of = |left: &[T], right: &[T], out: &mut [i64]| {
        for (position, rows) in right.chunks(block * d.k).enumerate() {
            for (row, out) in left.chunks_exact(d.k).zip(out.chunks_exact_mut(d.g)) {
                let out = out.iter_mut().skip(position * block);
                for (column, slot) in rows.chunks_exact(d.k).zip(out) {
                    *slot = dot(row, column);
                }
            }
        }
    };
    let lefts = left.par_chunks_exact(d.f * d.k);
    let rights = right.par_chunks_exact(d.g * d.k);
    let outs = out.par_chunks_exact_mut(d.f * d.g);
    let matrices = lefts.zip(rights).zip(outs);
    let rows = TASK.div_ceil(of_left_row);
    matrices
        .with_min_len(TASK.div_ceil((d.f * of_left_row).max(1)))
        .for_each(|((left, right), out)| {
            let lefts = left.par_chunks(rows * d.k);
            let outs = out.par_chunks_mut(rows * d.g);
            lefts
                .zip(outs)
                .for_each(|(left, out)| rows_of(left, right, out));
        });
    out
}

/// Sums at most `run` products in an `i32` at a time.
fn dot_runs(x: &[i16], y: &[i16], run: usize) -> i64 {
    let chunks = x.chunks(run).zip(y.chunks(run));
    let sums = chunks.map(|(x, y)| {
        let products = x.iter().zip(y).map(|(&x, &y)| i32::from(x) * i32::from(y));
        i64::from(products.sum::<i32>())
    });
    sums.sum()
}

fn dot<T: Copy + Into<i64>>(x: &[T], y: &[T]) -> i64 {
    x.iter().zip(y).map(|(&x, &y)| x.into() * y.into()).sum()
}
