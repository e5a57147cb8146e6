//! Compress: the entries, or slices along an axis, where a constant condition holds.

use crate::import::Importer;
use crate::import::build::broadcast::{axis, reshape};
use crate::import::build::movement::pick;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int};
use crate::import::value::Value;
use inferproof_view::volume;

inventory::submit! {
    Operation::new("Compress", &[9, 11], import)
        .attributes(&[int("axis")])
        .row("a constant condition", "a view")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let shape = importer.shape(&value)?;
    let condition = node.integers(1, "condition")?;
    let (axis, length) = match node.int("axis") {
        Some(given) => {
            let axis = axis(given, shape.len())?;
            (axis, shape.get(axis).copied().unwrap_or(0))
        }
        None => (0, volume(&shape).unwrap_or(0)),
    };
    if condition.len() > length && condition.iter().skip(length).any(|&holds| holds != 0) {
        return refuse(format!(
            "a condition of {} entries for {length}",
            condition.len()
        ));
    }
    let kept = (0u32..).zip(&condition).filter(|(_, holds)| **holds != 0);
    let kept = kept.map(|(place, _)| Some(place)).collect();
    let mut steps = Vec::new();
    if node.int("axis").is_none() && length > 0 {
        steps = reshape(0, &shape, &[length]);
    }
    steps.push(pick(axis, length, kept));
    Ok(vec![importer.moved(&node.origin, &value, steps)?])
}
