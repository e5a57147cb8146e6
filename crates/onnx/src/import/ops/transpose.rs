//! Transpose: the axes in another order; without one, the reverse.

use crate::import::Importer;
use crate::import::build::broadcast::axes;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, ints};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("Transpose", &[1, 13, 21, 23, 24, 25], import)
        .attributes(&[ints("perm")])
        .row("", "a view")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let rank = importer.shape(&value)?.len();
    let order = match node.ints("perm") {
        Some(order) if order.len() == rank => axes(order, rank)?,
        Some(order) => return refuse(format!("an order {order:?} of {rank} axes")),
        None => (0..rank).rev().collect(),
    };
    let moved = importer.moved(&node.origin, &value, vec![Step::Permute(order)])?;
    Ok(vec![moved])
}
