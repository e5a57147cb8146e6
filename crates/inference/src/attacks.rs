//! The malicious prover: for each op, an owner who runs something else than the program; for each advice column, values that the
//! recipe does not give. Every forgery is complete: all that follows from the lie is recomputed, and the proof is made by the
//! honest protocol. The verifier must reject each.

mod integers;
mod sketch;

use crate::generic::{ModelSecret, Prover, Verifier, VerifyingKey, commit};
use crate::given::public_tensors;
use crate::statement::StatementShape;
use crate::witness::Run;
use crate::{
    Disclosed, Grumpkin, Rejection, Statement, TensorKind, TensorOpening, Visibility, Visible,
};
use inferproof_argument::generators::Generators;
use inferproof_argument::{
    Integers as Narrow, ProveError, Reject, Relations, Source, Statement as ArgumentStatement,
    Witness, prove_anything,
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
    statement: &ArgumentStatement<'_, Grumpkin>,
    witness: Witness<'_, Grumpkin>,
) -> Result<Vec<u8>, ProveError> {
    prove_anything(relations, generators, statement, witness, &mut |_| true)
}

struct Arena {
    program: Program,
    weights: Weights,
    prover: Prover<Grumpkin>,
    /// In which all inputs and outputs are seen alike.
    statement: Statement,
}

