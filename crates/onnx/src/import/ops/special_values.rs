//! IsNaN and IsInf: whether entries are no numbers, or infinite. What is computed in a proof never is.

use crate::element::Element;
use crate::import::Importer;
use crate::import::build::movement::room;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation, int};
use crate::import::value::Value;
use crate::tensor::Tensor;

inventory::submit! {
    Operation::new("IsNaN", &[9, 13, 20], never)
        .fold(Fold::Own(evaluate))
        .row("what is computed is taken to be a number", "false")
}
inventory::submit! {
    Operation::new("IsInf", &[10, 20], never)
        .attributes(&[int("detect_negative"), int("detect_positive")])
        .fold(Fold::Own(evaluate))
        .row("what is computed is taken to be finite", "false")
}

fn never(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let shape = importer.shape(node.input(0)?)?;
    let falses = vec![0; room(&shape)?];
    match Tensor::of_integers(Element::Bool, shape, falses) {
        Some(falses) => Ok(vec![Value::Constant(falses)]),
        None => refuse("too many entries"),
    }
}

fn evaluate(node: &Node<'_>) -> Imported<Vec<Value>> {
    let tensor = node.constant(0, "input")?;
    let Some(reals) = tensor.reals() else {
        return refuse("strings, which are no numbers");
    };
    let (negative, positive) = (node.flag("detect_negative", true), node.flag("detect_positive", true));
    let holds = |value: &f64| match node.op() {
        "IsNaN" => value.is_nan(),
        _ => value.is_infinite() && if *value < 0.0 { negative } else { positive },
    };
    let truths = reals.iter().map(|value| i64::from(holds(value)));
    match Tensor::of_integers(Element::Bool, tensor.shape().to_vec(), truths.collect()) {
        Some(truths) => Ok(vec![Value::Constant(truths)]),
        None => refuse("too many entries"),
    }
}
