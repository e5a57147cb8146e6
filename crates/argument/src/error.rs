//! Why a statement is refused, a proof rejected, or a proof not made.

use inferproof_relations::RelationsError;

/// Why a proof is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reject {
    /// Not the length that the relations demand.
    #[error("the proof has {got} bytes, this statement's proofs have {expected}")]
    Length {
        /// Bytes that a proof of this statement has.
        expected: usize,
        /// Bytes received.
        got: usize,
    },
    /// A scalar that is not reduced.
    #[error("a scalar of message {0:?} is not canonically encoded")]
    Scalar(crate::transcript::Message),
    /// Bytes that are no point of the curve.
    #[error("a point of message {0:?} is not a canonically encoded point of the curve")]
    Point(crate::transcript::Message),
    /// The statement does not fit the relations: not a defect of the proof's bytes.
    #[error("the statement does not fit the relations: {0}")]
    Statement(&'static str),
    /// The equations between the messages do not hold: the statement is false, or the proof is for another one.
    #[error(
        "the equations of the closing protocol do not hold: the proof is not of this statement"
    )]
    Closing,
    /// The relations are defective.
    #[error(transparent)]
    Relations(#[from] RelationsError),
}

/// Why no proof was made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProveError {
    /// The relations or the statement are defective.
    #[error(transparent)]
    Statement(#[from] Reject),
    /// A witness array does not have the length that the relations demand.
    #[error("the witness for {name} has {got} entries, expected {expected}")]
    Witness {
        /// Which array.
        name: String,
        /// Entries that the relations demand.
        expected: usize,
        /// Entries received.
        got: usize,
    },
    /// The witness does not make the relations true: nothing false is proven, and no proof leaves.
    #[error("the witness does not satisfy the relations, so there is nothing to prove")]
    Unsatisfied,
    /// The operating system gave no randomness.
    #[error("no randomness from the operating system")]
    Entropy,
    /// The caller asked to stop.
    #[error("interrupted")]
    Interrupted,
}
