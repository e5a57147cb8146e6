//! Proofs of inference: this committed model, run on this input, gave this output, bit for bit.
//!
//! ```text
//! Program + weights --commit--> VerifyingKey (public) + ModelSecret
//! VerifyingKey + ModelSecret + input --prove--> Proof
//! VerifyingKey + Proof --verify--> verdict
//! ```
//!
//! The relation that is proven is defined by the interpreter of `inferproof-program`; `lower` says how each of its ops
//! becomes relations of `inferproof-argument`. Weights are private unless declared public; so can inputs and outputs be.
//!
//! Without the feature `prover` this crate is the verifier alone.
#![forbid(unsafe_code)]
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

#[cfg(all(test, feature = "prover"))]
mod attacks;
mod chain;
mod checks;
#[cfg(feature = "prover")]
mod commit;
mod data_window;
mod encoding;
mod evaluation;
mod execution;
mod face;
#[cfg(feature = "prover")]
mod forecast;
mod generators;
pub mod generic;
mod given;
mod key;
mod lower;
mod proof;
#[cfg(feature = "prover")]
mod prove;
mod range_proofs;
mod recent;
mod rejection;
mod rows;
mod sharing;
mod statement;
mod tensor_commitment;
#[cfg(feature = "prover")]
mod tensor_opening;
mod verify;
mod visible;
#[cfg(feature = "prover")]
mod witness;

pub use chain::{
    ChainError, Named, Position, SliceChain, SliceLink, Start, StepChain, StepLink, Steps, Tie,
    Unlinked,
};
pub use checks::CHECKS;
#[cfg(feature = "prover")]
pub use commit::CommitError;
pub use encoding::{Curve, DecodeError, FORMAT_VERSION, Kind, kind_of};
#[cfg(feature = "prover")]
pub use evaluation::{DataGiven, Evaluated, EvaluationProgress, data_set_of};
pub use evaluation::{
    DataSet, DataTensor, Evaluation, EvaluationRejection, EvaluationStatement, Sums,
};
pub use execution::{
    Batch, BoundaryError, Execution, ExecutionError, Measure, Place, Said, Score, Slice, name_of,
    tensor_named,
};
#[cfg(feature = "prover")]
pub use face::{BlindingError, Inference, ModelSecret, Prover, commit};
pub use face::{Verifier, VerifyingKey};
#[cfg(feature = "prover")]
pub use forecast::{Forecast, forecast, forecast_part};
pub use inferproof_argument::curve::{EncodingError, SCALAR_BYTES};
#[cfg(feature = "prover")]
pub use inferproof_argument::instructions::{Instructions, UnknownInstructions};
pub use inferproof_argument::{Limits, PROTOCOL};
#[cfg(feature = "prover")]
pub use inferproof_argument::{ProveError, Stage};
pub use inferproof_claims::{ClaimError, Explained, MarkedLine};
pub use key::Architecture;
pub use lower::LowerError;
pub use proof::{Disclosed, Disclosure, Proof};
#[cfg(feature = "prover")]
pub use prove::{FreshOpening, InferenceError};
pub use rejection::{KeyError, Rejection};
pub use sharing::SharingError;
pub use statement::{ExplainedClaim, Listed, Role, Statement, StatementError, Visibility};
pub use tensor_commitment::{TensorCommitment, TensorKind};
#[cfg(feature = "prover")]
pub use tensor_opening::{OpeningError, TensorOpening};
pub use visible::Visible;

/// The default curve profile.
pub type Grumpkin = ark_grumpkin::GrumpkinConfig;
/// The profile for what meets a chain.
pub type Bn254 = ark_bn254::g1::Config;

/// A statement's or file's digest.
pub type Digest = [u8; 32];

/// A digest as it is printed.
#[must_use]
pub fn hex(digest: &Digest) -> String {
    digest.iter().map(|b| format!("{b:02x}")).collect()
}
