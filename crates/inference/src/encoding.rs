//! The frame of every binary file: magic, kind, format version, curve, then a `postcard` body.
//!
//! Decoding is strict: a file that is not byte for byte what encoding its content gives is refused, so that no two files mean
//! the same and no byte is free.

use crate::{Bn254, Grumpkin};
use inferproof_argument::curve::Profile;
use inferproof_program::ProgramError;
use serde::{Serialize, de::DeserializeOwned};

const MAGIC: [u8; 8] = *b"infproof";
/// The version of every binary format.
pub const FORMAT_VERSION: u16 = 7;
const HEADER: usize = 12;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A verifying key.
    Key = 1,
    /// A proof.
    Proof = 2,
    /// A commitment to a tensor.
    Commitment = 3,
    /// What opens a commitment to a tensor: secret.
    Opening = 4,
    /// A proof of what a model scores on a data set.
    Evaluation = 5,
}

impl Kind {
    /// For messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Key => "verifying key",
            Self::Proof => "proof",
            Self::Commitment => "commitment to a tensor",
            Self::Opening => "opening of a tensor",
            Self::Evaluation => "evaluation",
        }
    }
}

/// The curve profile of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Curve {
    /// About 126 bits.
    Grumpkin = 1,
    /// About 100 bits.
    Bn254 = 2,
}

impl Curve {
    /// The curve of a profile.
    pub(crate) fn of<P: Profile>() -> Self {
        if P::ID == Grumpkin::ID {
            Self::Grumpkin
        } else {
            Self::Bn254
        }
    }

    /// As it stands in digests and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Grumpkin => Grumpkin::NAME,
            Self::Bn254 => Bn254::NAME,
        }
    }

    /// Estimated cost of a discrete logarithm, in bits: the bound on soundness.
    #[must_use]
    pub fn security_bits(self) -> u32 {
        match self {
            Self::Grumpkin => Grumpkin::SECURITY_BITS,
            Self::Bn254 => Bn254::SECURITY_BITS,
        }
    }
}

/// Why bytes are not a file of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Another kind of file.
    #[error("this is not an inferproof {expected}")]
    Magic {
        /// What was looked for.
        expected: &'static str,
    },
    /// Made by another version.
    #[error(
        "the file has format version {got}; this program reads version {FORMAT_VERSION}: compile the model again with it, and prove again"
    )]
    Version {
        /// The file's version.
        got: u16,
    },
    /// On another curve.
    #[error("the file is for curve profile {got}, expected {expected}")]
    Curve {
        /// The profile looked for.
        expected: u8,
        /// The file's profile.
        got: u8,
    },
    /// A key whose program is not well formed.
    #[error("the key's program is not well formed: {0}")]
    Program(#[from] ProgramError),
    /// Cut short, or not canonical.
    #[error("the file is damaged: {0}")]
    Damaged(&'static str),
}

/// Kind and curve of a file, from its first bytes.
///
/// # Errors
/// If they are not those of a file of ours, or of another version.
pub fn kind_of(bytes: &[u8]) -> Result<(Kind, Curve), DecodeError> {
    let unknown = DecodeError::Magic { expected: "file" };
    let [kind, low, high, curve] = match bytes
        .strip_prefix(&MAGIC)
        .and_then(|rest| rest.first_chunk::<4>())
    {
        Some(header) => *header,
        None => return Err(unknown),
    };
    let version = u16::from_le_bytes([low, high]);
    if version != FORMAT_VERSION {
        return Err(DecodeError::Version { got: version });
    }
    let kind = match kind {
        1 => Kind::Key,
        2 => Kind::Proof,
        3 => Kind::Commitment,
        4 => Kind::Opening,
        5 => Kind::Evaluation,
        _ => return Err(unknown),
    };
    let curve = match curve {
        1 => Curve::Grumpkin,
        2 => Curve::Bn254,
        _ => {
            return Err(DecodeError::Curve {
                expected: 1,
                got: curve,
            });
        }
    };
    Ok((kind, curve))
}

pub(crate) fn encode<T: Serialize>(kind: Kind, curve: u8, body: &T) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.push(kind as u8);
    out.extend(FORMAT_VERSION.to_le_bytes());
    out.push(curve);
    // Encoding to memory fails for no value of our types: they hold no maps of unknown length.
    out.extend(postcard::to_allocvec(body).unwrap_or_default());
    out
}

pub(crate) fn decode<T: Serialize + DeserializeOwned>(
    kind: Kind,
    curve: u8,
    bytes: &[u8],
) -> Result<T, DecodeError> {
    let name = kind.name();
    let (got_kind, got_curve) = kind_of(bytes).map_err(|e| match e {
        DecodeError::Magic { .. } => DecodeError::Magic { expected: name },
        DecodeError::Version { .. }
        | DecodeError::Curve { .. }
        | DecodeError::Program(_)
        | DecodeError::Damaged(_) => e,
    })?;
    if got_kind != kind {
        return Err(DecodeError::Magic { expected: name });
    }
    if got_curve as u8 != curve {
        return Err(DecodeError::Curve {
            expected: curve,
            got: got_curve as u8,
        });
    }
    let body = bytes.get(HEADER..).unwrap_or_default();
    let value =
        postcard::from_bytes(body).map_err(|_| DecodeError::Damaged("its body does not parse"))?;
    if encode(kind, curve, &value) != bytes {
        return Err(DecodeError::Damaged("it is not canonical"));
    }
    Ok(value)
}
