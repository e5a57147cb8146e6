//! Transpositions of arrays.

use crate::ring::Ring;
use crate::rows::fill_rows;

/// Entries of a row that are read together.
const TILE: usize = 128;

/// Row-major transposition: target axis `i` is source axis `permutation[i]`.
pub(crate) fn permute<S: Copy + Into<T> + Sync, T: Ring>(
    array: &[S],
    shape: &[usize],
    permutation: &[usize],
) -> Vec<T> {
    let mut strides = vec![1usize; shape.len()];
    let mut stride = 1;
    for (slot, &n) in strides.iter_mut().zip(shape).rev() {
        *slot = stride;
        stride *= n;
    }
    let target = permutation.iter();
    let target: Vec<(usize, usize)> = target
        .filter_map(|&p| Some((*shape.get(p)?, *strides.get(p)?)))
        .collect();
    let (&(width, step), outer) = target.split_last().unwrap_or((&(1, 1), &[]));
    // Where each row of the target begins.
    let mut offsets = vec![0usize];
    for &(n, stride) in outer {
        let next = offsets.iter();
        offsets = next
            .flat_map(|&o| (0..n).map(move |i| o + i * stride))
            .collect();
    }
    let mut out = vec![T::default(); offsets.len() * width];
    fill_rows(&mut out, width, |first, rows| {
        // A few entries of all rows at a time: neighbouring rows mostly read neighbouring entries, of the same lines of the cache.
        for from in (0..width).step_by(TILE) {
            let offsets = offsets.iter().skip(first);
            for (&offset, row) in offsets.zip(rows.chunks_exact_mut(width.max(1))) {
                let read = array.iter().skip(offset + from * step);
                let entries = row.iter_mut().skip(from).take(TILE);
                entries
                    .zip(read.step_by(step.max(1)))
                    .for_each(|(out, &v)| *out = v.into());
            }
        }
    });
    out
}
