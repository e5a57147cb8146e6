//! Makes the shifts of a program equal where that is free.
//!
//! A prover looks the remainder of a rescale up in a table of `2^shift` entries, one table for each shift that occurs. Multiplying
//! what is rescaled by `2^j` and adding `j` to the shift gives the same result, so all small shifts can be made the greatest.

use inferproof_program::{Interval, Linear, MAX_BOUND, Op, Program, Rescale, TensorId};

/// The largest shift whose table is cheap enough to be everybody's.
const COMMON: u32 = 12;

/// Raises each shift from 1 to the greatest shift that is at most [`COMMON`], where the source is a sum that nobody else reads.
pub fn equalize(program: &mut Program) {
    let mut readers = vec![0usize; program.nodes.len()];
    for id in program
        .nodes
        .iter()
        .flat_map(|n| n.op.sources())
        .chain(program.outputs.iter().copied())
    {
        readers[id.0 as usize] += 1;
    }
    let shifts = program.nodes.iter().filter_map(|n| match n.op {
        Op::Rescale(Rescale { shift, .. }) if (1..=COMMON).contains(&shift) => Some(shift),
        _ => None,
    });
    let Some(common) = shifts.max() else { return };
    for position in 0..program.nodes.len() {
        let Op::Rescale(Rescale { source, shift }) = program.nodes[position].op else {
            continue;
        };
        let raise = common.saturating_sub(shift);
        if shift > 0
            && raise > 0
            && readers[source.0 as usize] == 1
            && multiply(program, source, raise)
        {
            program.nodes[position].op = Op::Rescale(Rescale {
                source,
                shift: common,
            });
        }
    }
}

/// Multiplies a sum by `2^raise`, if it is a sum and stays within bounds.
fn multiply(program: &mut Program, id: TensorId, raise: u32) -> bool {
    let factor = 1i64 << raise;
    let tensor = &program.tensors[id.0 as usize];
    let scaled = tensor.range().times(Interval::point(factor.into()));
    if scaled.magnitude() >= i128::from(MAX_BOUND >> 4) {
        return false;
    }
    let Op::Linear(Linear { terms }) = &mut program.nodes[id.0 as usize].op else {
        return false;
    };
    for term in terms {
        term.coefficient *= factor;
    }
    let tensor = &mut program.tensors[id.0 as usize];
    tensor.low *= factor;
    tensor.high *= factor;
    tensor.scale_log2 += raise as i32;
    true
}
