//! The interpreter against a reference that computes entry by entry, straight from the definitions.

use inferproof_program::testing::{Case, programs};
use inferproof_program::{
    Contract, Indicator, Linear, Map, Max, OneHot, Op, Program, Quotient, Rescale, Root, TensorId,
};
use inferproof_view::{Step, View};
use proptest::prelude::*;

/// All indices of a shape, row-major.
fn indices(shape: &[usize]) -> Vec<Vec<usize>> {
    shape.iter().fold(vec![vec![]], |all, &n| {
        all.iter()
            .flat_map(|index| (0..n).map(move |i| [&index[..], &[i]].concat()))
            .collect()
    })
}

fn flat(index: &[usize], shape: &[usize]) -> usize {
    index.iter().zip(shape).fold(0, |at, (&i, &n)| at * n + i)
}

/// The shapes before each step of a view.
fn shapes(view: &View) -> Vec<Vec<usize>> {
    let mut shapes = vec![view.source().to_vec()];
    let mut so_far = View::identity(view.source().to_vec()).unwrap();
    for step in view.steps() {
        so_far = so_far.then(step.clone()).unwrap();
        shapes.push(so_far.target().to_vec());
    }
    shapes
}

/// An entry of a view's target: what its last step makes of entries of the array before it.
fn entry(steps: &[Step], shapes: &[Vec<usize>], index: &[usize], source: &[i64]) -> i64 {
    let Some((step, steps)) = steps.split_last() else {
        return source[flat(index, &shapes[0])];
    };
    let before = |index: &[usize]| entry(steps, shapes, index, source);
    let replaced =
        |axis: usize, n: usize, with: &[usize]| [&index[..axis], with, &index[axis + n..]].concat();
    let read = |axis: usize, n: usize, at: i64, len: usize| match usize::try_from(at) {
        Ok(at) if at < len => before(&replaced(axis, n, &[at])),
        _ => 0,
    };
    match step {
        Step::Permute(permutation) => {
            let mut old = vec![0; index.len()];
            permutation
                .iter()
                .zip(index)
                .for_each(|(&p, &i)| old[p] = i);
            before(&old)
        }
        Step::Slice {
            axis,
            source: len,
            start,
            step,
            ..
        } => read(*axis, 1, start + index[*axis] as i64 * step, *len),
        Step::Gather {
            axis,
            source: len,
            index: table,
        } => match table[index[*axis]] {
            Some(at) => read(*axis, 1, at.into(), *len),
            None => 0,
        },
        Step::Window {
            axis,
            source: len,
            stride,
            dilation,
            pad,
            ..
        } => {
            let at = index[*axis] * stride + index[axis + 1] * dilation;
            read(*axis, 2, at as i64 - *pad as i64, *len)
        }
        Step::Insert { axis, .. } => before(&replaced(*axis, 1, &[])),
        Step::Reduce {
            axis,
            source: len,
            weights,
        } => (0..*len)
            .map(|i| weights.as_ref().map_or(1, |w| w[i]) * before(&replaced(*axis, 0, &[i])))
            .sum(),
        Step::Split { axis, sizes } => {
            let at = flat(&index[*axis..axis + sizes.len()], sizes);
            before(&replaced(*axis, sizes.len(), &[at]))
        }
        Step::Merge { axis, sizes } => before(&replaced(*axis, 1, &indices(sizes)[index[*axis]])),
        Step::SuffixSum { axis, len } => (index[*axis] + 1..*len)
            .map(|i| before(&replaced(*axis, 1, &[i])))
            .sum(),
    }
}

