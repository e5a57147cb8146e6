//! Chains of steps in which a step is repeated, skipped, out of its place or of another history.

use super::arena::bind;
use super::sketch::Sketch;
use crate::generic::{Prover, Verifier, commit};
use crate::{
    Batch, ChainError, Curve, Grumpkin, Named, Place, Proof, Rejection, Start, Statement,
    StepChain, Steps, TensorOpening, Tie, Visibility, Visible,
};
use inferproof_program::{Contract, Feed, ValidProgram};
use inferproof_view::Step;

/// A state that is left to the next step, a token that is, a position, and a sound that is heard in one step alone.
struct Recurrent {
    prover: Prover<Grumpkin>,
    /// The state is committed afresh, the sound private, token and position public.
    each: Statement,
}

/// Places among the inputs; the first two are those among the outputs as well.
const STATE: usize = 0;
const TOKEN: usize = 1;
const POSITION: usize = 2;
const SOUND: usize = 3;

/// Where the first step begins.
const BEGIN: [i64; 4] = [0; 4];

/// A proven step and all that the next one needs.
#[derive(Clone, Debug)]
struct Stepped {
    proof: Proof,
    state: Vec<i64>,
    token: Vec<i64>,
    opening: Option<TensorOpening>,
}

impl Recurrent {
    /// With the feeds of these places; the state alone, or the token too.
    fn new(fed: &[usize]) -> Self {
        let mut s = Sketch::new();
        let state = s.builder.input("state", &[4], -128..=127).unwrap();
        let token = s.builder.input("token", &[1], 0..=7).unwrap();
        let position = s.builder.input("position", &[1], 0..=63).unwrap();
        let sound = s.builder.input("sound", &[4], -128..=127).unwrap();
        let weight = s.weight(&[4, 4], (-7, 7), 5);
        let contract = Contract {
            left_free: 0,
            ..Contract::matrices(state, weight)
        };
        let product = s.builder.contract(contract).unwrap();
        let spread = || {
            vec![
                Step::Reduce {
                    axis: 0,
                    source: 1,
                    weights: None,
                },
                Step::Insert { axis: 0, len: 4 },
            ]
        };
        let sum = s.linear(&[
            (1, product, vec![]),
            (8, sound, vec![]),
            (64, token, spread()),
            (32, position, spread()),
        ]);
        let left = s.builder.rescale(sum, 4, -128..=127).unwrap();
        s.builder.rename(left, "state");
        s.builder.set_scale(left, 0);
        let all = vec![
            Step::Reduce {
                axis: 0,
                source: 4,
                weights: None,
            },
            Step::Insert { axis: 0, len: 1 },
        ];
        let total = s.linear(&[(1, left, all)]);
        let next = s.builder.rescale(total, 5, 0..=7).unwrap();
        s.builder.rename(next, "token");
        s.builder.set_scale(next, 0);
        s.builder.output(left);
        s.builder.output(next);
        for &place in fed {
            s.builder.feed(Feed {
                input: place,
                output: place,
            });
        }
        let program = s.builder.finish().unwrap();
        let bound = bind(&program, &s.weights);
        let (key, secret) = commit(bound, Visible::Private, &mut |_, _| true).unwrap();
        let prover = Prover::new(key, secret).unwrap();
        let mut each = prover.verifier().statement(b"history");
        each.inputs[STATE].visibility = Visibility::Commit;
        each.outputs[STATE].visibility = Visibility::Commit;
        each.inputs[SOUND].visibility = Visibility::Private;
        Self { prover, each }
    }

    fn verifier(&self) -> &Verifier<Grumpkin> {
        self.prover.verifier()
    }

    fn program(&self) -> &ValidProgram {
        self.prover.program()
    }

    /// What is expected: from zeros, any token, positions from 5.
    fn expected(&self) -> Steps {
        let program = self.program();
        let steps = Steps::of(self.each.clone());
        let steps = steps.starting(program, "state", Start::Integers(BEGIN.to_vec()));
        let steps = steps
            .unwrap()
            .starting(program, "token", Start::Open)
            .unwrap();
        steps.counting(program, "position", 5).unwrap()
    }

