//! Which program a statement is about: the model's own, a part of it, many samples at once, with what is counted over them.
//!
//! Prover and verifier derive it alike, from the key's program and the statement, so that the model's id does not change with it (S3).

mod boundary;
mod score;
mod words;

pub use boundary::{BoundaryError, name_of, tensor_named};
pub use score::{Measure, Score};
pub use words::Said;

use crate::Digest;
use inferproof_claims::{Claim, ClaimError};
use inferproof_program::{Builder, ComposeError, Derived, ProgramError, TensorId, ValidProgram};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How a model is run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Execution {
    /// The part of the program between these tensors; all of it if there is none.
    pub slice: Option<Slice>,
    /// So many samples at once; a single one, without an axis for samples, if there is none.
    pub batch: Option<Batch>,
    /// What is counted over the samples.
    pub score: Option<Score>,
}

/// A part of a program, by tensors of the program.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Slice {
    /// The tensors where it begins; they are the inputs.
    pub inputs: Vec<TensorId>,
    /// The tensors where it ends; they are the outputs.
    pub outputs: Vec<TensorId>,
}

/// Samples that are run at once: an axis in front of every tensor but the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Batch {
    /// How many.
    pub samples: u64,
    /// Where they stand in a data set, if they are of one.
    pub of: Option<Place>,
}

/// A run of samples of a data set. Commitments that a statement names are then to all samples of the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The data set.
    pub data_set: Digest,
    /// The first of the samples, from 0.
    pub start: u64,
    /// How many samples the set has.
    pub total: u64,
}

/// Why a model cannot be run like this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExecutionError {
    /// There is no such part, or no such batch.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// A claim cannot be made of it.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// The samples are not in the data set.
    #[error("samples {start} to {end} are not in a data set of {total}")]
    Place {
        /// The first.
        start: u64,
        /// Behind the last.
        end: u64,
        /// How many there are.
        total: u64,
    },
    /// Nothing can be counted like this.
    #[error("{0}")]
    Score(String),
}

impl From<ProgramError> for ExecutionError {
    fn from(error: ProgramError) -> Self {
        Self::Compose(error.into())
    }
}

/// The program of a statement.
#[derive(Clone, Debug)]
pub(crate) struct Executed {
    /// What is run, made of the model's program.
    pub derived: Derived,
    /// For each of its weights, the place in the model's list of weights.
    pub weights: Vec<usize>,
    /// The bits that are claimed to be one, each for every sample.
    pub claims: Vec<TensorId>,
}

impl Executed {
    /// The whole program on one sample, with nothing claimed.
    pub fn plain(program: &ValidProgram) -> Self {
        let ids = (0..).zip(&program.tensors).map(|(id, _)| TensorId(id));
        Self {
            derived: Derived {
                program: program.clone(),
                made: ids.map(|id| (id, id)).collect(),
            },
            weights: (0..program.weights().count()).collect(),
            claims: Vec::new(),
        }
    }

    /// What is run. Its inputs and outputs are what the statement lists.
    pub fn program(&self) -> &ValidProgram {
        &self.derived.program
    }
}

impl Execution {
    /// Whether it is the whole program on one sample.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// The samples are in the data set (A1).
    pub(crate) fn check_place(&self) -> Result<(), ExecutionError> {
        let Some(Batch {
            samples,
            of: Some(Place { start, total, .. }),
        }) = self.batch
        else {
            return Ok(());
        };
        let end = start.saturating_add(samples);
        if end > total {
            return Err(ExecutionError::Place { start, end, total });
        }
        Ok(())
    }

    /// The same wherever the samples stand: what the program depends on.
    pub(crate) fn anywhere(&self) -> Self {
        Self {
            batch: self.batch.map(|batch| Batch::of_samples(batch.samples)),
            ..self.clone()
        }
    }

    /// The same of a single sample: what claims speak of.
    pub(crate) fn of_one_sample(&self) -> Self {
        Self {
            batch: None,
            score: None,
            ..self.clone()
        }
    }

    /// What is run, without claims: the program whose inputs and outputs a statement lists.
    ///
    /// # Errors
    /// If the model cannot be run like this.
    pub fn program(&self, model: &ValidProgram) -> Result<ValidProgram, ExecutionError> {
        Ok(match self.is_plain() {
            true => model.clone(),
            false => self.of(model, &[])?.derived.program,
        })
    }

    /// The weights of the model that are read.
    ///
    /// # Errors
    /// If the model cannot be run like this.
    pub fn weights(&self, model: &ValidProgram) -> Result<BTreeSet<TensorId>, ExecutionError> {
        if self.is_plain() {
            return Ok(model.weights().collect());
        }
        let read: BTreeSet<usize> = self.of(model, &[])?.weights.into_iter().collect();
        let placed = model.weights().zip(0..);
        let read = placed.filter(|(_, place)| read.contains(place));
        Ok(read.map(|(id, _)| id).collect())
    }

    /// What is run and claimed.
    pub(crate) fn of(
        &self,
        model: &ValidProgram,
        claims: &[Claim],
    ) -> Result<Executed, ExecutionError> {
        self.check_place()?;
        let Derived {
            mut program,
            mut made,
        } = Executed::plain(model).derived;
        let follow = |made: &mut BTreeMap<TensorId, TensorId>, next: &BTreeMap<_, TensorId>| {
            made.retain(|_, id| match next.get(id) {
                Some(&next) => {
                    *id = next;
                    true
                }
                None => false,
            });
        };
        if let Some(Slice { inputs, outputs }) = &self.slice {
            let part = model.slice(inputs, outputs)?;
            follow(&mut made, &part.made);
            program = part.program;
        }
        let (with_claims, mut bits) = claimed(program, claims)?;
        program = with_claims;
        if let Some(batch) = &self.batch {
            let samples = usize::try_from(batch.samples).unwrap_or(usize::MAX);
            let all = program.batched(samples)?;
            follow(&mut made, &all.made);
            for bit in &mut bits {
                *bit = all.made.get(bit).copied().unwrap_or(*bit);
            }
            program = all.program;
        }
        if let Some(score) = &self.score {
            if self.batch.is_none() {
                let reason = "a score is counted over the samples of a batch";
                return Err(ExecutionError::Score(reason.into()));
            }
            program = score.behind(program)?;
        }
        let places: BTreeMap<TensorId, usize> = (model.weights().zip(0..))
            .filter_map(|(id, place)| Some((*made.get(&id)?, place)))
            .collect();
        let weights = program.weights().filter_map(|id| places.get(&id).copied());
        Ok(Executed {
            weights: weights.collect(),
            derived: Derived { program, made },
            claims: bits,
        })
    }
}

/// The program with claims about its inputs and outputs behind it, and the bits that they claim to be one.
pub(crate) fn claimed(
    program: ValidProgram,
    claims: &[Claim],
) -> Result<(ValidProgram, Vec<TensorId>), ExecutionError> {
    if claims.is_empty() {
        return Ok((program, Vec::new()));
    }
    let mut builder = Builder::behind(program);
    let bits = claims.iter().map(|claim| {
        builder.at("claim");
        claim.add_to(&mut builder)
    });
    let bits = bits.collect::<Result<_, _>>()?;
    Ok((builder.finish()?, bits))
}

impl Batch {
    /// So many samples of no data set.
    #[must_use]
    pub fn of_samples(samples: u64) -> Self {
        Self { samples, of: None }
    }
}
