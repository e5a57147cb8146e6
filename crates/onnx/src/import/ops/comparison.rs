//! Equal, Greater, Less, GreaterOrEqual, LessOrEqual: truth values, entry by entry, with broadcasting.

use crate::element::Element;
use crate::function::{Comparison, Operation as Arithmetic};
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::build::broadcast::common_shape;
use crate::import::build::typed::{Binary, evaluate_binary, places};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation};
use crate::import::value::Value;
use crate::tensor::Tensor;

macro_rules! comparisons {
    ($($name:literal, $versions:expr;)*) => {
        $(inventory::submit! {
            Operation::new($name, &$versions, import)
                .fold(Fold::Own(evaluate))
                .row("", "a difference, and a table of its sign")
        })*
    };
}

comparisons! {
    "Equal", [7, 11, 13, 19];
    "Greater", [7, 9, 13];
    "Less", [7, 9, 13];
    "GreaterOrEqual", [12, 16];
    "LessOrEqual", [12, 16];
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let comparison = match node.op() {
        "Equal" => Comparison::Equal,
        "Greater" => Comparison::Greater,
        "Less" => Comparison::Less,
        "GreaterOrEqual" => Comparison::GreaterOrEqual,
        _ => Comparison::LessOrEqual,
    };
    if node.element(0)? == Element::String {
        return computed_strings(importer, node).map(|value| vec![value]);
    }
    let value = importer.entrywise_to(node, Arithmetic::Compare(comparison), Element::Bool)?;
    Ok(vec![value])
}

fn evaluate(node: &Node<'_>) -> Imported<Vec<Value>> {
    if node.op() == "Equal" && node.element(0)? == Element::String {
        return equal_strings(node).map(|value| vec![value]);
    }
    evaluate_binary(
        node,
        &match node.op() {
            "Equal" => Binary {
                reals: |a, b| f64::from(u8::from(a == b)),
                integers: |a, b| Some(i128::from(a == b)),
                result: Some(Element::Bool),
            },
            "Greater" => Binary {
                reals: |a, b| f64::from(u8::from(a > b)),
                integers: |a, b| Some(i128::from(a > b)),
                result: Some(Element::Bool),
            },
            "Less" => Binary {
                reals: |a, b| f64::from(u8::from(a < b)),
                integers: |a, b| Some(i128::from(a < b)),
                result: Some(Element::Bool),
            },
            "GreaterOrEqual" => Binary {
                reals: |a, b| f64::from(u8::from(a >= b)),
                integers: |a, b| Some(i128::from(a >= b)),
                result: Some(Element::Bool),
            },
            _ => Binary {
                reals: |a, b| f64::from(u8::from(a <= b)),
                integers: |a, b| Some(i128::from(a <= b)),
                result: Some(Element::Bool),
            },
        },
    )
}

/// Equality of strings, at least one of them computed: of their codes.
fn computed_strings(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Value> {
    let (left, right) = (node.input(0)?.clone(), node.input(1)?.clone());
    if node.op() != "Equal" || right.element() != Some(Element::String) {
        return refuse(
            "an order of strings, or strings beside numbers; whether strings are equal is supported",
        );
    }
    let to = common_shape(&[&importer.shape(&left)?, &importer.shape(&right)?])?;
    if let Some(empty) = importer.without_entries(Element::Bool, &to) {
        return Ok(empty);
    }
    let codes = importer.string_operands(&node.origin, &[&left, &right], false)?;
    let [left, right] = codes[..] else {
        return refuse("it compares two tensors");
    };
    let place = Place {
        origin: &node.origin,
        to: &to,
        owned: &[],
    };
    let layer = importer.binary(&place, Arithmetic::Compare(Comparison::Equal), left, right)?;
    Ok(Value::computed(layer, Element::Bool))
}

fn equal_strings(node: &Node<'_>) -> Imported<Value> {
    let (left, right) = (node.constant(0, "operand")?, node.constant(1, "operand")?);
    let shape = common_shape(&[left.shape(), right.shape()])?;
    let (Some(a), Some(b)) = (left.strings(), right.strings()) else {
        return refuse("strings are compared with what are none");
    };
    let pairs = places(left.shape(), &shape).zip(places(right.shape(), &shape));
    let equal: Vec<i64> = pairs
        .map(|(l, r)| i64::from(a.get(l) == b.get(r)))
        .collect();
    match Tensor::of_integers(Element::Bool, shape, equal) {
        Some(tensor) => Ok(Value::Constant(tensor)),
        None => refuse("strings could not be compared"),
    }
}
