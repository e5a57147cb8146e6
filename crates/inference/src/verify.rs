//! The verifier.

use crate::Digest;
use crate::execution::{Executed, Execution, ExecutionError};
use crate::generators::generators;
use crate::given::{given, public_tensors};
use crate::key::VerifyingKey;
use crate::lower::layouts::layouts;
use crate::lower::{Lowered, RowBits, lower};
use crate::proof::Proof;
use crate::recent::Recent;
use crate::rejection::{KeyError, Rejection};
use crate::rows::row_bits;
use crate::statement::{Statement, StatementShape};
use crate::tensor_commitment::{MAX_ROW_BITS, TensorCommitment};
use inferproof_argument::curve::{Point, Profile};
use inferproof_argument::generators::Generators;
use inferproof_argument::{Limits, Presented, Reject, Statement as ArgumentStatement};
use inferproof_claims::Claim;
use inferproof_program::ValidProgram;
use std::sync::Arc;

/// The relations of statements of one shape, and generators enough for them.
pub(crate) struct Prepared<P: Profile> {
    pub executed: Arc<Executed>,
    pub lowered: Lowered,
    pub generators: Arc<Generators<P>>,
}

/// What the argument is told of a proof: all but the weights' rows, which are the same in every proof.
struct Told<P: Profile> {
    prepared: Arc<Prepared<P>>,
    publics: Vec<Vec<i64>>,
    committed: Vec<Vec<Point<P>>>,
    context: Vec<u8>,
}

