//! For each op, an owner who runs something else than the program; for each advice column, values that the recipe does not give.

use super::arena::{ALL, Arena, rejected};
use super::sketch::input;
use crate::Visibility;
use inferproof_argument::{Integers as Narrow, Source};
use inferproof_program::{Integers, Linear, Max, Op, Program, Rescale, TensorId, Weights};
use inferproof_view::{Step, View};

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
        let what = format!("one-hot {lie:?}");
        arena.rejects(hot, lie, &what);
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
                let what = format!("codes with {off:?} taken out and {on:?} set");
                arena.rejects(id, lie, &what);
            }
        }
    }
}

/// Other values of the first node of a kind, entry by entry, in a range that allows them.
fn another_value(
    is_it: impl Fn(&Op) -> bool,
    low: i64,
    lies: impl Fn(i64) -> Vec<i64>,
    what: &str,
) {
    for visibility in ALL {
        let arena = Arena::new(visibility);
        let id = arena.program.nodes.iter().find(|n| is_it(&n.op));
        let id = id.unwrap().output;
        let mut program = arena.with_given(id);
        program.tensors[id.0 as usize].low = low;
        let trace = arena.run();
        let honest = trace.get(id).unwrap();
        for (entry, &y) in honest.iter().enumerate() {
            for lie in lies(y).into_iter().filter(|&lie| lie != y) {
                let mut values = honest.to_vec();
                values[entry] = lie;
                let mut inputs = input();
                inputs.push(values);
                rejected(
                    arena.verdict(&program, &arena.weights, &inputs),
                    &format!("{lie} for the {what} {y}"),
                );
            }
        }
    }
}

/// Roots other than the floor of the square root: one off either way, negative ones, none.
#[test]
fn another_root() {
    let lies = |y: i64| vec![y + 1, y - 1, -y, -y - 1, -y - 2, 0, 40_000];
    another_value(|op| matches!(op, Op::Root(_)), -40_000, lies, "root");
}

/// Quotients other than the floor of the division: one off either way, negative ones, none.
#[test]
fn another_quotient() {
    let lies = |y: i64| vec![y + 1, y - 1, -y, -y - 1, 0, 1 << 28];
    another_value(
        |op| matches!(op, Op::Quotient(_)),
        -(1 << 28),
        lies,
        "quotient",
    );
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
            let lies: [fn(i64) -> i64; 5] = [
                |honest| honest + 1,
                |honest| honest - 1,
                |honest| -honest - 1,
                |_| i64::from(i32::MAX),
                |_| i64::from(i32::MIN),
            ];
            // Each lie stands in the first, the middle or the last place, by turns from column to column.
            for (turn, lie) in lies.iter().enumerate() {
                let places = [0, honest.len() / 2, honest.len() - 1];
                let entry = places[(column + turn) % places.len()];
                let mut values = honest.clone();
                values[entry] = lie(honest[entry]);
                let what = format!("{recipe:?} entry {entry}: {}", values[entry]);
                let mut columns = fresh.clone();
                columns[column] = Narrow::from_i64(&values).unwrap();
                rejected(judge(columns, contractions.clone()), &what);
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