/// All tensors of a program.
fn reference(case: &Case) -> Vec<Vec<i64>> {
    let program = &case.program;
    let one = vec![1];
    let mut values: Vec<Vec<i64>> = Vec::new();
    for (node, tensor) in program.nodes.iter().zip(&program.tensors) {
        let of = |id: TensorId| &values[id.0 as usize];
        let shape = |id: TensorId| &program.tensors[id.0 as usize].shape[..];
        let value = match &node.op {
            Op::Input => {
                let position = program
                    .inputs
                    .iter()
                    .position(|&id| id == node.output)
                    .unwrap();
                case.inputs[position].clone()
            }
            Op::Weight => {
                let position = program.weights().position(|id| id == node.output).unwrap();
                case.weight_values[position].clone()
            }
            Op::Linear(Linear { terms }) => {
                let at = |index: &Vec<usize>| {
                    let term = |t: &inferproof_program::Term| {
                        let source = t.source.map_or(&one, of);
                        t.coefficient * entry(t.view.steps(), &shapes(&t.view), index, source)
                    };
                    terms.iter().map(term).sum()
                };
                indices(&tensor.shape).iter().map(at).collect()
            }
            Op::Contract(Contract {
                left,
                right,
                shared,
                left_free,
                contracted,
                ..
            }) => {
                let k = &shape(*left)[shape(*left).len() - contracted..];
                let at = |index: &Vec<usize>| {
                    let (s, rest) = index.split_at(*shared);
                    let (f, g) = rest.split_at(*left_free);
                    let product = |k: &Vec<usize>| {
                        of(*left)[flat(&[s, f, k].concat(), shape(*left))]
                            * of(*right)[flat(&[s, g, k].concat(), shape(*right))]
                    };
                    indices(k).iter().map(product).sum()
                };
                indices(&tensor.shape).iter().map(at).collect()
            }
            Op::Rescale(Rescale { source, shift }) => {
                let round = |&x: &i64| {
                    // Of all integers y, the one with y - 1/2 <= x / 2^shift < y + 1/2.
                    let y = (2 * i128::from(x) + (1i128 << shift)).div_euclid(2i128 << shift);
                    y.clamp(tensor.low.into(), tensor.high.into()) as i64
                };
                of(*source).iter().map(round).collect()
            }
            Op::Map(Map { source, table }) => {
                let table = &program.tables[table.0 as usize];
                of(*source)
                    .iter()
                    .map(|x| table.values[(x - table.low) as usize])
                    .collect()
            }
            Op::Max(Max { left, right }) => of(*left)
                .iter()
                .zip(of(*right))
                .map(|(&l, &r)| l.max(r))
                .collect(),
            Op::OneHot(OneHot { source }) => {
                let width = *tensor.shape.last().unwrap();
                let wins = |row: &[i64], i: usize| {
                    row[..i].iter().all(|&v| v < row[i]) && row[i..].iter().all(|&v| v <= row[i])
                };
                let rows = of(*source).chunks(width);
                rows.flat_map(|row| {
                    (0..width)
                        .map(|i| i64::from(wins(row, i)))
                        .collect::<Vec<_>>()
                })
                .collect()
            }
            Op::Indicator(Indicator { source }) => {
                let classes = *tensor.shape.last().unwrap() as i64;
                let indices = of(*source).iter();
                indices
                    .flat_map(|&x| (0..classes).map(move |class| i64::from(x == class)))
                    .collect()
            }
            Op::Root(Root { source }) => {
                let is_root = |y: i128, x: i128| y * y <= x && x < (y + 1) * (y + 1);
                let near = |x: i64| (x as f64).sqrt() as i128;
                let root = |&x: &i64| {
                    let candidates = near(x) - 1..=near(x) + 1;
                    let mut roots = candidates.filter(|&y| y >= 0 && is_root(y, x.into()));
                    roots.next().unwrap() as i64
                };
                of(*source).iter().map(root).collect()
            }
            Op::Quotient(Quotient { dividend, divisor }) => {
                let pairs = of(*dividend).iter().zip(of(*divisor));
                let quotient = |(&x, &d): (&i64, &i64)| {
                    let near = (x as f64 / d as f64) as i128;
                    let is_quotient = |y: i128| {
                        y * i128::from(d) <= x.into() && i128::from(x) < (y + 1) * i128::from(d)
                    };
                    (near - 1..=near + 1).find(|&y| is_quotient(y)).unwrap() as i64
                };
                pairs.map(quotient).collect()
            }
        };
        values.push(value);
    }
    values
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn interpreter_follows_the_definitions(case in programs()) {
        let trace = case.weights.run(&case.inputs).expect("random programs run");
        for ((position, value), tensor) in reference(&case).iter().enumerate().zip(&case.program.tensors) {
            prop_assert!(value.iter().all(|v| (tensor.low..=tensor.high).contains(v)), "static bounds hold");
            if let Some(got) = trace.get(TensorId(position as u32)) {
                prop_assert_eq!(got, &value[..], "tensor {}", position);
            }
        }
        for (id, output) in case.program.outputs.iter().zip(trace.outputs(&case.program)) {
            prop_assert_eq!(trace.get(*id), Some(&output[..]));
        }
    }

    #[test]
    fn programs_survive_serialization(case in programs()) {
        let text = serde_json::to_string(&case.program).expect("programs serialize");
        let back: Program = serde_json::from_str(&text).expect("and come back");
        prop_assert_eq!(back.validated(), Ok(case.program));
    }
}

#[test]
fn random_programs_cover_every_operation_and_step() {
    use proptest::strategy::{Strategy, ValueTree};
    let mut seen = std::collections::BTreeSet::new();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let word = |debug: String| {
        debug
            .split(|c: char| !c.is_alphanumeric())
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    for _ in 0..300 {
        let case = programs().new_tree(&mut runner).unwrap().current();
        for node in &case.program.nodes {
            seen.insert(word(format!("{:?}", node.op)));
            if let Op::Linear(Linear { terms }) = &node.op {
                let steps = terms.iter().flat_map(|t| t.view.steps());
                seen.extend(steps.map(|s| word(format!("{s:?}"))));
            }
        }
    }
    let all = "Input Weight Linear Contract Rescale Map Max OneHot Indicator Root Quotient Permute Slice Gather Window Insert Reduce Split Merge SuffixSum";
    for name in all.split(' ') {
        assert!(seen.contains(name), "no random program has {name}");
    }
}