/// A key made ready to verify any number of proofs.
pub struct Verifier<P: Profile> {
    key: VerifyingKey<P>,
    limits: Limits,
    model_id: Digest,
    range_proof_id: Digest,
    /// Of the plain statement, which most proofs are of.
    plain: Arc<Prepared<P>>,
    /// Of statements of other shapes.
    others: Recent<StatementShape, Prepared<P>>,
    /// Programs that other statements are about.
    programs: Recent<(Execution, Vec<Claim>), Executed>,
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
        let rows = RowBits::all(architecture.row_bits);
        let lowered = lower(program, &[], &StatementShape::plain(program), rows, limits)?;
        let generators = generators(lowered.relations.generator_count());
        let executed = Arc::new(Executed::plain(program));
        Ok(Self {
            model_id: key.model_id(),
            range_proof_id: key.range_proof_id(),
            plain: Arc::new(Prepared {
                executed,
                lowered,
                generators,
            }),
            others: Recent::default(),
            programs: Recent::default(),
            key,
            limits: *limits,
        })
    }

    /// The relations of statements of a shape.
    pub(crate) fn prepared(&self, shape: &StatementShape) -> Result<Arc<Prepared<P>>, Rejection> {
        if *shape == StatementShape::plain(self.program()) {
            return Ok(self.plain.clone());
        }
        self.others.get_or_make(shape.clone(), |shape| {
            let executed = self.executed(&shape.execution, &shape.claims)?;
            let rows = self.rows(&executed, shape);
            let program = executed.program();
            let lowered = lower(program, &executed.claims, shape, rows, &self.limits)?;
            Ok(Prepared {
                executed,
                generators: generators(lowered.relations.generator_count()),
                lowered,
            })
        })
    }

    /// What is run and claimed.
    pub(crate) fn executed(
        &self,
        execution: &Execution,
        claims: &[Claim],
    ) -> Result<Arc<Executed>, ExecutionError> {
        if execution.is_plain() && claims.is_empty() {
            return Ok(self.plain.executed.clone());
        }
        execution.check_place()?;
        let key = (execution.anywhere(), claims.to_vec());
        self.programs.get_or_make(key, |(execution, claims)| {
            execution.of(self.program(), claims)
        })
    }

    /// How long rows are: those of the weights as the key says, others long enough for many samples and for what was committed before (T1).
    fn rows(&self, executed: &Executed, shape: &StatementShape) -> RowBits {
        let weights = self.key.architecture.row_bits;
        let least = weights.max(shape.row_bits());
        RowBits {
            weights,
            own: match shape.execution.batch {
                Some(_) => least.max(row_bits(executed.program())),
                None => least,
            },
        }
    }

    /// The program that a statement lists the inputs and outputs of.
    ///
    /// # Errors
    /// If the model cannot be run like this.
    pub fn listed(&self, statement: &Statement) -> Result<ValidProgram, ExecutionError> {
        let executed = self.executed(&statement.execution, &[])?;
        Ok(executed.program().clone())
    }

    /// The key.
    pub fn key(&self) -> &VerifyingKey<P> {
        &self.key
    }

    /// What the caller allows a key to demand.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
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

    /// How many lookups a run of the plain statement makes.
    #[cfg(feature = "prover")]
    pub(crate) fn plain_lookups(&self) -> u64 {
        let lookups = self.plain.lowered.relations.parts().lookups.iter();
        let entries = lookups.map(|lookup| lookup.shape.iter().product::<usize>() as u64);
        entries.fold(0, u64::saturating_add)
    }

    /// About how many field elements a verification of the plain statement makes or multiplies: what [`Limits::work`] limits.
    pub fn work(&self) -> u64 {
        self.plain.lowered.relations.work()
    }

    /// Verifies that a proof is of the statement that the caller expects. Everything is derived from the key and from that statement; the
    /// one in the proof must be the same (S1).
    ///
    /// # Errors
    /// Why it is rejected.
    pub fn verify(&self, expected: &Statement, proof: &Proof) -> Result<(), Rejection> {
        self.verify_given(expected, proof, &[])
    }

    /// As [`Self::verify`], of a statement about samples of a data set, whose commitments the caller has.
    ///
    /// # Errors
    /// Why it is rejected.
    pub fn verify_given(
        &self,
        expected: &Statement,
        proof: &Proof,
        commitments: &[TensorCommitment],
    ) -> Result<(), Rejection> {
        let verdicts = self.verify_all(&[(expected, proof)], commitments);
        // There is one for each proof.
        let verdict = verdicts.into_iter().next();
        verdict.unwrap_or(Err(Rejection::Argument(Reject::Closing)))
    }

    /// As [`Self::verify_given`] of each proof with the statement that is expected of it, in less time: what they share is computed once.
    pub fn verify_all(
        &self,
        proofs: &[(&Statement, &Proof)],
        commitments: &[TensorCommitment],
    ) -> Vec<Result<(), Rejection>> {
        let told = proofs
            .iter()
            .map(|(expected, proof)| self.told(expected, proof, commitments));
        let told: Vec<_> = told.collect();
        let statements: Vec<_> = told
            .iter()
            .flatten()
            .map(|told| {
                self.argument_statement(
                    &told.prepared.executed,
                    &told.publics,
                    &told.committed,
                    &told.context,
                )
            })
            .collect();
        let read = told.iter().zip(proofs);
        let read = read.filter_map(|(told, (_, proof))| Some((told.as_ref().ok()?, proof)));
        let presented: Vec<_> = read
            .zip(&statements)
            .map(|((told, proof), statement)| Presented {
                relations: &told.prepared.lowered.relations,
                statement,
                proof: &proof.argument,
            })
            .collect();
        // The first of more generators are those of fewer.
        let generators = told.iter().flatten().map(|told| &told.prepared.generators);
        let generators = generators.max_by_key(|generators| generators.g.len());
        let generators = generators.unwrap_or(&self.plain.generators);
        let mut verdicts = inferproof_argument::verify_all(generators, &presented).into_iter();
        let mut next = || verdicts.next().unwrap_or(Err(Reject::Closing));
        told.iter()
            .map(|told| match told {
                Ok(_) => Ok(next()?),
                Err(rejection) => Err(rejection.clone()),
            })
            .collect()
    }

    /// What the argument is told of a proof, if it is of the statement that is expected of it.
    fn told(
        &self,
        expected: &Statement,
        proof: &Proof,
        commitments: &[TensorCommitment],
    ) -> Result<Told<P>, Rejection> {
        let program = self.check_expected(expected)?;
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
        let row_bits = self.key.architecture.row_bits;
        let given = given::<P>(&program, row_bits, expected, &proof.disclosure, commitments)?;
        let prepared = self.prepared(&StatementShape::of(expected, given.row_bits))?;
        let publics = public_tensors(&prepared.lowered, given.publics)?;
        Ok(Told {
            prepared,
            publics,
            committed: given.committed,
            context: context(expected, &given.ids),
        })
    }

    /// The expected statement speaks of the key's model, and lists the inputs and outputs of the program that is run as they are (S2).
    /// Gives that program.
    pub(crate) fn check_expected(&self, expected: &Statement) -> Result<ValidProgram, Rejection> {
        if expected.model_id != self.model_id {
            return Err(Rejection::Expected("it is of another model"));
        }
        if expected.range_proof_id != self.range_proof_id {
            return Err(Rejection::Expected("it binds other range proofs"));
        }
        let program = self.listed(expected)?;
        let own = Statement::plain(&program, self.model_id, self.range_proof_id, &[]);
        let tensors = |statement: &Statement| {
            let listed = statement.listed().map(|(role, l)| (role, l.tensor));
            listed.collect::<Vec<_>>()
        };
        if tensors(expected) != tensors(&own) {
            return Err(Rejection::Expected(
                "it does not list the program's inputs and outputs",
            ));
        }
        Ok(program)
    }

    /// What the argument is told.
    pub(crate) fn argument_statement<'a>(
        &'a self,
        executed: &Executed,
        publics: &'a [Vec<i64>],
        committed: &'a [Vec<Point<P>>],
        context: &'a [u8],
    ) -> ArgumentStatement<'a, P> {
        let weights = executed.weights.iter();
        let weights = weights.filter_map(|&place| self.key.commitments.get(place));
        ArgumentStatement {
            context,
            external: weights.chain(committed).map(Vec::as_slice).collect(),
            publics,
        }
    }
}

/// What the argument's statement binds besides commitments, relations and public tensors: all of the statement, and the identifier of
/// each committed tensor in its place (T4).
pub(crate) fn context(statement: &Statement, ids: &[Digest]) -> Vec<u8> {
    let mut context = b"inferproof inference 3".to_vec();
    let bytes = statement.canonical_bytes();
    context.extend((bytes.len() as u64).to_le_bytes());
    context.extend(bytes);
    context.extend((ids.len() as u64).to_le_bytes());
    ids.iter().for_each(|id| context.extend(id));
    context
}
