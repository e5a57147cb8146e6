//! Neg, Abs and Sign, of reals and of integers, which are computed modulo the size of their type.

use crate::function::Function;
use crate::import::Importer;
use crate::import::build::typed::{Unary, evaluate_unary};
use crate::import::node::Node;
use crate::import::refusal::Imported;
use crate::import::registry::{Fold, Operation};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("Neg", &[6, 13], import).fold(Fold::Own(evaluate)).row("", "a factor")
}
inventory::submit! {
    Operation::new("Abs", &[6, 13], import).fold(Fold::Own(evaluate)).row("", "a table")
}
inventory::submit! {
    Operation::new("Sign", &[9, 13], import).fold(Fold::Own(evaluate)).row("", "a table")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let origin = &node.origin;
    let element = node.element(0)?;
    let source = importer.input(node, 0)?;
    let layer = match node.op() {
        "Neg" => importer.graph.scaled(origin, -1.0, source, vec![])?,
        "Abs" => importer.function(origin, source, Function::Abs)?,
        _ => importer.function(origin, source, Function::Sign)?,
    };
    let bounds = importer.bounds(source, element).map(|b| match node.op() {
        "Neg" => b.negated(),
        "Abs" => b.magnitude(),
        _ => b,
    });
    let layer = match bounds {
        Some(bounds) => importer.wrapped(origin, layer, element, bounds)?,
        None => layer,
    };
    Ok(vec![Value::computed(layer, element)])
}

fn evaluate(node: &Node<'_>) -> Imported<Vec<Value>> {
    evaluate_unary(
        node,
        &match node.op() {
            "Neg" => Unary {
                reals: |a| -a,
                integers: |a| -a,
                result: None,
            },
            "Abs" => Unary {
                reals: f64::abs,
                integers: i128::abs,
                result: None,
            },
            _ => Unary {
                reals: |a| Function::Sign.evaluate(a),
                integers: i128::signum,
                result: None,
            },
        },
    )
}