    /// A step from an opening, or from integers that are shown.
    fn step(&self, from: &Stepped, position: i64, edit: &dyn Fn(&mut Statement)) -> Stepped {
        let mut statement = self.each.clone();
        statement.inputs[STATE].visibility = match &from.opening {
            Some(opening) => Visibility::Committed(opening.commitment().id(Curve::Grumpkin)),
            None => Visibility::Public,
        };
        edit(&mut statement);
        let sound = vec![3 * position, -20, 7, position];
        let inputs = [
            from.state.clone(),
            from.token.clone(),
            vec![position],
            sound,
        ];
        let openings: Vec<_> = from.opening.iter().cloned().collect();
        let made = self
            .prover
            .prove(&statement, &inputs, &openings, &mut |_| true);
        let mut made = made.unwrap();
        self.verifier().verify(&statement, &made.proof).unwrap();
        let opening = made.openings.pop().map(|fresh| fresh.opening);
        let [state, token] = made.outputs.try_into().unwrap();
        Stepped {
            proof: made.proof,
            state,
            token,
            opening,
        }
    }

    fn beginning(&self, state: [i64; 4]) -> Stepped {
        let proof = Proof {
            statement: self.each.clone(),
            disclosure: crate::Disclosure::default(),
            argument: vec![],
        };
        Stepped {
            proof,
            state: state.to_vec(),
            token: vec![2],
            opening: None,
        }
    }

    /// So many steps from here, with positions from 5.
    fn history(&self, from: [i64; 4], steps: i64) -> Vec<Stepped> {
        let mut last = self.beginning(from);
        let steps = (0..steps).map(|step| {
            last = self.step(&last, 5 + step, &|_| ());
            last.clone()
        });
        steps.collect()
    }

    fn verify(&self, expected: &Steps, steps: &[&Stepped]) -> Result<StepChain, ChainError> {
        let names: Vec<String> = (0..steps.len()).map(|n| format!("proof {n}")).collect();
        let named = names.iter().zip(steps);
        let named: Vec<_> = named
            .map(|(name, step)| Named {
                name,
                proof: &step.proof,
            })
            .collect();
        self.verifier().verify_steps(expected, &named)
    }

    /// Refused in these words.
    fn refused(&self, expected: &Steps, steps: &[&Stepped], words: &str) {
        let error = self.verify(expected, steps).unwrap_err().to_string();
        assert!(error.contains(words), "{words}: {error}");
    }
}

fn all(steps: &[Stepped]) -> Vec<&Stepped> {
    steps.iter().collect()
}

#[test]
fn a_history_is_accepted() {
    let model = Recurrent::new(&[STATE, TOKEN]);
    let steps = model.history(BEGIN, 4);
    let mut expected = model.expected();
    expected.length = Some(4);
    let chain = model.verify(&expected, &all(&steps)).unwrap();
    assert_eq!(chain.steps, 4);
    let [state, token] = chain.links.as_slice() else {
        panic!("{chain:?}")
    };
    assert_eq!(state.start, Some(Tie::Integers(BEGIN.to_vec())));
    let last = steps[3].opening.as_ref().unwrap().commitment();
    let end = last.id(Curve::Grumpkin);
    assert_eq!(state.end, Some(Tie::Commitment(end)));
    assert_eq!(token.start, Some(Tie::Integers(vec![2])));
    assert_eq!(token.end, Some(Tie::Integers(steps[3].token.clone())));
    // One that goes on from there, under the identifier that the verifier kept.
    let more = model.step(&steps[3], 9, &|_| ());
    let mut onwards = model
        .expected()
        .counting(model.program(), "position", 9)
        .unwrap();
    onwards.start.insert(STATE, Start::Committed(end));
    model.verify(&onwards, &[&more]).unwrap();
    onwards.start.insert(STATE, Start::Open);
    model.verify(&onwards, &[&more]).unwrap();
    onwards.start.insert(STATE, Start::Committed([7; 32]));
    model.refused(
        &onwards,
        &[&more],
        "step 0 (proof 0) does not begin where expected: `state`",
    );
}

