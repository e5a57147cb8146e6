//! Each rule of a well formed program, broken.

use inferproof_program::testing::programs;
use inferproof_program::{
    Contract, Indicator, Integers, Linear, Map, Max, Meaning, Node, OneHot, Op, Program, Quotient,
    Rescale, Root, RunError, Table, TableId, Tensor, TensorId, Term, Weights,
};
use inferproof_view::View;
use proptest::prelude::*;

/// `x [3] -> linear -> rescale`, `contract(x, w [2, 3]) -> rescale -> map`.
fn program() -> Program {
    let tensor = |shape: &[usize], low, high| Tensor {
        name: "t".into(),
        shape: shape.to_vec(),
        low,
        high,
        scale_log2: 0,
    };
    let node = |output, op| Node {
        origin: "test".into(),
        output: TensorId(output),
        op,
    };
    let view = View::identity(vec![3]).unwrap();
    Program {
        tensors: vec![
            tensor(&[3], -4, 3),
            tensor(&[2, 3], -2, 2),
            tensor(&[3], -12, 9),
            tensor(&[2], -24, 24),
            tensor(&[2], 0, 3),
            Tensor {
                name: "out".into(),
                ..tensor(&[2], -1, 9)
            },
        ],
        nodes: vec![
            node(0, Op::Input),
            node(1, Op::Weight),
            node(
                2,
                Op::Linear(Linear {
                    terms: vec![Term {
                        coefficient: 3,
                        source: Some(TensorId(0)),
                        view,
                    }],
                }),
            ),
            node(
                3,
                Op::Contract(Contract {
                    left: TensorId(0),
                    right: TensorId(1),
                    shared: 0,
                    left_free: 0,
                    right_free: 1,
                    contracted: 1,
                }),
            ),
            node(
                4,
                Op::Rescale(Rescale {
                    source: TensorId(3),
                    shift: 2,
                }),
            ),
            node(
                5,
                Op::Map(Map {
                    source: TensorId(4),
                    table: TableId(0),
                }),
            ),
        ],
        tables: vec![Table {
            low: 0,
            values: vec![0, 9, -1, 4],
        }],
        inputs: vec![TensorId(0)],
        outputs: vec![TensorId(5), TensorId(2)],
        limits: vec![],
        meanings: vec![],
        feeds: vec![],
    }
}

/// The message of the error that a change causes.
fn message(change: impl FnOnce(&mut Program)) -> String {
    let mut program = program();
    assert!(program.clone().validated().is_ok());
    change(&mut program);
    program
        .validated()
        .expect_err("the change is noticed")
        .to_string()
}

fn contract_of(program: &mut Program) -> &mut Op {
    &mut program.nodes[3].op
}

type Change = Box<dyn FnOnce(&mut Program)>;

