//! Functions of all entries of a tensor, on all cores.

use rayon::prelude::*;

/// Entries that are worth a task of their own.
const TASK: usize = 1 << 13;

/// `f` of every entry, in order.
pub(crate) fn map<T: Sync, U: Send>(entries: &[T], f: impl Fn(&T) -> U + Sync + Send) -> Vec<U> {
    entries.par_iter().with_min_len(TASK).map(f).collect()
}

/// `f` of every entry and of the other tensor's in its place, in order.
pub(crate) fn map_pairs<T: Sync, U: Send>(
    (entries, others): (&[T], &[T]),
    f: impl Fn(&T, &T) -> U + Sync + Send,
) -> Vec<U> {
    let pairs = entries.par_iter().zip(others).with_min_len(TASK);
    pairs.map(|(entry, other)| f(entry, other)).collect()
}

/// Adds a multiple of one tensor to another.
pub(crate) fn add_multiple(sum: &mut [i64], values: &[i64], factor: i64) {
    let pairs = sum.par_iter_mut().zip(values).with_min_len(TASK);
    pairs.for_each(|(sum, value)| *sum += factor * value);
}
