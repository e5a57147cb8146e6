//! Identity: the value itself, whatever it is.

use crate::import::Importer;
use crate::import::node::Node;
use crate::import::refusal::Imported;
use crate::import::registry::{Fold, Operation};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("Identity", &[1, 13, 14, 16, 19, 21, 23, 24, 25], import).fold(Fold::Own(evaluate))
}

fn import(_: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    evaluate(node)
}

fn evaluate(node: &Node<'_>) -> Imported<Vec<Value>> {
    Ok(vec![node.input(0)?.clone()])
}
