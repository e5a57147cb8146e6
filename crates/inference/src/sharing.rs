//! Two programs over one commitment to weights (T6): a language model's prefill and its decoding step, or other lengths of a sequence.
//!
//! The range proofs bind what is declared of the weights and not the program, so that they are shared too. Both keys show the same
//! [`VerifyingKey::weights_id`].

use crate::key::{Architecture, VerifyingKey};
use crate::tensor_commitment::{TensorCommitment, TensorKind};
use crate::{Curve, Digest};
use inferproof_argument::curve::Profile;
use inferproof_program::{Tensor, ValidProgram};

/// Why a program cannot share the weights of a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SharingError {
    /// It has another number of weights.
    #[error("the program has {got} weight tensors, the key has {expected}")]
    Count {
        /// The key's.
        expected: usize,
        /// The program's.
        got: usize,
    },
    /// One of its weights is declared otherwise.
    #[error("weight `{tensor}`: its {what} is not that of the key's weight `{expected}`")]
    Declared {
        /// The program's weight.
        tensor: String,
        /// The key's weight in the same place.
        expected: String,
        /// What differs.
        what: &'static str,
    },
}

impl<P: Profile> VerifyingKey<P> {
    /// A digest of the identifiers of the commitments to the weights, in the program's order.
    #[must_use]
    pub fn weights_id(&self) -> Digest {
        let program = &self.architecture.program;
        let tensors = program.weights().filter_map(|id| program.tensor(id));
        let mut hasher = blake3::Hasher::new_derive_key("inferproof weights id 1");
        for (tensor, rows) in tensors.zip(&self.commitments) {
            let bits = self.architecture.row_bits;
            let weight = TensorCommitment::new::<P>(TensorKind::Weight, tensor, bits, rows);
            hasher.update(&weight.id(Curve::of::<P>()));
        }
        *hasher.finalize().as_bytes()
    }

    /// The key of another program over the same weights, in the same order.
    ///
    /// # Errors
    /// If a weight of the program has another name, shape, range or scale.
    pub fn for_program(&self, program: ValidProgram) -> Result<Self, SharingError> {
        let own = &self.architecture.program;
        let (expected, got) = (own.weights().count(), program.weights().count());
        if expected != got {
            return Err(SharingError::Count { expected, got });
        }
        for (old, new) in own.weights().zip(program.weights()) {
            if let (Some(old), Some(new)) = (own.tensor(old), program.tensor(new))
                && let Some(what) = difference(old, new)
            {
                return Err(SharingError::Declared {
                    tensor: new.name.clone(),
                    expected: old.name.clone(),
                    what,
                });
            }
        }
        Ok(Self {
            architecture: Architecture {
                program,
                ..self.architecture.clone()
            },
            commitments: self.commitments.clone(),
            range_proofs: self.range_proofs.clone(),
            card: None,
        })
    }
}

/// What is declared otherwise of two weights.
fn difference(old: &Tensor, new: &Tensor) -> Option<&'static str> {
    if old.name != new.name {
        return Some("name");
    }
    if old.shape != new.shape {
        return Some("shape");
    }
    if (old.low, old.high) != (new.low, new.high) {
        return Some("range");
    }
    (old.scale_log2 != new.scale_log2).then_some("scale")
}

#[cfg(feature = "prover")]
impl<P: Profile> crate::commit::ModelSecret<P> {
    /// The same secret for another program over the same weights, in the same order.
    ///
    /// # Errors
    /// If the weights do not fit the program.
    pub fn for_program(
        &self,
        program: &ValidProgram,
    ) -> Result<Self, inferproof_program::RunError> {
        let own = self.weights.program().weights();
        let pairs = own.zip(program.weights());
        let weights = pairs.filter_map(|(old, new)| Some((new, self.weights.get(old)?.clone())));
        Ok(Self {
            weights: program.bind(weights.collect())?,
            blinders: self.blinders.clone(),
        })
    }
}
