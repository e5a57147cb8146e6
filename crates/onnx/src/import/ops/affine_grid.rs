//! AffineGrid: the places of an image under an affine map, for each sample.

use crate::graph::Axes;
use crate::import::Importer;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int};
use crate::import::value::Value;
use inferproof_view::{Step, volume};

inventory::submit! {
    Operation::new("AffineGrid", &[20], import)
        .attributes(&[int("align_corners")])
        .row("a constant size", "a contraction with the places of the image")
}

/// Places of an image at most.
const MAX_PLACES: usize = 1 << 24;

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let origin = &node.origin;
    let shape = importer.graph.shape(source).to_vec();
    let size = node.integers(1, "size")?;
    let image = size.iter().skip(2).map(|&n| usize::try_from(n));
    let image = image.collect::<Result<Vec<usize>, _>>()?;
    let axes = image.len();
    if shape.get(1..) != Some(&[axes, axes + 1][..]) || !(2..=3).contains(&axes) {
        return refuse(format!("maps of shape {shape:?} for a size of {size:?}"));
    }
    let count = volume(&image).filter(|&count| count > 0 && count <= MAX_PLACES);
    let Some(count) = count else {
        return refuse(format!(
            "a size of {size:?}; at most {MAX_PLACES} places are supported"
        ));
    };
    let aligned = node.flag("align_corners", false);
    if aligned && image.contains(&1) {
        return refuse(
            "`align_corners` of an axis of length one, whose corners are the same: runtimes differ in where they are",
        );
    }
    let coordinate = |index: usize, len: usize| match aligned {
        true => -1.0 + 2.0 * index as f64 / (len as f64 - 1.0),
        false => -1.0 + (2.0 * index as f64 + 1.0) / len as f64,
    };
    let mut places = Vec::new();
    for place in 0..count {
        // The last axis of the image is the first coordinate; the last coordinate is 1.
        let mut rest = place;
        for &len in image.iter().rev() {
            places.push(coordinate(rest % len, len) as f32);
            rest /= len;
        }
        places.push(1.0);
    }
    let places = importer
        .graph
        .add_constant(origin, vec![count, axes + 1], places);
    let contraction = Axes {
        shared: 0,
        left_free: 2,
        right_free: 1,
        contracted: 1,
    };
    let product = importer.graph.contract(origin, source, places, contraction);
    let steps = vec![
        Step::Permute(vec![0, 2, 1]),
        Step::Split {
            axis: 1,
            sizes: image,
        },
    ];
    let layer = importer.graph.view(origin, product, steps)?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}
