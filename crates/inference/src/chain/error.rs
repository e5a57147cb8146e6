//! Why proofs are not one chain.

use crate::execution::ExecutionError;
use crate::rejection::Rejection;
use crate::{Digest, hex};

/// Why two proofs do not speak of the same values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unlinked {
    /// They show others.
    #[error("they show other integers (entry {entry} is the first)")]
    Integers {
        /// The first entry that differs.
        entry: usize,
    },
    /// They are about two commitments.
    #[error("the first is about the commitment {}, the second about {}", hex(.made), hex(.read))]
    Commitments {
        /// Of the one that makes it, or reads it first.
        made: Digest,
        /// Of the other.
        read: Digest,
    },
    /// One shows integers, the other has a commitment.
    #[error("one shows it, the other commits to it; both have to do the same")]
    Otherwise,
    /// One of them hides it.
    #[error("one of them hides it without a commitment, so that nobody can compare the two")]
    Hidden,
}

/// Why proofs are not one chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// There is nothing to verify.
    #[error("a chain has at least one proof")]
    Empty,
    /// What is expected is nothing that a chain can be.
    #[error("what is expected is no chain of this key: {0}")]
    Expectation(String),
    /// One of the proofs is not accepted.
    #[error("{proof}: {reason}")]
    Rejected {
        /// Which.
        proof: String,
        /// Why.
        reason: Box<Rejection>,
    },
    /// A proof of the whole model among slices.
    #[error("{proof}: it is about the whole model, not about a part of it")]
    NotASlice {
        /// Which.
        proof: String,
    },
    /// The part that a proof is about cannot be one.
    #[error("{proof}: {reason}")]
    Slice {
        /// Which.
        proof: String,
        /// Why.
        reason: Box<ExecutionError>,
    },
    /// A boundary that nobody can compare.
    #[error(
        "{proof}: `{tensor}` is between two parts, and has to be public or committed, not private"
    )]
    PrivateBoundary {
        /// Which.
        proof: String,
        /// The boundary.
        tensor: String,
    },
    /// One tensor, made by two proofs.
    #[error("`{tensor}` is made by {first} and by {second}; leave one of them out")]
    MadeTwice {
        /// The tensor.
        tensor: String,
        /// A proof.
        first: String,
        /// Another.
        second: String,
    },
    /// A gap.
    #[error("no proof makes `{tensor}`, which {reader} reads")]
    NotMade {
        /// The tensor.
        tensor: String,
        /// Who reads it.
        reader: String,
    },
    /// A part whose result goes nowhere: the one that reads it is missing, or it belongs to no chain.
    #[error("no proof reads `{tensor}`, which {maker} makes, and it is no output of the model")]
    NotRead {
        /// The tensor.
        tensor: String,
        /// Who makes it.
        maker: String,
    },
    /// An output of the model is missing.
    #[error("no proof makes `{output}`, an output of the model")]
    NoOutput {
        /// Which.
        output: String,
    },
    /// An input of the model is expected to be seen, but in no proof.
    #[error("no proof reads `{input}`, an input of the model that is expected to be {seen}")]
    NoInput {
        /// Which.
        input: String,
        /// As what.
        seen: String,
    },
    /// Two parts that speak of different values.
    #[error("`{tensor}` links {first} and {second}: {reason}")]
    Unlinked {
        /// The tensor.
        tensor: String,
        /// Who makes it, or reads it first.
        first: String,
        /// Who reads it.
        second: String,
        /// How they differ.
        reason: Box<Unlinked>,
    },
    /// A claim that no proof makes.
    #[error("no proof shows that {claim}")]
    NoClaim {
        /// Its canonical text.
        claim: String,
    },
    /// A claim that nobody asked for.
    #[error("{proof}: claim {number} of it is not among those that are expected")]
    OtherClaim {
        /// Which.
        proof: String,
        /// Its number in the proof, from 1.
        number: usize,
    },
    /// A step does not go on where the one before has ended.
    #[error(
        "step {step} ({proof}) does not go on where the step before it ({before}) ends: output `{output}` is not its input `{input}`: \
         {reason}{}",
        made_by.as_ref().map_or_else(String::new, |maker| format!("; what it reads was left by {maker}"))
    )]
    StepUnlinked {
        /// The step that reads, from 0.
        step: usize,
        /// Its proof.
        proof: String,
        /// The proof before it.
        before: Box<str>,
        /// What was left.
        output: Box<str>,
        /// What is read.
        input: Box<str>,
        /// How they differ.
        reason: Box<Unlinked>,
        /// The proof that did leave what is read, if it is among those given.
        made_by: Option<String>,
    },
    /// The first step begins somewhere else.
    #[error("step 0 ({proof}) does not begin where expected: `{input}`: {reason}")]
    OtherStart {
        /// Its proof.
        proof: String,
        /// The input that the state goes into.
        input: String,
        /// How it differs.
        reason: Box<Unlinked>,
    },
    /// A state that was there before.
    #[error(
        "step {step} ({proof}) leaves `{output}` as the commitment {}, which an earlier step left or began with; the steps are no history",
        hex(.id)
    )]
    Circle {
        /// The step, from 0.
        step: usize,
        /// Its proof.
        proof: String,
        /// What is left.
        output: String,
        /// As what.
        id: Digest,
    },
    /// One proof for two steps.
    #[error("steps {first} and {second} are one and the same proof ({proof})")]
    Repeated {
        /// A step, from 0.
        first: usize,
        /// Another.
        second: usize,
        /// Its proof.
        proof: String,
    },
    /// A step that is not in its place.
    #[error(
        "step {step} ({proof}): `{input}` says that it is in another place; expected the integer {expected}, got {got}"
    )]
    Position {
        /// The step, from 0.
        step: usize,
        /// Its proof.
        proof: String,
        /// The input that counts.
        input: String,
        /// What it has to be.
        expected: i64,
        /// What it is.
        got: i64,
    },
    /// Too few steps, or too many.
    #[error("expected {expected} steps, got {got}")]
    Length {
        /// How many there should be.
        expected: usize,
        /// How many there are.
        got: usize,
    },
}

impl ChainError {
    pub(super) fn rejected(proof: &str, reason: Rejection) -> Self {
        Self::Rejected {
            proof: proof.to_owned(),
            reason: Box::new(reason),
        }
    }

    pub(super) fn of_expectation(reason: Rejection) -> Self {
        Self::Expectation(reason.to_string())
    }

    /// Whether what was asked for is at fault, and not the proofs.
    #[must_use]
    pub fn is_expectation(&self) -> bool {
        matches!(self, Self::Empty | Self::Expectation(_))
    }
}
