//! What a user of the library sees: no type has the curve as a parameter. It is read from the file, and told apart here, once; all that
//! is generic over it is compiled in this crate, once for each curve.

mod key;
#[cfg(feature = "prover")]
mod prover;
#[cfg(feature = "prover")]
mod secret;
#[cfg(feature = "prover")]
mod unblinded;
mod verifier;

use crate::encoding::Curve;
pub use key::VerifyingKey;
#[cfg(feature = "prover")]
pub use prover::{Inference, Prover};
#[cfg(feature = "prover")]
pub use secret::{BlindingError, ModelSecret, commit};
pub use verifier::Verifier;

/// What there is on one of the curves.
#[derive(Clone)]
enum OnCurve<G, B> {
    Grumpkin(G),
    Bn254(B),
}

impl<G, B> OnCurve<G, B> {
    fn curve(&self) -> Curve {
        match self {
            Self::Grumpkin(_) => Curve::Grumpkin,
            Self::Bn254(_) => Curve::Bn254,
        }
    }
}

/// The same expression for either curve.
macro_rules! on {
    ($value:expr, $one:ident => $body:expr) => {
        match $value {
            $crate::face::OnCurve::Grumpkin($one) => $body,
            $crate::face::OnCurve::Bn254($one) => $body,
        }
    };
}
use on;

/// A value on either curve, from an expression that is one on it.
macro_rules! map {
    ($value:expr, $one:ident => $body:expr) => {
        match $value {
            $crate::face::OnCurve::Grumpkin($one) => $crate::face::OnCurve::Grumpkin($body),
            $crate::face::OnCurve::Bn254($one) => $crate::face::OnCurve::Bn254($body),
        }
    };
}
use map;
