//! A zero-knowledge argument for lookups and contractions over Pedersen-committed tensors of integers and field elements.
//!
//! Given [`Relations`] (data that both sides share, a crate of its own: `inferproof-relations`), a [`Statement`] (commitments and public tensors) and a witness, [`prove`]
//! makes a proof and [`verify`] checks it. Nothing here knows of machine learning.
//!
//! The shape of the protocol: commit the trace row by row ([`Layout`]); prove all lookups with one logarithmic-derivative
//! sum (logUp-GKR, 2023/1284); prove all contractions with one batched sumcheck; merge every claim into one opened vector; send
//! every scalar minus a one-time pad and prove what the verifier could not check in one closing Sigma-protocol (as Hyrax,
//! 2017/1132, and Longfellow do). `docs/protocol.md` states each message and check beside the code that does it.
//!
//! Without the feature `prover` the crate is the verifier alone: no thread pool, no randomness, no unsafe code.
#![cfg_attr(not(feature = "prover"), forbid(unsafe_code))]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented,
        clippy::wildcard_enum_match_arm
    )
)]

mod affine;
mod closing;
mod combination;
pub mod curve;
mod equation;
mod error;
#[cfg(feature = "prover")]
#[allow(
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "the prover's own: it runs on its own witness, never on bytes from outside"
)]
mod fold;
pub mod generators;
mod inner_product;
#[cfg(feature = "prover")]
pub mod instructions;
#[cfg(feature = "prover")]
#[allow(
    clippy::indexing_slicing,
    reason = "limbs and lanes of arrays of fixed length"
)]
mod lanes;
pub mod msm;
mod multilinear;
mod parallel;
#[cfg(feature = "prover")]
mod pieces;
#[cfg(feature = "prover")]
#[allow(
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "the prover's own: it runs on its own witness, never on bytes from outside"
)]
mod prover;
mod row_weights;
mod script;
mod transcript;
mod verifier;

#[cfg(all(test, feature = "prover"))]
mod tests;

pub use error::{ProveError, Reject};
#[cfg(feature = "prover")]
pub use fold::fold_rows;
#[cfg(feature = "prover")]
pub use inferproof_integers::{Integers, OutOfRange};
pub use inferproof_relations::{
    CommittedTensor, Constant, Contraction, FieldParts, Folding, Layout, Limits, Linear, Lookup,
    Origin, Parts, Relations, RelationsError, Source, Table, Term,
};
#[cfg(feature = "cheating")]
pub use prover::prove_anything;
#[cfg(feature = "prover")]
pub use prover::{
    Entropy, FieldOpening, FieldWitness, Opening, Progress, Stage, Witness, prove,
    prove_with_fields,
};
pub use script::Statement;
pub use transcript::{Message, PROTOCOL};
pub use verifier::{Presented, verify, verify_all};
