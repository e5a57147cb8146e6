//! The verifier.

use crate::Digest;
use crate::encoding::DecodeError;
use crate::key::VerifyingKey;
use crate::lower::weights::{RangePart, layouts, part_count, range_parts};
use crate::lower::{LowerError, Lowered, lower};
use crate::proof::{Proof, Publics};
use crate::visibility::Visible;
use inferproof_argument::curve::Profile;
use inferproof_argument::generators::Generators;
use inferproof_argument::{Limits, Reject, Statement};
use inferproof_program::{TensorId, ValidProgram};

/// Why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The program cannot be proven.
    #[error("the key's program cannot be proven: {0}")]
    Lower(#[from] LowerError),
    /// The commitment does not have the program's shape.
    #[error("weight `{tensor}`: expected {expected} committed rows, got {got}")]
    Rows {
        /// The weight's name.
        tensor: String,
        /// Rows that the layout has.
        expected: usize,
        /// Rows in the key.
        got: usize,
    },
    /// Rows of a length that is not supported.
    #[error("rows of 2^{0} entries are not supported")]
    RowBits(u32),
    /// Not as many range proofs as the weights need.
    #[error("expected {expected} range proofs of the weights, got {got}")]
    RangeProofCount {
        /// Proofs that the weights need.
        expected: usize,
        /// Proofs in the key.
        got: usize,
    },
    /// The weights may be out of range, so that nothing the key proves can be trusted.
    #[error("the range proof of the weights is rejected (part {part}): {reason}")]
    RangeProof {
        /// Which of them.
        part: usize,
        /// Why.
        reason: Reject,
    },
}

