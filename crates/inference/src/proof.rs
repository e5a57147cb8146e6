//! The proof file: the statement, what it discloses, and the argument.

use crate::encoding::{Curve, DecodeError, Kind, decode, encode, kind_of};
use crate::statement::Statement;
use crate::tensor_commitment::TensorCommitment;
use inferproof_argument::curve::Profile;
use serde::{Deserialize, Serialize};

/// What a proof discloses of one tensor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Disclosed {
    /// Its integers, row-major: it is public.
    Integers(Vec<i64>),
    /// Nothing: it is private.
    Nothing,
    /// A commitment to it.
    Commitment(TensorCommitment),
    /// That it is what a data set holds, whose commitment the verifier has.
    OfDataSet,
}

impl Disclosed {
    /// The integers of a public tensor.
    #[must_use]
    pub fn integers(&self) -> Option<&[i64]> {
        match self {
            Self::Integers(values) => Some(values),
            Self::Nothing | Self::Commitment(_) | Self::OfDataSet => None,
        }
    }

    /// The commitment to a committed tensor.
    #[must_use]
    pub fn commitment(&self) -> Option<&TensorCommitment> {
        match self {
            Self::Commitment(commitment) => Some(commitment),
            Self::Integers(_) | Self::Nothing | Self::OfDataSet => None,
        }
    }
}

/// What a proof discloses of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disclosure {
    /// Of every input, in the program's order.
    pub inputs: Vec<Disclosed>,
    /// Of every output, in the program's order.
    pub outputs: Vec<Disclosed>,
}

/// A proof of one inference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// What its maker says it proves; a verifier compares it with the statement that it expects.
    pub statement: Statement,
    /// What it shows.
    pub disclosure: Disclosure,
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
