//! Squeeze and Unsqueeze: axes of length one are taken away, or added.

use crate::import::Importer;
use crate::import::build::broadcast::axes;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, ints};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("Squeeze", &[1, 11, 13, 21, 23, 24, 25], squeeze)
        .attributes(&[ints("axes")])
        .row("constant axes", "a view")
}
inventory::submit! {
    Operation::new("Unsqueeze", &[1, 11, 13, 21, 23, 24, 25], unsqueeze)
        .attributes(&[ints("axes")])
        .row("constant axes", "a view")
}

fn squeeze(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let shape = importer.shape(&value)?;
    let mut axes = match given(node)? {
        Some(given) => axes(&given, shape.len())?,
        None => (0..shape.len())
            .filter(|&a| shape.get(a) == Some(&1))
            .collect(),
    };
    axes.sort_unstable();
    if let Some(axis) = axes.iter().find(|&&axis| shape.get(axis) != Some(&1)) {
        return refuse(format!(
            "axis {axis} of a tensor of shape {shape:?}, whose length is not one"
        ));
    }
    let steps = axes.iter().rev().map(|&axis| Step::Reduce {
        axis,
        source: 1,
        weights: None,
    });
    let steps = steps.collect();
    Ok(vec![importer.moved(&node.origin, &value, steps)?])
}

fn unsqueeze(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let Some(given) = given(node)? else {
        return refuse("its axes are missing");
    };
    let rank = importer.shape(&value)?.len().saturating_add(given.len());
    let mut axes = axes(&given, rank)?;
    axes.sort_unstable();
    let steps = axes.iter().map(|&axis| Step::Insert { axis, len: 1 });
    let steps = steps.collect();
    Ok(vec![importer.moved(&node.origin, &value, steps)?])
}

/// The axes: an attribute before version 13, then an input.
fn given(node: &Node<'_>) -> Imported<Option<Vec<i64>>> {
    match node.since < 13 {
        true => Ok(node.ints("axes").map(<[i64]>::to_vec)),
        false => node.optional_integers(1, "axes"),
    }
}
