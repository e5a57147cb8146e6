//! The malicious prover: for each op, an owner who runs something else than the program; for each advice column, values that the
//! recipe does not give. Every forgery is complete: all that follows from the lie is recomputed, and the proof is made by the
//! honest protocol. The verifier must reject each.

use crate::lower::{Lowered, Recipe, lower, weights::range_parts};
use crate::witness::Values;
use crate::{
    Grumpkin, ModelSecret, Prover, Rejection, Verifier, VerifyingKey, Visibility, Visible, commit,
};
use inferproof_argument::{
    Integers as Narrow, Limits, Parts, Reject, Source, Term as RelationTerm,
};
use inferproof_program::{
    Integers, Node, Op, Program, Table, TableId, Tensor, TensorId, Term, Weights,
};
use inferproof_view::{Step, View};
use std::collections::BTreeSet;

/// One tensor after the other, each by one node.
struct Sketch {
    program: Program,
    weights: Weights,
}

impl Sketch {
    fn new() -> Self {
        let program = Program {
            tensors: vec![],
            nodes: vec![],
            tables: vec![],
            inputs: vec![],
            outputs: vec![],
        };
        Self {
            program,
            weights: Weights::new(),
        }
    }

    fn node(&mut self, shape: &[usize], range: (i64, i64), op: Op) -> TensorId {
        let id = TensorId(self.program.tensors.len() as u32);
        let name = format!("t{}", id.0);
        self.program.tensors.push(Tensor {
            name,
            shape: shape.to_vec(),
            low: range.0,
            high: range.1,
            scale_log2: 0,
        });
        self.program.nodes.push(Node {
            origin: "attack".into(),
            output: id,
            op,
        });
        if !self.program.nodes[id.0 as usize].op.is_committed() {
            let bound = self.program.static_bound(id).unwrap();
            let tensor = &mut self.program.tensors[id.0 as usize];
            (tensor.low, tensor.high) = (bound.low as i64, bound.high as i64);
        }
        id
    }

    fn input(&mut self, shape: &[usize], range: (i64, i64)) -> TensorId {
        let id = self.node(shape, range, Op::Input);
        self.program.inputs.push(id);
        id
    }

    fn weight(&mut self, shape: &[usize], range: (i64, i64), seed: i64) -> TensorId {
        let id = self.node(shape, range, Op::Weight);
        let n: usize = shape.iter().product();
        let values: Vec<i64> = (0..n as i64)
            .map(|i| range.0 + (i * 7919 + seed * 104_729).rem_euclid(range.1 - range.0 + 1))
            .collect();
        self.weights
            .insert(id, Integers::narrowest(&values, range.0, range.1).unwrap());
        id
    }

    fn shape(&self, id: TensorId) -> Vec<usize> {
        self.program.tensor(id).unwrap().shape.clone()
    }

    fn term(&self, coefficient: i64, id: TensorId, steps: Vec<Step>) -> Term {
        Term {
            coefficient,
            source: Some(id),
            view: View::new(self.shape(id), steps).unwrap(),
        }
    }

    fn linear(&mut self, terms: Vec<Term>) -> TensorId {
        let shape = terms[0].view.target().to_vec();
        self.node(&shape, (0, 0), Op::Linear { terms })
    }
}

