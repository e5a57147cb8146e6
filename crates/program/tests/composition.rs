//! Programs made of others, against runs of those.

use inferproof_program::testing::{Case, programs};
use inferproof_program::{
    BoundWeights, Builder, ComposeError, Contract, Derived, Integers, Limit, Meaning, Op, Program,
    ProgramError, Table, TensorId, ValidProgram, Weights,
};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Other inputs in their declared ranges.
fn inputs(program: &Program, seed: u64) -> Vec<Vec<i64>> {
    let mut state = seed;
    let tensors = program.inputs.iter().map(|&id| program.tensor(id).unwrap());
    let entries = tensors.map(|tensor| {
        let width = (tensor.high - tensor.low + 1) as u64;
        let mut next = || {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            tensor.low + ((state >> 33) % width) as i64
        };
        (0..tensor.volume()).map(|_| next()).collect()
    });
    entries.collect()
}

fn outputs(weights: &BoundWeights, inputs: &[Vec<i64>]) -> Vec<Vec<i64>> {
    let trace = weights.run(inputs).unwrap();
    trace.outputs(weights.program())
}

/// A program cut in two at a place in its order.
struct Cut {
    /// Inputs of the program that the first part reads.
    first: Vec<TensorId>,
    /// What the first part makes: what the second reads of it, and outputs of the program.
    made: Vec<TensorId>,
    /// What the second part reads of the first.
    read: Vec<TensorId>,
    /// Inputs of the program that the second part reads.
    skipped: Vec<TensorId>,
    /// Outputs of the program that the second part makes.
    last: Vec<TensorId>,
}

impl Cut {
    fn new(program: &Program, place: u32) -> Self {
        let op = |id: TensorId| &program.node(id).unwrap().op;
        let (early, last): (Vec<_>, Vec<_>) = program.outputs.iter().partition(|id| id.0 < place);
        let (mut read, mut skipped) = (BTreeSet::new(), BTreeSet::new());
        let mut open = last.clone();
        while let Some(id) = open.pop() {
            match op(id) {
                Op::Input => drop(skipped.insert(id)),
                Op::Weight => {}
                _ if id.0 < place => drop(read.insert(id)),
                other => open.extend(other.sources()),
            }
        }
        let made: BTreeSet<TensorId> = read.iter().copied().chain(early).collect();
        let mut first = BTreeSet::new();
        let mut open: Vec<TensorId> = made.iter().copied().collect();
        while let Some(id) = open.pop() {
            if *op(id) == Op::Input {
                first.insert(id);
            }
            open.extend(op(id).sources());
        }
        let list = |set: BTreeSet<TensorId>| set.into_iter().collect();
        Self {
            first: list(first),
            made: list(made),
            read: list(read),
            skipped: list(skipped),
            last,
        }
    }
}

