//! Concat: tensors one after the other along an axis.

use crate::import::Importer;
use crate::import::build::broadcast::axis;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("Concat", &[4, 11, 13], import)
        .attributes(&[int("axis")])
        .row("", "a sum of views")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let parts: Vec<Value> = node.inputs.iter().flatten().cloned().collect();
    let Some(given) = node.int("axis") else {
        return refuse("its attribute `axis` is missing");
    };
    let rank = importer.shape(node.input(0)?)?.len();
    let joined = importer.concatenated(&node.origin, &parts, axis(given, rank)?)?;
    Ok(vec![joined])
}
