//! One function of many items, on all cores where the crate has a thread pool.

#[cfg(feature = "prover")]
use rayon::prelude::*;

/// `f` of every item, in order. On the caller's thread, if there is one item alone, or if other cores have enough to do: this
/// thread has tasks that none of them has taken.
#[cfg(feature = "prover")]
pub(crate) fn map<T: Sync, U: Send>(items: &[T], f: impl Fn(&T) -> U + Send + Sync) -> Vec<U> {
    if items.len() <= 1 || rayon_core::current_thread_has_pending_tasks() == Some(true) {
        return items.iter().map(f).collect();
    }
    items.par_iter().map(f).collect()
}

/// As [`map`], for a function that takes long and may itself use it: every item is a task.
#[cfg(feature = "prover")]
pub(crate) fn map_long<T: Sync, U: Send>(items: &[T], f: impl Fn(&T) -> U + Send + Sync) -> Vec<U> {
    match items {
        [only] => vec![f(only)],
        _ => items.par_iter().with_max_len(1).map(f).collect(),
    }
}

/// `f` of every item, in order.
#[cfg(not(feature = "prover"))]
pub(crate) fn map<T, U>(items: &[T], f: impl Fn(&T) -> U) -> Vec<U> {
    items.iter().map(f).collect()
}

#[cfg(not(feature = "prover"))]
pub(crate) use map as map_long;
