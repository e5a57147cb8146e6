//! Whether a model card is the one that its key was made with. The key holds the card's digest; the model id does not depend on it, so
//! that this tells of mistakes and of whoever can change the card alone, not of whoever can change both.

use crate::error::Error;
use crate::folder::{CARD, KeyFile};
use inferproof_inference::{Digest, VerifyingKey};
use serde::Serialize;
use std::fmt;

/// What there is to say of a card beside a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CardBinding {
    /// It is the key's.
    Bound,
    /// It is another: it was edited, or belongs to another key.
    Edited,
    /// The key was made without one.
    Unbound,
}

impl CardBinding {
    /// The key, made with a card of these bytes.
    #[must_use]
    pub fn bind(key: VerifyingKey, card: &[u8]) -> VerifyingKey {
        key.with_card(card_digest(card))
    }

    /// Of a card's bytes.
    #[must_use]
    pub fn of(key: &VerifyingKey, card: &[u8]) -> Self {
        match key.card() {
            Some(digest) if digest == card_digest(card) => Self::Bound,
            Some(_) => Self::Edited,
            None => Self::Unbound,
        }
    }

    /// Of the card beside a key, if there is one.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn beside(file: &KeyFile, key: &VerifyingKey) -> Result<Option<Self>, Error> {
        let path = file.path.with_file_name(CARD);
        // A key from elsewhere has nothing beside it.
        if !file.path.is_file() || !path.is_file() {
            return Ok(None);
        }
        let card = std::fs::read(&path).map_err(Error::read(&path))?;
        Ok(Some(Self::of(key, &card)))
    }
}

impl fmt::Display for CardBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bound => "the one that the key was made with",
            Self::Edited => {
                "not the one that the key was made with: it was edited, or belongs to another model"
            }
            Self::Unbound => "the key was made without one, so that anybody can have written it",
        })
    }
}

/// What stands in a key of a card.
fn card_digest(card: &[u8]) -> Digest {
    let mut hasher = blake3::Hasher::new_derive_key("inferproof model card 1");
    *hasher.update(card).finalize().as_bytes()
}
