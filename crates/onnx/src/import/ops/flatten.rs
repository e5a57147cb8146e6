//! Flatten: two axes of whatever there were.

use crate::import::Importer;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("Flatten", &[1, 9, 11, 13, 21, 23, 24, 25], import)
        .attributes(&[int("axis")])
        .row("", "a view")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let shape = importer.shape(&value)?;
    let given = node.int_or("axis", 1);
    let axis = match given < 0 {
        true => given.saturating_add(shape.len() as i64),
        false => given,
    };
    let axis = usize::try_from(axis)
        .ok()
        .filter(|&axis| axis <= shape.len());
    let Some(axis) = axis else {
        return refuse(format!("axis {given} for a tensor of shape {shape:?}"));
    };
    let (outer, inner) = shape.split_at(axis);
    let to = vec![outer.iter().product(), inner.iter().product()];
    importer.reshaped(node, &value, to).map(|value| vec![value])
}
