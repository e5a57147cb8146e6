//! Where provers cheat: a committed program with every op, an honest run of it, and proofs of whatever is filled in.

use super::sketch::{every_op, input};
use crate::generic::{ModelSecret, Prover, Verifier, VerifyingKey, commit};
use crate::given::public_tensors;
use crate::statement::StatementShape;
use crate::witness::Run;
use crate::{Grumpkin, Rejection, Statement, Visibility, Visible};
use inferproof_argument::generators::Generators;
use inferproof_argument::{
    Integers as Narrow, ProveError, Reject, Relations, Statement as ArgumentStatement, Witness,
    prove_anything,
};
use inferproof_program::{BoundWeights, Op, Program, TensorId, Trace, Weights};

/// The weights that a program has; others are left out, of a tensor that is given from outside.
pub fn bind(program: &Program, weights: &Weights) -> BoundWeights {
    let program = program.clone().validated().unwrap();
    let weights = program.weights().map(|id| (id, weights[&id].clone()));
    program.bind(weights.collect()).unwrap()
}

/// A prover who does not look whether what it proves is true.
pub fn cheat(
    relations: &Relations,
    generators: &Generators<Grumpkin>,
    statement: &ArgumentStatement<'_, Grumpkin>,
    witness: Witness<'_, Grumpkin>,
) -> Result<Vec<u8>, ProveError> {
    prove_anything(relations, generators, statement, witness, &mut |_| true)
}

pub struct Arena {
    pub program: Program,
    pub weights: Weights,
    pub prover: Prover<Grumpkin>,
    /// In which all inputs and outputs are seen alike.
    pub statement: Statement,
}

impl Arena {
    pub fn new(visibility: Visibility) -> Self {
        let (program, weights) = every_op();
        let bound = bind(&program, &weights);
        let (key, secret): (VerifyingKey<Grumpkin>, ModelSecret<Grumpkin>) =
            commit(bound, Visible::Private, &mut |_, _| true).unwrap();
        let prover = Prover::new(key, secret).unwrap();
        let plain = prover.verifier().statement(b"");
        Self {
            program,
            weights,
            statement: plain.with_inputs(visibility).with_outputs(visibility),
            prover,
        }
    }

    pub fn shape(&self) -> StatementShape {
        let row_bits = self.verifier().key().architecture.row_bits;
        StatementShape::of(&self.statement, std::iter::repeat(row_bits))
    }

    pub fn prepared(&self) -> std::sync::Arc<crate::verify::Prepared<Grumpkin>> {
        self.verifier().prepared(&self.shape()).unwrap()
    }

    /// The honest run.
    pub fn run(&self) -> Trace {
        self.prover.run(&input()).unwrap()
    }

    pub fn verifier(&self) -> &Verifier<Grumpkin> {
        self.prover.verifier()
    }

    /// Runs `program` instead of the committed one; gives its outputs and the filled advice.
    pub fn fill(
        &self,
        program: &Program,
        weights: &Weights,
        inputs: &[Vec<i64>],
    ) -> (Vec<Vec<i64>>, Vec<Narrow>, Vec<Vec<i64>>) {
        let trace = bind(program, weights).run(inputs).unwrap();
        let outputs = trace.outputs(program);
        let prepared = self.prepared();
        let tensors = inputs[..self.program.inputs.len()].iter().chain(&outputs);
        let (mut publics, mut committed) = (Vec::new(), Vec::new());
        for ((_, listed), values) in self.statement.listed().zip(tensors) {
            match listed.visibility {
                Visibility::Public => publics.push(values.clone()),
                Visibility::Private => {}
                Visibility::Commit | Visibility::Committed(_) => {
                    committed.push(Narrow::from_i64(values).unwrap());
                }
            }
        }
        let publics = public_tensors(&prepared.lowered, publics).unwrap();
        let own = self.program.weights().map(|id| &weights[&id]);
        let external: Vec<&Narrow> = own.chain(&committed).collect();
        let run = Run {
            program,
            weights,
            trace: &trace,
        };
        let filled = run.fill(&prepared.lowered, &external, &publics);
        let (fresh, contractions) = filled.unwrap();
        (outputs, fresh, contractions)
    }

