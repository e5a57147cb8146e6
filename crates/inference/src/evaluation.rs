//! Evaluations: what a model scores on a whole data set, proven in parts of as many samples as memory allows (STATEMENTS, section 5).
//!
//! Each part is a proof about a run of samples, which ends in a fresh commitment to what was counted over them. Commitments add up, so that the
//! verifier adds them itself, and one small proof claims something of the sum. What a single sample, or a part, contributes stays hidden.

mod data_set;
#[cfg(feature = "prover")]
mod prove;
mod total;

pub use data_set::{DataSet, DataTensor};
#[cfg(feature = "prover")]
pub use prove::{DataGiven, Evaluated, EvaluationProgress, data_set_of};
pub(crate) use total::Total;

use crate::encoding::{Curve, DecodeError, Kind, decode, encode, kind_of};
use crate::execution::{Batch, Execution, ExecutionError, Place, Score};
use crate::proof::{Disclosed, Proof};
use crate::rejection::Rejection;
use crate::statement::{ExplainedClaim, Statement, Visibility};
use crate::verify::Verifier;
use crate::{Digest, TensorCommitment};
use inferproof_argument::curve::Profile;
use inferproof_claims::Scope;
use inferproof_program::{Tensor, ValidProgram};
use serde::{Deserialize, Serialize};

/// What is said of a model's score on a data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluationStatement {
    /// What is counted.
    pub score: Score,
    /// What is claimed of the sums, by name, as `correct[0] >= 950`.
    pub claims: Vec<String>,
    /// Whether the sums are shown.
    pub shows_sums: bool,
    /// The caller's bytes.
    pub context: Vec<u8>,
}

/// What was counted: the integers of each sum, in order.
pub type Sums = Vec<Vec<i64>>;

/// The proof of an evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Of runs of samples, in the order of the data set.
    pub(crate) parts: Vec<Proof>,
    /// The sums, if they are shown.
    pub(crate) sums: Option<Sums>,
    /// Of the sums.
    #[serde(with = "serde_bytes")]
    pub(crate) argument: Vec<u8>,
}

/// Why an evaluation is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationRejection {
    /// It is no evaluation on the key's curve.
    #[error(transparent)]
    Unreadable(#[from] DecodeError),
    /// Nothing of this kind can be said of the model.
    #[error("{0}")]
    Execution(#[from] ExecutionError),
    /// The data set does not fit the model or the score.
    #[error("the data set: {0}")]
    DataSet(String),
    /// The parts are not all samples, each once (A1).
    #[error(
        "part {part} is of samples from {got}, expected from {expected}: a part is missing, repeated, or out of order"
    )]
    Hole {
        /// Which part.
        part: usize,
        /// Where it should begin.
        expected: u64,
        /// Where it begins.
        got: u64,
    },
    /// The parts end too early.
    #[error("the parts end at sample {got} of {expected}")]
    Short {
        /// How many samples there are.
        expected: u64,
        /// How many there are proofs of.
        got: u64,
    },
    /// A part is rejected.
    #[error("part {part}: {reason}")]
    Part {
        /// Which.
        part: usize,
        /// Why.
        reason: Rejection,
    },
    /// The proof about the sums is rejected.
    #[error("the sums: {0}")]
    Total(Rejection),
}

impl Evaluation {
    /// The file's bytes.
    #[must_use]
    pub fn encode<P: Profile>(&self) -> Vec<u8> {
        encode(Kind::Evaluation, P::ID, self)
    }

    /// Reads the file.
    ///
    /// # Errors
    /// If the bytes are not an evaluation.
    pub fn decode(bytes: &[u8]) -> Result<(Self, Curve), DecodeError> {
        let (_, curve) = kind_of(bytes)?;
        Ok((decode(Kind::Evaluation, curve as u8, bytes)?, curve))
    }

