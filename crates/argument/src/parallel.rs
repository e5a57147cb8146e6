//! One function of many items, on all cores where the crate has a thread pool.

#[cfg(feature = "prover")]
use rayon::prelude::*;

/// `f` of every item, in order. That of a single one is computed on the caller's thread.
#[cfg(feature = "prover")]
pub(crate) fn map<T: Sync, U: Send>(items: &[T], f: impl Fn(&T) -> U + Send + Sync) -> Vec<U> {
    if let [only] = items {
        return vec![f(only)];
    }
    items.par_iter().map(f).collect()
}

/// `f` of every item, in order.
#[cfg(not(feature = "prover"))]
pub(crate) fn map<T, U>(items: &[T], f: impl Fn(&T) -> U) -> Vec<U> {
    items.iter().map(f).collect()
}