    /// Whether running `program` commits to or shows anything else than the honest run.
    pub fn differs(&self, program: &Program, weights: &Weights, inputs: &[Vec<i64>]) -> bool {
        let columns = |(outputs, fresh, _): (Vec<Vec<i64>>, Vec<Narrow>, Vec<Vec<i64>>)| {
            let fresh: Vec<Vec<i64>> = fresh.iter().map(Narrow::to_i64).collect();
            (outputs, fresh)
        };
        columns(self.fill(program, weights, inputs))
            != columns(self.fill(
                &self.program,
                &self.weights,
                &inputs[..self.program.inputs.len()],
            ))
    }

    /// The verdict on a proof of what `program` does.
    pub fn verdict(
        &self,
        program: &Program,
        weights: &Weights,
        inputs: &[Vec<i64>],
    ) -> Result<(), Rejection> {
        let (outputs, fresh, contractions) = self.fill(program, weights, inputs);
        self.judge(
            &inputs[..self.program.inputs.len()],
            outputs,
            fresh,
            contractions,
        )
    }

    pub fn judge(
        &self,
        inputs: &[Vec<i64>],
        outputs: Vec<Vec<i64>>,
        fresh: Vec<Narrow>,
        contractions: Vec<Vec<i64>>,
    ) -> Result<(), Rejection> {
        let made = self
            .prover
            .disclose(&self.statement, inputs, &outputs, &[])
            .and_then(|disclosing| {
                let told = self
                    .prover
                    .tell(&self.statement, &disclosing.disclosure, &[])?;
                self.prover
                    .prove_filled(disclosing, told, outputs, fresh, contractions, cheat)
            });
        let proof = match made {
            Ok(inference) => inference.proof,
            // The lie is not even in a declared range.
            Err(crate::InferenceError::Statement(rejection)) => return Err(rejection),
            Err(crate::InferenceError::Opening { tensor, .. }) => {
                return Err(Rejection::Disclosed {
                    what: tensor,
                    reason: "it cannot be committed",
                });
            }
            Err(other) => panic!("{other}"),
        };
        self.verifier().verify(&self.statement, &proof)
    }

    /// A proof in which one tensor is a lie, with all that follows from it, is rejected.
    pub fn rejects(&self, id: TensorId, lie: Vec<i64>, what: &str) {
        let mut inputs = input();
        inputs.push(lie);
        rejected(
            self.verdict(&self.with_given(id), &self.weights, &inputs),
            what,
        );
    }

    /// The program in which one tensor is given from outside.
    pub fn with_given(&self, id: TensorId) -> Program {
        let mut program = self.program.clone();
        program.nodes[id.0 as usize].op = Op::Input;
        program.inputs.push(id);
        program
    }
}

pub fn rejected(verdict: Result<(), Rejection>, what: &str) {
    match verdict {
        Err(Rejection::Argument(Reject::Closing) | Rejection::Disclosed { .. }) => {}
        other => panic!("{what}: {other:?}"),
    }
}

/// Everything shown, hidden, or committed.
pub const ALL: [Visibility; 3] = [Visibility::Public, Visibility::Private, Visibility::Commit];

#[test]
fn the_arena_is_fair() {
    for visibility in ALL {
        let arena = Arena::new(visibility);
        arena
            .verdict(&arena.program, &arena.weights, &input())
            .unwrap();
        let outputs = arena.run().outputs(&arena.program);
        let logits = &outputs[0];
        assert_eq!(logits[1], logits[2], "two logits tie");
        assert_eq!(outputs[2], [1], "the first of them wins");
    }
}