fn pick(program: &Program, inputs: &[Vec<i64>], ids: &[TensorId]) -> Vec<Vec<i64>> {
    let place = |id| program.inputs.iter().position(|input| input == id).unwrap();
    ids.iter().map(|id| inputs[place(id)].clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_batch_is_as_many_runs(case in programs(), samples in 1usize..5, seed in any::<u64>()) {
        let Case { program, weights, .. } = case;
        let derived = program.batched(samples).unwrap();
        for (&one, &all) in &derived.made {
            let (one, is_weight) = (program.tensor(one).unwrap(), program.node(one).unwrap().op == Op::Weight);
            let all = derived.program.tensor(all).unwrap();
            prop_assert_eq!((&one.name, one.low, one.high, one.scale_log2), (&all.name, all.low, all.high, all.scale_log2));
            prop_assert_eq!(&all.shape[usize::from(!is_weight)..], &one.shape[..]);
        }
        let batch: Vec<_> = (0..samples as u64).map(|i| inputs(&program, seed.wrapping_add(i))).collect();
        let together = |of: &[Vec<Vec<i64>>]| -> Vec<Vec<i64>> {
            (0..of[0].len()).map(|port| of.iter().flat_map(|sample| sample[port].clone()).collect()).collect()
        };
        let alone: Vec<_> = batch.iter().map(|sample| outputs(&weights, sample)).collect();
        let bound = derived.bind(&weights).unwrap();
        prop_assert_eq!(outputs(&bound, &together(&batch)), together(&alone));
    }

    #[test]
    fn two_slices_are_the_whole(case in programs(), place in any::<prop::sample::Index>()) {
        let Case { program, weights, inputs, .. } = case;
        prop_assume!(program.outputs.iter().all(|id| !program.inputs.contains(id)));
        let expected = weights.run(&inputs).unwrap().outputs(&program);
        let cut = Cut::new(&program, place.index(program.nodes.len()) as u32);
        let first = program.slice(&cut.first, &cut.made);
        let made = match cut.made.is_empty() {
            true => vec![],
            false => outputs(&first.as_ref().unwrap().bind(&weights).unwrap(), &pick(&program, &inputs, &cut.first)),
        };
        let value = |id: &TensorId| made[cut.made.iter().position(|m| m == id).unwrap()].clone();
        let mut last = vec![];
        if !cut.last.is_empty() {
            let read = &cut.read;
            let second = program.slice(&[&read[..], &cut.skipped].concat(), &cut.last).unwrap();
            let mut given: Vec<_> = read.iter().map(value).collect();
            given.extend(pick(&program, &inputs, &cut.skipped));
            last = outputs(&second.bind(&weights).unwrap(), &given);
            if let Ok(first) = &first {
                prop_assert_eq!(&chained(&weights, first, &second, &cut, &program, &inputs), &last);
            }
        }
        let mut last = last.into_iter();
        let of_slices = program.outputs.iter().map(|id| match cut.last.contains(id) {
            true => last.next().unwrap(),
            false => value(id),
        });
        prop_assert_eq!(of_slices.collect::<Vec<_>>(), expected);
    }
}

/// What the second part's outputs are where it is appended to the first.
fn chained(
    weights: &BoundWeights,
    first: &Derived,
    second: &Derived,
    cut: &Cut,
    program: &Program,
    inputs: &[Vec<i64>],
) -> Vec<Vec<i64>> {
    let mut builder = Builder::behind(first.program.clone());
    let mut given: Vec<TensorId> = cut.read.iter().map(|id| first.made[id]).collect();
    let mut feeds = pick(program, inputs, &cut.first);
    for id in &cut.skipped {
        let tensor = program.tensor(*id).unwrap();
        let input = first.made.get(id).copied().unwrap_or_else(|| {
            feeds.extend(pick(program, inputs, &[*id]));
            let range = tensor.low..=tensor.high;
            builder.input(&tensor.name, &tensor.shape, range).unwrap()
        });
        given.push(input);
    }
    let made = builder.append(&second.program, &given).unwrap();
    for id in &second.program.outputs {
        builder.output(made[id.0 as usize]);
    }
    let whole = builder.finish().unwrap();
    let mut arrays = Weights::new();
    for (from, to) in &first.made {
        arrays.extend(weights.get(*from).map(|array| (*to, array.clone())));
    }
    for (from, to) in &second.made {
        let to = made[to.0 as usize];
        arrays.extend(weights.get(*from).map(|array| (to, array.clone())));
    }
    let all = outputs(&whole.bind(arrays).unwrap(), &feeds);
    all[first.program.outputs.len()..].to_vec()
}

/// `x -> rescale a -> contract with w -> rescale b -> b + a`, and a table of it.
fn with_a_skip() -> (ValidProgram, [TensorId; 5]) {
    let mut builder = Builder::new();
    let x = builder.at("Input").input("x", &[2], -8..=7).unwrap();
    let a = builder.at("Relu").rescale(x, 0, 0..=7).unwrap();
    builder.rename(a, "a");
    let w = builder.weight(&[2, 2], -3..=3).unwrap();
    let product = Contract {
        left_free: 0,
        ..Contract::matrices(a, w)
    };
    let product = builder.at("MatMul").contract(product).unwrap();
    let b = builder.at("Clip").rescale(product, 1, -4..=3).unwrap();
    builder.rename(b, "b");
    let terms = [a, b].map(|id| builder.term(1, id, vec![]).unwrap());
    let sum = builder.at("Add").linear(terms.to_vec()).unwrap();
    let table = Table {
        low: -4,
        values: (0..15).collect(),
    };
    let table = builder.table(table).unwrap();
    let y = builder.at("Gelu").map(sum, table, 0..=14).unwrap();
    builder.rename(y, "y");
    builder.output(y);
    builder.limit(Limit::none(y));
    builder.limit(Limit::none(b));
    builder.meaning(Meaning {
        tensor: x,
        categories: vec![],
        missing: Some(7),
    });
    (builder.finish().unwrap(), [x, a, w, b, y])
}

#[test]
fn a_forgotten_skip_connection_is_named() {
    let (program, [x, a, w, b, y]) = with_a_skip();
    let slice = program.slice(&[a, b], &[y]).unwrap();
    assert_eq!(slice.program.inputs.len(), 2);
    assert_eq!(slice.program.nodes.len(), 4);
    // The limit of what is an input now is none of the slice's.
    assert_eq!(slice.program.limits, [Limit::none(slice.made[&y])]);
    assert_eq!(slice.program.meanings, []);
    let first = program.slice(&[x], &[a, b]).unwrap();
    assert_eq!(first.program.meanings.len(), 1);
    assert_eq!(first.program.limits.len(), 1);
    assert!(first.program.tables.is_empty());

    let skipped = ComposeError::Skipped {
        reader: "Add".into(),
        tensor: "a".into(),
        input: "x".into(),
    };
    assert_eq!(program.slice(&[b], &[y]).unwrap_err(), skipped);
    let unread = ComposeError::Unread { tensor: "x".into() };
    assert_eq!(program.slice(&[a, b, x], &[y]).unwrap_err(), unread);
    let refused = |inputs: &[TensorId], outputs: &[TensorId]| {
        program.slice(inputs, outputs).unwrap_err().to_string()
    };
    assert!(refused(&[w], &[b]).contains("it is a weight"));
    assert!(refused(&[a], &[a]).contains("a node must lie between"));
    assert!(refused(&[a, a], &[b]).contains("named twice"));
    assert!(refused(&[], &[x]).contains("which nothing makes"));
    assert!(refused(&[TensorId(99)], &[b]).contains("no tensor 99"));
    assert!(refused(&[], &[]).contains("at least one"));
}

#[test]
fn what_is_appended_must_fit() {
    let (program, _) = with_a_skip();
    let mut builder = Builder::behind(program.clone());
    let y = program.outputs[0];
    let refused = |builder: &mut Builder, given: &[TensorId]| {
        builder.append(&program, given).unwrap_err().to_string()
    };
    assert!(refused(&mut builder, &[]).contains("that is appended has 1, and 0 tensors"));
    assert!(refused(&mut builder, &[y]).contains("outside the declared range [-8, 7]"));
    let wide = builder.input("wide", &[3], -8..=7).unwrap();
    assert!(refused(&mut builder, &[wide]).contains("of shape [3]"));
    let scaled = builder.input("scaled", &[2], -8..=7).unwrap();
    builder.set_scale(scaled, 3);
    assert!(refused(&mut builder, &[scaled]).contains("at scale 2^-3"));
    assert!(refused(&mut builder, &[TensorId(99)]).contains("not made before it"));
}

#[test]
fn a_batch_has_samples_and_a_limit() {
    let (program, [_, _, w, _, y]) = with_a_skip();
    assert!(matches!(
        program.batched(0),
        Err(ComposeError::Program(ProgramError::Tensor { .. }))
    ));
    assert!(program.batched(1 << 40).is_err());
    let batch = program.batched(3).unwrap();
    assert_eq!(batch.program.limits.len(), 2);
    assert_eq!(batch.program.meanings.len(), 1);
    assert_eq!(batch.program.tensor(batch.made[&w]).unwrap().shape, [2, 2]);
    assert_eq!(batch.program.tensor(batch.made[&y]).unwrap().shape, [3, 2]);
    let weights = Weights::from([(w, Integers::narrowest(&[1, 2, 3, -3], -3, 3).unwrap())]);
    let weights = program.bind(weights).unwrap();
    assert!(batch.bind(&weights).is_ok());
}
