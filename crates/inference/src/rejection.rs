//! Why a key cannot be used, and why a proof is rejected.

use crate::encoding::DecodeError;
use crate::execution::ExecutionError;
use crate::lower::LowerError;
use crate::{Digest, hex};
use inferproof_argument::Reject;

/// Why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The program cannot be proven.
    #[error("the key's program cannot be proven: {0}")]
    Lower(#[from] LowerError),
    /// The commitment does not have the program's shape.
    #[error("weight `{tensor}`: expected {expected} committed rows, got {got}")]
    Rows {
        /// The weight's name.
        tensor: String,
        /// Rows that the layout has.
        expected: usize,
        /// Rows in the key.
        got: usize,
    },
    /// Rows of a length that is not supported.
    #[error("rows of 2^{0} entries are not supported")]
    RowBits(u32),
    /// Not as many range proofs as the weights need.
    #[error("expected {expected} range proofs of the weights, got {got}")]
    RangeProofCount {
        /// Proofs that the weights need.
        expected: usize,
        /// Proofs in the key.
        got: usize,
    },
    /// The weights may be out of range, so that nothing the key proves can be trusted.
    #[error("the range proof of the weights is rejected (part {part}): {reason}")]
    RangeProof {
        /// Which of them.
        part: usize,
        /// Why.
        reason: Reject,
    },
}

/// Why a proof is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// It is no proof on the key's curve.
    #[error(transparent)]
    Unreadable(#[from] DecodeError),
    /// It speaks of another model.
    #[error("the proof is of model {}, the key is of model {}", hex(.got), hex(.expected))]
    Model {
        /// The key's model.
        expected: Digest,
        /// The proof's model.
        got: Digest,
    },
    /// It states something else than was expected.
    #[error("the proof states something else than is expected: {}", .0.join("; "))]
    Statement(Vec<String>),
    /// The expected statement is not one of the key's model.
    #[error("the expected statement is not of this key: {0}")]
    Expected(&'static str),
    /// The model cannot be run as the expected statement says.
    #[error("the expected statement is not of this key: {0}")]
    Execution(#[from] ExecutionError),
    /// The expected statement cannot be proven of the key's program.
    #[error("the expected statement cannot be proven: {0}")]
    Lower(#[from] LowerError),
    /// What it discloses does not fit the program or the statement.
    #[error("{what}: {reason}")]
    Disclosed {
        /// Inputs or outputs, and which.
        what: String,
        /// What does not fit.
        reason: &'static str,
    },
    /// The argument is rejected.
    #[error(transparent)]
    Argument(#[from] Reject),
}