#[test]
fn every_rule_is_checked() {
    let cases: Vec<(&str, Change)> = vec![
        ("nodes: every tensor", Box::new(|p| drop(p.nodes.pop()))),
        (
            "must make tensor 1",
            Box::new(|p| p.nodes[1].output = TensorId(0)),
        ),
        (
            "not made before it",
            Box::new(|p| {
                p.nodes[4].op = Op::Rescale(Rescale {
                    source: TensorId(4),
                    shift: 2,
                })
            }),
        ),
        (
            "not made before it",
            Box::new(|p| {
                p.nodes[4].op = Op::Rescale(Rescale {
                    source: TensorId(99),
                    shift: 2,
                })
            }),
        ),
        (
            "a shift of 61",
            Box::new(|p| {
                p.nodes[4].op = Op::Rescale(Rescale {
                    source: TensorId(3),
                    shift: 61,
                })
            }),
        ),
        (
            "there is no table 7",
            Box::new(|p| {
                p.nodes[5].op = Op::Map(Map {
                    source: TensorId(4),
                    table: TableId(7),
                })
            }),
        ),
        ("table's domain", Box::new(|p| p.tables[0].low = 1)),
        ("table's domain", Box::new(|p| p.tables[0].values.push(0))),
        (
            "values reach from -1 to 9",
            Box::new(|p| p.tensors[5].high = 8),
        ),
        ("0 values", Box::new(|p| p.tables[0].values.clear())),
        (
            "key or value",
            Box::new(|p| p.tables[0].values[0] = i64::MIN),
        ),
        (
            "outside the declared range",
            Box::new(|p| p.tensors[2].high = 8),
        ),
        (
            "outside the declared range",
            Box::new(|p| p.tensors[3].low = -23),
        ),
        (
            "not the output shape",
            Box::new(|p| p.tensors[4].shape = vec![1, 2]),
        ),
        (
            "expected shape",
            Box::new(|p| p.tensors[2].shape = vec![1, 3]),
        ),
        (
            "expected output shape",
            Box::new(|p| p.tensors[3].shape = vec![3]),
        ),
        ("expected 1 to", Box::new(|p| p.tensors[0].shape = vec![0])),
        (
            "expected 1 to",
            Box::new(|p| p.tensors[0].shape = vec![usize::MAX, 2]),
        ),
        ("axes", Box::new(|p| p.tensors[0].shape = vec![1; 17])),
        (
            "range [5, -5]",
            Box::new(|p| (p.tensors[0].low, p.tensors[0].high) = (5, -5)),
        ),
        (
            "expected one within",
            Box::new(|p| p.tensors[0].low = i64::MIN),
        ),
        (
            "do not have",
            Box::new(|p| {
                if let Op::Contract(Contract { left_free, .. }) = contract_of(p) {
                    *left_free = usize::MAX;
                }
            }),
        ),
        ("differ", Box::new(|p| p.tensors[1].shape = vec![2, 4])),
        (
            "a sum has no terms",
            Box::new(|p| p.nodes[4].op = Op::Linear(Linear { terms: vec![] })),
        ),
        (
            "another contraction",
            Box::new(|p| {
                p.tensors[4].shape = vec![2, 2];
                p.nodes[4].op = Op::Contract(Contract {
                    left: TensorId(3),
                    right: TensorId(3),
                    shared: 0,
                    left_free: 1,
                    right_free: 1,
                    contracted: 0,
                });
            }),
        ),
        (
            "below 2^60",
            Box::new(|p| {
                if let Op::Linear(Linear { terms }) = &mut p.nodes[2].op {
                    terms[0].coefficient = i64::MAX;
                }
            }),
        ),
        ("inputs: must list", Box::new(|p| p.inputs.clear())),
        (
            "inputs: must list",
            Box::new(|p| p.inputs.push(TensorId(0))),
        ),
        ("at least one", Box::new(|p| p.outputs.clear())),
        ("no tensor 9", Box::new(|p| p.outputs[0] = TensorId(9))),
        (
            "cannot be an output",
            Box::new(|p| p.outputs[0] = TensorId(1)),
        ),
        (
            "no axis",
            Box::new(|p| {
                p.tensors[0].shape = vec![];
                p.tensors[1].shape = vec![];
                p.nodes[1].op = Op::OneHot(OneHot {
                    source: TensorId(0),
                });
            }),
        ),
        (
            "is not the source's [2] and one more axis",
            Box::new(|p| indicator(p, (0, 4), vec![5])),
        ),
        (
            "indices in [-1, 4], but there are 5 places",
            Box::new(|p| indicator(p, (-1, 4), vec![2, 5])),
        ),
        (
            "indices in [0, 5], but there are 5 places",
            Box::new(|p| indicator(p, (0, 5), vec![2, 5])),
        ),
        (
            "the root of values in [-1, 9]",
            Box::new(|p| root(p, (-1, 9), (0, 3))),
        ),
        (
            "values reach from 0 to 3, outside the declared range [0, 2]",
            Box::new(|p| root(p, (0, 15), (0, 2))),
        ),
        ("a root in [-1, 3]", Box::new(|p| root(p, (0, 15), (-1, 3)))),
        (
            "it divides values in [-1, 9]",
            Box::new(|p| quotient(p, (-1, 9), (1, 3), (0, 9))),
        ),
        (
            "it divides by values in [0, 3]",
            Box::new(|p| quotient(p, (0, 9), (0, 3), (0, 9))),
        ),
        (
            "values reach from 1 to 5, outside the declared range [0, 4]",
            Box::new(|p| quotient(p, (4, 10), (2, 3), (0, 4))),
        ),
        (
            "a quotient in [-1, 9]",
            Box::new(|p| quotient(p, (0, 9), (1, 3), (-1, 9))),
        ),
        (
            "values could reach 2305843009213693952",
            Box::new(|p| quotient(p, (0, 1 << 31), (1, 1 << 30), (0, 1 << 31))),
        ),
    ];
    for (expected, change) in cases {
        let got = message(change);
        assert!(
            got.contains(expected),
            "expected a message with `{expected}`, got `{got}`"
        );
    }
}

