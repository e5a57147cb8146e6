//! The prover: run the program, fill the trace, make the proof.

use crate::Digest;
use crate::commit::ModelSecret;
use crate::data_window::Stretch;
use crate::encoding::Curve;
use crate::evaluation::EvaluationRejection;
use crate::execution::{Executed, name_of};
use crate::given::{given, public_tensors};
use crate::key::VerifyingKey;
use crate::lower::LowerError;
use crate::proof::{Disclosed, Disclosure, Proof};
use crate::rejection::{KeyError, Rejection};
use crate::statement::{Role, Statement, StatementShape, Visibility};
use crate::tensor_commitment::{TensorCommitment, TensorKind};
use crate::tensor_opening::{OpeningError, TensorOpening};
use crate::verify::{Prepared, Verifier, context};
use crate::witness::Run;
use inferproof_argument::curve::{Point, Profile};
use inferproof_argument::generators::Generators;
use inferproof_argument::{
    Integers, Limits, Opening, ProveError, Relations, Stage, Statement as ArgumentStatement,
    Witness,
};
use inferproof_program::{BoundWeights, Op, RunError, TensorId, Trace, ValidProgram, Weights};
use std::sync::Arc;

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
    /// The statement is not one of the model, or what is to be shown does not fit the program.
    #[error(transparent)]
    Statement(#[from] Rejection),
    /// The statement cannot be proven of the program.
    #[error("the statement cannot be proven: {0}")]
    Lower(#[from] LowerError),
    /// A tensor was not committed, or the opening of one cannot be used.
    #[error("{role} `{tensor}`: {reason}")]
    Opening {
        /// Input or output.
        role: Role,
        /// The tensor's name.
        tensor: String,
        /// What is wrong.
        reason: OpeningError,
    },
    /// The statement names a commitment whose opening was not given.
    #[error("{role} `{tensor}` is committed as {id}, but no opening of that commitment was given")]
    MissingOpening {
        /// Input or output.
        role: Role,
        /// The tensor's name.
        tensor: String,
        /// The commitment.
        id: String,
    },
    /// A tensor of the run is not what the commitment holds.
    #[error(
        "{role} `{tensor}`: its values in this run are not those that are committed as {id}; the statement is false"
    )]
    NotCommitted {
        /// Input or output.
        role: Role,
        /// The tensor's name.
        tensor: String,
        /// The commitment.
        id: String,
    },
    /// What is claimed does not hold (C2).
    #[error("the claim `{claim}` is false{}", of_sample(.sample))]
    False {
        /// The claim's canonical text.
        claim: String,
        /// Of which sample, if there are several.
        sample: Option<usize>,
    },
    /// The data set does not fit.
    #[error(transparent)]
    Evaluation(#[from] EvaluationRejection),
    /// No proof was made.
    #[error(transparent)]
    Prove(#[from] ProveError),
}

/// Behind the claim.
fn of_sample(sample: &Option<usize>) -> String {
    sample.map_or_else(String::new, |sample| format!(" of sample {sample}"))
}

/// The claims whose texts are these hold (C2), of every sample.
pub(crate) fn check_claims(
    executed: &Executed,
    trace: &Trace,
    texts: impl FnOnce() -> Vec<String>,
    is_batch: bool,
) -> Result<(), InferenceError> {
    let none = Weights::new();
    let run = Run {
        program: executed.program(),
        weights: &none,
        trace,
    };
    for (position, &bit) in executed.claims.iter().enumerate() {
        let bits = run.read(bit)?;
        if let Some(sample) = bits.iter().position(|&bit| bit != 1) {
            return Err(InferenceError::False {
                claim: texts().into_iter().nth(position).unwrap_or_default(),
                sample: is_batch.then_some(sample),
            });
        }
    }
    Ok(())
}

/// A model made ready to prove any number of inferences.
pub struct Prover<P: Profile> {
    verifier: Verifier<P>,
    weights: BoundWeights,
    /// Of the weights that are there.
    openings: Vec<Option<Opening<P>>>,
}

/// An inference and its proof.
pub struct Inference {
    /// The program's outputs, as integers, row-major.
    pub outputs: Vec<Vec<i64>>,
    /// The proof.
    pub proof: Proof,
    /// What opens each fresh commitment that came out.
    pub openings: Vec<FreshOpening>,
}

/// What opens a commitment that a proof came with.
#[derive(Debug)]
pub struct FreshOpening {
    /// Whether it is to an input or an output.
    pub role: Role,
    /// The place in the program's list of these.
    pub place: usize,
    /// The secrets.
    pub opening: TensorOpening,
}

/// What the argument is told of a statement.
pub(crate) struct Told<P: Profile> {
    statement: Statement,
    pub prepared: Arc<Prepared<P>>,
    pub publics: Vec<Vec<i64>>,
    /// Rows of the committed tensors, inputs first.
    committed: Vec<Vec<Point<P>>>,
    context: Vec<u8>,
}

/// What is disclosed of a run, and the secrets behind it.
pub(crate) struct Disclosing<P: Profile> {
    pub disclosure: Disclosure,
    /// Of the committed tensors, inputs first.
    committed: Vec<Opening<P>>,
    fresh: Vec<FreshOpening>,
}

impl<P: Profile> Prover<P> {
    /// # Errors
    /// If the key is defective, or the secret does not fit it.
    pub fn new(key: VerifyingKey<P>, secret: ModelSecret<P>) -> Result<Self, InferenceError> {
        Self::within(key, secret, &Limits::default())
    }

    /// As [`Self::new`], with limits of the caller's on what the key may demand. The secret may have fewer weights than the model, those that
    /// [`Execution::weights`](crate::Execution::weights) names: statements that read others are refused.
    ///
    /// # Errors
    /// If the key is defective or demands more, or the secret does not fit it.
    pub fn within(
        key: VerifyingKey<P>,
        secret: ModelSecret<P>,
        limits: &Limits,
    ) -> Result<Self, InferenceError> {
        let verifier = Verifier::within(key, limits)?;
        let program = verifier.program();
        if secret.weights.program() != program {
            return Err(InferenceError::Model);
        }
        let openings = secret.openings_there(program);
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

    /// Runs on integers what a statement speaks of, without a proof: a part of the program, or many samples at once, with what is claimed and
    /// counted of them.
    ///
    /// # Errors
    /// If the model cannot be run like this, or the input does not fit.
    pub fn run_of(
        &self,
        statement: &Statement,
        inputs: &[Vec<i64>],
    ) -> Result<Trace, InferenceError> {
        let execution = &statement.execution;
        let executed = self.executed(statement)?;
        let trace = executed.derived.bind(&self.weights)?.run(inputs)?;
        let texts = || statement.claim_texts(self.program());
        check_claims(&executed, &trace, texts, execution.batch.is_some())?;
        Ok(trace)
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
        let outputs = trace.outputs(self.executed(statement)?.program());
        let disclosing = self.disclose(statement, inputs, &outputs, openings)?;
        let known: Vec<TensorCommitment> =
            openings.iter().map(|o| o.commitment().clone()).collect();
        let told = self.tell(statement, &disclosing.disclosure, &known)?;
        let prepared = &told.prepared;
        let weights = prepared.executed.derived.bind(&self.weights)?;
        let run = Run {
            program: prepared.executed.program(),
            weights: weights.arrays(),
            trace: &trace,
        };
        let weights = self.weights_of(&prepared.executed);
        let external = weights.chain(&disclosing.committed).map(|o| &o.values);
        let external: Vec<&Integers> = external.collect();
        let (fresh, contractions) = run.fill(&told.prepared.lowered, &external, &told.publics)?;
        drop(trace);
        self.prove_filled(
            disclosing,
            told,
            outputs,
            fresh,
            contractions,
            |relations, generators, told, witness| {
                inferproof_argument::prove(relations, generators, told, witness, progress)
            },
        )
    }

    /// What a statement is about, with what it claims.
    fn executed(&self, statement: &Statement) -> Result<Arc<Executed>, InferenceError> {
        let executed = self
            .verifier
            .executed(&statement.execution, &statement.claims);
        Ok(executed.map_err(Rejection::from)?)
    }

    /// The openings of the weights that a run reads.
    fn weights_of(&self, executed: &Executed) -> impl Iterator<Item = &Opening<P>> {
        let places = executed.weights.iter();
        places.filter_map(|&place| self.openings.get(place)?.as_ref())
    }

    /// What the argument is told of a statement and what it discloses.
    pub(crate) fn tell(
        &self,
        statement: &Statement,
        disclosure: &Disclosure,
        known: &[TensorCommitment],
    ) -> Result<Told<P>, InferenceError> {
        let program = self.verifier.check_expected(statement)?;
        let row_bits = self.verifier.key().architecture.row_bits;
        let given = given::<P>(&program, row_bits, statement, disclosure, known)?;
        let shape = StatementShape::of(statement, given.row_bits);
        let prepared = self.verifier.prepared(&shape)?;
        Ok(Told {
            statement: statement.clone(),
            publics: public_tensors(&prepared.lowered, given.publics)?,
            prepared,
            committed: given.committed,
            context: context(statement, &given.ids),
        })
    }

    /// What the statement says is disclosed of a run.
    pub(crate) fn disclose(
        &self,
        statement: &Statement,
        inputs: &[Vec<i64>],
        outputs: &[Vec<i64>],
        openings: &[TensorOpening],
    ) -> Result<Disclosing<P>, InferenceError> {
        let program = self.verifier.check_expected(statement)?;
        let window = statement.window();
        let row_bits = self.verifier.key().architecture.row_bits;
        let curve = Curve::of::<P>();
        let purpose = statement.digest();
        let mut disclosing = Disclosing {
            disclosure: Disclosure::default(),
            committed: Vec::new(),
            fresh: Vec::new(),
        };
        let places = (0..statement.inputs.len()).chain(0..statement.outputs.len());
        for ((role, listed), place) in statement.listed().zip(places) {
            let run = match role {
                Role::Input => inputs,
                Role::Output => outputs,
            };
            let values = run.get(place).map(Vec::as_slice).unwrap_or_default();
            let Some(tensor) = program.tensor(listed.tensor) else {
                continue;
            };
            let name = || tensor.name.clone();
            let failed = |reason| InferenceError::Opening {
                role,
                tensor: name(),
                reason,
            };
            let disclosed = match listed.visibility {
                Visibility::Public => Disclosed::Integers(values.to_vec()),
                Visibility::Private => Disclosed::Nothing,
                Visibility::Commit => {
                    let kind = statement.fresh_kind(role, place);
                    let generators = self.verifier.generators();
                    let values = values.to_vec();
                    let opening = TensorOpening::commit::<P>(
                        kind, tensor, values, row_bits, generators, &purpose,
                    );
                    let opening = opening.map_err(failed)?;
                    disclosing.committed.push(opening.open().map_err(failed)?);
                    let commitment = opening.commitment().clone();
                    disclosing.fresh.push(FreshOpening {
                        role,
                        place,
                        opening,
                    });
                    Disclosed::Commitment(commitment)
                }
                Visibility::Committed(id) => {
                    let found = openings.iter().find(|o| o.commitment().id(curve) == id);
                    let opening = found.ok_or_else(|| InferenceError::MissingOpening {
                        role,
                        tensor: name(),
                        id: crate::hex(&id),
                    })?;
                    let stretch = window.and_then(|window| {
                        Stretch::of(&tensor.shape, opening.commitment().row_bits, window)
                    });
                    let (held, opened) = match (window, stretch) {
                        (None, _) => (Some(opening.values()), opening.open()),
                        (Some(_), Some(stretch)) => (
                            opening.values_of(&stretch, tensor.volume()),
                            opening.open_rows(&stretch),
                        ),
                        (Some(_), None) => (
                            None,
                            Err(OpeningError::Wrong(
                                "it is not of a data set with these samples",
                            )),
                        ),
                    };
                    let opened = opened.map_err(failed)?;
                    if held != Some(values) {
                        return Err(InferenceError::NotCommitted {
                            role,
                            tensor: name(),
                            id: crate::hex(&id),
                        });
                    }
                    disclosing.committed.push(opened);
                    match window {
                        None => Disclosed::Commitment(opening.commitment().clone()),
                        Some(_) => Disclosed::OfDataSet,
                    }
                }
            };
            match role {
                Role::Input => disclosing.disclosure.inputs.push(disclosed),
                Role::Output => disclosing.disclosure.outputs.push(disclosed),
            }
        }
        Ok(disclosing)
    }

    /// Proves whatever the fresh tensors and contraction outputs say, by a prover of the argument's relations.
    pub(crate) fn prove_filled(
        &self,
        disclosing: Disclosing<P>,
        told: Told<P>,
        outputs: Vec<Vec<i64>>,
        fresh: Vec<Integers>,
        contractions: Vec<Vec<i64>>,
        prove: impl FnOnce(
            &Relations,
            &Generators<P>,
            &ArgumentStatement<'_, P>,
            Witness<'_, P>,
        ) -> Result<Vec<u8>, ProveError>,
    ) -> Result<Inference, InferenceError> {
        let weights = self.weights_of(&told.prepared.executed);
        let witness = Witness {
            external: weights.chain(&disclosing.committed).collect(),
            fresh,
            contractions,
        };
        let Told {
            statement,
            prepared,
            publics,
            committed,
            context,
        } = told;
        let verifier = &self.verifier;
        let told = verifier.argument_statement(&prepared.executed, &publics, &committed, &context);
        let relations = &prepared.lowered.relations;
        let argument = prove(relations, &prepared.generators, &told, witness)?;
        Ok(Inference {
            outputs,
            proof: Proof {
                statement,
                disclosure: disclosing.disclosure,
                argument,
            },
            openings: disclosing.fresh,
        })
    }
}

impl<P: Profile> Verifier<P> {
    /// Commits to an input of the program, outside of any proof; `place` is its place among the inputs. Whoever has the key can: a tester
    /// or an issuer needs neither weights nor a prover.
    ///
    /// # Errors
    /// If there is no such input, the values do not fit it, or without randomness.
    pub fn commit_input(
        &self,
        place: usize,
        values: Vec<i64>,
    ) -> Result<TensorOpening, OpeningError> {
        let id = self.program().inputs.get(place).copied();
        let id = id.ok_or_else(|| OpeningError::Values {
            tensor: format!("input {place}"),
            reason: "the model has no such input",
        })?;
        self.commit_tensor(id, values)
    }

    /// Commits to an input of the program, or to what a run has computed of another tensor, outside of any proof: proofs of the parts on both
    /// sides of it can then be made in any order.
    ///
    /// # Errors
    /// If it is no such tensor, the values do not fit it, or without randomness.
    pub fn commit_tensor(
        &self,
        id: TensorId,
        values: Vec<i64>,
    ) -> Result<TensorOpening, OpeningError> {
        let program = self.program();
        let refuse = |reason| OpeningError::Values {
            tensor: name_of(program, id),
            reason,
        };
        let tensor = program.tensor(id);
        let tensor = tensor.ok_or_else(|| refuse("the model has no such tensor"))?;
        let is = |op: Op| program.node(id).is_some_and(|node| node.op == op);
        if is(Op::Weight) {
            return Err(refuse("it is a weight, which is committed already"));
        }
        let kind = match is(Op::Input) {
            true => TensorKind::Data,
            false => TensorKind::Boundary,
        };
        let purpose: Digest = self.model_id();
        TensorOpening::commit::<P>(
            kind,
            tensor,
            values,
            self.key().architecture.row_bits,
            self.generators(),
            &purpose,
        )
    }
}
