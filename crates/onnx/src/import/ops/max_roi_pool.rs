//! MaxRoiPool: the greatest entries of the bins of constant regions.

use crate::import::Importer;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, float, ints};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("MaxRoiPool", &[1, 22], import)
        .attributes(&[ints("pooled_shape"), float("spatial_scale")])
        .row("constant regions", "maxima")
}

/// Entries that are compared, at most.
const MAX_READ: usize = 1 << 24;

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let origin = &node.origin;
    let source = importer.input(node, 0)?;
    let shape = importer.graph.shape(source).to_vec();
    let regions = node.reals(1, "regions")?;
    let &[batch, channels, height, width] = &shape[..] else {
        return refuse(format!("an image of shape {shape:?}; expected four axes"));
    };
    let Some(&[rows, columns]) = node.ints("pooled_shape") else {
        return refuse("its attribute `pooled_shape` is not two lengths");
    };
    let (rows, columns) = (usize::try_from(rows)?, usize::try_from(columns)?);
    let scale = node.float_or("spatial_scale", 1.0) as f32;
    let mut bins: Vec<Vec<u32>> = Vec::new();
    for region in regions.chunks(5) {
        let &[image, left, top, right, bottom] = region else {
            return refuse(format!("{} bounds of regions of five each", regions.len()));
        };
        if image < 0.0 || image.fract() != 0.0 || image >= batch as f64 {
            return refuse(format!("a region of image {image} of {batch}"));
        }
        let down = cut(top, bottom, scale, rows, height);
        let across = cut(left, right, scale, columns, width);
        for row in &down {
            for column in &across {
                let entries = row.clone().flat_map(|y| {
                    let line = (image as usize * height + y) * width;
                    column.clone().map(move |x| (line + x) as u32)
                });
                bins.push(entries.collect());
            }
        }
    }
    let greatest = bins.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let read = bins.len().saturating_mul(greatest).saturating_mul(channels);
    if read == 0 || read > MAX_READ {
        return refuse(format!(
            "{} bins of up to {greatest} entries of an image of shape {shape:?}",
            bins.len()
        ));
    }
    // A smaller bin has its first entry several times; one outside of the image is zero.
    let index = bins.iter().flat_map(|bin| {
        let padded = (0..greatest).map(|place| bin.get(place).or(bin.first()).copied());
        padded.collect::<Vec<_>>()
    });
    let steps = vec![
        Step::Permute(vec![1, 0, 2, 3]),
        Step::Merge {
            axis: 1,
            sizes: vec![batch, height, width],
        },
        Step::Gather {
            axis: 1,
            source: batch * height * width,
            index: index.collect(),
        },
        Step::Split {
            axis: 1,
            sizes: vec![bins.len(), greatest],
        },
    ];
    let compared = importer.graph.view(origin, source, steps)?;
    let maxima = importer.greatest(origin, compared, 2)?;
    let steps = vec![
        Step::Reduce {
            axis: 2,
            source: 1,
            weights: None,
        },
        Step::Split {
            axis: 1,
            sizes: vec![bins.len() / (rows * columns), rows, columns],
        },
        Step::Permute(vec![1, 0, 2, 3]),
    ];
    let layer = importer.graph.view(origin, maxima, steps)?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}

/// The entries of each bin along one axis, from one bound of a region to the other, both inside.
fn cut(from: f64, to: f64, scale: f32, bins: usize, length: usize) -> Vec<std::ops::Range<usize>> {
    let start = (from as f32 * scale).round();
    let end = (to as f32 * scale).round();
    let bin = (end - start + 1.0).max(1.0) / bins as f32;
    let inside = |at: f32| at.clamp(0.0, length as f32) as usize;
    let bounds = (0..bins).map(|position| {
        let first = inside(start + (position as f32 * bin).floor());
        first..inside(start + ((position + 1) as f32 * bin).ceil())
    });
    bounds.collect()
}
