//! Committing to a model, and the secrets that open the commitment, on one of the curves.

use super::{OnCurve, VerifyingKey, map, on};
use crate::commit::CommitError;
use crate::encoding::Curve;
use crate::visible::Visible;
use crate::{Bn254, Grumpkin, generic};
use inferproof_argument::curve::{
    EncodingError, Profile, SCALAR_BYTES, Scalar, decode_scalar, encode_scalar,
};
use inferproof_program::{BoundWeights, RunError, ValidProgram};
use zeroize::Zeroizing;

/// The secret side of a model: weights, and the blinders of their commitment.
pub struct ModelSecret(
    pub(super) OnCurve<generic::ModelSecret<Grumpkin>, generic::ModelSecret<Bn254>>,
);

/// A blinder is not a scalar of its curve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("weight {weight}, row {row}: {reason}")]
pub struct BlindingError {
    /// Of which weight tensor, in the program's order.
    pub weight: usize,
    /// Of which of its rows.
    pub row: usize,
    /// What is wrong with it.
    pub reason: EncodingError,
}

impl ModelSecret {
    /// Of public weights, whose commitment is not blinded.
    #[must_use]
    pub fn unblinded(key: &VerifyingKey, weights: BoundWeights) -> Self {
        Self(map!(&key.0, key => zeros(key, weights)))
    }

    /// Of private weights. `blinding` has 32 bytes for each row of each weight tensor, as [`Self::blinding`] gives them.
    ///
    /// # Errors
    /// If one is not a scalar.
    pub fn blinded(
        key: &VerifyingKey,
        weights: BoundWeights,
        blinding: &[&[u8]],
    ) -> Result<Self, BlindingError> {
        Ok(Self(match &key.0 {
            OnCurve::Grumpkin(_) => OnCurve::Grumpkin(decode(weights, blinding)?),
            OnCurve::Bn254(_) => OnCurve::Bn254(decode(weights, blinding)?),
        }))
    }

    /// The same secret for another program over the same weights, in the same order.
    ///
    /// # Errors
    /// If the weights do not fit the program.
    pub fn for_program(&self, program: &ValidProgram) -> Result<Self, RunError> {
        Ok(Self(map!(&self.0, secret => secret.for_program(program)?)))
    }

    /// The weights, by tensor.
    #[must_use]
    pub fn weights(&self) -> &BoundWeights {
        on!(&self.0, secret => &secret.weights)
    }

    /// For each weight tensor in the program's order, 32 bytes a row: a scalar in little-endian order.
    #[must_use]
    pub fn blinding(&self) -> Vec<Zeroizing<Vec<u8>>> {
        on!(&self.0, secret => encode(secret))
    }
}

fn zeros<P: Profile>(
    key: &generic::VerifyingKey<P>,
    weights: BoundWeights,
) -> generic::ModelSecret<P> {
    let rows = key.commitments.iter().map(Vec::len);
    let blinders = rows.map(|rows| Zeroizing::new(vec![Scalar::<P>::default(); rows]));
    generic::ModelSecret {
        weights,
        blinders: blinders.collect(),
    }
}

fn decode<P: Profile>(
    weights: BoundWeights,
    blinding: &[&[u8]],
) -> Result<generic::ModelSecret<P>, BlindingError> {
    let mut blinders = Vec::new();
    for (weight, bytes) in blinding.iter().enumerate() {
        let (rows, _) = bytes.as_chunks::<SCALAR_BYTES>();
        let mut scalars = Zeroizing::new(Vec::with_capacity(rows.len()));
        for (row, bytes) in rows.iter().enumerate() {
            let scalar = decode_scalar(bytes).map_err(|reason| BlindingError {
                weight,
                row,
                reason,
            })?;
            scalars.push(scalar);
        }
        blinders.push(scalars);
    }
    Ok(generic::ModelSecret { weights, blinders })
}

fn encode<P: Profile>(secret: &generic::ModelSecret<P>) -> Vec<Zeroizing<Vec<u8>>> {
    let tensors = secret.blinders.iter().map(|rows| {
        let mut bytes = Zeroizing::new(Vec::with_capacity(rows.len() * SCALAR_BYTES));
        for scalar in rows.iter() {
            bytes.extend_from_slice(Zeroizing::new(encode_scalar(scalar)).as_slice());
        }
        bytes
    });
    tensors.collect()
}

/// Commits to a model, a program with its weights. `progress` is told how many of how many steps are done, and may answer `false` to stop.
///
/// Blinding is fresh for every commitment; with public weights there is none, so that whoever has the weights gets the same
/// commitment.
///
/// # Errors
/// If the program cannot be proven, or without randomness.
pub fn commit(
    curve: Curve,
    weights: BoundWeights,
    visible: Visible,
    progress: &mut dyn FnMut(usize, usize) -> bool,
) -> Result<(VerifyingKey, ModelSecret), CommitError> {
    Ok(match curve {
        Curve::Grumpkin => {
            let (key, secret) = generic::commit(weights, visible, progress)?;
            let key = VerifyingKey(OnCurve::Grumpkin(key));
            (key, ModelSecret(OnCurve::Grumpkin(secret)))
        }
        Curve::Bn254 => {
            let (key, secret) = generic::commit(weights, visible, progress)?;
            let key = VerifyingKey(OnCurve::Bn254(key));
            (key, ModelSecret(OnCurve::Bn254(secret)))
        }
    })
}
