//! Folding the rows of a matrix of small integers with field elements.

use std::ops::Range;

use ark_ff::PrimeField;

use crate::integers::Integers;

/// `out[x] = sum_i rho[i] * values[rows[i].start + x]` over the rows with `x < rows[i].len()`, for `x < width`.
///
/// # Panics
///
/// When a row is longer than `width` or out of the values' bounds, or when there are not as many `rho` as rows.
pub fn fold_rows<F: PrimeField>(
    rho: &[F],
    values: &Integers,
    rows: &[Range<usize>],
    width: usize,
) -> Vec<F> {
    assert_eq!(rho.len(), rows.len(), "one coefficient a row");
    let mut out = vec![F::zero(); width];
    for (rho, row) in rho.iter().zip(rows) {
        for (out, i) in out.iter_mut().zip(row.clone()) {
            *out += *rho * F::from(values.get(i).unwrap_or_default());
        }
    }
    out
}
