//! Proving an evaluation, part by part.

use super::data_set::run_of;
use super::{DataSet, DataTensor, Evaluation, EvaluationRejection, EvaluationStatement};
use crate::execution::{Batch, Execution, Score};
use crate::generators::generators;
use crate::prove::{FreshOpening, InferenceError, Prover, check_claims};
use crate::rejection::Rejection;
use crate::statement::{Role, Statement};
use crate::tensor_commitment::TensorKind;
use crate::tensor_opening::{OpeningError, TensorOpening};
use crate::verify::Verifier;
use crate::witness::Run;
use inferproof_argument::curve::{Profile, Scalar};
use inferproof_argument::{Integers, Opening, Stage, Witness};
use inferproof_program::Weights;
use zeroize::Zeroizing;

/// What the prover has of a data set's tensor.
#[derive(Clone, Debug)]
pub enum DataGiven {
    /// Integers that everybody may see.
    Public(Vec<i64>),
    /// What opens the commitment to it.
    Committed(TensorOpening),
}

/// An evaluation and its proof.
pub struct Evaluated {
    /// The sums, whether they are shown or not.
    pub sums: Vec<Vec<i64>>,
    /// The proof.
    pub evaluation: Evaluation,
}

/// How far an evaluation is: samples proven, of how many, and what is done now.
pub type EvaluationProgress<'a> = dyn FnMut(u64, u64, Stage) -> bool + 'a;

impl DataGiven {
    fn values(&self) -> &[i64] {
        match self {
            Self::Public(values) => values,
            Self::Committed(opening) => opening.values(),
        }
    }

    /// What is public of it.
    fn public(&self) -> DataTensor {
        match self {
            Self::Public(values) => DataTensor::Public(values.clone()),
            Self::Committed(opening) => DataTensor::Committed(opening.commitment().clone()),
        }
    }
}

/// The data set that these tensors are.
#[must_use]
pub fn data_set_of(samples: u64, given: &[DataGiven]) -> DataSet {
    DataSet {
        samples,
        tensors: given.iter().map(DataGiven::public).collect(),
    }
}

/// Rows of a data set have at least `2^11` entries: thousands of samples are committed in few points, and a proof about some opens one row.
const DATA_ROW_BITS: u32 = 11;

/// About how many bytes a prover takes for each lookup of a run, measured.
const BYTES_OF_LOOKUP: u64 = 80;

impl<P: Profile> Verifier<P> {
    /// Commits to a tensor of a data set, outside of any proof: an input of the model, or of what is counted (`labels`, `targets`, `groups`), with
    /// `samples` samples along its first axis. Whoever has the key can.
    ///
    /// # Errors
    /// If there is no such input, the values do not fit it, or without randomness.
    pub fn commit_samples(
        &self,
        score: Option<Score>,
        name: &str,
        samples: u64,
        values: Vec<i64>,
    ) -> Result<TensorOpening, OpeningError> {
        let wrong = |reason| OpeningError::Values {
            tensor: name.to_owned(),
            reason,
        };
        let execution = Execution {
            batch: Some(Batch::of_samples(samples)),
            score,
            ..Execution::default()
        };
        let program = execution.program(self.program());
        let program = program.map_err(|_| wrong("the model cannot be run on so many samples"))?;
        let mut inputs = program.inputs.iter().filter_map(|&id| program.tensor(id));
        let tensor = inputs.find(|tensor| tensor.name == name);
        let tensor = tensor.ok_or_else(|| wrong("the model has no such input"))?;
        let row_bits = self.key().architecture.row_bits.max(DATA_ROW_BITS);
        let purpose = self.model_id();
        let generators = generators(1 << row_bits);
        let kind = TensorKind::Data;
        TensorOpening::commit::<P>(kind, tensor, values, row_bits, &generators, &purpose)
    }

    /// About how many samples a part of an evaluation may have, for its prover to take so many bytes of memory; at least one.
    pub fn samples_within(&self, bytes: u64) -> u64 {
        let per_sample = self.plain_lookups().saturating_mul(BYTES_OF_LOOKUP);
        (bytes / per_sample.max(1)).max(1)
    }
}