/// Why a proof is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// It is no proof on the key's curve.
    #[error(transparent)]
    Unreadable(#[from] DecodeError),
    /// It speaks of another model.
    #[error("the proof is of model {}, the key is of model {}", hex(.got), hex(.expected))]
    Model {
        /// The key's model.
        expected: Digest,
        /// The proof's model.
        got: Digest,
    },
    /// What it shows does not fit the program.
    #[error("{what}: {reason}")]
    Publics {
        /// Inputs or outputs, and which.
        what: String,
        /// What does not fit.
        reason: &'static str,
    },
    /// The argument is rejected.
    #[error(transparent)]
    Argument(#[from] Reject),
}

pub(crate) fn hex(digest: &Digest) -> String {
    digest.iter().map(|b| format!("{b:02x}")).collect()
}

/// A key made ready to verify any number of proofs.
pub struct Verifier<P: Profile> {
    key: VerifyingKey<P>,
    limits: Limits,
    lowered: Lowered,
    generators: Generators<P>,
    model_id: Digest,
    range_proof_id: Digest,
}

impl<P: Profile> Verifier<P> {
    /// Checks the commitment's shape, and derives the relations. The range proofs of the weights are *not*
    /// checked: a verifier owes [`Self::check_range_proofs`] once for every key it did not make itself.
    ///
    /// # Errors
    /// If the key is defective.
    pub fn new(key: VerifyingKey<P>) -> Result<Self, KeyError> {
        Self::within(key, &Limits::default())
    }

    /// As [`Self::new`], with limits of the caller's on what the key may demand of a verifier.
    ///
    /// # Errors
    /// If the key is defective or demands more.
    pub fn within(key: VerifyingKey<P>, limits: &Limits) -> Result<Self, KeyError> {
        let architecture = &key.architecture;
        if !(1..=16).contains(&architecture.row_bits) {
            return Err(KeyError::RowBits(architecture.row_bits));
        }
        // Before anything is made that is as large as the shapes say: the commitment's size bounds that of the weights.
        let mut rows = key.commitments.iter().map(Vec::len);
        for (id, layout) in layouts(&architecture.program, architecture.row_bits)? {
            let (expected, got) = (layout.row_count(), rows.next().unwrap_or(0));
            if expected != got {
                let tensor = architecture.program.tensor(id);
                return Err(KeyError::Rows {
                    tensor: tensor.map(|t| t.name.clone()).unwrap_or_default(),
                    expected,
                    got,
                });
            }
        }
        if let Some(got) = rows.next() {
            return Err(KeyError::Rows {
                tensor: "none".into(),
                expected: 0,
                got,
            });
        }
        let lowered = lower(
            &architecture.program,
            architecture.visibility,
            architecture.row_bits,
            limits,
        )?;
        let generators = Generators::new(lowered.relations.generator_count());
        Ok(Self {
            model_id: key.model_id(),
            range_proof_id: key.range_proof_id(),
            key,
            limits: *limits,
            lowered,
            generators,
        })
    }

    /// The key.
    pub fn key(&self) -> &VerifyingKey<P> {
        &self.key
    }

    /// The program.
    pub fn program(&self) -> &ValidProgram {
        &self.key.architecture.program
    }

    /// The model's published identifier.
    pub fn model_id(&self) -> Digest {
        self.model_id
    }

    #[cfg(feature = "prover")]
    pub(crate) fn lowered(&self) -> &Lowered {
        &self.lowered
    }

    #[cfg(feature = "prover")]
    pub(crate) fn generators(&self) -> &Generators<P> {
        &self.generators
    }

    /// Bytes of the argument of every proof of this model.
    pub fn argument_length(&self) -> usize {
        self.lowered.relations.proof_length()
    }

    /// About how many field elements a verification makes or multiplies: what [`Limits::work`] limits.
    pub fn work(&self) -> u64 {
        self.lowered.relations.work()
    }

    /// Verifies the one-time proofs that every weight is in its declared range (PROTOCOL must 9).
    ///
    /// # Errors
    /// If one of them is rejected.
    pub fn check_range_proofs(&self) -> Result<(), KeyError> {
        let architecture = &self.key.architecture;
        let (program, row_bits) = (&architecture.program, architecture.row_bits);
        let expected = part_count(program, row_bits)?;
        if expected != self.key.range_proofs.len() {
            return Err(KeyError::RangeProofCount {
                expected,
                got: self.key.range_proofs.len(),
            });
        }
        let digest = architecture.digest();
        let mut generators = Generators::new(0);
        let parts = range_parts(program, row_bits, &self.limits)?;
        for (number, (part, proof)) in parts.zip(&self.key.range_proofs).enumerate() {
            let part = part?;
            let count = part.lowered.relations.generator_count();
            if count > generators.g.len() {
                generators = Generators::new(count);
            }
            let context = range_context(&digest, number);
            let statement = Statement {
                context: &context,
                external: part_rows(&part, &self.key.commitments),
                publics: &[],
            };
            inferproof_argument::verify(&part.lowered.relations, &generators, &statement, proof)
                .map_err(|reason| KeyError::RangeProof {
                    part: number,
                    reason,
                })?;
        }
        Ok(())
    }

    /// Verifies a proof for a caller's context.
    ///
    /// # Errors
    /// Why it is rejected.
    pub fn verify(&self, proof: &Proof, context: &[u8]) -> Result<(), Rejection> {
        if proof.model_id != self.model_id {
            return Err(Rejection::Model {
                expected: self.model_id,
                got: proof.model_id,
            });
        }
        let publics = self.publics(&proof.publics)?;
        let context = self.context(context);
        let statement = self.statement(&publics, &context);
        Ok(inferproof_argument::verify(
            &self.lowered.relations,
            &self.generators,
            &statement,
            &proof.argument,
        )?)
    }

    /// The public tensors in the order of the relations, each in its shape and declared range (PROTOCOL must 4).
    pub(crate) fn publics(&self, publics: &Publics) -> Result<Vec<Vec<i64>>, Rejection> {
        let visibility = self.key.architecture.visibility;
        let program = self.program();
        let mut all = Vec::new();
        for (what, visible, ids, given) in [
            ("input", visibility.input, &program.inputs, &publics.inputs),
            (
                "output",
                visibility.output,
                &program.outputs,
                &publics.outputs,
            ),
        ] {
            let refuse = |reason| Rejection::Publics {
                what: what.to_owned(),
                reason,
            };
            match (visible, given) {
                (Visible::Private, None) => {}
                (Visible::Private, Some(_)) => {
                    return Err(refuse("the model's are private, but the proof shows some"));
                }
                (Visible::Public, None) => {
                    return Err(refuse("the model's are public, but the proof shows none"));
                }
                (Visible::Public, Some(tensors)) => {
                    if tensors.len() != ids.len() {
                        return Err(refuse("wrong number of tensors"));
                    }
                    for (&id, values) in ids.iter().zip(tensors) {
                        self.check_public(what, id, values)?;
                        all.push(values.clone());
                    }
                }
            }
            if what == "input" {
                for code in &self.lowered.codes {
                    let indices = all
                        .get(code.input)
                        .ok_or_else(|| refuse("one is missing"))?;
                    let codes = inferproof_program::indicator(indices, code.classes);
                    all.push(codes);
                }
            }
        }
        Ok(all)
    }

    fn check_public(&self, what: &str, id: TensorId, values: &[i64]) -> Result<(), Rejection> {
        let tensor = self.program().tensor(id);
        let name = tensor.map(|t| t.name.clone()).unwrap_or_default();
        let refuse = |reason| {
            Err(Rejection::Publics {
                what: format!("{what} `{name}`"),
                reason,
            })
        };
        let Some(tensor) = tensor else {
            return refuse("it does not exist");
        };
        if tensor.volume() != values.len() {
            return refuse("wrong number of entries");
        }
        if !values
            .iter()
            .all(|v| (tensor.low..=tensor.high).contains(v))
        {
            return refuse("an entry is outside the declared range");
        }
        Ok(())
    }

    /// What the argument's statement binds besides commitments, relations and public tensors.
    pub(crate) fn context(&self, user: &[u8]) -> Vec<u8> {
        let mut context = b"inferproof inference 1".to_vec();
        context.extend(self.model_id);
        context.extend(self.key.architecture.digest());
        context.extend(self.range_proof_id);
        context.extend((user.len() as u64).to_le_bytes());
        context.extend(user);
        context
    }

    pub(crate) fn statement<'a>(
        &'a self,
        publics: &'a [Vec<i64>],
        context: &'a [u8],
    ) -> Statement<'a, P> {
        Statement {
            context,
            external: self.key.commitments.iter().map(Vec::as_slice).collect(),
            publics,
        }
    }
}

/// What the statement of a range proof binds.
pub(crate) fn range_context(architecture: &Digest, number: usize) -> Vec<u8> {
    let mut context = b"inferproof weight range 1".to_vec();
    context.extend(architecture);
    context.extend((number as u64).to_le_bytes());
    context
}

/// The row commitments that a range proof speaks of.
pub(crate) fn part_rows<'a, T>(part: &RangePart, rows: &'a [Vec<T>]) -> Vec<&'a [T]> {
    part.slices
        .iter()
        .map(|s| {
            rows.get(s.weight)
                .and_then(|r| r.get(s.rows.clone()))
                .unwrap_or_default()
        })
        .collect()
}
