//! The malicious prover: for each op, an owner who runs something else than the program; for each advice column, values that the
//! recipe does not give. Every forgery is complete: all that follows from the lie is recomputed, and the proof is made by the
//! honest protocol. The verifier must reject each.

mod integers;
mod sketch;

use crate::generic::{ModelSecret, Prover, Verifier, VerifyingKey, commit};
use crate::witness::Values;
use crate::{Grumpkin, Rejection, Visibility, Visible};
use inferproof_argument::generators::Generators;
use inferproof_argument::{
    Integers as Narrow, ProveError, Reject, Relations, Source, Statement, Witness, prove_anything,
};
use inferproof_program::{
    BoundWeights, Integers, Linear, Max, Op, Program, Rescale, RunError, TensorId, Trace, Weights,
};
use inferproof_view::{Step, View};
use sketch::{every_op, input};

/// The weights that a program has; others are left out, of a tensor that is given from outside.
fn bind(program: &Program, weights: &Weights) -> BoundWeights {
    let program = program.clone().validated().unwrap();
    let weights = program.weights().map(|id| (id, weights[&id].clone()));
    program.bind(weights.collect()).unwrap()
}

/// A prover who does not look whether what it proves is true.
fn cheat(
    relations: &Relations,
    generators: &Generators<Grumpkin>,
    statement: &Statement<'_, Grumpkin>,
    witness: Witness<'_, Grumpkin>,
) -> Result<Vec<u8>, ProveError> {
    prove_anything(relations, generators, statement, witness, &mut |_| true)
}

struct Arena {
    program: Program,
    weights: Weights,
    prover: Prover<Grumpkin>,
}

impl Arena {
    fn new(visibility: Visibility) -> Self {
        let (program, weights) = every_op();
        let bound = bind(&program, &weights);
        let (key, secret): (VerifyingKey<Grumpkin>, ModelSecret<Grumpkin>) =
            commit(bound, visibility, &mut |_, _| true).unwrap();
        Self {
            program,
            weights,
            prover: Prover::new(key, secret).unwrap(),
        }
    }

    /// The honest run.
    fn run(&self) -> Trace {
        self.prover.run(&input()).unwrap()
    }

    fn verifier(&self) -> &Verifier<Grumpkin> {
        self.prover.verifier()
    }

    /// Runs `program` instead of the committed one; gives its outputs and the filled advice.
    fn fill(
        &self,
        program: &Program,
        weights: &Weights,
        inputs: &[Vec<i64>],
    ) -> (Vec<Vec<i64>>, Vec<Narrow>, Vec<Vec<i64>>) {
        let trace = bind(program, weights).run(inputs).unwrap();
        let values = Values {
            program,
            weights,
            trace: &trace,
        };
        let (fresh, contractions) = values.fill(self.verifier().lowered()).unwrap();
        (trace.outputs(program), fresh, contractions)
    }

