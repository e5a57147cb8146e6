//! What the verifier computes of a table's leaves: sums over its tuples, linear in the table.

use crate::relations::Table;
use ark_ff::PrimeField;

/// For each entry the sum of it and of all behind it.
pub(super) fn suffix_sums<F: PrimeField>(weights: &[F]) -> Vec<F> {
    let mut sums = weights.to_vec();
    let mut sum = F::zero();
    for slot in sums.iter_mut().rev() {
        sum += *slot;
        *slot = sum;
    }
    sums
}

/// `sum w_i`, `sum w_i first_i` and `sum w_i second_i` over a table's tuples, from the [`suffix_sums`] of the weights `w`.
///
/// Summed by parts: neighbours mostly differ by little, so that sums of weights take the place of products.
pub(super) fn table_sums<F: PrimeField>(table: &Table, behind: &[F]) -> (F, F, F) {
    let (mut first, mut second) = (F::zero(), F::zero());
    let mut last = (0, 0);
    for (&weight, tuple) in behind.iter().zip(table.tuples()) {
        add_multiple(&mut first, tuple.0 - last.0, weight);
        add_multiple(&mut second, tuple.1 - last.1, weight);
        last = tuple;
    }
    (behind.first().copied().unwrap_or_default(), first, second)
}

/// `sum += times * value`, without a product where `times` is small.
fn add_multiple<F: PrimeField>(sum: &mut F, times: i64, value: F) {
    match times {
        0 => {}
        1 => *sum += value,
        -1 => *sum -= value,
        2 => *sum += value.double(),
        -2 => *sum -= value.double(),
        _ => *sum += value * F::from(times),
    }
}
