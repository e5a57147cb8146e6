//! InstanceNormalization and GroupNormalization: channels, or groups of them, of mean zero and mean square one.

use crate::import::Importer;
use crate::import::build::broadcast::reshape;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, float, int};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("InstanceNormalization", &[6, 22], instance)
        .attributes(&[float("epsilon")])
        .row("", "a contraction of rows with themselves, a table of roots, products")
}
inventory::submit! {
    Operation::new("GroupNormalization", &[18, 21], group)
        .attributes(&[float("epsilon"), int("num_groups"), int("stash_type")])
        .row("", "a contraction of rows with themselves, a table of roots, products")
}

fn instance(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let origin = &node.origin;
    let shape = importer.graph.shape(source).to_vec();
    let (Some(&channels), true) = (shape.get(1), shape.len() > 2) else {
        return refuse(format!(
            "a tensor of shape {shape:?}; expected [batch, channels, ..]"
        ));
    };
    let axes: Vec<usize> = (2..shape.len()).collect();
    let normalized =
        importer.standardized(origin, source, &axes, node.float_or("epsilon", 1e-5))?;
    let (factor, offset) = (importer.input(node, 1)?, importer.input(node, 2)?);
    let factor = importer.by_channel(origin, factor, channels, shape.len())?;
    let offset = importer.by_channel(origin, offset, channels, shape.len())?;
    let layer = importer.scaled_and_moved(origin, normalized, true, factor, Some(offset))?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}

fn group(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let origin = &node.origin;
    let shape = importer.graph.shape(source).to_vec();
    let (&[batch, channels, ..], Some(count)) = (&shape[..], node.int("num_groups")) else {
        return refuse(format!(
            "a tensor of shape {shape:?}, or `num_groups` is missing"
        ));
    };
    let groups = usize::try_from(count).ok();
    let Some(groups) = groups.filter(|&groups| groups > 0 && channels % groups == 0) else {
        return refuse(format!("{count} groups of {channels} channels"));
    };
    let entries = shape.iter().skip(2).product::<usize>() * (channels / groups);
    let grouped = vec![batch, groups, entries];
    let rows = importer
        .graph
        .view(origin, source, reshape(0, &shape, &grouped))?;
    let mut layer = importer.standardized(origin, rows, &[2], node.float_or("epsilon", 1e-5))?;
    let (factor, offset) = (importer.input(node, 1)?, importer.input(node, 2)?);
    // Up to version 20 each group has its factor, later each channel.
    let by_group = node.since < 21;
    if !by_group {
        layer = importer
            .graph
            .view(origin, layer, reshape(0, &grouped, &shape))?;
    }
    let (count, rank) = match by_group {
        true => (groups, grouped.len()),
        false => (channels, shape.len()),
    };
    let factor = importer.by_channel(origin, factor, count, rank)?;
    let offset = importer.by_channel(origin, offset, count, rank)?;
    layer = importer.scaled_and_moved(origin, layer, true, factor, Some(offset))?;
    if by_group {
        layer = importer
            .graph
            .view(origin, layer, reshape(0, &grouped, &shape))?;
    }
    Ok(vec![Value::computed(layer, node.element(0)?)])
}
