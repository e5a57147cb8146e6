//! Small models with few different numbers: each number is in a commitment or in the list.

use super::{Shown, ShownNumbers};
use crate::proto::{self as pb, Dimension, Length, TensorType, TypeValue};
use crate::{Compiled, FloatModel, OnnxError, QuantizeOptions};
use inferproof_program::{Op, Term};
use prost::Message;

fn array(name: &str, values: &[f32]) -> pb::TensorProto {
    pb::TensorProto {
        name: name.into(),
        dims: vec![values.len() as i64],
        data_type: 1,
        float_data: values.to_vec(),
        ..Default::default()
    }
}

fn integers(name: &str, values: &[i64]) -> pb::TensorProto {
    pb::TensorProto {
        data_type: 7,
        float_data: vec![],
        int64_data: values.to_vec(),
        ..array(name, &vec![0.0; values.len()])
    }
}

fn truths(name: &str, values: &[bool]) -> pb::TensorProto {
    pb::TensorProto {
        data_type: 9,
        float_data: vec![],
        int32_data: values.iter().map(|&v| v.into()).collect(),
        ..array(name, &vec![0.0; values.len()])
    }
}

fn node(op: &str, inputs: &[&str], output: &str) -> pb::NodeProto {
    pb::NodeProto {
        op_type: op.into(),
        name: op.to_lowercase(),
        input: inputs.iter().map(|&i| i.into()).collect(),
        output: vec![output.into()],
        ..Default::default()
    }
}

fn port(name: &str, len: i64) -> pb::ValueInfoProto {
    let dim = Dimension {
        value: Some(Length::Value(len)),
    };
    pb::ValueInfoProto {
        name: name.into(),
        r#type: Some(pb::TypeProto {
            value: Some(TypeValue::Tensor(TensorType {
                elem_type: 1,
                shape: Some(pb::TensorShapeProto { dim: vec![dim] }),
            })),
        }),
    }
}

/// Compiled on a few samples of four positive numbers.
fn compiled(nodes: Vec<pb::NodeProto>, initializer: Vec<pb::TensorProto>, len: i64) -> Compiled {
    compiled_on(nodes, initializer, len, |i, j| {
        0.5 + ((i * 7 + j * 3) % 11) as f64 / 8.0
    })
}

/// Compiled on samples of these numbers, by the sample and the place in it.
fn compiled_on(
    nodes: Vec<pb::NodeProto>,
    initializer: Vec<pb::TensorProto>,
    len: i64,
    number: impl Fn(usize, usize) -> f64,
) -> Compiled {
    try_compiled_on(nodes, initializer, len, number).unwrap()
}

fn try_compiled_on(
    nodes: Vec<pb::NodeProto>,
    initializer: Vec<pb::TensorProto>,
    len: i64,
    number: impl Fn(usize, usize) -> f64,
) -> Result<Compiled, OnnxError> {
    let model = pb::ModelProto {
        opset_import: vec![pb::OperatorSetIdProto {
            domain: String::new(),
            version: 17,
        }],
        graph: Some(pb::GraphProto {
            node: nodes,
            input: vec![port("x", 4)],
            output: vec![port("y", len)],
            initializer,
            ..Default::default()
        }),
        ..Default::default()
    };
    let model = FloatModel::import(&model.encode_to_vec())?;
    let sample = |i: usize| vec![(0..4).map(|j| number(i, j)).collect()];
    let samples: Vec<_> = (0..16).map(sample).collect();
    let options = QuantizeOptions::default();
    model.compile(&samples, &options)
}

/// All public factors of the program, and the values of its tables.
fn public(compiled: &Compiled) -> Vec<i64> {
    let terms = compiled.program.nodes.iter().flat_map(|n| match &n.op {
        Op::Linear(sum) => &sum.terms[..],
        _ => &[],
    });
    let factors = terms.map(|term: &Term| term.coefficient);
    let tables = compiled
        .program
        .tables
        .iter()
        .flat_map(|t| t.values.clone());
    factors.chain(tables).collect()
}

fn shown(node: &str, what: Shown, count: usize) -> ShownNumbers {
    ShownNumbers {
        node: node.into(),
        what,
        count,
    }
}

