//! What a proof of a program will take, known before anything is committed.

use crate::commit::CommitError;
use crate::lower::{RowBits, lower};
use crate::rows::row_bits;
use crate::statement::StatementShape;
use inferproof_argument::{Limits, Origin};
use inferproof_program::{Op, Tensor, TensorId, ValidProgram};

/// Sizes of a proof to come. They depend on the program alone, not on weights or inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// Bytes of the argument of every proof.
    pub argument_bytes: usize,
    /// Bytes of the inputs and outputs that stand beside it in the file where all are public, at most: small numbers take less.
    pub public_bytes: usize,
    /// Integers that a proof commits to: activations, advice and multiplicities.
    pub committed: usize,
    /// Tuples looked up: leaves of the tree that say where in a table they stand.
    pub lookups: usize,
    /// Tuples of tables: leaves of the tree that say how often they were looked up.
    pub table_entries: usize,
    /// Entries of the tensors that a run of the program makes, inputs included.
    pub run_entries: usize,
    /// Bytes of the weights' integers.
    pub weight_bytes: usize,
}

/// Looks ahead to proofs of the plain statement, in which inputs and outputs are public.
///
/// # Errors
/// If the program cannot be proven.
pub fn forecast(program: &ValidProgram) -> Result<Forecast, CommitError> {
    let plain = StatementShape::plain(program);
    let rows = RowBits::all(row_bits(program));
    let relations = lower(program, &[], &plain, rows, &Limits::default())?.relations;
    let parts = relations.parts();
    let volume = |shape: &[usize]| shape.iter().product::<usize>();
    let fresh = parts.tensors.iter().filter(|t| t.origin == Origin::Fresh);
    let tensors = program.nodes.iter().zip(&program.tensors);
    let weights = tensors.clone().filter(|(n, _)| n.op == Op::Weight);
    let made = tensors.filter(|(n, _)| n.op != Op::Weight);
    let shown = |ids: &[TensorId]| {
        let tensors = ids.iter().filter_map(|&id| program.tensor(id));
        tensors
            .map(|t| t.volume() * encoded_bytes(t))
            .sum::<usize>()
    };
    Ok(Forecast {
        argument_bytes: relations.proof_length(),
        public_bytes: shown(&program.inputs) + shown(&program.outputs),
        committed: fresh.map(|t| volume(t.layout.shape())).sum(),
        lookups: parts.lookups.iter().map(|l| volume(&l.shape)).sum(),
        table_entries: parts.tables.iter().map(|t| t.len()).sum(),
        run_entries: made.map(|(_, t)| t.volume()).sum(),
        weight_bytes: weights.map(|(_, t)| t.volume() * held_bytes(t)).sum(),
    })
}

/// Bits of a tensor's greatest integer, with its sign.
fn bits(tensor: &Tensor) -> u32 {
    let magnitude = tensor.high.unsigned_abs().max(tensor.low.unsigned_abs());
    u64::BITS - magnitude.leading_zeros() + 1
}

/// Bytes of an integer of a tensor in a proof file, which takes seven bits to a byte.
fn encoded_bytes(tensor: &Tensor) -> usize {
    bits(tensor).div_ceil(7) as usize
}

/// Bytes of an integer of a tensor in memory.
fn held_bytes(tensor: &Tensor) -> usize {
    match bits(tensor) {
        0..=8 => 1,
        9..=16 => 2,
        _ => 4,
    }
}
