//! How long commitment rows are.
//!
//! A proof opens one vector of `2^c` entries, and the verifier combines all row commitments: both are least when rows are about
//! as many as they are long.

use crate::lower::tables::{WIDE_SPAN, max_span};
use inferproof_program::{Max, Op, Program};
use std::collections::BTreeSet;

/// The least and greatest `c`. Every proof holds a row, those of the weights' ranges as well, of which a key has one for a million weights.
const RANGE: std::ops::RangeInclusive<u32> = 5..=12;

/// `c` for a program: the one with the fewest points to combine, counting its weights' rows, its trace's rows, the rows of its
/// large tables' multiplicities and a row.
pub(crate) fn row_bits(program: &Program) -> u32 {
    let functions = program.tables.iter().map(|t| t.values.len());
    let multiplicities = functions
        .chain(clamp_tables(program))
        .fold(0, usize::saturating_add);
    let mut committed = 0usize;
    for (node, tensor) in program.nodes.iter().zip(&program.tensors) {
        if node.op.is_committed() && !matches!(node.op, Op::Weight) {
            // The tensor itself and about one advice tensor.
            committed = committed.saturating_add(tensor.volume().saturating_mul(2));
        }
    }
    let points = |c: u32| {
        let weights: usize = super::lower::layouts::layouts(program, c).map_or(0, |layouts| {
            layouts.iter().map(|(_, l)| l.row_count()).sum()
        });
        // A trace row costs a point in the proof beside the verifier's work; an opened entry costs a scalar.
        let fresh = committed.saturating_add(multiplicities);
        weights.saturating_add(2 * fresh.div_ceil(1 << c) + (1 << c))
    };
    RANGE.min_by_key(|&c| points(c)).unwrap_or(9)
}

/// Entries of the clamp tables that maxima look up: as many as the differences that they may meet.
fn clamp_tables(program: &Program) -> impl Iterator<Item = usize> {
    let spans = program.nodes.iter().filter_map(|node| match node.op {
        Op::Max(Max { left, right }) => max_span(program, left, right),
        Op::Input
        | Op::Weight
        | Op::Linear(_)
        | Op::Contract(_)
        | Op::Rescale(_)
        | Op::Map(_)
        | Op::OneHot(_)
        | Op::Indicator(_)
        | Op::Root(_) => None,
    });
    let tabled: BTreeSet<i64> = spans.filter(|&span| span <= WIDE_SPAN).collect();
    tabled
        .into_iter()
        .map(|span| 2 * span.unsigned_abs() as usize)
}