/// A program with every op: a convolution, saturation on both sides, a function, maxima narrow and wide, an elementwise
/// product, a flattened dense layer, a division by more than the remainder table, an argmax with a tie.
fn every_op() -> Sketch {
    let mut s = Sketch::new();
    let x = s.input(&[1, 4, 4], (-128, 127));
    let window = |axis| Step::Window {
        axis,
        source: 4,
        positions: 3,
        kernel: 2,
        stride: 1,
        dilation: 1,
        pad: 0,
    };
    let windows = s.term(
        1,
        x,
        vec![window(1), window(3), Step::Permute(vec![1, 3, 0, 2, 4])],
    );
    let windows = s.linear(vec![windows]);
    let kernel = s.weight(&[2, 1, 2, 2], (-7, 7), 3);
    let acc = s.node(
        &[3, 3, 2],
        (0, 0),
        Op::Contract {
            left: windows,
            right: kernel,
            shared: 0,
            left_free: 2,
            right_free: 1,
            contracted: 3,
        },
    );
    // A seed by which rounding, saturation and both sides of the maxima are all in use.
    let bias = s.weight(&[2], (-2047, 2047), 41);
    let terms = vec![
        s.term(1, acc, vec![Step::Permute(vec![2, 0, 1])]),
        s.term(
            1,
            bias,
            vec![
                Step::Insert { axis: 1, len: 3 },
                Step::Insert { axis: 2, len: 3 },
            ],
        ),
    ];
    let sum = s.linear(terms);
    let relu = s.node(
        &[2, 3, 3],
        (0, 31),
        Op::Rescale {
            source: sum,
            shift: 4,
        },
    );
    let signed = s.node(
        &[2, 3, 3],
        (-32, 31),
        Op::Rescale {
            source: sum,
            shift: 3,
        },
    );
    s.program.tables.push(Table {
        low: -32,
        // Falling, so that the maximum with the rectified is now one, now the other.
        values: (0..64).rev().map(|i| (i * i) / 200 - 5).collect(),
    });
    let mapped = s.node(
        &[2, 3, 3],
        (-5, 14),
        Op::Map {
            source: signed,
            table: TableId(0),
        },
    );
    let max = s.node(
        &[2, 3, 3],
        (0, 0),
        Op::Max {
            left: relu,
            right: mapped,
        },
    );
    let flat = s.term(
        1,
        max,
        vec![Step::Merge {
            axis: 0,
            sizes: vec![2, 3, 3],
        }],
    );
    let flat = s.linear(vec![flat]);
    // Rows 1 and 2 are equal: the two largest logits may tie.
    let dense = s.weight(&[4, 18], (-7, 7), 11);
    let values: Vec<i64> = s.weights[&dense].widen();
    let below = |v: &i64| -v.abs();
    let tied: Vec<i64> = values[..18]
        .iter()
        .map(below)
        .chain([5; 36])
        .chain(values[54..].iter().map(below))
        .collect();
    s.weights
        .insert(dense, Integers::narrowest(&tied, -7, 7).unwrap());
    let logits = s.node(
        &[4],
        (0, 0),
        Op::Contract {
            left: flat,
            right: dense,
            shared: 0,
            left_free: 0,
            right_free: 1,
            contracted: 1,
        },
    );
    let product = s.node(
        &[2, 3, 3],
        (0, 0),
        Op::Contract {
            left: relu,
            right: mapped,
            shared: 3,
            left_free: 0,
            right_free: 0,
            contracted: 0,
        },
    );
    let scaled = s.term(1 << 16, product, vec![]);
    let scaled = s.linear(vec![scaled]);
    let divided = s.node(
        &[2, 3, 3],
        (-64, 63),
        Op::Rescale {
            source: scaled,
            shift: 19,
        },
    );
    let hot = s.node(&[4], (0, 1), Op::OneHot { source: logits });
    let index = s.term(
        1,
        hot,
        vec![Step::Reduce {
            axis: 0,
            source: 4,
            weights: Some(vec![0, 1, 2, 3]),
        }],
    );
    let index = s.linear(vec![index]);
    let wide = s.term(1 << 14, logits, vec![]);
    let wide = s.linear(vec![wide]);
    let other = s.term(-(1 << 13), logits, vec![]);
    let other = s.linear(vec![other]);
    let wide_max = s.node(
        &[4],
        (0, 0),
        Op::Max {
            left: wide,
            right: other,
        },
    );
    s.program.outputs = vec![logits, divided, index, wide_max, max];
    s.program.validate().unwrap();
    s
}

fn input() -> Vec<Vec<i64>> {
    vec![(0..16).map(|i| (i * 53) % 200 - 100).collect()]
}

struct Arena {
    program: Program,
    weights: Weights,
    prover: Prover<Grumpkin>,
}

