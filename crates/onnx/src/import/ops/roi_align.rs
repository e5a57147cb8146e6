//! RoiAlign: means of what constant regions of an image hold, read between its entries.

use crate::graph::Axes;
use crate::import::Importer;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, float, int, string};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("RoiAlign", &[10, 16, 22], import)
        .attributes(&[
            string("coordinate_transformation_mode"),
            string("mode"),
            int("output_height"),
            int("output_width"),
            int("sampling_ratio"),
            float("spatial_scale"),
        ])
        .row(
            "constant regions; means, not maxima",
            "a contraction with the weights of interpolation",
        )
}

/// Weights of interpolation, at most: one for each entry of the output and of the image.
const MAX_WEIGHTS: usize = 1 << 24;

/// Places that one bin is read at, along one axis, at most.
const MAX_SAMPLES: usize = 1 << 10;

/// How a node cuts regions along one axis of the image.
struct Cut {
    /// The image's length.
    len: usize,
    /// Bins of a region.
    bins: usize,
    /// Places that each bin is read at; 0 lets the region's length decide.
    samples: usize,
    scale: f32,
    half_pixel: bool,
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let origin = &node.origin;
    let shape = importer.graph.shape(source).to_vec();
    let regions = node.reals(1, "regions")?;
    let samples = node.integers(2, "samples of regions")?;
    let &[batch, _, height, width] = &shape[..] else {
        return refuse(format!("an image of shape {shape:?}; expected four axes"));
    };
    if node.string_or("mode", "avg")? != "avg" {
        return refuse("its mode is not `avg`: runtimes differ in what its maxima are");
    }
    let half_pixel = match node.string("coordinate_transformation_mode")? {
        None => node.since >= 16,
        Some("half_pixel") => true,
        Some("output_half_pixel") => false,
        Some(other) => {
            return refuse(format!(
                "its attribute `coordinate_transformation_mode` is `{other}`"
            ));
        }
    };
    let count = |name: &str, default| usize::try_from(node.int_or(name, default));
    let (rows, columns) = (count("output_height", 1)?, count("output_width", 1)?);
    let ratio = count("sampling_ratio", 0)?;
    let scale = node.float_or("spatial_scale", 1.0) as f32;
    let cut = |len, bins| Cut {
        len,
        bins,
        samples: ratio,
        scale,
        half_pixel,
    };
    let (down, across) = (cut(height, rows), cut(width, columns));
    let entries = height * width;
    let size = samples
        .len()
        .checked_mul(rows)
        .and_then(|n| n.checked_mul(columns));
    let size = size.and_then(|n| n.checked_mul(entries));
    let Some(size) = size.filter(|&size| size > 0 && size <= MAX_WEIGHTS) else {
        return refuse(format!(
            "{} regions of an image of shape {shape:?}",
            samples.len()
        ));
    };
    if regions.len() != 4 * samples.len() {
        return refuse(format!(
            "{} bounds of {} regions",
            regions.len(),
            samples.len()
        ));
    }
    let mut weights = vec![0f32; size];
    let per_region = rows * columns * entries;
    for (region, slots) in regions.chunks(4).zip(weights.chunks_mut(per_region)) {
        let &[left, top, right, bottom] = region else {
            return refuse("a region without four bounds");
        };
        let (down, across) = (down.read(top, bottom)?, across.read(left, right)?);
        let bins = down
            .iter()
            .flat_map(|row| across.iter().map(move |column| (row, column)));
        for ((row, column), slots) in bins.zip(slots.chunks_mut(entries)) {
            for &(y, vertical) in row {
                for &(x, horizontal) in column {
                    if let Some(slot) = slots.get_mut(y * width + x) {
                        *slot += (vertical * horizontal) as f32;
                    }
                }
            }
        }
    }
    let index = samples
        .iter()
        .map(|&sample| u32::try_from(sample).ok().filter(|&s| (s as usize) < batch));
    let Some(index) = index.collect::<Option<Vec<u32>>>() else {
        return refuse(format!("samples {samples:?} of {batch}"));
    };
    let merge = Step::Merge {
        axis: 2,
        sizes: vec![height, width],
    };
    let chosen = Step::Gather {
        axis: 0,
        source: batch,
        index: index.into_iter().map(Some).collect(),
    };
    let images = importer.graph.view(origin, source, vec![merge, chosen])?;
    let shape = vec![samples.len(), rows * columns, entries];
    let weights = importer.graph.add_constant(origin, shape, weights);
    let contraction = Axes {
        shared: 1,
        left_free: 1,
        right_free: 1,
        contracted: 1,
    };
    let product = importer
        .graph
        .contract(origin, images, weights, contraction);
    let split = Step::Split {
        axis: 2,
        sizes: vec![rows, columns],
    };
    let layer = importer.graph.view(origin, product, vec![split])?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}

impl Cut {
    /// For each bin, the entries that it reads and their weights in its mean; the product of those of both axes is an entry's weight.
    fn read(&self, from: f64, to: f64) -> Imported<Vec<Vec<(usize, f64)>>> {
        let offset = if self.half_pixel { 0.5 } else { 0.0 };
        let start = from as f32 * self.scale - offset;
        let mut length = to as f32 * self.scale - offset - start;
        if !self.half_pixel {
            length = length.max(1.0);
        }
        let bin = length / self.bins as f32;
        let samples = match self.samples {
            0 => bin.ceil().max(0.0) as usize,
            given => given,
        };
        if samples > MAX_SAMPLES {
            return refuse(format!(
                "regions that are read at {samples} places of each bin"
            ));
        }
        let last = self.len.saturating_sub(1);
        let bins = (0..self.bins).map(|position| {
            let mut read = Vec::new();
            for sample in 0..samples {
                let at =
                    start + position as f32 * bin + (sample as f32 + 0.5) * bin / samples as f32;
                if at < -1.0 || at > self.len as f32 {
                    continue;
                }
                let at = at.max(0.0);
                let low = (at as usize).min(last);
                let (high, part) = match low >= last {
                    true => (last, 0.0),
                    false => (low + 1, f64::from(at - low as f32)),
                };
                let share = 1.0 / samples as f64;
                read.push((low, (1.0 - part) * share));
                read.push((high, part * share));
            }
            read
        });
        Ok(bins.collect())
    }
}
