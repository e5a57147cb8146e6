//! Tile: a tensor repeated along its axes.

use crate::import::Importer;
use crate::import::build::movement::room;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::Operation;
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("Tile", &[6, 13], import).row("constant repeats", "a view")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let shape = importer.shape(&value)?;
    let given = node.integers(1, "repeats")?;
    let repeats = given.iter().map(|&times| usize::try_from(times));
    let repeats = repeats
        .collect::<Result<Vec<usize>, _>>()
        .unwrap_or_default();
    if repeats.len() != shape.len() || given.len() != shape.len() {
        return refuse(format!("repeats {given:?} for a tensor of shape {shape:?}"));
    }
    let lengths = shape.iter().zip(&repeats);
    let to: Vec<usize> = lengths
        .map(|(&len, &times)| len.saturating_mul(times))
        .collect();
    room(&to)?;
    let mut steps = Vec::new();
    for (axis, (&source, &len)) in shape.iter().zip(&to).enumerate() {
        if len != source {
            let index = (0..len).map(|place| u32::try_from(place % source.max(1)).ok());
            steps.push(Step::Gather {
                axis,
                source,
                index: index.collect(),
            });
        }
    }
    Ok(vec![importer.moved(&node.origin, &value, steps)?])
}