#[test]
fn levels_of_one_number_are_committed() {
    let chains: [&[pb::NodeProto]; 4] = [
        &[
            node("Max", &["x", "level"], "most"),
            node("Sigmoid", &["most"], "y"),
        ],
        &[
            node("Min", &["x", "level"], "least"),
            node("Exp", &["least"], "y"),
        ],
        &[
            node("Greater", &["x", "level"], "holds"),
            node("Where", &["holds", "x", "zero"], "y"),
        ],
        &[
            node("Greater", &["x", "one"], "holds"),
            node("Where", &["holds", "x", "level"], "y"),
        ],
    ];
    for nodes in chains {
        let with = |level: f32| {
            let arrays = [
                ("level", vec![level; 4]),
                ("zero", vec![0.0]),
                ("one", vec![1.0]),
            ];
            let read = |name: &str| nodes.iter().any(|n| n.input.iter().any(|i| i == name));
            let arrays = arrays.iter().filter(|(name, _)| read(name));
            let arrays = arrays.map(|(name, values)| array(name, values));
            compiled(nodes.to_vec(), arrays.collect(), 4)
        };
        let (one, other) = (with(0.9), with(0.8));
        let op = &nodes[0].op_type;
        let weight = |of: &Compiled| {
            let weights = of.program.weights();
            let weights = weights.map(|id| of.weights.get(id).unwrap().to_i64());
            // The zero of a selection may be a weight, too.
            let mut levels = weights.filter(|values| *values != [0]);
            (levels.next().unwrap(), levels.next())
        };
        assert_eq!(weight(&one).1, None, "{op}");
        assert_ne!(weight(&one), weight(&other), "{op}");
        // Nothing is shown but the one that stands alone.
        let shown = one.report.shown.iter().map(|entry| &entry.node[..]);
        let shown: Vec<&str> = shown.collect();
        match nodes[0].input[1] == "one" {
            true => assert_eq!(shown, ["greater (Greater)"]),
            false => assert_eq!(shown, [""; 0], "{op}"),
        }
    }
}

#[test]
fn arrays_of_one_number_are_committed() {
    let nodes = || {
        vec![
            node("Mul", &["x", "gamma"], "scaled"),
            node("Sub", &["scaled", "beta"], "moved"),
            node("PRelu", &["moved", "slope"], "bent"),
            node("Div", &["bent", "divisor"], "y"),
        ]
    };
    let with = |numbers: [f32; 4]| {
        let names = ["gamma", "beta", "slope", "divisor"].into_iter();
        let arrays = names.zip(numbers).map(|(name, n)| array(name, &[n; 4]));
        compiled(nodes(), arrays.collect(), 4)
    };
    let secret = with([0.37, 0.81, 0.29, 1.7]);
    assert_eq!(secret.report.shown, []);
    let weights: Vec<_> = secret.program.weights().collect();
    assert_eq!(weights.len(), 4, "each array is a weight");
    for id in weights {
        let weight = secret.weights.get(id).unwrap();
        let (low, high) = weight.extremes().unwrap();
        assert!(low == high && low != 0);
    }
    // Numbers in the program are powers of two, for scales that differ.
    let is_power = |v: &i64| v.unsigned_abs().is_power_of_two();
    assert!(
        public(&secret).iter().all(is_power),
        "{:?}",
        public(&secret)
    );
    // Numbers that stand alone are public, and listed.
    let alone = vec![
        node("Mul", &["x", "gamma"], "scaled"),
        node("Sub", &["scaled", "beta"], "y"),
    ];
    let alone = compiled(
        alone,
        vec![array("gamma", &[0.37]), array("beta", &[0.81])],
        4,
    );
    let expected = [
        shown("mul (Mul)", Shown::Coefficients, 1),
        shown("sub (Sub)", Shown::Coefficients, 1),
    ];
    assert_eq!(alone.program.weights().count(), 0);
    assert_eq!(alone.report.shown, expected);
}

/// Whether two models that differ in an array alone have one program, so that nothing of it tells them apart, and other weights.
fn assert_secret(one: &Compiled, other: &Compiled) {
    assert_eq!(*one.program, *other.program);
    assert_eq!(one.report.shown, other.report.shown);
    let mut weights = one.program.weights();
    let differ = weights.any(|id| one.weights.get(id) != other.weights.get(id));
    assert!(differ, "the array is in no weight");
}