    /// What the parts say they prove.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.parts.iter().map(|part| &part.statement)
    }

    /// Whether the sums are shown.
    #[must_use]
    pub fn shows_sums(&self) -> bool {
        self.sums.is_some()
    }

    /// In how many parts.
    #[must_use]
    pub fn parts(&self) -> usize {
        self.parts.len()
    }
}

impl EvaluationStatement {
    /// What is counted, in the order of the sums: each as it is of one sample.
    ///
    /// # Errors
    /// If nothing of this kind can be counted of the model.
    pub fn sums(&self, model: &ValidProgram) -> Result<Vec<Tensor>, ExecutionError> {
        let execution = Execution {
            batch: Some(Batch::of_samples(1)),
            score: Some(self.score),
            ..Execution::default()
        };
        Ok(self.sums_in(&execution.program(model)?))
    }

    /// What is counted of the samples of a program with the score behind it.
    fn sums_in(&self, program: &ValidProgram) -> Vec<Tensor> {
        let named = program.outputs.iter().rev().take(self.score.sums()).rev();
        named
            .filter_map(|&id| program.tensor(id).cloned())
            .collect()
    }

    /// What is claimed of the sums over so many samples, with the integers that satisfy it.
    ///
    /// # Errors
    /// If nothing of this kind can be counted of the model, or a text is no claim about the sums.
    pub fn explained(
        &self,
        model: &ValidProgram,
        samples: u64,
    ) -> Result<Vec<ExplainedClaim>, ExecutionError> {
        let times = i64::try_from(samples).unwrap_or(i64::MAX);
        let sums = self.sums(model)?.into_iter().map(|tensor| Tensor {
            low: tensor.low.saturating_mul(times),
            high: tensor.high.saturating_mul(times),
            ..tensor
        });
        let sums: Vec<Tensor> = sums.collect();
        let program = total::program_of(&sums, &[])?;
        let scope = Scope::new(program.program());
        let claims = self.claims.iter();
        let explained = claims.map(|text| ExplainedClaim::parse(text, &scope));
        Ok(explained.collect::<Result<_, _>>()?)
    }

    /// How the model is run on samples of a data set.
    pub(crate) fn execution(
        &self,
        data_set: &DataSet,
        id: Digest,
        start: u64,
        samples: u64,
    ) -> Execution {
        Execution {
            slice: None,
            batch: Some(Batch {
                samples,
                of: Some(Place {
                    data_set: id,
                    start,
                    total: data_set.samples,
                }),
            }),
            score: Some(self.score),
        }
    }
}

impl<P: Profile> Verifier<P> {
    /// The statement of a part: samples and what is right are those of the data set, the model's outputs are hidden, and what is counted is
    /// committed afresh (A1, A2).
    pub(crate) fn part_statement(
        &self,
        said: &EvaluationStatement,
        data_set: &DataSet,
        start: u64,
        samples: u64,
    ) -> Result<Statement, EvaluationRejection> {
        let curve = Curve::of::<P>();
        let execution = said.execution(data_set, data_set.id(curve), start, samples);
        let plain = self.statement(&said.context);
        let mut statement = plain.of_execution(self.program(), execution)?;
        let tensors = data_set.tensors.len();
        if tensors != statement.inputs.len() {
            return Err(EvaluationRejection::DataSet(format!(
                "it has {tensors} tensors, but the model and what is counted read {}",
                statement.inputs.len()
            )));
        }
        for (listed, tensor) in statement.inputs.iter_mut().zip(&data_set.tensors) {
            listed.visibility = match tensor {
                DataTensor::Committed(commitment) => Visibility::Committed(commitment.id(curve)),
                DataTensor::Public(_) => Visibility::Public,
            };
        }
        let sums = said.score.sums();
        let own = statement.outputs.len().saturating_sub(sums);
        for (place, listed) in statement.outputs.iter_mut().enumerate() {
            listed.visibility = match place < own {
                true => Visibility::Private,
                false => Visibility::Commit,
            };
        }
        Ok(statement)
    }

