//! What can be expected of a chain at all.

use super::error::ChainError;
use crate::execution::Batch;
use crate::statement::Statement;

/// A score is counted by one proof over the whole model, and what is committed of a data set is not what passes between two proofs.
pub(super) fn check(expected: &Statement) -> Result<(), ChainError> {
    let refused = |reason: &str| Err(ChainError::Expectation(reason.to_owned()));
    if expected.execution.score.is_some() {
        return refused("a score is counted in one proof, not along a chain");
    }
    if let Some(Batch { of: Some(_), .. }) = expected.execution.batch {
        return refused(
            "proofs about samples of a data set cannot be linked; expect so many samples of none, and commit to them",
        );
    }
    Ok(())
}