impl Arena {
    fn new(visibility: Visibility) -> Self {
        let Sketch { program, weights } = every_op();
        let (key, secret): (VerifyingKey<Grumpkin>, ModelSecret<Grumpkin>) =
            commit(program.clone(), weights.clone(), visibility, &mut |_, _| {
                true
            })
            .unwrap();
        Self {
            program,
            weights,
            prover: Prover::new(key, secret).unwrap(),
        }
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
        let trace = program.run(weights, inputs).unwrap();
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
            != columns(self.fill(&self.program, &self.weights, &inputs[..1]))
    }

    /// The verdict on a proof of what `program` does.
    fn verdict(
        &self,
        program: &Program,
        weights: &Weights,
        inputs: &[Vec<i64>],
    ) -> Result<(), Rejection> {
        let (outputs, fresh, contractions) = self.fill(program, weights, inputs);
        self.judge(&inputs[..1], outputs, fresh, contractions)
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
            .prove_filled(inputs, outputs, fresh, contractions, b"", &mut |_| true);
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
        let outputs = arena
            .program
            .run(&arena.weights, &input())
            .unwrap()
            .outputs(&arena.program);
        let logits = &outputs[0];
        assert_eq!(logits[1], logits[2], "two logits tie");
        assert_eq!(outputs[2], [1], "the first of them wins");
    }
}