impl Arena {
    fn new(visibility: Visibility) -> Self {
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

    fn shape(&self) -> StatementShape {
        let row_bits = self.verifier().key().architecture.row_bits;
        StatementShape::of(&self.statement, std::iter::repeat(row_bits))
    }

    fn prepared(&self) -> std::sync::Arc<crate::verify::Prepared<Grumpkin>> {
        self.verifier().prepared(&self.shape()).unwrap()
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
            .disclose(&self.statement, inputs, &outputs, &[])
            .and_then(|disclosing| {
                let told = self.prover.tell(&self.statement, &disclosing.disclosure)?;
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
        Err(Rejection::Argument(Reject::Closing) | Rejection::Disclosed { .. }) => {}
        other => panic!("{what}: {other:?}"),
    }
}

/// Everything shown, hidden, or committed.
const ALL: [Visibility; 3] = [Visibility::Public, Visibility::Private, Visibility::Commit];

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

#[test]
fn every_tensor_one_off_with_all_that_follows() {
    for visibility in ALL {
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
    let arena = Arena::new(Visibility::Public);
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
    for visibility in ALL {
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
    for visibility in ALL {
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
    let arena = Arena::new(Visibility::Public);
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
        let mut values = weights[&TensorId(2)].to_i64();
        values[3] += if values[3] < 7 { 1 } else { -1 };
        weights.insert(TensorId(2), Integers::narrowest(&values, -7, 7).unwrap());
    });
    change("a bias", &|_, weights| {
        let mut values = weights[&TensorId(4)].to_i64();
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
    for visibility in ALL {
        let arena = Arena::new(visibility);
        let (outputs, fresh, contractions) = arena.fill(&arena.program, &arena.weights, &input());
        let judge = |fresh: Vec<Narrow>, contractions: Vec<Vec<i64>>| {
            arena.judge(&input(), outputs.clone(), fresh, contractions)
        };
        for (column, recipe) in arena.prepared().lowered.advice.iter().enumerate() {
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
            let prepared = arena.prepared();
            let lookups = &prepared.lowered.relations.parts().lookups;
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
    let arena = Arena::new(Visibility::Public);
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
        let mut values = honest.to_i64();
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
        if let Ok((mut key, _)) = commit::<Grumpkin>(wider, Visible::Private, &mut |_, _| true) {
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
    let arena = Arena::new(Visibility::Public);
    let statement = &arena.statement;
    let proof = arena.prover.prove(statement, &input(), &[], &mut |_| true);
    let proof = proof.unwrap().proof;
    let verifier = arena.verifier();
    verifier.verify(statement, &proof).unwrap();
    let refused = |proof: &crate::Proof| {
        let verdict = verifier.verify(statement, proof);
        assert!(
            matches!(verdict, Err(Rejection::Disclosed { .. })),
            "{verdict:?}"
        );
    };
    let lists = |edit: &dyn Fn(&mut Vec<Disclosed>)| {
        for of_inputs in [true, false] {
            let mut proof = proof.clone();
            let disclosure = &mut proof.disclosure;
            edit(match of_inputs {
                true => &mut disclosure.inputs,
                false => &mut disclosure.outputs,
            });
            refused(&proof);
        }
    };
    lists(&|tensors| tensors.push(Disclosed::Integers(vec![])));
    lists(&|tensors| drop(tensors.pop()));
    lists(&|tensors| tensors[0] = Disclosed::Nothing);
    let committed = verifier.commit_input(0, input().remove(0)).unwrap();
    lists(&|tensors| tensors[0] = Disclosed::Commitment(committed.commitment().clone()));
    let entries = |edit: &dyn Fn(&mut Vec<i64>)| {
        lists(&|tensors| {
            let mut values = tensors[0].integers().unwrap().to_vec();
            edit(&mut values);
            tensors[0] = Disclosed::Integers(values);
        });
    };
    entries(&|values| values.push(0));
    entries(&|values| values.truncate(1));
    entries(&|values| values[0] = i64::MAX);
    entries(&|values| values[0] = i64::MIN);
    // One beyond the range, where the range is not that of the integers.
    let program = verifier.program();
    let high = program.tensor(program.inputs[0]).unwrap().high;
    let mut beyond = proof.clone();
    let mut values = input().remove(0);
    values[0] = high + 1;
    beyond.disclosure.inputs[0] = Disclosed::Integers(values);
    refused(&beyond);
}

/// S1: the verifier accepts what it expects and nothing else, whatever the prover writes.
#[test]
fn statements_are_not_exchanged() {
    let arena = Arena::new(Visibility::Public);
    let prove = |statement: &Statement| {
        let made = arena.prover.prove(statement, &input(), &[], &mut |_| true);
        made.unwrap().proof
    };
    let verifier = arena.verifier();
    let one = verifier.statement(b"one");
    let proof = prove(&one);
    verifier.verify(&one, &proof).unwrap();

    // Each field of a statement, other than expected: refused by its name, and refused by the argument where the prover writes the
    // expected one over its proof.
    let all = |visibility| one.clone().with_inputs(visibility).with_outputs(visibility);
    let mut last_output = one.clone();
    last_output.outputs.last_mut().unwrap().visibility = Visibility::Private;
    let mut first_input = one.clone();
    first_input.inputs[0].visibility = Visibility::Commit;
    for (what, other) in [
        ("context", one.clone().with_context(b"two")),
        ("context", one.clone().with_context(b"")),
        ("input", one.clone().with_inputs(Visibility::Private)),
        ("output", one.clone().with_outputs(Visibility::Private)),
        ("input", all(Visibility::Private)),
        ("input", all(Visibility::Commit)),
        ("output", last_output),
        ("input", first_input),
    ] {
        let made = prove(&other);
        verifier.verify(&other, &made).unwrap();
        match verifier.verify(&one, &made) {
            Err(Rejection::Statement(differences)) => {
                assert!(differences[0].starts_with(what), "{differences:?}");
            }
            verdict => panic!("{what}: {verdict:?}"),
        }
        let mut renamed = made.clone();
        renamed.statement = one.clone();
        rejected(verifier.verify(&one, &renamed), what);
        let mut dressed = made;
        dressed.statement = one.clone();
        dressed.disclosure = proof.disclosure.clone();
        let verdict = verifier.verify(&one, &dressed);
        assert!(
            matches!(verdict, Err(Rejection::Argument(_))),
            "{verdict:?}"
        );
    }

    // The same weights committed again: another blinding, another model.
    let other = Arena::new(Visibility::Public);
    let expected = other.verifier().statement(b"one");
    assert!(matches!(
        other.verifier().verify(&expected, &proof),
        Err(Rejection::Model { .. })
    ));
    let mut renamed = proof.clone();
    renamed.statement = expected.clone();
    rejected(
        other.verifier().verify(&expected, &renamed),
        "another commitment",
    );
    // A statement that is not of the key is none that can be expected.
    assert!(matches!(
        other.verifier().verify(&one, &proof),
        Err(Rejection::Expected(_))
    ));

    // A key whose range proofs were exchanged.
    let mut key = verifier.key().clone();
    key.range_proofs[0][7] ^= 1;
    let exchanged = Verifier::new(key).unwrap();
    let expected = exchanged.statement(b"one");
    match exchanged.verify(&expected, &proof) {
        Err(Rejection::Statement(differences)) => {
            assert!(
                differences[0].starts_with("range proofs"),
                "{differences:?}"
            );
        }
        verdict => panic!("{verdict:?}"),
    }
    let mut renamed = proof.clone();
    renamed.statement = expected.clone();
    rejected(exchanged.verify(&expected, &renamed), "another range proof");

    // Inputs and outputs that are listed otherwise than the program has them.
    for edit in [
        |s: &mut Statement| s.outputs.truncate(1),
        |s: &mut Statement| s.inputs.reverse(),
        |s: &mut Statement| s.inputs.push(s.inputs[0]),
    ] {
        let mut wrong = one.clone();
        edit(&mut wrong);
        let mut claims = proof.clone();
        claims.statement = wrong.clone();
        let verdict = verifier.verify(&wrong, &claims);
        assert!(
            matches!(verdict, Err(Rejection::Expected(_))),
            "{verdict:?}"
        );
    }
}

/// An opening whose commitment is to `of` an input, by an arena's key.
fn committed_input(arena: &Arena, place: usize) -> TensorOpening {
    let values = input().remove(place);
    arena.verifier().commit_input(place, values).unwrap()
}

/// A statement that reads a commitment made before is proven, and by no proof that reads another one.
#[test]
fn tensors_committed_before() {
    let arena = Arena::new(Visibility::Public);
    let verifier = arena.verifier();
    let opening = committed_input(&arena, 0);
    let id = opening.commitment().id(crate::Curve::Grumpkin);
    let mut statement = verifier.statement(b"");
    statement.inputs[0].visibility = Visibility::Committed(id);
    let prove = |statement: &Statement, openings: &[TensorOpening]| {
        arena
            .prover
            .prove(statement, &input(), openings, &mut |_| true)
    };
    let proof = prove(&statement, std::slice::from_ref(&opening))
        .unwrap()
        .proof;
    verifier.verify(&statement, &proof).unwrap();
    assert!(matches!(
        prove(&statement, &[]),
        Err(crate::InferenceError::MissingOpening { .. })
    ));

    // The same values committed again are another commitment: neither the proof nor its parts pass for it.
    let again = committed_input(&arena, 0);
    let other = again.commitment().id(crate::Curve::Grumpkin);
    assert_ne!(id, other);
    let mut expected = statement.clone();
    expected.inputs[0].visibility = Visibility::Committed(other);
    assert!(matches!(
        verifier.verify(&expected, &proof),
        Err(Rejection::Statement(_))
    ));
    let mut renamed = proof.clone();
    renamed.statement = expected.clone();
    match verifier.verify(&expected, &renamed) {
        Err(Rejection::Disclosed { reason, .. }) => {
            assert!(reason.contains("the statement names"), "{reason}");
        }
        verdict => panic!("another identifier: {verdict:?}"),
    }
    renamed.disclosure.inputs[0] = Disclosed::Commitment(again.commitment().clone());
    rejected(verifier.verify(&expected, &renamed), "another commitment");

    // Other values than are committed: refused before any work, and by the verifier if not.
    let mut values = input().remove(0);
    values[0] += 1;
    let lie = verifier.commit_input(0, values).unwrap();
    let mut false_statement = statement.clone();
    let lie_id = lie.commitment().id(crate::Curve::Grumpkin);
    false_statement.inputs[0].visibility = Visibility::Committed(lie_id);
    assert!(matches!(
        prove(&false_statement, std::slice::from_ref(&lie)),
        Err(crate::InferenceError::NotCommitted { .. })
    ));
}

/// T1, T3 and kinds: what is public of a commitment is that of the program's tensor, and is bound by its identifier.
#[test]
fn commitments_to_something_else() {
    let arena = Arena::new(Visibility::Public);
    let verifier = arena.verifier();
    let opening = committed_input(&arena, 0);
    type Edit = fn(&mut crate::TensorCommitment);
    let edits: [(&str, Edit); 12] = [
        ("shape", |c| c.shape[0] += 1),
        ("shape", |c| c.shape.push(1)),
        ("range", |c| c.low -= 1),
        ("range", |c| c.high += 1),
        ("scale", |c| c.scale_log2 += 1),
        ("rows", |c| c.row_bits = 0),
        ("rows", |c| c.row_bits = 17),
        ("number of rows", |c| c.rows.truncate(0)),
        ("number of rows", |c| c.rows.extend_from_within(..64)),
        ("number of rows", |c| c.rows.truncate(c.rows.len() - 1)),
        ("no point", |c| c.rows[..64].fill(0xff)),
        ("weight", |c| c.kind = TensorKind::Weight),
    ];
    for (what, edit) in edits {
        let mut commitment = opening.commitment().clone();
        edit(&mut commitment);
        assert_ne!(commitment, *opening.commitment(), "{what}");
        let id = commitment.id(crate::Curve::Grumpkin);
        let mut statement = verifier.statement(b"");
        statement.inputs[0].visibility = Visibility::Committed(id);
        let mut disclosure = crate::Disclosure::default();
        let listed = statement.inputs.iter().zip(input());
        disclosure.inputs = listed.map(|(_, v)| Disclosed::Integers(v)).collect();
        disclosure.inputs[0] = Disclosed::Commitment(commitment);
        let trace = arena.run();
        let outputs = trace.outputs(&arena.program).into_iter();
        disclosure.outputs = outputs.map(Disclosed::Integers).collect();
        let proof = crate::Proof {
            statement: statement.clone(),
            disclosure,
            argument: vec![],
        };
        match verifier.verify(&statement, &proof) {
            Err(Rejection::Disclosed { reason, .. }) => {
                assert!(reason.contains(what), "{what}: {reason}");
            }
            verdict => panic!("{what}: {verdict:?}"),
        }
    }
    // A fresh commitment is of the kind and in the rows that the statement's place and the key say.
    let statement = verifier.statement(b"").with_inputs(Visibility::Commit);
    let made = arena.prover.prove(&statement, &input(), &[], &mut |_| true);
    let proof = made.unwrap().proof;
    verifier.verify(&statement, &proof).unwrap();
    let edits: [(&str, Edit); 2] = [
        ("kind", |c| c.kind = TensorKind::Boundary),
        ("rows", |c| c.row_bits -= 1),
    ];
    for (what, edit) in edits {
        let mut proof = proof.clone();
        let Disclosed::Commitment(commitment) = &mut proof.disclosure.inputs[0] else {
            panic!("not committed")
        };
        edit(commitment);
        match verifier.verify(&statement, &proof) {
            Err(Rejection::Disclosed { reason, .. }) => {
                assert!(reason.contains(what), "{what}: {reason}");
            }
            verdict => panic!("{what}: {verdict:?}"),
        }
    }
}

/// T2: a committed value outside of its tensor's range, by a prover who commits to whatever it likes, has no proof.
#[test]
fn committed_values_out_of_range() {
    let mut arena = Arena::new(Visibility::Public);
    let mut lying = arena.program.clone();
    let tensor = &mut lying.tensors[lying.inputs[0].0 as usize];
    let (low, high) = (tensor.low, tensor.high);
    (tensor.low, tensor.high) = (low - 1, high + 1);
    let wider = tensor.clone();
    // The virtual tensors' bounds follow from the wider range.
    for node in lying.nodes.clone() {
        if !node.op.is_committed() {
            let bound = lying.static_bound(node.output).unwrap();
            let tensor = &mut lying.tensors[node.output.0 as usize];
            (tensor.low, tensor.high) = (bound.low as i64, bound.high as i64);
        }
    }
    for lie in [low - 1, high + 1] {
        let mut inputs = input();
        inputs[0][3] = lie;
        let verifier = arena.verifier();
        let mut opening = TensorOpening::commit::<Grumpkin>(
            TensorKind::Data,
            &wider,
            inputs[0].clone(),
            verifier.key().architecture.row_bits,
            verifier.generators(),
            &[0; 32],
        )
        .unwrap();
        (opening.commitment.low, opening.commitment.high) = (low, high);
        let id = opening.commitment().id(crate::Curve::Grumpkin);
        let mut statement = verifier.statement(b"");
        // Outputs are hidden, so that none of them gives the lie away.
        statement.inputs[0].visibility = Visibility::Committed(id);
        arena.statement = statement.with_outputs(Visibility::Private);
        let (outputs, fresh, contractions) = arena.fill(&lying, &arena.weights, &inputs);
        let disclosing = arena
            .prover
            .disclose(&arena.statement, &inputs, &outputs, &[opening])
            .unwrap();
        let told = arena.prover.tell(&arena.statement, &disclosing.disclosure);
        let made = arena.prover.prove_filled(
            disclosing,
            told.unwrap(),
            outputs,
            fresh,
            contractions,
            cheat,
        );
        rejected(
            arena
                .verifier()
                .verify(&arena.statement, &made.unwrap().proof),
            "a committed value out of range",
        );
    }
}

/// T5: the values of one tensor with the blinders of another open nothing.
#[test]
fn openings_are_bound_to_their_commitment() {
    let arena = Arena::new(Visibility::Public);
    let curve = crate::Curve::Grumpkin;
    let (one, two) = (committed_input(&arena, 0), committed_input(&arena, 0));
    let read = |opening: &TensorOpening| TensorOpening::decode(&opening.encode(curve));
    assert_eq!(read(&one).unwrap().0, one);
    let mut mixed = one.clone();
    mixed.blinders = two.blinders.clone();
    assert!(read(&mixed).is_err());
    let mut mixed = one.clone();
    mixed.values[0] += 1;
    assert!(read(&mixed).is_err());
    let mut mixed = one.clone();
    mixed.commitment = two.commitment.clone();
    assert!(read(&mixed).is_err());
    let bytes = one.encode(curve);
    for place in [12, 12 + 32, 12 + 33, bytes.len() / 2, bytes.len() - 1] {
        let mut bytes = bytes.to_vec();
        bytes[place] ^= 1;
        assert!(TensorOpening::decode(&bytes).is_err(), "byte {place}");
    }
}

/// T6: two programs over one commitment to weights, with the range proofs of one of them.
#[test]
fn two_programs_share_weights() {
    let (program, weights) = every_op();
    let (key, secret) =
        commit::<Grumpkin>(bind(&program, &weights), Visible::Private, &mut |_, _| true).unwrap();
    let mut other = program.clone();
    other.outputs.pop();
    let other = other.validated().unwrap();
    let shared = key.for_program(other.clone()).unwrap();
    assert_eq!(key.weights_id(), shared.weights_id());
    assert_ne!(key.model_id(), shared.model_id());
    let secret = secret.for_program(&other).unwrap();
    let prover = Prover::new(shared, secret).unwrap();
    let verifier = prover.verifier();
    verifier.check_range_proofs().unwrap();
    let statement = verifier.statement(b"");
    let proof = prover.prove(&statement, &input(), &[], &mut |_| true);
    verifier.verify(&statement, &proof.unwrap().proof).unwrap();
    // A proof of one program is none of the other.
    let verdict = Verifier::new(key.clone()).unwrap();
    let (expected, proof) = (
        verdict.statement(b""),
        prover.prove(&statement, &input(), &[], &mut |_| true),
    );
    assert!(verdict.verify(&expected, &proof.unwrap().proof).is_err());

    let mut wider = program;
    let weight = wider.weights().next().unwrap();
    wider.tensors[weight.0 as usize].low += 1;
    let wider = wider.validated().unwrap();
    assert!(key.for_program(wider.clone()).is_err());
    // Nor does it help to declare the other range in a key by hand.
    let mut forged = key.clone();
    forged.architecture.program = wider;
    if let Ok(verifier) = Verifier::new(forged) {
        assert!(verifier.check_range_proofs().is_err());
    }
}

#[test]
fn hidden_statements_look_alike() {
    for visibility in [Visibility::Private, Visibility::Commit] {
        let arena = Arena::new(visibility);
        let prove = |inputs: Vec<Vec<i64>>| {
            let made = arena
                .prover
                .prove(&arena.statement, &inputs, &[], &mut |_| true);
            made.unwrap().proof
        };
        let (one, two) = (prove(input()), prove(vec![vec![0; 16], vec![0; 3]]));
        assert_eq!(
            one.encode::<Grumpkin>().len(),
            two.encode::<Grumpkin>().len()
        );
        assert_eq!(one.statement, two.statement);
        let disclosed = |proof: &crate::Proof| {
            let disclosure = proof.disclosure.clone();
            let mut all = disclosure.inputs.into_iter().chain(disclosure.outputs);
            assert!(all.all(|d| d.integers().is_none()));
            postcard::to_allocvec(&proof.disclosure).unwrap()
        };
        assert_eq!(disclosed(&one).len(), disclosed(&two).len());
        let (one, two) = (one.argument.chunks(32), two.argument.chunks(32));
        assert!(
            one.zip(two).all(|(a, b)| a != b),
            "no scalar or coordinate is shared"
        );
    }
}

#[test]
fn public_weights_are_recomputed() {
    let (program, weights) = every_op();
    let weights = bind(&program, &weights);
    let commit = |visible| {
        let (key, _) = commit::<Grumpkin>(weights.clone(), visible, &mut |_, _| true).unwrap();
        key
    };
    let (one, two) = (commit(Visible::Public), commit(Visible::Public));
    assert_eq!(one.model_id(), two.model_id());
    let three = commit(Visible::Private);
    assert_ne!(one.commitments, three.commitments);
}
