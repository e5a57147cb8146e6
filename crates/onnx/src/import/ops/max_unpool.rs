//! MaxUnpool: the entries of a pooled tensor back in constant places, with zeros around them.

use crate::import::Importer;
use crate::import::build::movement::room;
use crate::import::build::places::flat_gather;
use crate::import::build::windows::per_axis;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, ints};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("MaxUnpool", &[9, 11, 22], import)
        .attributes(&[ints("kernel_shape"), ints("pads"), ints("strides")])
        .row("constant indices", "a view")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let shape = importer.shape(&value)?;
    let places = node.integers(1, "indices")?;
    let rank = shape.len().saturating_sub(2);
    let kernel = per_axis(node, "kernel_shape", rank, 1)?;
    let strides = per_axis(node, "strides", rank, 1)?;
    let pads = per_axis(node, "pads", 2 * rank, 0)?;
    let mut unpooled: Vec<usize> = shape.iter().take(2).copied().collect();
    for (axis, &len) in shape.iter().skip(2).enumerate() {
        let of = |list: &[usize], at: usize| list.get(at).copied().unwrap_or(0);
        let full = (len.saturating_sub(1)).saturating_mul(of(&strides, axis));
        let full = full.saturating_add(of(&kernel, axis));
        unpooled.push(full.saturating_sub(of(&pads, axis).saturating_add(of(&pads, axis + rank))));
    }
    let to = match node.optional_integers(2, "output shape")? {
        Some(given) => {
            let lengths = given.iter().map(|&len| usize::try_from(len));
            lengths.collect::<Result<Vec<_>, _>>()?
        }
        None => unpooled.clone(),
    };
    // Indices count in the shape that was pooled, also where a larger one is asked for.
    let Some((count, shape_of_output)) = room(&to)
        .ok()
        .zip(Some(to.clone()))
        .filter(|_| to == unpooled)
    else {
        return refuse(format!(
            "an output of shape {to:?}, where its indices are those of shape {unpooled:?}; leave the output shape out"
        ));
    };
    if Some(places.len()) != inferproof_view::volume(&shape) {
        return refuse(format!(
            "{} indices for a tensor of shape {shape:?}",
            places.len()
        ));
    }
    let mut index = vec![None; count];
    for (entry, &place) in (0u32..).zip(&places) {
        let slot = usize::try_from(place)
            .ok()
            .and_then(|place| index.get_mut(place));
        match slot {
            Some(slot) => *slot = Some(entry),
            None => {
                return refuse(format!(
                    "index {place} of an output of shape {shape_of_output:?}"
                ));
            }
        }
    }
    let steps = flat_gather(&shape, index, &shape_of_output);
    Ok(vec![importer.moved(&node.origin, &value, steps)?])
}