#[test]
fn arrays_of_divisors_are_committed() {
    let whole = || {
        let to = pb::AttributeProto {
            name: "to".into(),
            r#type: pb::AttributeType::Int as i32,
            i: 7,
            ..Default::default()
        };
        let mut cast = node("Cast", &["x"], "whole");
        cast.attribute.push(to);
        cast
    };
    for op in ["Div", "Mod"] {
        let with = |divisors: &[i64]| {
            let mut back = node("Cast", &["divided"], "y");
            back.attribute.clone_from(&whole().attribute);
            back.attribute[0].i = 1;
            let nodes = vec![whole(), node(op, &["whole", "divisors"], "divided"), back];
            let divisors = integers("divisors", divisors);
            compiled_on(nodes, vec![divisors], 4, |i, j| {
                ((i * 37 + j * 11) % 100) as f64 - 50.0
            })
        };
        assert_secret(&with(&[9, 7, -3, 11]), &with(&[13, 3, 6, -9]));
        assert_secret(&with(&[7, 7, 7, 7]), &with(&[9, 9, 9, 9]));
        // A number that stands alone is public, and so are powers of two, by which more can be divided.
        for public in [&[7][..], &[4, 4, 8, 2]] {
            let made = with(public);
            let divisors = made.report.shown.iter();
            let divisors = divisors.filter(|s| s.what == Shown::Divisors);
            assert_eq!(divisors.count(), 1, "{op} {:?}", made.report.shown);
        }
    }
}

#[test]
fn masks_that_follow_no_rule_are_committed() {
    let with = |mask: [bool; 4], no: f32| {
        let nodes = vec![
            node("Tanh", &["x"], "h"),
            node("Where", &["mask", "h", "no"], "y"),
        ];
        compiled(nodes, vec![truths("mask", &mask), array("no", &[no])], 4)
    };
    let (one, other) = ([true, false, true, false], [false, true, false, true]);
    for no in [0.0, 0.5] {
        assert_secret(&with(one, no), &with(other, no));
        assert_eq!(with(one, no).report.shown, []);
    }
    let is_shown = |made: Compiled| {
        let found = made.report.shown.into_iter();
        found.map(|s| s.what).any(|what| what == Shown::Places)
    };
    // A mask of attention, beside which nothing else would be left of a product.
    assert!(is_shown(with(one, -1e9)));
    // One run of entries is a rule, and listed where it is no slice.
    assert!(is_shown(with([true, false, false, true], 0.5)));
}

#[test]
fn exponents_that_are_no_whole_numbers_are_committed() {
    let with = |exponents: [f32; 4]| {
        let nodes = vec![node("Pow", &["x", "exponents"], "y")];
        compiled(nodes, vec![array("exponents", &exponents)], 4)
    };
    assert_secret(&with([2.5, 1.5, 2.25, 1.75]), &with([2.4, 1.6, 2.5, 1.2]));
    assert_secret(&with([0.45; 4]), &with([0.375; 4]));
    assert_eq!(with([2.5, 1.5, 2.25, 1.75]).report.shown, []);
    // Whole numbers are chosen, and have answers below zero.
    for (exponents, different) in [([2.0, 3.0, 2.0, 3.0], 2), ([2.5, 3.0, 2.0, 3.0], 3)] {
        let found = with(exponents).report.shown;
        let parameters = shown("pow (Pow)", Shown::Parameters, different);
        assert!(found.contains(&parameters), "{found:?}");
        assert!(found.iter().any(|s| s.what == Shown::Places), "{found:?}");
    }
}

#[test]
fn powers_without_an_answer_are_refused() {
    let with = |exponents: [f32; 4], least: f64| {
        let nodes = vec![node("Pow", &["x", "exponents"], "y")];
        let exponents = array("exponents", &exponents);
        try_compiled_on(nodes, vec![exponents], 4, |i, j| {
            least + ((i * 7 + j * 3) % 11) as f64 / 8.0
        })
    };
    assert!(with([2.5, 1.5, 2.25, 1.75], 0.0).is_ok());
    for (exponents, least) in [
        ([2.5, 1.5, 2.25, 1.75], -0.5),
        ([-1.5, 1.5, -0.5, 0.5], 0.0),
    ] {
        let error = with(exponents, least).err().unwrap().to_string();
        assert!(error.contains("pow (Pow)"), "{error}");
    }
}

#[test]
fn places_that_are_constants_are_listed() {
    let nodes = vec![
        node("Gather", &["x", "indices"], "gathered"),
        node("Where", &["mask", "gathered", "zero"], "y"),
    ];
    let indices = integers("indices", &[2, 0, 3, 1]);
    let mask = truths("mask", &[true, false, true, true]);
    let made = compiled(nodes, vec![indices, mask, array("zero", &[0.0])], 4);
    let found = &made.report.shown;
    let places: usize = found
        .iter()
        .filter(|s| s.what == Shown::Places)
        .map(|s| s.count)
        .sum();
    assert!(places >= 4, "{found:?}");
    // A slice is part of the architecture.
    let slice = vec![node("Slice", &["x", "start", "end"], "y")];
    let ends = vec![integers("start", &[1]), integers("end", &[3])];
    assert_eq!(compiled(slice, ends, 2).report.shown, []);
}