#[test]
fn a_contraction_behind_sums_and_maxima_is_found() {
    let mut program = program();
    program.tensors[4] = program.tensors[3].clone();
    program.nodes[4].op = Op::Max(Max {
        left: TensorId(3),
        right: TensorId(3),
    });
    program.tensors[5] = Tensor {
        low: -1000,
        high: 1000,
        shape: vec![],
        ..program.tensors[4].clone()
    };
    program.nodes[5].op = Op::Contract(Contract {
        left: TensorId(4),
        right: TensorId(4),
        shared: 0,
        left_free: 0,
        right_free: 0,
        contracted: 1,
    });
    let error = program.validated().unwrap_err().to_string();
    assert!(error.contains("another contraction"), "{error}");
}

#[test]
fn weights_and_inputs_must_fit() {
    let program = program().validated().unwrap();
    let weights = |values: Vec<i8>| Weights::from([(TensorId(1), Integers::I8(values.into()))]);
    let good = weights(vec![1, 2, -2, 0, 1, 1]);
    let bound = program.bind(good.clone()).unwrap();
    assert!(bound.run(&[vec![-4, 3, 0]]).is_ok());
    let is_length = |r: Result<_, RunError>| matches!(r, Err(RunError::Length { .. }));
    let is_range = |r: Result<_, RunError>| matches!(r, Err(RunError::Range { .. }));
    assert!(is_length(program.bind(weights(vec![1; 5])).map(drop)));
    assert!(is_range(program.bind(weights(vec![3; 6])).map(drop)));
    assert!(is_length(bound.run(&[vec![0; 4]]).map(drop)));
    assert!(is_range(bound.run(&[vec![4; 3]]).map(drop)));
    assert!(matches!(
        program.bind(Weights::new()),
        Err(RunError::Missing { .. })
    ));
    for (position, name) in [(0, "t"), (9, "")] {
        let mut more = good.clone();
        more.insert(TensorId(position), Integers::I8(vec![0; 3].into()));
        let expected = RunError::NoWeight {
            position,
            tensor: name.into(),
        };
        assert_eq!(program.bind(more), Err(expected));
    }
    assert!(matches!(
        bound.run(&[]),
        Err(RunError::Inputs {
            expected: 1,
            got: 0
        })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever an attacker writes in place of a number, validation answers and does not panic.
    #[test]
    fn mutated_programs_never_panic(case in programs(), at in any::<prop::sample::Index>(), value in any::<i64>()) {
        let mut document = serde_json::to_value(&case.program).unwrap();
        let mut numbers = Vec::new();
        collect(&mut document, &mut numbers);
        if !numbers.is_empty() {
            let chosen = at.index(numbers.len());
            *numbers[chosen] = value.into();
        }
        if let Ok(program) = serde_json::from_value::<Program>(document)
            && let Ok(program) = program.validated()
            && program.tensors.iter().all(|t| t.volume() < 1 << 16)
            && program.nodes.len() == case.program.nodes.len()
        {
            // It may still be a valid program; then it runs or refuses its inputs.
            let small = |n: &Node| !format!("{:?}", n.op).chars().collect::<String>().split(|c: char| !c.is_ascii_digit())
                .any(|d| d.len() > 6);
            if program.nodes.iter().all(small) {
                drop(program.bind(case.weights.arrays().clone()).map(|w| w.run(&case.inputs)));
            }
        }
    }
}

fn collect<'a>(value: &'a mut serde_json::Value, numbers: &mut Vec<&'a mut serde_json::Value>) {
    match value {
        serde_json::Value::Number(_) => numbers.push(value),
        serde_json::Value::Array(list) => list.iter_mut().for_each(|v| collect(v, numbers)),
        serde_json::Value::Object(map) => map.values_mut().for_each(|v| collect(v, numbers)),
        _ => {}
    }
}

/// The second tensor as one-hot codes of the first, which has two entries in this range.
fn indicator(program: &mut Program, range: (i64, i64), shape: Vec<usize>) {
    program.tensors[0].shape = vec![2];
    (program.tensors[0].low, program.tensors[0].high) = range;
    program.tensors[1].shape = shape;
    (program.tensors[1].low, program.tensors[1].high) = (0, 1);
    program.nodes[1].op = Op::Indicator(Indicator {
        source: TensorId(0),
    });
}

/// Some tensor as the root of a tensor of this range.
fn root(program: &mut Program, source: (i64, i64), range: (i64, i64)) {
    program.tensors[1].shape = program.tensors[0].shape.clone();
    (program.tensors[0].low, program.tensors[0].high) = source;
    (program.tensors[1].low, program.tensors[1].high) = range;
    program.nodes[1].op = Op::Root(Root {
        source: TensorId(0),
    });
}

/// A third tensor as the quotient of two of these ranges.
fn quotient(program: &mut Program, dividend: (i64, i64), divisor: (i64, i64), range: (i64, i64)) {
    for (place, (low, high)) in [dividend, divisor, range].into_iter().enumerate() {
        program.tensors[place].shape = program.tensors[0].shape.clone();
        (program.tensors[place].low, program.tensors[place].high) = (low, high);
    }
    program.nodes[2].op = Op::Quotient(Quotient {
        dividend: TensorId(0),
        divisor: TensorId(1),
    });
}

#[test]
fn meanings_are_of_inputs_and_outputs_and_within_their_ranges() {
    let meaning = |tensor, categories: &[&str], missing| Meaning {
        tensor: TensorId(tensor),
        categories: categories.iter().map(|&c| c.to_owned()).collect(),
        missing,
    };
    let check = |meanings: &[Meaning]| {
        let program = Program {
            meanings: meanings.to_vec(),
            ..program()
        };
        program.validated().map(drop).map_err(|e| e.to_string())
    };
    // Tensor 0 is the input, of -4 to 3; tensor 5 an output, of -1 to 9; tensor 3 neither.
    let input = meaning(0, &["a", "b", "c"], None);
    assert_eq!(check(std::slice::from_ref(&input)), Ok(()));
    assert_eq!(check(&[meaning(0, &[], Some(3))]), Ok(()));
    assert_eq!(
        check(&[input.clone(), meaning(5, &["no", "yes"], None)]),
        Ok(())
    );
    let refused = [
        (
            vec![input.clone(), input.clone()],
            "not in the tensors' order",
        ),
        (
            vec![meaning(5, &["a"], None), input],
            "not in the tensors' order",
        ),
        (vec![meaning(9, &["a"], None)], "does not exist"),
        (
            vec![meaning(3, &["a"], None)],
            "neither an input nor an output",
        ),
        (
            vec![meaning(0, &[], None)],
            "neither categories nor a missing value",
        ),
        (
            vec![meaning(0, &[], Some(2))],
            "only an input's greatest integer can",
        ),
        (
            vec![meaning(5, &[], Some(9))],
            "only an input's greatest integer can",
        ),
        (
            vec![meaning(0, &["a"], Some(3))],
            "strings have no missing value",
        ),
        (
            vec![meaning(0, &["a", "a"], None)],
            "a category occurs twice",
        ),
        (
            vec![meaning(0, &["a", "b", "c", "d"], None)],
            "4 categories are beyond its range",
        ),
    ];
    for (meanings, reason) in refused {
        let error = check(&meanings).unwrap_err();
        assert!(error.contains(reason), "{error}: expected {reason}");
    }
}

#[test]
fn two_outputs_of_one_name_are_refused() {
    let mut program = program();
    program.outputs = vec![TensorId(4), TensorId(2)];
    let error = program.clone().validated().unwrap_err();
    assert_eq!(
        error,
        inferproof_program::ProgramError::Names {
            list: "outputs",
            name: "t".into()
        }
    );
    program.outputs = vec![TensorId(4), TensorId(5), TensorId(4)];
    program.validated().unwrap();
}
