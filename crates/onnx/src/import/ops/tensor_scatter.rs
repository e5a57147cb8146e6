//! TensorScatter: a cache of keys or values with an update written along its axis of positions, from constant positions on.

use crate::import::Importer;
use crate::import::build::broadcast::{axis, slice};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int, string};
use crate::import::value::Value;
use inferproof_view::{Step, volume};

inventory::submit! {
    Operation::new("TensorScatter", &[24], import)
        .attributes(&[int("axis"), string("mode")])
        .row("constant positions, or a computed one of a single entry", "a sum of views; a product with a one-hot code of a computed position")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let (cache, update) = (node.input(0)?.clone(), node.input(1)?.clone());
    let (shape, from) = (importer.shape(&cache)?, importer.shape(&update)?);
    let axis = axis(node.int_or("axis", -2), shape.len())?;
    let Some(batches) = shape
        .first()
        .copied()
        .filter(|_| axis > 0 && from.len() == shape.len())
    else {
        return refuse(format!(
            "an update of shape {from:?} along axis {axis} of a tensor of shape {shape:?}"
        ));
    };
    let fits = |(a, (own, new)): (usize, (&usize, &usize))| {
        if a == axis { new <= own } else { new == own }
    };
    if !shape.iter().zip(&from).enumerate().all(fits) {
        return refuse(format!(
            "an update of shape {from:?} for a tensor of shape {shape:?}"
        ));
    }
    let positions = node.optional(2).cloned();
    if let Some(positions) = positions.filter(|p| !matches!(p, Value::Constant(_))) {
        return written(importer, node, [&cache, &update, &positions], axis);
    }
    let starts = match node.optional_integers(2, "positions")? {
        Some(starts) => starts,
        None => vec![0; batches],
    };
    let circular = match node.string_or("mode", "linear")? {
        "linear" => false,
        "circular" => true,
        other => return refuse(format!("its attribute `mode` is `{other}`")),
    };
    let (Some(&room), Some(&count)) = (shape.get(axis), from.get(axis)) else {
        return refuse("an axis that its tensors lack");
    };
    let starts: Vec<usize> = starts
        .iter()
        .filter_map(|&s| usize::try_from(s).ok())
        .collect();
    let fits = |&start: &usize| {
        start
            .checked_add(count)
            .is_some_and(|end| circular || end <= room)
    };
    if starts.len() != batches || !starts.iter().all(fits) {
        return refuse(format!(
            "positions {starts:?} for {count} of {room} entries of {batches} batches"
        ));
    }
    if volume(&from) == Some(0) {
        return Ok(vec![cache]);
    }
    let mut rows = Vec::new();
    for (batch, &start) in starts.iter().enumerate() {
        let row = slice(0, &shape, i64::try_from(batch)?, 1, 1);
        // For each position, the entry of the update that is written there.
        let mut written = vec![None; room];
        for entry in 0..count {
            if let Some(slot) = written.get_mut((start + entry) % room) {
                *slot = Some(u32::try_from(entry)?);
            }
        }
        let kept = (0u32..)
            .zip(&written)
            .map(|(place, written)| match written {
                None => Some(place),
                Some(_) => None,
            });
        let gather = |source: usize, index: Vec<Option<u32>>| Step::Gather {
            axis,
            source,
            index,
        };
        let old = vec![row.clone(), gather(room, kept.collect())];
        let new = vec![row, gather(count, written)];
        let (cache, update) = (
            importer.layer(&node.origin, &cache)?,
            importer.layer(&node.origin, &update)?,
        );
        let terms = vec![
            importer.graph.summand(1.0, cache, old)?,
            importer.graph.summand(1.0, update, new)?,
        ];
        let layer = importer.graph.sum(&node.origin, terms);
        rows.push(Value::computed(layer, node.element(0)?));
    }
    Ok(vec![importer.concatenated(&node.origin, &rows, 0)?])
}

/// One entry of the only batch, at a position that is computed.
fn written(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    [cache, update, positions]: [&Value; 3],
    axis: usize,
) -> Imported<Vec<Value>> {
    if node.string_or("mode", "linear")? != "linear" {
        return refuse(
            "its positions are computed, which its attribute `mode` must be `linear` for",
        );
    }
    if importer.shape(positions)? != [1] {
        return refuse("its positions are computed; they must be constant, or that of one batch");
    }
    let operands = [
        importer.layer(&node.origin, cache)?,
        importer.layer(&node.origin, update)?,
        importer.layer(&node.origin, positions)?,
    ];
    let layer = importer.written(&node.origin, operands, axis, false)?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}
