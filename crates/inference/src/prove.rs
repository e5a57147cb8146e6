//! The prover: run the program, fill the trace, make the proof.

use crate::commit::ModelSecret;
use crate::key::VerifyingKey;
use crate::proof::{Proof, Publics};
use crate::verify::{KeyError, Rejection, Verifier};
use crate::visibility::Visible;
use crate::witness::Values;
use inferproof_argument::curve::Profile;
use inferproof_argument::generators::Generators;
use inferproof_argument::{Integers, Opening, ProveError, Relations, Stage, Statement, Witness};
use inferproof_program::{BoundWeights, RunError, Trace, ValidProgram};

/// Why an inference was not proven.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InferenceError {
    /// The key is defective.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Key and secret are of two models.
    #[error(
        "the weights are of another program than the key's; use those that one commitment made"
    )]
    Model,
    /// Key and secret are of two curves.
    #[error("the key is on one curve, the secret on another; use those that one commitment made")]
    Curves,
    /// The input does not fit the program.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The public values do not fit the key.
    #[error(transparent)]
    Publics(#[from] Rejection),
    /// No proof was made.
    #[error(transparent)]
    Prove(#[from] ProveError),
}

/// A model made ready to prove any number of inferences.
pub struct Prover<P: Profile> {
    verifier: Verifier<P>,
    weights: BoundWeights,
    openings: Vec<Opening<P>>,
}

/// An inference and its proof.
pub struct Inference {
    /// The program's outputs, as integers, row-major.
    pub outputs: Vec<Vec<i64>>,
    /// The proof.
    pub proof: Proof,
}

impl<P: Profile> Prover<P> {
    /// # Errors
    /// If the key is defective, or the secret does not fit it.
    pub fn new(key: VerifyingKey<P>, secret: ModelSecret<P>) -> Result<Self, InferenceError> {
        let verifier = Verifier::new(key)?;
        let program = verifier.program();
        if secret.weights.program() != program {
            return Err(InferenceError::Model);
        }
        let openings = secret.openings(program)?;
        Ok(Self {
            weights: secret.weights,
            openings,
            verifier,
        })
    }

    /// The verifier of the same key.
    pub fn verifier(&self) -> &Verifier<P> {
        &self.verifier
    }

    /// The program.
    pub fn program(&self) -> &ValidProgram {
        self.verifier.program()
    }

    /// Runs the program on integers, without a proof.
    ///
    /// # Errors
    /// If the input does not fit the program.
    pub fn run(&self, inputs: &[Vec<i64>]) -> Result<Trace, InferenceError> {
        Ok(self.weights.run(inputs)?)
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
        let program = self.program();
        let outputs = trace.outputs(program);
        let values = Values {
            program,
            weights: self.weights.arrays(),
            trace: &trace,
        };
        let (fresh, contractions) = values.fill(self.verifier.lowered())?;
        drop(trace);
        let prove = inferproof_argument::prove::<P>;
        self.prove_filled(
            inputs,
            outputs,
            fresh,
            contractions,
            context,
            |r, g, s, w| prove(r, g, s, w, progress),
        )
    }

    /// Proves whatever the fresh tensors and contraction outputs say, by a prover of the argument's relations.
    pub(crate) fn prove_filled(
        &self,
        inputs: &[Vec<i64>],
        outputs: Vec<Vec<i64>>,
        fresh: Vec<Integers>,
        contractions: Vec<Vec<i64>>,
        context: &[u8],
        prove: impl FnOnce(
            &Relations,
            &Generators<P>,
            &Statement<'_, P>,
            Witness<'_, P>,
        ) -> Result<Vec<u8>, ProveError>,
    ) -> Result<Inference, InferenceError> {
        let visibility = self.verifier.key().architecture.visibility;
        let publics = Publics {
            inputs: (visibility.input == Visible::Public).then(|| inputs.to_vec()),
            outputs: (visibility.output == Visible::Public).then(|| outputs.clone()),
        };
        let tensors = self.verifier.publics(&publics)?;
        let context = self.verifier.context(context);
        let witness = Witness {
            external: self.openings.iter().collect(),
            fresh,
            contractions,
        };
        let relations = &self.verifier.lowered().relations;
        let statement = self.verifier.statement(&tensors, &context);
        let argument = prove(relations, self.verifier.generators(), &statement, witness)?;
        Ok(Inference {
            outputs,
            proof: Proof {
                model_id: self.verifier.model_id(),
                publics,
                argument,
            },
        })
    }
}
