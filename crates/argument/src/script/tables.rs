//! What the verifier computes of a table's leaves: sums over its tuples, linear in the table.

use crate::script::arithmetic::Ring;
use inferproof_relations::Table;

/// For each entry the sum of it and of all behind it.
pub(super) fn suffix_sums<K: Ring>(weights: &[K]) -> Vec<K> {
    let mut sums = weights.to_vec();
    let mut sum = K::zero();
    for slot in sums.iter_mut().rev() {
        sum += *slot;
        *slot = sum;
    }
    sums
}

/// Sums over a table's tuples under weights `w`, one for each tuple.
#[derive(Clone, Copy)]
pub(super) struct TableSums<K> {
    /// `sum w_i`.
    pub weights: K,
    /// `sum w_i first_i`.
    pub first: K,
    /// `sum w_i second_i`.
    pub second: K,
}

impl<K: Ring> TableSums<K> {
    /// From the [`suffix_sums`] of the weights.
    ///
    /// Summed by parts: neighbours mostly differ by little, so that sums of weights take the place of products.
    pub fn new(table: &Table, behind: &[K]) -> Self {
        let (mut first, mut second) = (K::zero(), K::zero());
        let mut last = (0, 0);
        for (&weight, tuple) in behind.iter().zip(table.tuples()) {
            add_multiple(&mut first, tuple.0 - last.0, weight);
            add_multiple(&mut second, tuple.1 - last.1, weight);
            last = tuple;
        }
        Self {
            weights: behind.first().copied().unwrap_or_default(),
            first,
            second,
        }
    }
}

/// `sum += times * value`, without a product where `times` is small.
fn add_multiple<K: Ring>(sum: &mut K, times: i64, value: K) {
    match times {
        0 => {}
        1 => *sum += value,
        -1 => *sum -= value,
        2 => *sum += value.double(),
        -2 => *sum -= value.double(),
        _ => *sum += value * K::from(times),
    }
}