#[test]
fn steps_repeated_skipped_or_reordered() {
    let model = Recurrent::new(&[STATE, TOKEN]);
    let steps = model.history(BEGIN, 4);
    let [a, b, c, d] = all(&steps).try_into().unwrap();
    // The links alone refuse them, and the position alone does not have to.
    for counted in [true, false] {
        let mut expected = model.expected();
        if !counted {
            expected.position = None;
        }
        model.verify(&expected, &[a, b, c, d]).unwrap();
        model.refused(
            &expected,
            &[a, b, b, c],
            "steps 1 and 2 are one and the same proof",
        );
        model.refused(
            &expected,
            &[a, c, d],
            "step 1 (proof 1) does not go on where the step before it (proof 0) ends",
        );
        model.refused(
            &expected,
            &[a, c, b, d],
            "what it reads was left by proof 2",
        );
        // The same step proven again has left another commitment.
        let again = model.step(a, 6, &|_| ());
        model.refused(
            &expected,
            &[a, b, &again, c],
            "step 2 (proof 2) does not go on",
        );
        model.refused(&expected, &[a, &again, c], "output");
        model.verify(&expected, &[a, &again]).unwrap();
    }
}

#[test]
fn another_start_or_history() {
    let model = Recurrent::new(&[STATE, TOKEN]);
    let expected = model.expected();
    let steps = model.history(BEGIN, 3);
    let [a, b, c] = all(&steps).try_into().unwrap();
    // A poisoned state.
    let poisoned = model.history([1, 0, 0, 0], 1);
    model.refused(
        &expected,
        &all(&poisoned),
        "does not begin where expected: `state`: they show other integers (entry 0",
    );
    // A state that was committed elsewhere.
    model.refused(
        &expected,
        &[b, c],
        "does not begin where expected: `state`: one shows it",
    );
    // The state of another run from the same start.
    let other = model.history(BEGIN, 2);
    model.refused(
        &expected,
        &[a, &other[1], c],
        "step 1 (proof 1) does not go on",
    );
    // Its identifier written over: the proof is no proof of it.
    let mut forged = other[1].clone();
    forged.proof.statement = b.proof.statement.clone();
    forged.proof.disclosure.inputs = b.proof.disclosure.inputs.clone();
    match model.verify(&expected, &[a, &forged]) {
        Err(ChainError::Rejected { proof, reason }) => {
            assert_eq!(proof, "proof 1");
            assert!(matches!(*reason, Rejection::Argument(_)), "{reason:?}");
        }
        verdict => panic!("{verdict:?}"),
    }
    // Another context.
    let other = model.step(a, 6, &|s| s.context = b"elsewhere".to_vec());
    model.refused(
        &expected,
        &[a, &other],
        "proof 1: the proof states something else than is expected: context",
    );
    // A state that is hidden from everybody, on either side.
    let hidden = model.step(a, 6, &|s| s.inputs[STATE].visibility = Visibility::Private);
    model.refused(&expected, &[a, &hidden], "one of them hides it");
    let begin = model.beginning(BEGIN);
    let hidden = model.step(&begin, 5, &|s| {
        s.outputs[STATE].visibility = Visibility::Private
    });
    model.refused(&expected, &[&hidden, b], "one of them hides it");
    model.refused(&expected, &[&hidden], "output `state`");
}

#[test]
fn a_token_that_is_not_fed() {
    let model = Recurrent::new(&[STATE, TOKEN]);
    let expected = model.expected();
    let steps = model.history(BEGIN, 1);
    let mut lie = steps[0].clone();
    lie.token = vec![(lie.token[0] + 1) % 8];
    let other = model.step(&lie, 6, &|_| ());
    model.refused(
        &expected,
        &[&steps[0], &other],
        "is not its input `token`: they show other integers",
    );
    // Of a model that does not say that it is fed, any token will do.
    let free = Recurrent::new(&[STATE]);
    let steps = free.history(BEGIN, 1);
    let mut lie = steps[0].clone();
    lie.token = vec![(lie.token[0] + 1) % 8];
    let other = free.step(&lie, 6, &|_| ());
    let mut expected = Steps::of(free.each.clone());
    expected
        .start
        .insert(STATE, Start::Integers(BEGIN.to_vec()));
    free.verify(&expected, &[&steps[0], &other]).unwrap();
}

