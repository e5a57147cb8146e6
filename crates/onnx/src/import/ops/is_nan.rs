//! IsNaN and IsInf. What a model computes is a finite number; only values of its inputs may be missing (NaN).

use crate::element::Element;
use crate::graph::{Kind, LayerId};
use crate::import::Importer;
use crate::import::build::typed::{Unary, evaluate_unary};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation, int};
use crate::import::value::Value;
use crate::tensor::Tensor;
use inferproof_view::volume;
use std::collections::BTreeSet;

inventory::submit! {
    Operation::new("IsNaN", &[9, 13, 20], is_nan)
        .fold(Fold::Own(evaluate))
        .row("", "a comparison with the integer that stands for a missing value")
}
inventory::submit! {
    Operation::new("IsInf", &[10, 20], is_infinite)
        .attributes(&[int("detect_negative"), int("detect_positive")])
        .fold(Fold::Own(evaluate))
        .row("", "nothing: what is computed is finite")
}

fn is_nan(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    match importer.maybe_missing(&node.origin, source)?.missing {
        Some(missing) => Ok(vec![Value::computed(missing, Element::Bool)]),
        None => nowhere(importer, source),
    }
}

fn is_infinite(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    nowhere(importer, source)
}

/// No entry, of what is a finite number whatever the inputs are. A root of what may be negative, or a reciprocal of what may be zero, may be
/// none, and a proof has no word for that.
fn nowhere(importer: &Importer<'_>, source: LayerId) -> Imported<Vec<Value>> {
    let mut seen = BTreeSet::from([source]);
    let mut open = vec![source];
    while let Some(id) = open.pop() {
        let kind = &importer.graph.layer(id).kind;
        if let Kind::Apply { function, .. } = kind
            && !function.is_defined_on(f64::NEG_INFINITY, f64::INFINITY)
        {
            return refuse(format!(
                "it looks for what is not finite in what {function} gives; remove it where all is finite, or test what goes into {function}"
            ));
        }
        open.extend(kind.sources().into_iter().filter(|&id| seen.insert(id)));
    }
    let shape = importer.graph.shape(source);
    let count = volume(shape).unwrap_or(0);
    match Tensor::of_integers(Element::Bool, shape.to_vec(), vec![0; count]) {
        Some(tensor) => Ok(vec![Value::Constant(tensor)]),
        None => refuse("its input is too large"),
    }
}

fn evaluate(node: &Node<'_>) -> Imported<Vec<Value>> {
    let (negative, positive) = (
        node.flag("detect_negative", true),
        node.flag("detect_positive", true),
    );
    let reals: fn(f64) -> f64 = match (node.op(), negative, positive) {
        ("IsNaN", ..) => |x| f64::from(u8::from(x.is_nan())),
        (_, true, true) => |x| f64::from(u8::from(x.is_infinite())),
        (_, true, false) => |x| f64::from(u8::from(x == f64::NEG_INFINITY)),
        (_, false, true) => |x| f64::from(u8::from(x == f64::INFINITY)),
        (_, false, false) => |_| 0.0,
    };
    evaluate_unary(
        node,
        &Unary {
            reals,
            integers: |_| 0,
            result: Some(Element::Bool),
        },
    )
}
