//! How long commitment rows are.
//!
//! Every row of a proof is a point in it, and the verifier combines all rows, those of the weights as well; so rows should be few. But
//! the vector that is opened is as long as a row, and folding it takes the prover a multi-exponentiation a round.

use crate::lower::tables::{WIDE_SPAN, max_span};
use inferproof_argument::Folding;
use inferproof_program::{Max, Op, Program};
use std::collections::BTreeSet;

/// The least and greatest `c`.
const RANGE: std::ops::RangeInclusive<u32> = 5..=LONGEST;

/// The greatest `c` that a model is given.
pub(crate) const LONGEST: u32 = 13;

/// What a row of a proof costs: 32 bytes, and what reading it and a multiple of it take the verifier, counted as [`OF_VERIFIER`] bytes each.
const OF_ROW: usize = 32 + 3 * OF_VERIFIER;
/// What a multiple of a point costs in the verifier, in bytes of a proof that are worth as much: 2.4 us, of which 400 are worth 2 kB.
const OF_VERIFIER: usize = 5;
/// What it costs in the prover: 400 of them are worth 800 bytes.
const OF_PROVER: usize = 2;

/// `c` for a program: the one with the least cost, counting its weights' rows, its trace's rows, the rows of its large tables'
/// multiplicities, and the opened vector. Rows of pads are not counted: to be one or two rows fewer, they do not pay for rows of twice the length.
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
    let fresh = committed.saturating_add(multiplicities);
    let cost = |c: u32| {
        let weights: usize = super::lower::layouts::layouts(program, c).map_or(0, |layouts| {
            layouts.iter().map(|(_, l)| l.row_count()).sum()
        });
        let length = 1usize << c;
        // The vector's mask and each round of folding are a multi-exponentiation.
        let of_prover = OF_PROVER * (1 + Folding::of(length).rounds);
        let of_rows = OF_ROW.saturating_mul(fresh.div_ceil(length));
        let of_vector = length * (OF_VERIFIER + of_prover);
        OF_VERIFIER
            .saturating_mul(weights)
            .saturating_add(of_rows)
            .saturating_add(of_vector)
    };
    RANGE.min_by_key(|&c| cost(c)).unwrap_or(9)
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
        | Op::Root(_)
        | Op::Quotient(_) => None,
    });
    let tabled: BTreeSet<i64> = spans.filter(|&span| span <= WIDE_SPAN).collect();
    tabled
        .into_iter()
        .map(|span| 2 * span.unsigned_abs() as usize)
}