#[test]
fn positions_and_lengths() {
    let model = Recurrent::new(&[STATE, TOKEN]);
    let mut expected = model.expected();
    let steps = model.history(BEGIN, 2);
    let off = model.step(&steps[0], 7, &|_| ());
    model.refused(&expected, &[&steps[0], &off], "step 1 (proof 1): `position` says that it is in another place; expected the integer 6, got 7");
    expected.length = Some(3);
    model.refused(&expected, &all(&steps), "expected 3 steps, got 2");
    expected.length = Some(1);
    model.refused(&expected, &all(&steps), "expected 1 steps, got 2");
    expected.length = None;
    model.refused(&expected, &[], "at least one proof");
    // Beyond what the input can say.
    let late = expected.counting(model.program(), "position", 63).unwrap();
    let error = model.verify(&late, &all(&steps)).unwrap_err();
    let words = error.to_string();
    assert!(words.contains("63") || words.contains("64"), "{words}");
}

/// A state that stands still, committed once: a proof cannot stand for several steps, nor can two proofs go round in a circle.
#[test]
fn circles() {
    let model = Recurrent::new(&[STATE]);
    let mut expected = Steps::of(model.each.clone());
    expected.start.insert(STATE, Start::Open);
    // All zero is where this state stays, if nothing is heard and nothing said.
    let opening = model
        .verifier()
        .commit_input(STATE, BEGIN.to_vec())
        .unwrap();
    let id = Visibility::Committed(opening.commitment().id(Curve::Grumpkin));
    let mut statement = model.each.clone();
    statement.inputs[STATE].visibility = id;
    statement.outputs[STATE].visibility = id;
    let inputs = [BEGIN.to_vec(), vec![0], vec![0], BEGIN.to_vec()];
    let step = || {
        let made = model.prover.prove(
            &statement,
            &inputs,
            std::slice::from_ref(&opening),
            &mut |_| true,
        );
        let proof = made.unwrap().proof;
        model.verifier().verify(&statement, &proof).unwrap();
        Stepped {
            proof,
            ..model.beginning(BEGIN)
        }
    };
    let (one, two) = (step(), step());
    model.refused(&expected, &[&one, &two], "the steps are no history");
    model.refused(&expected, &[&one, &one], "one and the same proof");
}

/// What cannot be a chain is refused before any proof is looked at.
#[test]
fn expectations_that_are_none() {
    let model = Recurrent::new(&[STATE, TOKEN]);
    let steps = model.history(BEGIN, 1);
    let edited = |edit: &dyn Fn(&mut Steps)| {
        let mut expected = model.expected();
        edit(&mut expected);
        let error = model.verify(&expected, &all(&steps)).unwrap_err();
        assert!(error.is_expectation(), "{error:?}");
        error.to_string()
    };
    type Edit = fn(&mut Steps);
    let edits: [(&str, Edit); 9] = [
        ("say where `state` begins", |e| drop(e.start.remove(&STATE))),
        ("say where `token` begins", |e| drop(e.start.remove(&TOKEN))),
        ("no step leaves anything to `sound`", |e| {
            drop(e.start.insert(SOUND, Start::Open))
        }),
        ("both have to be public", |e| {
            e.each.inputs[STATE].visibility = Visibility::Private
        }),
        ("both have to be public", |e| {
            e.each.outputs[STATE].visibility = Visibility::Public
        }),
        ("both have to be public", |e| {
            e.each.outputs[STATE].visibility = Visibility::Committed([0; 32])
        }),
        ("cannot count the steps", |e| {
            e.each.inputs[POSITION].visibility = Visibility::Private
        }),
        ("samples of a data set", |e| {
            e.each.execution.batch = Some(Batch {
                samples: 1,
                of: Some(Place {
                    data_set: [0; 32],
                    start: 0,
                    total: 1,
                }),
            });
        }),
        ("of another model", |e| e.each.model_id[0] ^= 1),
    ];
    for (words, edit) in edits {
        let error = edited(&edit);
        assert!(error.contains(words), "{words}: {error}");
    }
    let none = Recurrent::new(&[]);
    let steps = none.history(BEGIN, 1);
    none.refused(
        &Steps::of(none.each.clone()),
        &all(&steps),
        "compile the model with --feed",
    );
}
