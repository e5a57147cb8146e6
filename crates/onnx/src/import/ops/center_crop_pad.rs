//! CenterCropPad: the middle of what is too long, and zeros around what is too short.

use crate::import::Importer;
use crate::import::build::broadcast::{axes, slice};
use crate::import::build::movement::room;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, ints};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("CenterCropPad", &[18], import)
        .attributes(&[ints("axes")])
        .row("a constant shape", "a view")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let shape = importer.shape(&value)?;
    let wanted = node.integers(1, "shape")?;
    let axes = match node.ints("axes") {
        Some(given) => axes(given, shape.len())?,
        None => (0..shape.len()).collect(),
    };
    let lengths: Vec<usize> = wanted
        .iter()
        .filter_map(|&len| usize::try_from(len).ok())
        .collect();
    if lengths.len() != axes.len() || wanted.len() != axes.len() {
        return refuse(format!("a shape {wanted:?} for {} axes", axes.len()));
    }
    let mut to = shape.clone();
    let mut steps = Vec::new();
    for (&axis, &len) in axes.iter().zip(&lengths) {
        let source = shape.get(axis).copied().unwrap_or(0);
        let start = match len < source {
            true => i64::try_from((source - len) / 2)?,
            false => -i64::try_from((len - source) / 2)?,
        };
        if let Some(slot) = to.get_mut(axis) {
            *slot = len;
        }
        steps.push(slice(axis, &shape, start, 1, len));
    }
    room(&to)?;
    Ok(vec![importer.moved(&node.origin, &value, steps)?])
}
