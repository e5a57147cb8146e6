//! The verifier.

use crate::encoding::{Curve, DecodeError};
use crate::key::VerifyingKey;
use crate::lower::weights::{RangePart, layouts, part_count, range_parts};
use crate::lower::{LowerError, Lowered, lower};
use crate::proof::{Disclosed, Disclosure, Proof};
use crate::statement::{Role, Statement, StatementShape, Visibility};
use crate::tensor_commitment::{MAX_ROW_BITS, TensorCommitment, TensorKind};
use crate::{Digest, hex};
use inferproof_argument::curve::{Point, Profile};
use inferproof_argument::generators::Generators;
use inferproof_argument::{Limits, Reject, Statement as ArgumentStatement};
use inferproof_program::{Program, Tensor, ValidProgram};
use std::sync::{Arc, Mutex, PoisonError};

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
    /// It states something else than was expected.
    #[error("the proof states something else than is expected: {}", .0.join("; "))]
    Statement(Vec<String>),
    /// The expected statement is not one of the key's model.
    #[error("the expected statement is not of this key: {0}")]
    Expected(&'static str),
    /// The expected statement cannot be proven of the key's program.
    #[error("the expected statement cannot be proven: {0}")]
    Lower(#[from] LowerError),
    /// What it discloses does not fit the program or the statement.
    #[error("{what}: {reason}")]
    Disclosed {
        /// Inputs or outputs, and which.
        what: String,
        /// What does not fit.
        reason: &'static str,
    },
    /// The argument is rejected.
    #[error(transparent)]
    Argument(#[from] Reject),
}

/// The relations of statements of one shape, and generators enough for them.
pub(crate) struct Prepared<P: Profile> {
    pub lowered: Lowered,
    pub generators: Arc<Generators<P>>,
}

/// How many shapes of statements a verifier remembers. Whoever verifies has a handful; the relations of a large program take megabytes.
const REMEMBERED: usize = 8;

/// The public tensors of the relations, and the external ones besides the weights.
pub(crate) struct Given<P: Profile> {
    pub publics: Vec<Vec<i64>>,
    pub committed: Vec<Vec<Point<P>>>,
    /// The identifiers of the committed tensors.
    pub ids: Vec<Digest>,
}

/// A key made ready to verify any number of proofs.
pub struct Verifier<P: Profile> {
    key: VerifyingKey<P>,
    limits: Limits,
    model_id: Digest,
    range_proof_id: Digest,
    /// Of the plain statement, which most proofs are of.
    plain: Arc<Prepared<P>>,
    /// Of other shapes, the last ones that were asked for.
    others: Mutex<Vec<(StatementShape, Arc<Prepared<P>>)>>,
}

impl<P: Profile> Verifier<P> {
    /// Checks the commitment's shape, and derives the relations of the plain statement. The range proofs of the weights
    /// are *not* checked: a verifier owes [`Self::check_range_proofs`] once for every key it did not make itself.
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
        if !(1..=MAX_ROW_BITS).contains(&architecture.row_bits) {
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
        let program = &architecture.program;
        let plain = StatementShape::plain(program.inputs.len(), program.outputs.len());
        let lowered = lower(program, &plain, architecture.row_bits, limits)?;
        let generators = Arc::new(Generators::new(lowered.relations.generator_count()));
        Ok(Self {
            model_id: key.model_id(),
            range_proof_id: key.range_proof_id(),
            plain: Arc::new(Prepared {
                lowered,
                generators,
            }),
            others: Mutex::default(),
            key,
            limits: *limits,
        })
    }

    /// The relations of statements of a shape.
    pub(crate) fn prepared(&self, shape: &StatementShape) -> Result<Arc<Prepared<P>>, LowerError> {
        let program = self.program();
        if *shape == StatementShape::plain(program.inputs.len(), program.outputs.len()) {
            return Ok(self.plain.clone());
        }
        // A thread that panicked while it held the lock left a list that is whole all the same.
        let others = || self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = others().iter().find(|(known, _)| known == shape) {
            return Ok(known.clone());
        }
        let row_bits = self.key.architecture.row_bits;
        let lowered = lower(program, shape, row_bits, &self.limits)?;
        let needed = lowered.relations.generator_count();
        let generators = match self.plain.generators.g.len() >= needed {
            true => self.plain.generators.clone(),
            false => Arc::new(Generators::new(needed)),
        };
        let prepared = Arc::new(Prepared {
            lowered,
            generators,
        });
        let mut others = others();
        if others.len() == REMEMBERED {
            others.remove(0);
        }
        others.push((shape.clone(), prepared.clone()));
        Ok(prepared)
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

    /// Those of the plain statement, at least as many as a row has entries.
    #[cfg(feature = "prover")]
    pub(crate) fn generators(&self) -> &Generators<P> {
        &self.plain.generators
    }

    /// The digest of the proofs that the weights are in range.
    pub fn range_proof_id(&self) -> Digest {
        self.range_proof_id
    }

    /// The plain statement of the key's model.
    pub fn statement(&self, context: &[u8]) -> Statement {
        Statement::plain(self.program(), self.model_id, self.range_proof_id, context)
    }

    /// Bytes of the argument of every proof of the plain statement.
    pub fn argument_length(&self) -> usize {
        self.plain.lowered.relations.proof_length()
    }

    /// About how many field elements a verification of the plain statement makes or multiplies: what [`Limits::work`] limits.
    pub fn work(&self) -> u64 {
        self.plain.lowered.relations.work()
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
        let declared = declared_weights(program, row_bits);
        let mut generators = Generators::new(0);
        let parts = range_parts(program, row_bits, &self.limits)?;
        for (number, (part, proof)) in parts.zip(&self.key.range_proofs).enumerate() {
            let part = part?;
            let count = part.lowered.relations.generator_count();
            if count > generators.g.len() {
                generators = Generators::new(count);
            }
            let context = range_context(&declared, number);
            let statement = ArgumentStatement {
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

    /// Verifies that a proof is of the statement that the caller expects. Everything is derived from the key and from that statement; the
    /// one in the proof must be the same (S1).
    ///
    /// # Errors
    /// Why it is rejected.
    pub fn verify(&self, expected: &Statement, proof: &Proof) -> Result<(), Rejection> {
        self.check_expected(expected)?;
        if proof.statement.model_id != self.model_id {
            return Err(Rejection::Model {
                expected: self.model_id,
                got: proof.statement.model_id,
            });
        }
        if proof.statement.canonical_bytes() != expected.canonical_bytes() {
            let differences = expected.differences(self.program(), &proof.statement);
            return Err(Rejection::Statement(differences));
        }
        let given = self.given(expected, &proof.disclosure)?;
        let prepared = self.prepared(&self.shape(expected, &proof.disclosure))?;
        let publics = public_tensors(&prepared.lowered, given.publics)?;
        let context = context(expected, &given.ids);
        let statement = self.argument_statement(&publics, &given.committed, &context);
        Ok(inferproof_argument::verify(
            &prepared.lowered.relations,
            &prepared.generators,
            &statement,
            &proof.argument,
        )?)
    }

    /// The expected statement speaks of the key's model, and lists the program's inputs and outputs as they are (S2).
    pub(crate) fn check_expected(&self, expected: &Statement) -> Result<(), Rejection> {
        let own = self.statement(&expected.context);
        if expected.model_id != own.model_id {
            return Err(Rejection::Expected("it is of another model"));
        }
        if expected.range_proof_id != own.range_proof_id {
            return Err(Rejection::Expected("it binds other range proofs"));
        }
        let tensors = |statement: &Statement| {
            let listed = statement.listed().map(|(role, l)| (role, l.tensor));
            listed.collect::<Vec<_>>()
        };
        if tensors(expected) != tensors(&own) {
            return Err(Rejection::Expected(
                "it does not list the program's inputs and outputs",
            ));
        }
        Ok(())
    }

    /// The shape of a statement whose commitments are these. Fresh commitments have the key's rows.
    pub(crate) fn shape(&self, statement: &Statement, disclosure: &Disclosure) -> StatementShape {
        let disclosed = disclosure.inputs.iter().chain(&disclosure.outputs);
        let commitments = disclosed.filter_map(Disclosed::commitment);
        StatementShape::of(statement, commitments.map(|c| c.row_bits))
    }

    /// What is given of the statement's tensors: public ones each in its shape and declared range (PROTOCOL must 4), commitments each of
    /// the right tensor and, where the statement says which, with that identifier.
    pub(crate) fn given(
        &self,
        statement: &Statement,
        disclosure: &Disclosure,
    ) -> Result<Given<P>, Rejection> {
        for (role, listed, disclosed) in [
            (Role::Input, &statement.inputs, &disclosure.inputs),
            (Role::Output, &statement.outputs, &disclosure.outputs),
        ] {
            if listed.len() != disclosed.len() {
                return Err(Rejection::Disclosed {
                    what: role.to_string(),
                    reason: "wrong number of tensors",
                });
            }
        }
        let mut given = Given {
            publics: Vec::new(),
            committed: Vec::new(),
            ids: Vec::new(),
        };
        let disclosed = disclosure.inputs.iter().chain(&disclosure.outputs);
        for ((role, listed), disclosed) in statement.listed().zip(disclosed) {
            let tensor = self.program().tensor(listed.tensor);
            let name = tensor.map(|t| t.name.clone()).unwrap_or_default();
            let refuse = |reason| Rejection::Disclosed {
                what: format!("{role} `{name}`"),
                reason,
            };
            let tensor = tensor.ok_or_else(|| refuse("it does not exist"))?;
            match (listed.visibility, disclosed) {
                (Visibility::Public, Disclosed::Integers(values)) => {
                    check_public(tensor, values).map_err(refuse)?;
                    given.publics.push(values.clone());
                }
                (Visibility::Private, Disclosed::Nothing) => {}
                (Visibility::Commit | Visibility::Committed(_), Disclosed::Commitment(c)) => {
                    let id = self.check_commitment(role, listed.visibility, tensor, c);
                    given.ids.push(id.map_err(refuse)?);
                    given.committed.push(c.points::<P>().map_err(refuse)?);
                }
                (Visibility::Public, _) => {
                    return Err(refuse("it is public, but the proof does not show it"));
                }
                (Visibility::Private, _) => {
                    return Err(refuse(
                        "it is private, but the proof discloses something of it",
                    ));
                }
                (Visibility::Commit | Visibility::Committed(_), _) => {
                    return Err(refuse(
                        "it is committed, but the proof has no commitment to it",
                    ));
                }
            }
        }
        Ok(given)
    }

    /// A commitment is of the program's tensor, of a kind that may stand here, in rows that the argument can read; gives its identifier.
    fn check_commitment(
        &self,
        role: Role,
        visibility: Visibility,
        tensor: &Tensor,
        commitment: &TensorCommitment,
    ) -> Result<Digest, &'static str> {
        commitment.check(tensor)?;
        let own = self.key.architecture.row_bits;
        if commitment.row_bits > own {
            return Err("the commitment has longer rows than this model's proofs can read");
        }
        let id = commitment.id(Curve::of::<P>());
        match visibility {
            Visibility::Commit => {
                let kind = match role {
                    Role::Input => TensorKind::Data,
                    Role::Output => TensorKind::Boundary,
                };
                if commitment.kind != kind {
                    return Err("the commitment is of another kind");
                }
                if commitment.row_bits != own {
                    return Err("a fresh commitment has rows as long as the model's");
                }
            }
            Visibility::Public | Visibility::Private | Visibility::Committed(_) => {
                match commitment.kind {
                    TensorKind::Data | TensorKind::Boundary => {}
                    TensorKind::Weight => {
                        return Err("the commitment is to a weight of a model");
                    }
                }
                if visibility != Visibility::Committed(id) {
                    return Err("the commitment is not the one that the statement names");
                }
            }
        }
        Ok(id)
    }

    /// What the argument is told.
    pub(crate) fn argument_statement<'a>(
        &'a self,
        publics: &'a [Vec<i64>],
        committed: &'a [Vec<Point<P>>],
        context: &'a [u8],
    ) -> ArgumentStatement<'a, P> {
        let weights = self.key.commitments.iter();
        ArgumentStatement {
            context,
            external: weights.chain(committed).map(Vec::as_slice).collect(),
            publics,
        }
    }
}

/// The entries of a public tensor are as many as its shape has, in its declared range.
fn check_public(tensor: &Tensor, values: &[i64]) -> Result<(), &'static str> {
    if tensor.volume() != values.len() {
        return Err("wrong number of entries");
    }
    let range = tensor.low..=tensor.high;
    if !values.iter().all(|v| range.contains(v)) {
        return Err("an entry is outside the declared range");
    }
    Ok(())
}

/// The public tensors in the order of the relations: inputs, what anybody computes from them, outputs.
pub(crate) fn public_tensors(
    lowered: &Lowered,
    given: Vec<Vec<i64>>,
) -> Result<Vec<Vec<i64>>, Rejection> {
    let missing = || Rejection::Disclosed {
        what: "input".into(),
        reason: "one is missing",
    };
    let mut all = given;
    let outputs = all.split_off(lowered.public_inputs.min(all.len()));
    for code in &lowered.codes {
        // A code may be one of indices that are a code themselves.
        let indices = all.get(code.input).ok_or_else(missing)?;
        all.push(inferproof_program::indicator(indices, code.classes));
    }
    all.extend(outputs);
    Ok(all)
}

/// What the argument's statement binds besides commitments, relations and public tensors: all of the statement, and the identifier of
/// each committed tensor in its place (T4).
pub(crate) fn context(statement: &Statement, ids: &[Digest]) -> Vec<u8> {
    let mut context = b"inferproof inference 2".to_vec();
    let bytes = statement.canonical_bytes();
    context.extend((bytes.len() as u64).to_le_bytes());
    context.extend(bytes);
    context.extend((ids.len() as u64).to_le_bytes());
    ids.iter().for_each(|id| context.extend(id));
    context
}

/// A digest of what is declared of the weights: their shapes and ranges in order, and the length of rows. A range proof binds it and
/// not the program, so that programs that share weights share their range proofs (T6).
pub(crate) fn declared_weights(program: &Program, row_bits: u32) -> Digest {
    let mut hasher = blake3::Hasher::new_derive_key("inferproof declared weights 1");
    hasher.update(&row_bits.to_le_bytes());
    for tensor in program.weights().filter_map(|id| program.tensor(id)) {
        hasher.update(&(tensor.shape.len() as u64).to_le_bytes());
        for &length in &tensor.shape {
            hasher.update(&(length as u64).to_le_bytes());
        }
        hasher.update(&tensor.low.to_le_bytes());
        hasher.update(&tensor.high.to_le_bytes());
    }
    *hasher.finalize().as_bytes()
}

/// What the statement of a range proof binds.
pub(crate) fn range_context(declared: &Digest, number: usize) -> Vec<u8> {
    let mut context = b"inferproof weight range 2".to_vec();
    context.extend(declared);
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
