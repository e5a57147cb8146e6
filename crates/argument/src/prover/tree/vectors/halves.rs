//! The cells of a round in tasks: of those that are left when a challenge is bound, a first half and a second half, which the next
//! challenge will bring together.

use crate::curve::Montgomery;
use rayon::prelude::*;
use std::ops::Range;

/// Sums over tasks of so many cells, of which there are `cells`. Each is given the range of its own.
pub(super) fn over_ranges<F: Montgomery>(
    (cells, task): (usize, usize),
    sums: impl Fn(Range<usize>) -> [F; 2] + Send + Sync,
) -> [F; 2] {
    let tasks = (0..cells.div_ceil(task)).into_par_iter();
    let sums = tasks.map(|i| sums(i * task..cells.min((i + 1) * task)));
    sums.reduce(|| [F::zero(); 2], add)
}

/// A run of cells of the first half, and their partners of the second, as far as there are any.
pub(super) type Pair<'a, C> = (&'a mut [C], &'a mut [C]);

/// Sums over tasks of so many cells of the first half. Each is given the number of its first cell.
pub(super) fn over_halves<C: Send, F: Montgomery>(
    cells: &mut [C],
    (half, task): (usize, usize),
    sums: impl Fn(Pair<'_, C>, usize) -> [F; 2] + Send + Sync,
) -> [F; 2] {
    let (low, high) = cells.split_at_mut(half.min(cells.len()));
    let highs = high.chunks_mut(task);
    let highs = highs.chain(std::iter::repeat_with(Default::default));
    let tasks: Vec<_> = low.chunks_mut(task).zip(highs).collect();
    let tasks = tasks.into_par_iter().enumerate();
    let sums = tasks.map(|(i, pair)| sums(pair, i * task));
    sums.reduce(|| [F::zero(); 2], add)
}

/// The same where cells come in the place of those that a challenge is bound in: each task is also given the partners of its cells in
/// the second half of what was there, as far as there are any, which is dropped.
pub(super) fn over_quarters<C: Send + Sync, F: Montgomery>(
    cells: &mut Vec<C>,
    (half, task): (usize, usize),
    sums: impl Fn(Pair<'_, C>, (&[C], &[C]), usize) -> [F; 2] + Send + Sync,
) -> [F; 2] {
    let length = cells.len();
    let (new, old) = cells.split_at_mut((2 * half).min(length));
    let (low, high) = old.split_at(half.min(old.len()));
    let total = over_halves(new, (half, task), |pair, first| {
        let partners = |half: &[C]| {
            let end = half.len().min(first + task);
            first.min(end)..end
        };
        let partners = (&low[partners(low)], &high[partners(high)]);
        sums(pair, partners, first)
    });
    cells.truncate(2 * half);
    total
}

/// So many cells, in memory of cells that are not needed any more if it is enough.
pub(super) fn make_room<C: Clone>(cells: &mut Vec<C>, length: usize, filled_with: C) {
    if cells.capacity() < length {
        // What is there is not moved.
        *cells = Vec::with_capacity(length);
    }
    cells.resize(length, filled_with);
}

pub(super) fn add<F: Montgomery>(a: [F; 2], b: [F; 2]) -> [F; 2] {
    [a[0] + b[0], a[1] + b[1]]
}
