//! How a functional on a tensor weighs the rows that the tensor lies in.

use crate::multilinear::{eq_vector, kron};
use ark_ff::PrimeField;
use inferproof_relations::Layout;
use inferproof_view::Functional;

/// Inner product over the shorter length. Products are reduced a few at a time.
fn dot<F: PrimeField>(a: &[F], b: &[F]) -> F {
    let length = a.len().min(b.len());
    let (a, a_rest) = a.get(..length).unwrap_or_default().as_chunks::<6>();
    let (b, b_rest) = b.get(..length).unwrap_or_default().as_chunks::<6>();
    let rest: F = a_rest.iter().zip(b_rest).map(|(&x, &y)| x * y).sum();
    let chunks = a.iter().zip(b);
    chunks.fold(rest, |sum, (a, b)| sum + F::sum_of_products(a, b))
}

/// For each row, the functional's value at `at`, one entry for each position of a row: its coefficient is left to the
/// caller. Positions beyond a row's real entries have no weight.
pub(crate) fn row_weights<F: PrimeField>(
    layout: &Layout,
    functional: &Functional<F>,
    at: &[F],
) -> Vec<F> {
    let mut groups = functional.groups.iter();
    let mut outer = vec![F::one()];
    let mut axes = 0;
    // The group with the first axis inside of rows, if there is one; it may begin outside.
    let first = loop {
        let Some(group) = groups.next() else {
            break None;
        };
        axes += group.sizes.len();
        if axes > layout.outer_axes() {
            break Some(group);
        }
        outer = kron(&outer, &group.weights);
    };
    let mut at = at.get(..layout.row_width()).unwrap_or_default().to_vec();
    let mut inner = 1;
    for group in groups.rev() {
        at = at
            .chunks(group.weights.len().max(1))
            .map(|run| dot(run, &group.weights))
            .collect();
        inner *= group.weights.len();
    }
    let Some(first) = first else {
        let value = at.first().copied().unwrap_or_default();
        return outer.into_iter().map(|weight| weight * value).collect();
    };
    let (content, width) = (
        layout.content() / inner.max(1),
        layout.row_width() / inner.max(1),
    );
    let rows: Vec<F> = first
        .weights
        .chunks(content.max(1))
        .flat_map(|content| content.chunks(width.max(1)))
        .map(|row| dot(row, &at))
        .collect();
    kron(&outer, &rows)
}

/// As [`row_weights`] of the truncated `eq` vector of the tensor's only axis at a point. A row is a run of a power of two, in which the
/// vector is its last coordinates' under a factor, so that the first coordinates' vector is the weights of whole rows, up to one factor.
///
/// `None` if the layout is another.
pub(crate) fn eq_row_weights<F: PrimeField>(
    layout: &Layout,
    point: &[F],
    at: &[F],
) -> Option<Vec<F>> {
    let &[length] = layout.shape() else {
        return None;
    };
    let width = layout.row_width();
    if layout.outer_axes() != 0 || !width.is_power_of_two() || length <= width {
        return None;
    }
    let bits = point.len().checked_sub(width.ilog2() as usize)?;
    let (high, low) = point.split_at_checked(bits)?;
    let (low, at) = (eq_vector(low, width), at.get(..width)?);
    let whole = dot(&low, at);
    let last = match length % width {
        0 => whole,
        rest => dot(low.get(..rest)?, at),
    };
    let mut weights = eq_vector(high, length.div_ceil(width));
    let (of_last, of_whole) = weights.split_last_mut()?;
    *of_last *= last;
    of_whole.iter_mut().for_each(|weight| *weight *= whole);
    Some(weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::Field;
    use ark_grumpkin::Fr;
    use inferproof_relations::bits_of;

    /// Of whole rows and of a last one that is not. Rows of one entry, and single rows, are weighed entry by entry.
    #[test]
    fn weights_of_eq_vectors_are_those_of_their_entries() {
        let mut state = Fr::from(7u64);
        let mut scalars = |count| -> Vec<Fr> {
            let next = |_| {
                state = state.square() + Fr::from(3u64);
                state
            };
            (0..count).map(next).collect()
        };
        for c in [0, 2, 3] {
            for length in 1..40 {
                let layout = Layout::packed(vec![length], c).unwrap();
                let (point, at) = (scalars(bits_of(length)), scalars(1 << c));
                let functional = Functional::product(vec![eq_vector(&point, length)]);
                let expected = row_weights(&layout, &functional, &at);
                match eq_row_weights(&layout, &point, &at) {
                    Some(found) => assert_eq!(found, expected, "{length} in rows of 2^{c}"),
                    None => assert!(c == 0 || length <= 1 << c, "{length} in rows of 2^{c}"),
                }
            }
        }
        let layout = Layout::packed(vec![4, 4], 2).unwrap();
        assert_eq!(eq_row_weights(&layout, &scalars(4), &scalars(4)), None);
    }
}
