//! What a proof of a program will take, known before anything is committed.

use crate::commit::CommitError;
use crate::lower::lower;
use crate::rows::row_bits;
use crate::visibility::Visibility;
use inferproof_argument::{Limits, Origin};
use inferproof_program::Program;

/// Sizes of a proof to come. They depend on the program alone, not on weights or inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// Bytes of the argument of every proof.
    pub argument_bytes: usize,
    /// Integers that a proof commits to: activations, advice and multiplicities.
    pub committed: usize,
    /// Tuples looked up, and tuples of tables: the leaves of the tree that have something in them.
    pub leaves: usize,
}

/// Looks ahead.
///
/// # Errors
/// If the program is not well formed or cannot be proven.
pub fn forecast(program: &Program, visibility: Visibility) -> Result<Forecast, CommitError> {
    program.validate()?;
    let relations = lower(program, visibility, row_bits(program), &Limits::default())?.relations;
    let parts = relations.parts();
    let fresh = parts.tensors.iter().filter(|t| t.origin == Origin::Fresh);
    let looked_up = parts
        .lookups
        .iter()
        .map(|l| l.shape.iter().product::<usize>());
    Ok(Forecast {
        argument_bytes: relations.proof_length(),
        committed: fresh
            .map(|t| t.layout.shape().iter().product::<usize>())
            .sum(),
        leaves: looked_up.chain(parts.tables.iter().map(|t| t.len())).sum(),
    })
}