    /// Whether running `program` commits to or shows anything else than the honest run.
    fn differs(&self, program: &Program, weights: &Weights, inputs: &[Vec<i64>]) -> bool {
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
    fn verdict(
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

    fn judge(
        &self,
        inputs: &[Vec<i64>],
        outputs: Vec<Vec<i64>>,
        fresh: Vec<Narrow>,
        contractions: Vec<Vec<i64>>,
    ) -> Result<(), Rejection> {
        let made = self
            .prover
            .prove_filled(inputs, outputs, fresh, contractions, b"", cheat);
        let proof = match made {
            Ok(inference) => inference.proof,
            // The lie is not even in a declared range.
            Err(crate::InferenceError::Publics(rejection)) => return Err(rejection),
            Err(other) => panic!("{other}"),
        };
        self.verifier().verify(&proof, b"")
    }

    /// The program in which one tensor is given from outside.
    fn with_given(&self, id: TensorId) -> Program {
        let mut program = self.program.clone();
        program.nodes[id.0 as usize].op = Op::Input;
        program.inputs.push(id);
        program
    }
}

fn rejected(verdict: Result<(), Rejection>, what: &str) {
    match verdict {
        Err(Rejection::Argument(Reject::Closing) | Rejection::Publics { .. }) => {}
        other => panic!("{what}: {other:?}"),
    }
}

const PRIVATE: Visibility = Visibility {
    weights: Visible::Private,
    input: Visible::Private,
    output: Visible::Private,
};

#[test]
fn the_arena_is_fair() {
    for visibility in [Visibility::default(), PRIVATE] {
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

#[test]
fn every_tensor_one_off_with_all_that_follows() {
    for visibility in [Visibility::default(), PRIVATE] {
        let arena = Arena::new(visibility);
        let trace = arena.run();
        let mut forgeries = 0;
        for node in &arena.program.nodes {
            if matches!(node.op, Op::Input | Op::Weight) {
                continue;
            }
            let id = node.output;
            let tensor = arena.program.tensor(id).unwrap();
            let program = arena.with_given(id);
            // The windows of the convolution are dropped from the trace; they are attacked as views below.
            let Some(honest) = trace.get(id) else {
                continue;
            };
            for entry in [0, honest.len() - 1] {
                for step in [1, -1] {
                    let mut lie = honest.to_vec();
                    lie[entry] += step;
                    if !(tensor.low..=tensor.high).contains(&lie[entry]) {
                        continue;
                    }
                    let mut inputs = input();
                    inputs.push(lie);
                    if !arena.differs(&program, &arena.weights, &inputs) {
                        // A virtual tensor one off, within the rounding: nothing that is committed or shown is false.
                        assert!(!node.op.is_committed());
                        continue;
                    }
                    forgeries += 1;
                    rejected(
                        arena.verdict(&program, &arena.weights, &inputs),
                        &format!("{} entry {entry} by {step}", tensor.name),
                    );
                }
            }
        }
        assert!(forgeries >= 30, "{forgeries} forgeries");
    }
}

#[test]
fn the_second_of_two_equal_maxima() {
    let arena = Arena::new(Visibility::default());
    let hot = arena
        .program
        .nodes
        .iter()
        .find(|n| matches!(n.op, Op::OneHot(_)))
        .unwrap()
        .output;
    for lie in [
        vec![0, 0, 1, 0],
        vec![0, 1, 1, 0],
        vec![0, 0, 0, 0],
        vec![1, 0, 0, 0],
    ] {
        let mut inputs = input();
        inputs.push(lie.clone());
        rejected(
            arena.verdict(&arena.with_given(hot), &arena.weights, &inputs),
            &format!("one-hot {lie:?}"),
        );
    }
}

/// Codes of an index: another one, two, none; of indices that are the user's, and of one that is computed.
#[test]
fn another_index() {
    for visibility in [Visibility::default(), PRIVATE] {
        let arena = Arena::new(visibility);
        let nodes = arena.program.nodes.iter();
        let codes: Vec<TensorId> = nodes
            .filter(|n| matches!(n.op, Op::Indicator(_)))
            .map(|n| n.output)
            .collect();
        let trace = arena.run();
        assert_eq!(codes.len(), 2);
        for id in codes {
            let honest = trace.get(id).unwrap();
            let width = arena
                .program
                .tensor(id)
                .unwrap()
                .shape
                .last()
                .copied()
                .unwrap();
            let first = honest[..width].iter().position(|&b| b == 1).unwrap();
            let other = (first + 1) % width;
            for (off, on) in [
                (Some(first), Some(other)),
                (None, Some(other)),
                (Some(first), None),
            ] {
                let mut lie = honest.to_vec();
                off.into_iter().for_each(|place| lie[place] = 0);
                on.into_iter().for_each(|place| lie[place] = 1);
                let mut inputs = input();
                inputs.push(lie);
                rejected(
                    arena.verdict(&arena.with_given(id), &arena.weights, &inputs),
                    &format!("codes with {off:?} taken out and {on:?} set"),
                );
            }
        }
    }
}

/// Roots other than the floor of the square root: one off either way, negative ones, none.
#[test]
fn another_root() {
    for visibility in [Visibility::default(), PRIVATE] {
        let arena = Arena::new(visibility);
        let mut nodes = arena.program.nodes.iter();
        let root = nodes.find(|n| matches!(n.op, Op::Root(_))).unwrap();
        let root = root.output;
        let mut program = arena.with_given(root);
        program.tensors[root.0 as usize].low = -40_000;
        let trace = arena.run();
        let honest = trace.get(root).unwrap();
        for entry in 0..honest.len() {
            let y = honest[entry];
            for lie in [y + 1, y - 1, -y, -y - 1, -y - 2, 0, 40_000] {
                if lie == y {
                    continue;
                }
                let mut lies = honest.to_vec();
                lies[entry] = lie;
                let mut inputs = input();
                inputs.push(lies);
                rejected(
                    arena.verdict(&program, &arena.weights, &inputs),
                    &format!("{lie} for the root {y}"),
                );
            }
        }
    }
}

/// The owner runs another architecture or other weights than were certified.
#[test]
fn another_program() {
    let arena = Arena::new(Visibility::default());
    let mut others: Vec<(&str, Program, Weights)> = Vec::new();
    let mut change = |what, edit: &dyn Fn(&mut Program, &mut Weights)| {
        let (mut program, mut weights) = (arena.program.clone(), arena.weights.clone());
        edit(&mut program, &mut weights);
        others.push((what, program, weights));
    };
    fn steps(program: &mut Program, node: usize, term: usize, edit: impl Fn(&mut Vec<Step>)) {
        let Op::Linear(Linear { terms }) = &mut program.nodes[node].op else {
            panic!("not linear")
        };
        let view = &terms[term].view;
        let mut steps = view.steps().to_vec();
        edit(&mut steps);
        terms[term].view = View::new(view.source().to_vec(), steps).unwrap();
    }
    change("a weight", &|_, weights| {
        let mut values = weights[&TensorId(2)].widen();
        values[3] += if values[3] < 7 { 1 } else { -1 };
        weights.insert(TensorId(2), Integers::narrowest(&values, -7, 7).unwrap());
    });
    change("a bias", &|_, weights| {
        let mut values = weights[&TensorId(4)].widen();
        values[0] += if values[0] < 0 { 500 } else { -500 };
        weights.insert(
            TensorId(4),
            Integers::narrowest(&values, -2047, 2047).unwrap(),
        );
    });
    change("the window's padding", &|program, _| {
        steps(program, 1, 0, |s| {
            s[0] = Step::Window {
                axis: 1,
                source: 4,
                positions: 3,
                kernel: 2,
                stride: 1,
                dilation: 1,
                pad: 1,
            }
        });
    });
    change("the window's dilation", &|program, _| {
        steps(program, 1, 0, |s| {
            s[1] = Step::Window {
                axis: 3,
                source: 4,
                positions: 3,
                kernel: 2,
                stride: 1,
                dilation: 2,
                pad: 0,
            }
        });
    });
    change("a reshape: rows for columns", &|program, _| {
        steps(program, 5, 0, |s| s[0] = Step::Permute(vec![2, 1, 0]))
    });
    change("the flattening's order", &|program, _| {
        steps(program, 10, 0, |s| {
            s.insert(0, Step::Permute(vec![0, 2, 1]));
        });
    });
    change("the rounding", &|program, _| {
        let Op::Rescale(Rescale { shift, .. }) = &mut program.nodes[6].op else {
            panic!("not a rescale")
        };
        *shift = 5;
    });
    change("the saturation", &|program, _| {
        program.tensors[6].high = 30;
    });
    change("the rectification", &|program, _| {
        program.tensors[6].low = 1;
    });
    change("the function", &|program, _| {
        program.tables[0].values.reverse();
    });
    change("the arguments of a maximum", &|program, _| {
        let Op::Max(Max { left, right }) = &mut program.nodes[9].op else {
            panic!("not a maximum")
        };
        *right = *left;
    });
    for (what, program, weights) in others {
        assert!(
            arena.differs(&program, &weights, &input()),
            "{what}: the change has an effect"
        );
        rejected(arena.verdict(&program, &weights, &input()), what);
    }
}

#[test]
fn every_advice_column() {
    for visibility in [Visibility::default(), PRIVATE] {
        let arena = Arena::new(visibility);
        let (outputs, fresh, contractions) = arena.fill(&arena.program, &arena.weights, &input());
        let judge = |fresh: Vec<Narrow>, contractions: Vec<Vec<i64>>| {
            arena.judge(&input(), outputs.clone(), fresh, contractions)
        };
        for (column, recipe) in arena.verifier().lowered().recipes.iter().enumerate() {
            let honest = fresh[column].to_i64();
            for entry in [0, honest.len() / 2, honest.len() - 1] {
                for lie in [
                    honest[entry] + 1,
                    honest[entry] - 1,
                    -honest[entry] - 1,
                    i64::from(i32::MAX),
                    i64::from(i32::MIN),
                ] {
                    let mut values = honest.clone();
                    values[entry] = lie;
                    let mut columns = fresh.clone();
                    columns[column] = Narrow::from_i64(&values).unwrap();
                    rejected(
                        judge(columns, contractions.clone()),
                        &format!("{recipe:?} entry {entry}: {lie}"),
                    );
                }
            }
        }
        // A contraction's output is sent nowhere; a lie about it has an effect where a lookup reads it.
        let looked_up = |product: usize| {
            let lookups = &arena.verifier().lowered().relations.parts().lookups;
            let mut terms = lookups.iter().flat_map(|l| l.columns.iter().flatten());
            terms.any(|t| t.source == Source::Contraction(product))
        };
        assert!((0..contractions.len()).filter(|&p| looked_up(p)).count() >= 3);
        for product in (0..contractions.len()).filter(|&p| looked_up(p)) {
            let mut products = contractions.clone();
            // Further than any rounding forgives.
            products[product][0] += 1 << 30;
            rejected(
                judge(fresh.clone(), products),
                &format!("contraction {product}"),
            );
        }
    }
}

#[test]
fn another_public_input_or_output() {
    let arena = Arena::new(Visibility::default());
    let (outputs, fresh, contractions) = arena.fill(&arena.program, &arena.weights, &input());
    for entry in 0..16 {
        let mut other = input();
        other[0][entry] += 1;
        rejected(
            arena.judge(&other, outputs.clone(), fresh.clone(), contractions.clone()),
            &format!("input {entry}"),
        );
    }
    for (output, values) in outputs.iter().enumerate() {
        for entry in 0..values.len() {
            let mut other = outputs.clone();
            other[output][entry] -= 1;
            rejected(
                arena.judge(&input(), other, fresh.clone(), contractions.clone()),
                &format!("output {output}, {entry}"),
            );
        }
    }
}

/// Weights out of their declared range have no range proof that is accepted.
#[test]
fn weights_out_of_range() {
    let (program, mut weights) = every_op();
    for id in program.weights() {
        let honest = weights[&id].clone();
        let mut values = honest.widen();
        let last = values.len() - 1;
        values[last] = program.tensor(id).unwrap().high + 1;
        weights.insert(
            id,
            Integers::narrowest(&values, i64::from(i32::MIN), i64::from(i32::MAX)).unwrap(),
        );
        let narrow = program.clone().validated().unwrap();
        assert!(
            matches!(narrow.bind(weights.clone()), Err(RunError::Range { .. })),
            "an honest committer refuses"
        );
        // A dishonest one declares a wider range to itself, and claims the narrow one.
        let mut wider = program.clone();
        for tensor in wider.weights().collect::<Vec<_>>() {
            let tensor = &mut wider.tensors[tensor.0 as usize];
            tensor.high += 1;
        }
        for tensor in 0..wider.tensors.len() {
            let id = TensorId(tensor as u32);
            if !wider.node(id).unwrap().op.is_committed() {
                let bound = wider.static_bound(id).unwrap();
                (wider.tensors[tensor].low, wider.tensors[tensor].high) =
                    (bound.low as i64, bound.high as i64);
            }
        }
        let wider = bind(&wider, &weights);
        if let Ok((mut key, _)) = commit::<Grumpkin>(wider, Visibility::default(), &mut |_, _| true)
        {
            key.architecture.program = narrow;
            let verifier = Verifier::new(key).unwrap();
            assert!(verifier.check_range_proofs().is_err(), "weight {}", id.0);
        }
        weights.insert(id, honest);
    }
}

/// What a proof shows has the declared shape and range (V9), whatever its argument says.
#[test]
fn what_is_shown_fits_the_program() {
    let arena = Arena::new(Visibility::default());
    let proof = arena.prover.prove(&input(), b"", &mut |_| true).unwrap();
    let proof = proof.proof;
    let verifier = arena.verifier();
    verifier.verify(&proof, b"").unwrap();
    let edit = |edit: &dyn Fn(&mut Vec<Vec<i64>>)| {
        for of_inputs in [true, false] {
            let mut proof = proof.clone();
            let publics = &mut proof.publics;
            let side = match of_inputs {
                true => &mut publics.inputs,
                false => &mut publics.outputs,
            };
            edit(side.as_mut().unwrap());
            let verdict = verifier.verify(&proof, b"");
            assert!(
                matches!(verdict, Err(Rejection::Publics { .. })),
                "{verdict:?}"
            );
        }
    };
    edit(&|tensors| tensors.push(vec![]));
    edit(&|tensors| drop(tensors.pop()));
    edit(&|tensors| tensors[0].push(0));
    edit(&|tensors| tensors[0].truncate(1));
    edit(&|tensors| tensors[0][0] = i64::MAX);
    edit(&|tensors| tensors[0][0] = i64::MIN);
    for (input, output) in [(true, false), (false, true), (true, true)] {
        let mut hidden = proof.clone();
        if input {
            hidden.publics.inputs = None;
        }
        if output {
            hidden.publics.outputs = None;
        }
        let verdict = verifier.verify(&hidden, b"");
        assert!(matches!(verdict, Err(Rejection::Publics { .. })));
    }
    // One beyond the range, where the range is not that of the integers.
    let program = verifier.program();
    let high = program.tensor(program.inputs[0]).unwrap().high;
    let mut beyond = proof.clone();
    beyond.publics.inputs.as_mut().unwrap()[0][0] = high + 1;
    let verdict = verifier.verify(&beyond, b"");
    assert!(matches!(verdict, Err(Rejection::Publics { .. })));
}

#[test]
fn statements_are_not_exchanged() {
    let arena = Arena::new(Visibility::default());
    let proof = arena
        .prover
        .prove(&input(), b"one", &mut |_| true)
        .unwrap()
        .proof;
    let verifier = arena.verifier();
    verifier.verify(&proof, b"one").unwrap();
    rejected(verifier.verify(&proof, b"two"), "another context");
    rejected(verifier.verify(&proof, b""), "no context");

    // The same weights committed again: another blinding, another model.
    let other = Arena::new(Visibility::default());
    assert!(matches!(
        other.verifier().verify(&proof, b"one"),
        Err(Rejection::Model { .. })
    ));
    let mut renamed = proof.clone();
    renamed.model_id = other.verifier().model_id();
    rejected(
        other.verifier().verify(&renamed, b"one"),
        "another commitment",
    );

    // A key whose range proofs were exchanged, or whose visibility is another.
    let mut key = verifier.key().clone();
    key.range_proofs[0][7] ^= 1;
    rejected(
        Verifier::new(key).unwrap().verify(&proof, b"one"),
        "another range proof",
    );
    let private = Arena::new(PRIVATE);
    let mut shown = proof.clone();
    shown.model_id = private.verifier().model_id();
    rejected(
        private.verifier().verify(&shown, b"one"),
        "a private statement that shows its values",
    );
}

#[test]
fn private_statements_look_alike() {
    let arena = Arena::new(PRIVATE);
    let prove = |inputs: Vec<Vec<i64>>| {
        arena
            .prover
            .prove(&inputs, b"", &mut |_| true)
            .unwrap()
            .proof
    };
    let (one, two) = (prove(input()), prove(vec![vec![0; 16], vec![0; 3]]));
    assert_eq!(
        one.encode::<Grumpkin>().len(),
        two.encode::<Grumpkin>().len()
    );
    assert_eq!(one.publics, two.publics);
    assert_eq!(one.publics.inputs, None);
    let (one, two) = (one.argument.chunks(32), two.argument.chunks(32));
    assert!(
        one.zip(two).all(|(a, b)| a != b),
        "no scalar or coordinate is shared"
    );
}

#[test]
fn public_weights_are_recomputed() {
    let visibility = Visibility {
        weights: Visible::Public,
        ..Visibility::default()
    };
    let (program, weights) = every_op();
    let weights = bind(&program, &weights);
    let commit = |visibility| {
        let (key, _) = commit::<Grumpkin>(weights.clone(), visibility, &mut |_, _| true).unwrap();
        key
    };
    let (one, two) = (commit(visibility), commit(visibility));
    assert_eq!(one.model_id(), two.model_id());
    let three = commit(Visibility::default());
    assert_ne!(one.commitments, three.commitments);
}
