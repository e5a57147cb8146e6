//! The prover, on the curve of its key.

use super::{ModelSecret, OnCurve, VerifyingKey, on};
use crate::evaluation::{DataGiven, EvaluationProgress, EvaluationStatement};
use crate::key::Architecture;
use crate::prove::{FreshOpening, InferenceError};
use crate::statement::Statement;
use crate::tensor_opening::TensorOpening;
use crate::{Bn254, Digest, Grumpkin, generic};
use inferproof_argument::{Limits, Stage};
use inferproof_program::{Trace, ValidProgram};

/// A model made ready to prove any number of inferences.
pub struct Prover(OnCurve<generic::Prover<Grumpkin>, generic::Prover<Bn254>>);

/// An inference and its proof.
pub struct Inference {
    /// The program's outputs, as integers, row-major.
    pub outputs: Vec<Vec<i64>>,
    /// The bytes of the proof file.
    pub proof: Vec<u8>,
    /// What opens each fresh commitment that came out.
    pub openings: Vec<FreshOpening>,
}

impl Prover {
    /// # Errors
    /// If the key is defective, or the secret does not fit it.
    pub fn new(key: VerifyingKey, secret: ModelSecret) -> Result<Self, InferenceError> {
        Self::within(key, secret, &Limits::default())
    }

    /// As [`Self::new`], with limits of the caller's on what the key may demand. The secret may have fewer weights than the model, those that
    /// [`Execution::weights`](crate::Execution::weights) names: statements that read others are refused.
    ///
    /// # Errors
    /// If the key is defective or demands more, or the secret does not fit it.
    pub fn within(
        key: VerifyingKey,
        secret: ModelSecret,
        limits: &Limits,
    ) -> Result<Self, InferenceError> {
        Ok(Self(match (key.0, secret.0) {
            (OnCurve::Grumpkin(key), OnCurve::Grumpkin(secret)) => {
                OnCurve::Grumpkin(generic::Prover::within(key, secret, limits)?)
            }
            (OnCurve::Bn254(key), OnCurve::Bn254(secret)) => {
                OnCurve::Bn254(generic::Prover::within(key, secret, limits)?)
            }
            (OnCurve::Grumpkin(_), OnCurve::Bn254(_))
            | (OnCurve::Bn254(_), OnCurve::Grumpkin(_)) => return Err(InferenceError::Curves),
        }))
    }

    /// The program, and whether the weights are shown.
    pub fn architecture(&self) -> &Architecture {
        on!(&self.0, prover => &prover.verifier().key().architecture)
    }

    /// The program.
    pub fn program(&self) -> &ValidProgram {
        &self.architecture().program
    }

    /// The model's published identifier.
    pub fn model_id(&self) -> Digest {
        on!(&self.0, prover => prover.verifier().model_id())
    }

    /// Runs the program on integers, without a proof.
    ///
    /// # Errors
    /// If the input does not fit the program.
    pub fn run(&self, inputs: &[Vec<i64>]) -> Result<Trace, InferenceError> {
        on!(&self.0, prover => prover.run(inputs))
    }

    /// Runs on integers what a statement speaks of, without a proof: a part of the program, or many samples at once, with what is claimed and
    /// counted of them.
    ///
    /// # Errors
    /// If the model cannot be run like this, the input does not fit, or a claim is false.
    pub fn run_of(
        &self,
        statement: &Statement,
        inputs: &[Vec<i64>],
    ) -> Result<Trace, InferenceError> {
        on!(&self.0, prover => prover.run_of(statement, inputs))
    }

    /// Proves what a model scores on a data set: the model's inputs in its order, then what is right, then the groups. A part has at most
    /// `per_part` samples. `progress` is told how many samples of how many are proven, and may answer `false` to stop. Gives the sums, and the bytes
    /// of the proof.
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
    ) -> Result<(Vec<Vec<i64>>, Vec<u8>), InferenceError> {
        Ok(match &self.0 {
            OnCurve::Grumpkin(prover) => {
                let made = prover.evaluate(said, samples, given, per_part, progress)?;
                (made.sums, made.evaluation.encode::<Grumpkin>())
            }
            OnCurve::Bn254(prover) => {
                let made = prover.evaluate(said, samples, given, per_part, progress)?;
                (made.sums, made.evaluation.encode::<Bn254>())
            }
        })
    }

    /// About how many samples a part of an evaluation may have, to take so many bytes of memory; at least one.
    pub fn samples_within(&self, bytes: u64) -> u64 {
        on!(&self.0, prover => prover.verifier().samples_within(bytes))
    }

    /// The plain statement of the model: its inputs and outputs are all public.
    pub fn statement(&self, context: &[u8]) -> Statement {
        on!(&self.0, prover => prover.verifier().statement(context))
    }

    /// Runs the program on integers and proves what the statement says of the run. `openings` holds those of the commitments that the
    /// statement names. `progress` is told of each stage, and may answer `false` to stop.
    ///
    /// # Errors
    /// If the input does not fit the program, or the statement the model or the run; without randomness, or if stopped.
    pub fn prove(
        &self,
        statement: &Statement,
        inputs: &[Vec<i64>],
        openings: &[TensorOpening],
        progress: &mut dyn FnMut(Stage) -> bool,
    ) -> Result<Inference, InferenceError> {
        let trace = self.run_of(statement, inputs)?;
        self.prove_run(statement, inputs, trace, openings, progress)
    }

    /// Proves a run of [`Self::run`] on these inputs. `progress` is told of each stage, and may answer `false` to stop.
    ///
    /// # Errors
    /// As [`Self::prove`]. The proof of a trace that is no run of the program is none that anybody accepts.
    pub fn prove_run(
        &self,
        statement: &Statement,
        inputs: &[Vec<i64>],
        trace: Trace,
        openings: &[TensorOpening],
        progress: &mut dyn FnMut(Stage) -> bool,
    ) -> Result<Inference, InferenceError> {
        let (inference, proof) = match &self.0 {
            OnCurve::Grumpkin(prover) => {
                let inference = prover.prove_run(statement, inputs, trace, openings, progress)?;
                let proof = inference.proof.encode::<Grumpkin>();
                (inference, proof)
            }
            OnCurve::Bn254(prover) => {
                let inference = prover.prove_run(statement, inputs, trace, openings, progress)?;
                let proof = inference.proof.encode::<Bn254>();
                (inference, proof)
            }
        };
        Ok(Inference {
            outputs: inference.outputs,
            proof,
            openings: inference.openings,
        })
    }
}
