//! The same with the curve as a type parameter: for what is written for one curve, and for tests that look inside.

#[cfg(feature = "prover")]
pub use crate::commit::{ModelSecret, commit};
pub use crate::key::VerifyingKey;
#[cfg(feature = "prover")]
pub use crate::prove::{Inference, Prover};
pub use crate::verify::Verifier;
pub use inferproof_argument::curve::Profile;