    /// Verifies that a model's score on a data set is as the caller expects; gives the sums if they are shown. The range proofs of the weights
    /// are the caller's to check, once.
    ///
    /// # Errors
    /// Why it is rejected.
    pub fn verify_evaluation(
        &self,
        expected: &EvaluationStatement,
        data_set: &DataSet,
        evaluation: &Evaluation,
    ) -> Result<Option<Sums>, EvaluationRejection> {
        let mut statements = Vec::new();
        let mut next = 0u64;
        for (part, proof) in evaluation.parts.iter().enumerate() {
            // How long a part is may be the prover's choice, where it stands may not: parts follow one another (A1).
            let batch = proof.statement.execution.batch;
            let start = batch
                .and_then(|batch| batch.of)
                .map_or(0, |place| place.start);
            if start != next {
                return Err(EvaluationRejection::Hole {
                    part,
                    expected: next,
                    got: start,
                });
            }
            let samples = batch.map_or(0, |batch| batch.samples);
            let left = data_set.samples.saturating_sub(start);
            if samples == 0 || samples > left {
                let end = start.saturating_add(samples);
                let total = data_set.samples;
                return Err(ExecutionError::Place { start, end, total }.into());
            }
            next = start.saturating_add(samples);
            let statement = self.part_statement(expected, data_set, start, samples)?;
            data_set
                .check_shown(&proof.disclosure.inputs, start, samples)
                .map_err(|reason| EvaluationRejection::Part {
                    part,
                    reason: Rejection::Disclosed {
                        what: "samples".into(),
                        reason,
                    },
                })?;
            statements.push(statement);
        }
        if next != data_set.samples || evaluation.parts.is_empty() {
            return Err(EvaluationRejection::Short {
                expected: data_set.samples,
                got: next,
            });
        }
        let commitments = data_set.commitments();
        let pairs: Vec<_> = statements.iter().zip(&evaluation.parts).collect();
        let verdicts = self.verify_all(&pairs, &commitments);
        for (part, verdict) in verdicts.into_iter().enumerate() {
            verdict.map_err(|reason| EvaluationRejection::Part { part, reason })?;
        }
        let total = self.total(expected, data_set, &statements, &evaluation.parts)?;
        let total_verdict = total.verify(self.limits(), evaluation);
        total_verdict.map_err(EvaluationRejection::Total)?;
        Ok(evaluation.sums.clone())
    }

    /// What the sums over these parts may be: ranges add up as the integers do.
    pub(crate) fn sums_over(
        &self,
        said: &EvaluationStatement,
        statements: &[Statement],
    ) -> Result<Vec<Tensor>, EvaluationRejection> {
        let mut sums: Vec<Tensor> = Vec::new();
        for statement in statements {
            for (place, tensor) in said
                .sums_in(&self.listed(statement)?)
                .into_iter()
                .enumerate()
            {
                match sums.get_mut(place) {
                    None => sums.push(tensor),
                    Some(sum) => {
                        sum.low = sum.low.saturating_add(tensor.low);
                        sum.high = sum.high.saturating_add(tensor.high);
                    }
                }
            }
        }
        Ok(sums)
    }

    /// What is to be shown of the sums of these parts.
    pub(crate) fn total(
        &self,
        said: &EvaluationStatement,
        data_set: &DataSet,
        statements: &[Statement],
        parts: &[Proof],
    ) -> Result<Total<P>, EvaluationRejection> {
        let count = said.score.sums();
        let scores = parts.iter().map(|part| {
            let outputs = &part.disclosure.outputs;
            let own = outputs.len().saturating_sub(count);
            let scores = outputs.iter().skip(own).filter_map(Disclosed::commitment);
            scores.collect::<Vec<&TensorCommitment>>()
        });
        let scores: Vec<Vec<&TensorCommitment>> = scores.collect();
        let id = data_set.id(Curve::of::<P>());
        Total::new(self, said, id, statements, &scores)
    }
}