impl<P: Profile> Prover<P> {
    /// Proves what a model scores on a data set: the model's inputs in its order, then what is right, then the groups. A part has at most
    /// `per_part` samples. `progress` may answer `false` to stop.
    ///
    /// # Errors
    /// If the data does not fit the model, a claim is false, without randomness, or if stopped.
    pub fn evaluate(
        &self,
        said: &EvaluationStatement,
        samples: u64,
        given: &[DataGiven],
        per_part: u64,
        progress: &mut EvaluationProgress<'_>,
    ) -> Result<Evaluated, InferenceError> {
        let data_set = data_set_of(samples, given);
        let verifier = self.verifier();
        let openings: Vec<TensorOpening> = given
            .iter()
            .filter_map(|given| match given {
                DataGiven::Public(_) => None,
                DataGiven::Committed(opening) => Some(opening.clone()),
            })
            .collect();
        let (mut statements, mut places) = (Vec::new(), Vec::new());
        let mut sums: Vec<Vec<i64>> = Vec::new();
        let count = said.score.sums();
        let mut start = 0;
        while start < samples {
            let length = per_part.max(1).min(samples - start);
            let statement = verifier.part_statement(said, &data_set, start, length)?;
            let inputs = inputs_of(given, samples, start, length)?;
            // What is claimed of the sums is looked at before the long work.
            let outputs = self.run_of(&statement, &inputs)?;
            let program = verifier.listed(&statement).map_err(Rejection::from)?;
            let outputs = outputs.outputs(&program);
            let own = outputs.len().saturating_sub(count);
            for (place, values) in outputs.into_iter().skip(own).enumerate() {
                match sums.get_mut(place) {
                    None => sums.push(values),
                    Some(sum) => sum.iter_mut().zip(values).for_each(|(s, v)| *s += v),
                }
            }
            places.push((start, length));
            statements.push(statement);
            start += length;
        }
        self.check_total(said, &statements, &sums)?;
        let mut parts = Vec::new();
        let mut opened: Vec<Vec<Opening<P>>> = Vec::new();
        for (statement, (start, length)) in statements.iter().zip(places) {
            let inputs = inputs_of(given, samples, start, length)?;
            let mut of_part = |stage| progress(start, samples, stage);
            let made = self.prove(statement, &inputs, &openings, &mut of_part)?;
            opened.push(open::<P>(&made.openings)?);
            parts.push(made.proof);
        }
        let total = verifier.total(said, &data_set, &statements, &parts)?;
        let shown = said.shows_sums.then(|| sums.clone());
        let publics = total.publics(shown.as_deref())?;
        let lowered = total.lowered(verifier.limits())?;
        let sum_openings = add(opened)?;
        let program = total.executed.program();
        let trace = program.bind(Weights::new())?.run(&sums)?;
        let none = Weights::new();
        let run = Run {
            program,
            weights: &none,
            trace: &trace,
        };
        let external: Vec<&Integers> = sum_openings.iter().map(|o| &o.values).collect();
        let (fresh, contractions) = run.fill(&lowered, &external, &publics)?;
        let generators = generators(lowered.relations.generator_count());
        let argument = inferproof_argument::prove(
            &lowered.relations,
            &generators,
            &total.statement(&publics),
            Witness {
                external: sum_openings.iter().collect(),
                fresh,
                contractions,
            },
            &mut |stage| progress(samples, samples, stage),
        )?;
        Ok(Evaluated {
            sums,
            evaluation: Evaluation {
                parts,
                sums: shown,
                argument,
            },
        })
    }

    /// What is claimed of the sums holds (C2).
    fn check_total(
        &self,
        said: &EvaluationStatement,
        statements: &[Statement],
        sums: &[Vec<i64>],
    ) -> Result<(), InferenceError> {
        if statements.is_empty() {
            return Err(EvaluationRejection::DataSet("it has no samples".into()).into());
        }
        let tensors = self.verifier().sums_over(said, statements)?;
        let executed = super::total::program_of(&tensors, &said.claims).map_err(Rejection::from)?;
        let program = executed.program();
        let trace = program.bind(Weights::new())?.run(sums)?;
        check_claims(&executed, &trace, || said.claims.clone(), false)
    }
}

/// The integers of a run of samples.
fn inputs_of(
    given: &[DataGiven],
    total: u64,
    start: u64,
    samples: u64,
) -> Result<Vec<Vec<i64>>, InferenceError> {
    let of_tensors = given.iter().map(|given| {
        let run = run_of(given.values(), total, start, samples).map(<[i64]>::to_vec);
        run.ok_or_else(|| EvaluationRejection::DataSet("a tensor has fewer samples".into()).into())
    });
    of_tensors.collect()
}

/// The openings of what a part counted, as the argument takes them.
fn open<P: Profile>(fresh: &[FreshOpening]) -> Result<Vec<Opening<P>>, InferenceError> {
    let scores = fresh.iter().filter(|fresh| fresh.role == Role::Output);
    let opened = scores.map(|fresh| {
        fresh
            .opening
            .open()
            .map_err(|reason| InferenceError::Opening {
                role: Role::Output,
                tensor: "score".into(),
                reason,
            })
    });
    opened.collect()
}

/// One a row.
type Blinders<P> = Zeroizing<Vec<Scalar<P>>>;

/// The openings of sums: integers and blinders add up as commitments do.
fn add<P: Profile>(parts: Vec<Vec<Opening<P>>>) -> Result<Vec<Opening<P>>, InferenceError> {
    let mut sums: Vec<(Vec<i64>, Blinders<P>)> = Vec::new();
    for part in parts {
        for (place, opening) in part.into_iter().enumerate() {
            let values = opening.values.to_i64();
            match sums.get_mut(place) {
                None => sums.push((values, opening.blinders)),
                Some((sum, blinders)) => {
                    sum.iter_mut().zip(values).for_each(|(s, v)| *s += v);
                    let rows = blinders.iter_mut().zip(opening.blinders.iter());
                    rows.for_each(|(s, b)| *s += b);
                }
            }
        }
    }
    let opened = sums.into_iter().map(|(values, blinders)| {
        let too_wide = || EvaluationRejection::DataSet("a sum is wider than 32 bits".into());
        let values = Integers::from_i64(&values).map_err(|_| too_wide())?;
        Ok(Opening { values, blinders })
    });
    opened.collect()
}