/// Indices with two axes.
fn matrix(name: &str, dims: [i64; 2], values: &[i64]) -> pb::TensorProto {
    pb::TensorProto {
        dims: dims.to_vec(),
        ..integers(name, values)
    }
}

#[test]
fn places_are_listed_by_the_node_that_has_them() {
    let weights = (0..16).map(|i| ((i * 7) % 16) as f32 / 16.0 - 0.45);
    let weights = pb::TensorProto {
        dims: vec![4, 4],
        ..array("weights", &weights.collect::<Vec<f32>>())
    };
    let again = pb::NodeProto {
        name: "again".into(),
        ..node("GatherElements", &["picked", "more"], "y")
    };
    // What follows may read through them, so that they have no tensor of their own.
    let after = [
        node("Identity", &["picked"], "y"),
        node("Tanh", &["picked"], "y"),
        node("Add", &["picked", "x"], "y"),
        node("Mul", &["picked", "x"], "y"),
        node("MatMul", &["picked", "weights"], "y"),
        again,
    ];
    let picks = [
        ("Gather", integers("indices", &[2, 0, 3, 1])),
        ("GatherElements", integers("indices", &[2, 0, 3, 3])),
        ("GatherND", matrix("indices", [4, 1], &[2, 0, 3, 1])),
        ("ScatterElements", integers("indices", &[2, 0, 3])),
        ("ScatterND", matrix("indices", [3, 1], &[2, 0, 3])),
    ];
    for (op, indices) in picks {
        for after in &after {
            let inputs = ["x", "indices", "updates"];
            let inputs = &inputs[..if op.starts_with("Scatter") { 3 } else { 2 }];
            let nodes = vec![node(op, inputs, "picked"), after.clone()];
            let arrays = vec![
                indices.clone(),
                array("updates", &[0.5, 0.25, 0.75]),
                weights.clone(),
                integers("more", &[3, 0, 1, 2]),
            ];
            let found = compiled(nodes, arrays, 4).report.shown;
            let name = format!("{} ({op})", op.to_lowercase());
            let has_places = found.iter().filter(|s| s.what == Shown::Places);
            let nodes: Vec<&str> = has_places.map(|s| s.node.as_str()).collect();
            let expected = match after.name == "again" {
                true => vec!["again (GatherElements)", &name],
                false => vec![&*name],
            };
            assert_eq!(nodes, expected, "{op} before {}: {found:?}", after.op_type);
        }
    }
}

#[test]
fn scales_by_channel_are_listed() {
    let small = |name: &str, dims: &[i64], values: Vec<i32>| pb::TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: 3,
        int32_data: values,
        ..Default::default()
    };
    let one = |name: &str, number: f32| pb::TensorProto {
        dims: vec![],
        ..array(name, &[number])
    };
    let axis = pb::AttributeProto {
        name: "axis".into(),
        r#type: pb::AttributeType::Int as i32,
        i: 1,
        ..Default::default()
    };
    let dequantize = |name: &str, inputs: &[&str], output: &str| pb::NodeProto {
        name: name.into(),
        ..node("DequantizeLinear", inputs, output)
    };
    let mut weights = dequantize("weights", &["w", "scales", "zeros"], "weighted");
    weights.attribute.push(axis);
    let nodes = vec![
        node("QuantizeLinear", &["x", "scale", "zero"], "q"),
        dequantize("input", &["q", "scale", "zero"], "dequantized"),
        weights,
        node("MatMul", &["dequantized", "weighted"], "product"),
        pb::NodeProto {
            name: "product".into(),
            ..node("QuantizeLinear", &["product", "scale", "zero"], "r")
        },
        dequantize("output", &["r", "scale", "zero"], "y"),
    ];
    let entries = (0..16).map(|i| (i * 37) % 200 - 100);
    let arrays = vec![
        small("w", &[4, 4], entries.collect()),
        small("zeros", &[4], vec![0; 4]),
        small("zero", &[], vec![0]),
        one("scale", 0.013),
        array("scales", &[0.011, 0.017, 0.023, 0.005]),
    ];
    let found = compiled(nodes, arrays, 4).report.shown;
    let is_listed = |node: &str, least: usize| {
        let is_it = |s: &ShownNumbers| {
            s.node.starts_with(node) && s.what == Shown::Scales && s.count >= least
        };
        assert!(found.iter().any(is_it), "{node}: {found:?}");
    };
    is_listed("quantizelinear (QuantizeLinear)", 1);
    is_listed("product (QuantizeLinear)", 4);
}
