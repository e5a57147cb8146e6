//! DepthToSpace and SpaceToDepth: blocks of an image become channels, and back.

use crate::import::Importer;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int, string};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("DepthToSpace", &[1, 11, 13], depth_to_space)
        .attributes(&[int("blocksize"), string("mode")])
        .row("", "a view")
}
inventory::submit! {
    Operation::new("SpaceToDepth", &[1, 13], space_to_depth)
        .attributes(&[int("blocksize")])
        .row("", "a view")
}

/// The shape of an image and the length of a block's side.
fn read(importer: &Importer<'_>, value: &Value, node: &Node<'_>) -> Imported<([usize; 4], usize)> {
    let shape = importer.shape(value)?;
    let side = node.int("blocksize").and_then(|b| usize::try_from(b).ok());
    match (<[usize; 4]>::try_from(shape.clone()), side) {
        (Ok(image), Some(side)) if side > 0 && side <= 1 << 16 => Ok((image, side)),
        _ => refuse(format!(
            "blocks of {side:?} for a tensor of shape {shape:?}; expected four axes"
        )),
    }
}

fn depth_to_space(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let ([_, channels, height, width], side) = read(importer, &value, node)?;
    if channels % (side * side) != 0 {
        return refuse(format!(
            "{channels} channels for blocks of {side} by {side}"
        ));
    }
    let depth = channels / (side * side);
    // [n, b, b, c, h, w] or [n, c, b, b, h, w] becomes [n, c, h, b, w, b].
    let (sizes, order) = match node.string_or("mode", "DCR")? {
        "DCR" => (vec![side, side, depth], vec![0, 3, 4, 1, 5, 2]),
        "CRD" => (vec![depth, side, side], vec![0, 1, 4, 2, 5, 3]),
        other => return refuse(format!("its attribute `mode` is `{other}`")),
    };
    let steps = vec![
        Step::Split { axis: 1, sizes },
        Step::Permute(order),
        Step::Merge {
            axis: 2,
            sizes: vec![height, side],
        },
        Step::Merge {
            axis: 3,
            sizes: vec![width, side],
        },
    ];
    Ok(vec![importer.moved(&node.origin, &value, steps)?])
}

fn space_to_depth(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let ([_, channels, height, width], side) = read(importer, &value, node)?;
    if height % side != 0 || width % side != 0 {
        return refuse(format!(
            "{height} by {width} entries for blocks of {side} by {side}"
        ));
    }
    // [n, c, h, b, w, b] becomes [n, b, b, c, h, w].
    let steps = vec![
        Step::Split {
            axis: 3,
            sizes: vec![width / side, side],
        },
        Step::Split {
            axis: 2,
            sizes: vec![height / side, side],
        },
        Step::Permute(vec![0, 3, 5, 1, 2, 4]),
        Step::Merge {
            axis: 1,
            sizes: vec![side, side, channels],
        },
    ];
    Ok(vec![importer.moved(&node.origin, &value, steps)?])
}
