//! How a functional on a tensor weighs the rows that the tensor lies in.

use crate::multilinear::{dot, kron};
use ark_ff::PrimeField;
use inferproof_relations::Layout;
use inferproof_view::Functional;

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