#[test]
fn every_tensor_one_off_with_all_that_follows() {
    for visibility in [Visibility::default(), PRIVATE] {
        let arena = Arena::new(visibility);
        let trace = arena.program.run(&arena.weights, &input()).unwrap();
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
        .find(|n| matches!(n.op, Op::OneHot { .. }))
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
        let Op::Linear { terms } = &mut program.nodes[node].op else {
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
        let Op::Rescale { shift, .. } = &mut program.nodes[6].op else {
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
        let Op::Max { left, right } = &mut program.nodes[9].op else {
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
    let Sketch {
        program,
        mut weights,
    } = every_op();
    for id in program.weights() {
        let honest = weights[&id].clone();
        let mut values = honest.widen();
        let last = values.len() - 1;
        values[last] = program.tensor(id).unwrap().high + 1;
        weights.insert(
            id,
            Integers::narrowest(&values, i64::from(i32::MIN), i64::from(i32::MAX)).unwrap(),
        );
        assert!(
            commit::<Grumpkin>(
                program.clone(),
                weights.clone(),
                Visibility::default(),
                &mut |_, _| true
            )
            .is_err(),
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
        if let Ok((mut key, _)) = commit::<Grumpkin>(
            wider,
            weights.clone(),
            Visibility::default(),
            &mut |_, _| true,
        ) {
            key.architecture.program = program.clone();
            let verifier = Verifier::new(key).unwrap();
            assert!(verifier.check_range_proofs().is_err(), "weight {}", id.0);
        }
        weights.insert(id, honest);
    }
}

/// Every committed value is an integer: it is looked up as it is, or together with integers only. To look up a multiple of
/// something that might be a fraction would let `k / 2^s` pass (R5), and what nothing reads would be free.
#[test]
fn no_committed_value_is_free() {
    let mut wide = Sketch::new();
    let x = wide.input(&[8], (-(1 << 30), 1 << 30));
    let w = wide.weight(&[8], (-(1 << 30), 1 << 30), 1);
    let terms = vec![wide.term(1, x, vec![]), wide.term(3, w, vec![])];
    let sum = wide.linear(terms);
    let output = wide.node(
        &[8],
        (-100, 100),
        Op::Rescale {
            source: sum,
            shift: 3,
        },
    );
    wide.program.outputs = vec![output];
    for program in [every_op().program, wide.program] {
        for visibility in [Visibility::default(), PRIVATE] {
            let limits = Limits::default();
            let bits = crate::rows::row_bits(&program);
            let lowered = lower(&program, visibility, bits, &limits).unwrap();
            let external = lowered.relations.external().map(|(tensor, _)| tensor);
            assert_integers(&lowered, external.collect());
            for part in range_parts(&program, bits, &limits).unwrap() {
                assert_integers(&part.unwrap().lowered, BTreeSet::new());
            }
        }
    }
}

fn assert_integers(lowered: &Lowered, mut known: BTreeSet<usize>) {
    let parts = lowered.relations.parts();
    let columns = parts.lookups.iter().flat_map(|l| &l.columns);
    let sums = parts.linears.iter().map(|l| &l.terms);
    let equations: Vec<_> = columns.chain(sums).map(|t| whole(lowered, t)).collect();
    let operands = parts.contractions.iter().flat_map(|c| [&c.left, &c.right]);
    operands.for_each(|terms| drop(whole(lowered, terms)));
    loop {
        let before = known.len();
        for terms in &equations {
            // Where all but one are integers and that one's factor is a unit of the integers, it is an integer too.
            let mut open = terms.iter().filter(|t| !is_known(parts, t.source, &known));
            if let (Some(term), None) = (open.next(), open.next())
                && let Source::Committed(tensor) = term.source
                && term.coefficient.abs() == 1
                && term.view.steps().is_empty()
            {
                known.insert(tensor);
                known.extend(digits_above(lowered, tensor).iter().map(|(digit, _)| digit));
            }
        }
        if known.len() == before {
            break;
        }
    }
    for (tensor, recipe) in fresh(lowered) {
        let name = &parts.tensors[tensor].name;
        assert!(known.contains(&tensor), "{name} ({recipe:?}) is free");
    }
}

/// Fresh tensors with their recipes; the multiplicities, which may be any field elements, have none.
fn fresh(lowered: &Lowered) -> impl Iterator<Item = (usize, &Recipe)> {
    let fresh = lowered.relations.fresh().map(|(tensor, _)| tensor);
    fresh.zip(&lowered.recipes)
}

/// The other digits of the wide tensor of which `lowest` is the lowest digit, with their places in bits.
fn digits_above(lowered: &Lowered, lowest: usize) -> Vec<(usize, u32)> {
    let wide = fresh(lowered).find_map(|(source, recipe)| match recipe {
        Recipe::Digit {
            tensor, digit: 0, ..
        } if source == lowest => Some(*tensor),
        _ => None,
    });
    let places = fresh(lowered).filter_map(|(source, recipe)| match recipe {
        Recipe::Digit {
            tensor,
            bits,
            digit: digit @ 1..,
            ..
        } if Some(*tensor) == wide => Some((source, digit * bits)),
        _ => None,
    });
    places.collect()
}

/// The digits of a wide tensor are not checked one by one, so they must not be read but as the whole: all of them, through one
/// view, in the ratio of their places. The lowest then stands for the sum.
fn whole(lowered: &Lowered, terms: &[RelationTerm]) -> Vec<RelationTerm> {
    let mut rest = terms.to_vec();
    for (lowest, _) in fresh(lowered) {
        for (digit, place) in digits_above(lowered, lowest) {
            let readings = |tensor: usize, place: u32| -> Vec<(View, i64)> {
                let of_it = terms
                    .iter()
                    .filter(|t| t.source == Source::Committed(tensor));
                of_it
                    .map(|t| (t.view.clone(), t.coefficient << place))
                    .collect()
            };
            assert_eq!(
                readings(lowest, place),
                readings(digit, 0),
                "a digit is read alone"
            );
            rest.retain(|t| t.source != Source::Committed(digit));
        }
    }
    rest
}

fn is_known(parts: &Parts, source: Source, known: &BTreeSet<usize>) -> bool {
    match source {
        Source::One | Source::Public(_) => true,
        Source::Committed(tensor) => known.contains(&tensor),
        Source::Contraction(i) => {
            let contraction = &parts.contractions[i];
            let mut operands = contraction.left.iter().chain(&contraction.right);
            operands.all(|t| is_known(parts, t.source, known))
        }
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
    let (one, two) = (prove(input()), prove(vec![vec![0; 16]]));
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
    let Sketch { program, weights } = every_op();
    let (one, _) = commit::<Grumpkin>(program.clone(), weights.clone(), visibility, &mut |_, _| {
        true
    })
    .unwrap();
    let (two, _) = commit::<Grumpkin>(program.clone(), weights.clone(), visibility, &mut |_, _| {
        true
    })
    .unwrap();
    assert_eq!(one.model_id(), two.model_id());
    let (three, _) =
        commit::<Grumpkin>(program, weights, Visibility::default(), &mut |_, _| true).unwrap();
    assert_ne!(one.commitments, three.commitments);
}
