//! Not, And, Or, Xor: of truth values.

use crate::element::Element;
use crate::function::Operation as Logic;
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::build::typed::{Binary, Unary, evaluate_binary, evaluate_unary};
use crate::import::node::Node;
use crate::import::refusal::Imported;
use crate::import::registry::{Fold, Operation};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("Not", &[1], not).fold(Fold::Own(evaluate_not)).row("", "a sum")
}
inventory::submit! {
    Operation::new("And", &[7], import).fold(Fold::Own(evaluate)).row("", "a sum and a table")
}
inventory::submit! {
    Operation::new("Or", &[7], import).fold(Fold::Own(evaluate)).row("", "a sum and a table")
}
inventory::submit! {
    Operation::new("Xor", &[7], import).fold(Fold::Own(evaluate)).row("", "a sum and a table")
}

fn not(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let to = importer.graph.shape(source).to_vec();
    let place = Place {
        origin: &node.origin,
        to: &to,
        owned: &[],
    };
    let layer = importer.not(&place, source)?;
    Ok(vec![Value::computed(layer, Element::Bool)])
}

fn evaluate_not(node: &Node<'_>) -> Imported<Vec<Value>> {
    evaluate_unary(
        node,
        &Unary {
            reals: |a| f64::from(u8::from(a == 0.0)),
            integers: |a| i128::from(a == 0),
            result: Some(Element::Bool),
        },
    )
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let operation = match node.op() {
        "And" => Logic::And,
        "Or" => Logic::Or,
        _ => Logic::Xor,
    };
    let value = importer.entrywise_to(node, operation, Element::Bool)?;
    Ok(vec![value])
}

fn evaluate(node: &Node<'_>) -> Imported<Vec<Value>> {
    evaluate_binary(
        node,
        &match node.op() {
            "And" => Binary {
                reals: |a, b| a * b,
                integers: |a, b| Some(i128::from(a != 0 && b != 0)),
                result: Some(Element::Bool),
            },
            "Or" => Binary {
                reals: f64::max,
                integers: |a, b| Some(i128::from(a != 0 || b != 0)),
                result: Some(Element::Bool),
            },
            _ => Binary {
                reals: |a, b| (a - b).abs(),
                integers: |a, b| Some(i128::from((a != 0) != (b != 0))),
                result: Some(Element::Bool),
            },
        },
    )
}
