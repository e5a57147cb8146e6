//! The proof file: which model, the public values, and the argument.

use crate::Digest;
use crate::encoding::{Curve, DecodeError, Kind, decode, encode, kind_of};
use inferproof_argument::curve::Profile;
use serde::{Deserialize, Serialize};

/// The public tensors of a statement, as integers of the program, row-major.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publics {
    /// Every input, in the program's order; `None` if inputs are private.
    pub inputs: Option<Vec<Vec<i64>>>,
    /// Every output, in the program's order; `None` if outputs are private.
    pub outputs: Option<Vec<Vec<i64>>>,
}

/// A proof of one inference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The model it speaks of.
    pub model_id: Digest,
    /// What it shows.
    pub publics: Publics,
    /// The argument's bytes.
    #[serde(with = "serde_bytes")]
    pub argument: Vec<u8>,
}

impl Proof {
    /// The file's bytes.
    #[must_use]
    pub fn encode<P: Profile>(&self) -> Vec<u8> {
        encode(Kind::Proof, P::ID, self)
    }

    /// Reads a proof file on whichever curve.
    ///
    /// # Errors
    /// If the bytes are not a proof.
    pub fn read(bytes: &[u8]) -> Result<(Self, Curve), DecodeError> {
        let (_, curve) = kind_of(bytes)?;
        Ok((decode(Kind::Proof, curve as u8, bytes)?, curve))
    }

    /// Reads a proof file on one curve.
    ///
    /// # Errors
    /// If the bytes are not a proof on this curve.
    pub fn decode<P: Profile>(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode(Kind::Proof, P::ID, bytes)
    }
}
