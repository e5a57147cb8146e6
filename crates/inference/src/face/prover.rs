//! The prover, on the curve of its key.

use super::{ModelSecret, OnCurve, VerifyingKey, on};
use crate::key::Architecture;
use crate::prove::InferenceError;
use crate::{Bn254, Digest, Grumpkin, generic};
use inferproof_argument::Stage;
use inferproof_program::{Trace, ValidProgram};

/// A model made ready to prove any number of inferences.
pub struct Prover(OnCurve<generic::Prover<Grumpkin>, generic::Prover<Bn254>>);

/// An inference and its proof.
pub struct Inference {
    /// The program's outputs, as integers, row-major.
    pub outputs: Vec<Vec<i64>>,
    /// The bytes of the proof file.
    pub proof: Vec<u8>,
}

impl Prover {
    /// # Errors
    /// If the key is defective, or the secret does not fit it.
    pub fn new(key: VerifyingKey, secret: ModelSecret) -> Result<Self, InferenceError> {
        Ok(Self(match (key.0, secret.0) {
            (OnCurve::Grumpkin(key), OnCurve::Grumpkin(secret)) => {
                OnCurve::Grumpkin(generic::Prover::new(key, secret)?)
            }
            (OnCurve::Bn254(key), OnCurve::Bn254(secret)) => {
                OnCurve::Bn254(generic::Prover::new(key, secret)?)
            }
            (OnCurve::Grumpkin(_), OnCurve::Bn254(_))
            | (OnCurve::Bn254(_), OnCurve::Grumpkin(_)) => return Err(InferenceError::Curves),
        }))
    }

    /// The program, and who sees what.
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

    /// Runs the program on integers and proves it. `progress` is told of each stage, and may answer `false` to stop.
    ///
    /// # Errors
    /// If the input does not fit the program, without randomness, or if stopped.
    pub fn prove(
        &self,
        inputs: &[Vec<i64>],
        context: &[u8],
        progress: &mut dyn FnMut(Stage) -> bool,
    ) -> Result<Inference, InferenceError> {
        self.prove_run(inputs, self.run(inputs)?, context, progress)
    }

    /// Proves a run of [`Self::run`] on these inputs. `progress` is told of each stage, and may answer `false` to stop.
    ///
    /// # Errors
    /// Without randomness, or if stopped. The proof of a trace that is no run of the program is none that anybody accepts.
    pub fn prove_run(
        &self,
        inputs: &[Vec<i64>],
        trace: Trace,
        context: &[u8],
        progress: &mut dyn FnMut(Stage) -> bool,
    ) -> Result<Inference, InferenceError> {
        let (inference, proof) = match &self.0 {
            OnCurve::Grumpkin(prover) => {
                let inference = prover.prove_run(inputs, trace, context, progress)?;
                let proof = inference.proof.encode::<Grumpkin>();
                (inference, proof)
            }
            OnCurve::Bn254(prover) => {
                let inference = prover.prove_run(inputs, trace, context, progress)?;
                let proof = inference.proof.encode::<Bn254>();
                (inference, proof)
            }
        };
        Ok(Inference {
            outputs: inference.outputs,
            proof,
        })
    }
}
