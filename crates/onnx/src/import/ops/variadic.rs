//! Max, Min, Sum, Mean of any number of tensors, entry by entry, with broadcasting.

use crate::function::Operation as Arithmetic;
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::build::broadcast::common_shape;
use crate::import::build::typed::{Binary, evaluate_binary};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("Max", &[6, 8, 12, 13], import)
        .fold(Fold::Own(evaluate))
        .row("", "a maximum; by a number, a rescale with bounds")
}
inventory::submit! {
    Operation::new("Min", &[6, 8, 12, 13], import)
        .fold(Fold::Own(evaluate))
        .row("", "a maximum; by a number, a rescale with bounds")
}
inventory::submit! {
    Operation::new("Sum", &[6, 8, 13], import).fold(Fold::Own(evaluate)).row("", "a sum")
}
inventory::submit! {
    Operation::new("Mean", &[6, 8, 13], import).row("", "a sum and a factor")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let element = node.element(0)?;
    let (operation, factor) = match node.op() {
        "Max" => (Arithmetic::Maximum, 1.0),
        "Min" => (Arithmetic::Minimum, 1.0),
        "Sum" => (Arithmetic::Add, 1.0),
        _ => (Arithmetic::Add, 1.0 / node.inputs.len() as f64),
    };
    let shapes = node.inputs.iter().flatten().map(|v| importer.shape(v));
    let shapes: Vec<Vec<usize>> = shapes.collect::<Imported<_>>()?;
    let to = common_shape(&shapes.iter().map(|s| &s[..]).collect::<Vec<_>>())?;
    if let Some(empty) = importer.without_entries(element, &to) {
        return Ok(vec![empty]);
    }
    let mut layers = importer.all_inputs(node)?.into_iter();
    let Some(first) = layers.next() else {
        return refuse("it has no operands");
    };
    let origin = &node.origin;
    let mut result = importer.broadcast_to(origin, first, &to)?;
    let mut owned: Vec<_> = (result == first && importer.is_read_once(node, 0))
        .then_some(first)
        .into_iter()
        .collect();
    for (slot, next) in (1..).zip(layers) {
        if importer.is_read_once(node, slot) {
            owned.push(next);
        }
        let place = Place {
            origin,
            to: &to,
            owned: &owned,
        };
        result = importer.binary(&place, operation, result, next)?;
        // Nothing else reads what has been made of the first operands.
        owned = vec![result];
    }
    if factor != 1.0 {
        let place = Place {
            origin,
            to: &to,
            owned: &owned,
        };
        result = importer.times_number(&place, result, factor)?;
    }
    Ok(vec![Value::computed(result, element)])
}

fn evaluate(node: &Node<'_>) -> Imported<Vec<Value>> {
    evaluate_binary(
        node,
        &match node.op() {
            "Max" => Binary {
                reals: larger,
                integers: |a, b| Some(a.max(b)),
                result: None,
            },
            "Min" => Binary {
                reals: |a, b| -larger(-a, -b),
                integers: |a, b| Some(a.min(b)),
                result: None,
            },
            _ => Binary {
                reals: |a, b| a + b,
                integers: |a, b| Some(a + b),
                result: None,
            },
        },
    )
}

/// The greater of two reals; NaN where one is.
fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        a.max(b)
    }
}
