//! The public side of a model, on the curve that its file names.

use super::{OnCurve, map, on};
use crate::encoding::{Curve, DecodeError, kind_of};
use crate::key::Architecture;
use crate::sharing::SharingError;
use crate::statement::Statement;
use crate::{Bn254, Digest, Grumpkin, generic};
use inferproof_program::ValidProgram;

/// What a verifier needs of a model: the architecture, the commitment to the weights, and the proofs that these are in range.
#[derive(Clone)]
pub struct VerifyingKey(
    pub(super) OnCurve<generic::VerifyingKey<Grumpkin>, generic::VerifyingKey<Bn254>>,
);

impl VerifyingKey {
    /// Reads the file `verifying.key`. Points are checked to be on the curve, and the program to be well formed; what it demands and
    /// the range proofs are checked by [`crate::Verifier`].
    ///
    /// # Errors
    /// If the bytes are not a key.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Ok(Self(match kind_of(bytes)?.1 {
            Curve::Grumpkin => OnCurve::Grumpkin(generic::VerifyingKey::decode(bytes)?),
            Curve::Bn254 => OnCurve::Bn254(generic::VerifyingKey::decode(bytes)?),
        }))
    }

    /// The file `verifying.key`.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        on!(&self.0, key => key.encode())
    }

    /// Of the commitments.
    #[must_use]
    pub fn curve(&self) -> Curve {
        self.0.curve()
    }

    /// The program, and whether the weights are shown.
    #[must_use]
    pub fn architecture(&self) -> &Architecture {
        on!(&self.0, key => &key.architecture)
    }

    /// The model's published identifier: a digest of curve, architecture and commitment.
    #[must_use]
    pub fn model_id(&self) -> Digest {
        on!(&self.0, key => key.model_id())
    }

    /// The plain statement of the model: its inputs and outputs are all public.
    #[must_use]
    pub fn statement(&self, context: &[u8]) -> Statement {
        on!(&self.0, key => key.statement(context))
    }

    /// A digest of the identifiers of the commitments to the weights: two keys that share weights show the same one.
    #[must_use]
    pub fn weights_id(&self) -> Digest {
        on!(&self.0, key => key.weights_id())
    }

    /// The key of another program over the same weights, in the same order.
    ///
    /// # Errors
    /// If a weight of the program has another name, shape, range or scale.
    pub fn for_program(&self, program: ValidProgram) -> Result<Self, SharingError> {
        Ok(Self(map!(&self.0, key => key.for_program(program)?)))
    }

    /// How many rows are committed of each weight tensor, in the program's order.
    #[must_use]
    pub fn rows(&self) -> Vec<usize> {
        on!(&self.0, key => key.commitments.iter().map(Vec::len).collect())
    }

    /// The one-time proofs that every weight is in its declared range.
    #[must_use]
    pub fn range_proofs(&self) -> &[Vec<u8>] {
        on!(&self.0, key => &key.range_proofs)
    }

    /// The digest of the model card, if the key has one.
    #[must_use]
    pub fn card(&self) -> Option<Digest> {
        on!(&self.0, key => key.card)
    }

    /// The same key with the digest of a model card. The model id stays what it is.
    #[must_use]
    pub fn with_card(self, card: Digest) -> Self {
        Self(map!(self.0, key => {
            let mut key = key;
            key.card = Some(card);
            key
        }))
    }
}
