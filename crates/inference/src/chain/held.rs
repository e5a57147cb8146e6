//! What a proof says of a tensor, as far as another proof can say the same.

use super::error::Unlinked;
use crate::proof::Disclosed;
use crate::statement::Visibility;
use crate::{Curve, Digest};

/// By what two proofs speak of one tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tie {
    /// Both show these integers.
    Integers(Vec<i64>),
    /// Both are about the commitment with this identifier.
    Commitment(Digest),
}

/// What one proof says of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held<'a> {
    /// It shows its integers.
    Integers(&'a [i64]),
    /// It is about the commitment with this identifier.
    Commitment(Digest),
    /// Nothing.
    Hidden,
}

impl<'a> Held<'a> {
    /// Of a tensor that is seen like this. What is not disclosed as it should be is hidden; the proof is rejected for it.
    pub fn of(visibility: Visibility, disclosed: Option<&'a Disclosed>, curve: Curve) -> Self {
        match visibility {
            Visibility::Public => disclosed
                .and_then(Disclosed::integers)
                .map_or(Self::Hidden, Self::Integers),
            Visibility::Private => Self::Hidden,
            Visibility::Commit => disclosed
                .and_then(Disclosed::commitment)
                .map_or(Self::Hidden, |commitment| {
                    Self::Commitment(commitment.id(curve))
                }),
            Visibility::Committed(id) => Self::Commitment(id),
        }
    }

    /// What both proofs say of a tensor that `self` makes, or reads first, and `other` reads.
    pub fn tied(self, other: Self) -> Result<Tie, Unlinked> {
        match (self, other) {
            (Self::Integers(made), Self::Integers(read)) => {
                let differs = made.iter().zip(read).position(|(a, b)| a != b);
                match (differs, made.len() == read.len()) {
                    (None, true) => Ok(Tie::Integers(made.to_vec())),
                    (entry, _) => Err(Unlinked::Integers {
                        entry: entry.unwrap_or(made.len().min(read.len())),
                    }),
                }
            }
            (Self::Commitment(made), Self::Commitment(read)) if made == read => {
                Ok(Tie::Commitment(made))
            }
            (Self::Commitment(made), Self::Commitment(read)) => {
                Err(Unlinked::Commitments { made, read })
            }
            (Self::Hidden, _) | (_, Self::Hidden) => Err(Unlinked::Hidden),
            (Self::Integers(_), Self::Commitment(_)) | (Self::Commitment(_), Self::Integers(_)) => {
                Err(Unlinked::Otherwise)
            }
        }
    }

    /// As it is reported; nothing of what is hidden.
    pub fn tie(self) -> Option<Tie> {
        match self {
            Self::Integers(values) => Some(Tie::Integers(values.to_vec())),
            Self::Commitment(id) => Some(Tie::Commitment(id)),
            Self::Hidden => None,
        }
    }
}

/// What is expected of a tensor in one proof, if `wanted` is expected of it in all: where a commitment is wanted, any one will do, and the
/// links tell which.
pub(super) fn expected(wanted: Visibility, said: Visibility) -> Visibility {
    match (wanted, said) {
        (Visibility::Commit, Visibility::Committed(_)) => said,
        (Visibility::Commit, _)
        | (Visibility::Public | Visibility::Private | Visibility::Committed(_), _) => wanted,
    }
}
