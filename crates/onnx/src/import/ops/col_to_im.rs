//! Col2Im: blocks are put back where windows would read them, and added where they overlap.

use crate::import::Importer;
use crate::import::build::movement::room;
use crate::import::build::windows::per_axis;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, ints};
use crate::import::value::Value;
use inferproof_view::{Step, volume};

inventory::submit! {
    Operation::new("Col2Im", &[18], import)
        .attributes(&[ints("dilations"), ints("pads"), ints("strides")])
        .row("constant shapes, blocks of at most 1024 entries", "a sum of views")
}

/// Each entry of a block is a term of the sum.
const MAX_BLOCK: usize = 1024;

/// How blocks lie along one axis of the image.
struct Axis {
    image: usize,
    stride: usize,
    dilation: usize,
    pad: usize,
    positions: usize,
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let shape = importer.graph.shape(source).to_vec();
    let lengths = |position: usize, what: &str| -> Imported<Vec<usize>> {
        let given = node.integers(position, what)?;
        let lengths = given.iter().map(|&len| usize::try_from(len));
        Ok(lengths.collect::<Result<_, _>>()?)
    };
    let (image, block) = (
        lengths(1, "shape of the image")?,
        lengths(2, "shape of blocks")?,
    );
    let rank = image.len();
    if block.len() != rank || rank == 0 || room(&image)? == 0 {
        return refuse(format!(
            "blocks of shape {block:?} in an image of shape {image:?}"
        ));
    }
    let count = volume(&block).filter(|&count| count > 0 && count <= MAX_BLOCK);
    let (&[batch, entries, total], Some(count)) = (&shape[..], count) else {
        return refuse(format!(
            "an input of shape {shape:?} in blocks of shape {block:?}"
        ));
    };
    let (strides, dilations) = (
        per_axis(node, "strides", rank, 1)?,
        per_axis(node, "dilations", rank, 1)?,
    );
    let pads = per_axis(node, "pads", 2 * rank, 0)?;
    let mut axes = Vec::new();
    for (axis, ((&image, &kernel), (&stride, &dilation))) in image
        .iter()
        .zip(&block)
        .zip(strides.iter().zip(&dilations))
        .enumerate()
    {
        let (pad, after) = (
            pads.get(axis).copied().unwrap_or(0),
            pads.get(axis + rank).copied().unwrap_or(0),
        );
        let padded = image.saturating_add(pad).saturating_add(after);
        let reach = (kernel - 1).saturating_mul(dilation).saturating_add(1);
        let positions = padded
            .checked_sub(reach)
            .and_then(|left| left.checked_div(stride));
        let Some(positions) = positions else {
            return refuse(format!(
                "blocks of {reach} entries along an axis of {padded}"
            ));
        };
        axes.push(Axis {
            image,
            stride,
            dilation,
            pad,
            positions: positions + 1,
        });
    }
    let positions: Vec<usize> = axes.iter().map(|axis| axis.positions).collect();
    if volume(&positions) != Some(total) || entries % count != 0 {
        return refuse(format!(
            "an input of shape {shape:?} for blocks in {positions:?} positions"
        ));
    }
    room(&[&[batch, entries / count][..], &image].concat())?;
    let mut terms = Vec::new();
    for offset in 0..count {
        // [n, c, k, l], of which one k is taken, becomes [n, c, positions..].
        let mut steps = vec![
            Step::Split {
                axis: 1,
                sizes: vec![entries / count, count],
            },
            Step::Slice {
                axis: 2,
                source: count,
                start: i64::try_from(offset)?,
                step: 1,
                len: 1,
            },
            Step::Reduce {
                axis: 2,
                source: 1,
                weights: None,
            },
            Step::Split {
                axis: 2,
                sizes: positions.clone(),
            },
        ];
        let mut rest = offset;
        for (place, (axis, &kernel)) in axes.iter().zip(&block).enumerate().rev() {
            let tap = rest % kernel;
            rest /= kernel;
            let index = (0..axis.image).map(|pixel| {
                let from_start = (pixel + axis.pad).checked_sub(tap * axis.dilation)?;
                let is_position =
                    from_start % axis.stride == 0 && from_start / axis.stride < axis.positions;
                is_position
                    .then(|| u32::try_from(from_start / axis.stride).ok())
                    .flatten()
            });
            steps.push(Step::Gather {
                axis: 2 + place,
                source: axis.positions,
                index: index.collect(),
            });
        }
        terms.push(importer.graph.summand(1.0, source, steps)?);
    }
    let layer = importer.graph.sum(&node.origin, terms);
    Ok(vec![Value::computed(layer, node.element(0)?)])
}
