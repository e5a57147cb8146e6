//! What a proof of a program will take, known before anything is committed.

use crate::commit::CommitError;
use crate::execution::Slice;
use crate::lower::{RowBits, lower};
use crate::rows::row_bits;
use crate::statement::{Form, StatementShape};
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
    /// Of the lookup of most tuples, how many.
    pub greatest_lookup: usize,
    /// Tuples of tables: leaves of the tree that say how often they were looked up.
    pub table_entries: usize,
    /// Multiples of generators that folding the opened vector takes.
    pub folded: usize,
    /// Entries of the tensors that a run of the program makes, inputs included.
    pub run_entries: usize,
    /// Bytes of the weights' integers.
    pub weight_bytes: usize,
    /// Entries of the inputs and outputs that were committed before.
    pub boundary_entries: usize,
}

/// Looks ahead to proofs of the plain statement, in which inputs and outputs are public.
///
/// # Errors
/// If the program cannot be proven.
pub fn forecast(program: &ValidProgram) -> Result<Forecast, CommitError> {
    sizes(program, &StatementShape::plain(program), row_bits(program))
}

/// Looks ahead to proofs of a part of a model, a program made of it as [`ValidProgram::slice`] does: the model's own inputs and outputs are
/// public, the tensors where it is cut are committed, and rows are as long as the model's.
///
/// # Errors
/// If the part cannot be proven.
pub fn forecast_part(
    model: &ValidProgram,
    slice: &Slice,
    part: &ValidProgram,
) -> Result<Forecast, CommitError> {
    let row_bits = row_bits(model);
    let forms = |boundary: &[TensorId], own: &[TensorId]| {
        let form = |id| match own.contains(id) {
            true => Form::Public,
            false => Form::Committed {
                row_bits,
                window: None,
            },
        };
        boundary.iter().map(form).collect()
    };
    let shape = StatementShape {
        inputs: forms(&slice.inputs, &model.inputs),
        outputs: forms(&slice.outputs, &model.outputs),
        ..StatementShape::plain(part)
    };
    sizes(part, &shape, row_bits)
}

/// Of proofs of a statement of this shape, with rows of `2^row_bits` entries.
fn sizes(
    program: &ValidProgram,
    shape: &StatementShape,
    row_bits: u32,
) -> Result<Forecast, CommitError> {
    let rows = RowBits::all(row_bits);
    let relations = lower(program, &[], shape, rows, &Limits::default())?.relations;
    let parts = relations.parts();
    let volume = |shape: &[usize]| shape.iter().product::<usize>();
    let fresh = parts.tensors.iter().filter(|t| t.origin == Origin::Fresh);
    let tensors = program.nodes.iter().zip(&program.tensors);
    let weights = tensors.clone().filter(|(n, _)| n.op == Op::Weight);
    let made = tensors.filter(|(n, _)| n.op != Op::Weight);
    let ids = program.inputs.iter().chain(&program.outputs);
    let forms = shape.inputs.iter().chain(&shape.outputs);
    let (mut public_bytes, mut boundary_entries) = (0, 0);
    for (tensor, form) in ids.map(|&id| program.tensor(id)).zip(forms) {
        match (tensor, form) {
            (Some(tensor), Form::Public) => {
                public_bytes += tensor.volume() * encoded_bytes(tensor);
            }
            (Some(tensor), Form::Committed { .. }) => boundary_entries += tensor.volume(),
            (None, _) | (_, Form::Private) => {}
        }
    }
    let lookups = parts.lookups.iter().map(|l| volume(&l.shape));
    Ok(Forecast {
        argument_bytes: relations.proof_length(),
        public_bytes,
        committed: fresh.map(|t| volume(t.layout.shape())).sum(),
        lookups: lookups.clone().sum(),
        greatest_lookup: lookups.max().unwrap_or(0),
        table_entries: parts.tables.iter().map(|t| t.len()).sum(),
        folded: relations.folding().rounds * relations.generator_count(),
        run_entries: made.map(|(_, t)| t.volume()).sum(),
        weight_bytes: weights.map(|(_, t)| t.volume() * held_bytes(t)).sum(),
        boundary_entries,
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
