//! Softmax and LogSoftmax. Up to version 11 they are taken over all axes from one on together, later over one axis.

use crate::import::Importer;
use crate::import::build::broadcast::axis;
use crate::import::node::Node;
use crate::import::refusal::Imported;
use crate::import::registry::{Operation, int};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("Softmax", &[1, 11, 13], import)
        .attributes(&[int("axis")])
        .row("", "maxima, exponentials, a reciprocal and a product")
}
inventory::submit! {
    Operation::new("LogSoftmax", &[1, 11, 13], import)
        .attributes(&[int("axis")])
        .row("", "maxima, exponentials and a logarithm")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let rank = importer.graph.shape(source).len();
    let axes = match node.since < 13 {
        true => (axis(node.int_or("axis", 1), rank)?..rank).collect(),
        false => vec![axis(node.int_or("axis", -1), rank)?],
    };
    let logarithm = node.op() == "LogSoftmax";
    let layer = importer.softmax(&node.origin, source, &axes, logarithm)?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}
