//! GridSample: an image read at the places of a grid, between its entries. The weights of a constant grid are constant, too.

use crate::function::Function;
use crate::graph::{Axes, Graph, LayerId};
use crate::import::Importer;
use crate::import::build::broadcast::slice;
use crate::import::build::sampling::Places;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int, string};
use crate::import::value::Value;
use inferproof_view::{Step, volume};

inventory::submit! {
    Operation::new("GridSample", &[16, 20, 22], import)
        .attributes(&[int("align_corners"), string("mode"), string("padding_mode")])
        .row(
            "of a computed grid two axes, `mode` `linear`, and `padding_mode` `zeros` or `border`",
            "a contraction with the weights of interpolation",
        )
}

/// Weights of interpolation, at most: one for each entry of the output and of the image.
const MAX_WEIGHTS: usize = 1 << 24;

/// The coefficient of cubic interpolation, which has no attribute here.
const CUBIC: f64 = -0.75;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Nearest,
    Linear,
    Cubic,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Padding {
    Zeros,
    Border,
    Reflection,
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let origin = &node.origin;
    let shape = importer.graph.shape(source).to_vec();
    let grid = importer.shape(node.input(1)?)?;
    let (Some(image), Some((&axes, outer))) = (shape.get(2..), grid.split_last()) else {
        return refuse(format!(
            "an image of shape {shape:?} and a grid of shape {grid:?}"
        ));
    };
    let (Some((&batch, positions)), Some(&samples)) = (outer.split_first(), shape.first()) else {
        return refuse(format!(
            "an image of shape {shape:?} and a grid of shape {grid:?}"
        ));
    };
    if axes != image.len() || positions.len() != axes || batch != samples || axes == 0 {
        return refuse(format!(
            "an image of shape {shape:?} and a grid of shape {grid:?}"
        ));
    }
    let mode = match node.string("mode")? {
        None | Some("linear" | "bilinear") => Mode::Linear,
        Some("nearest") => Mode::Nearest,
        Some("cubic" | "bicubic") if axes == 2 => Mode::Cubic,
        Some(other) => return refuse(format!("its attribute `mode` is `{other}` for {axes} axes")),
    };
    let padding = match node.string_or("padding_mode", "zeros")? {
        "zeros" => Padding::Zeros,
        "border" => Padding::Border,
        "reflection" => Padding::Reflection,
        other => return refuse(format!("its attribute `padding_mode` is `{other}`")),
    };
    let aligned = node.flag("align_corners", false);
    if node.input(1)?.constant().is_none() {
        let layer = at_computed(importer, node, source, (mode, padding, aligned))?;
        return Ok(vec![Value::computed(layer, node.element(0)?)]);
    }
    let places = node.reals(1, "grid")?;
    let (Some(entries), Some(count)) = (volume(image), volume(positions)) else {
        return refuse(format!("an image of shape {shape:?}"));
    };
    let size = batch
        .checked_mul(count)
        .and_then(|n| n.checked_mul(entries));
    let Some(size) = size.filter(|&size| size > 0 && size <= MAX_WEIGHTS) else {
        return refuse(format!(
            "{count} places of an image of {entries} entries; the product may be at most {MAX_WEIGHTS}"
        ));
    };
    let mut weights = vec![0f32; size];
    for (row, place) in weights.chunks_mut(entries).zip(places.chunks(axes)) {
        // The last axis of the image comes first in a place.
        let place: Vec<f32> = place.iter().rev().map(|&p| p as f32).collect();
        for (entry, weight) in read(image, &place, mode, padding, aligned) {
            if let Some(slot) = row.get_mut(entry) {
                *slot += weight as f32;
            }
        }
    }
    let weights = importer
        .graph
        .add_constant(origin, vec![batch, count, entries], weights);
    let merge = Step::Merge {
        axis: 2,
        sizes: image.to_vec(),
    };
    let rows = importer.graph.view(origin, source, vec![merge])?;
    let contraction = Axes {
        shared: 1,
        left_free: 1,
        right_free: 1,
        contracted: 1,
    };
    let product = importer.graph.contract(origin, rows, weights, contraction);
    let split = Step::Split {
        axis: 2,
        sizes: positions.to_vec(),
    };
    let layer = importer.graph.view(origin, product, vec![split])?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}

/// An image of two axes at computed places.
fn at_computed(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    source: LayerId,
    (mode, padding, aligned): (Mode, Padding, bool),
) -> Imported<LayerId> {
    let origin = &node.origin;
    let grid = importer.input(node, 1)?;
    let shape = importer.graph.shape(source).to_vec();
    let to = importer.graph.shape(grid).to_vec();
    let (&[_, _, height, width], &[batch, rows, columns, 2]) = (&shape[..], &to[..]) else {
        return refuse(format!(
            "a computed grid for an image of shape {shape:?}; with two axes it is supported, else the grid must be constant"
        ));
    };
    if mode != Mode::Linear || padding == Padding::Reflection {
        return refuse(
            "a computed grid with another `mode` than `linear`, or with `padding_mode` `reflection`; make the grid constant",
        );
    }
    let mut along = |first: usize, len: usize| -> Imported<LayerId> {
        let steps = vec![
            slice(3, &to, first as i64, 1, 1),
            Step::Merge {
                axis: 1,
                sizes: vec![rows, columns, 1],
            },
        ];
        let relative = importer.graph.view(origin, grid, steps)?;
        // From -1 to 1 it goes from the first entry to the last: to their middles, or to their outer ends.
        let (half, offset) = match aligned {
            true => ((len as f64 - 1.0) / 2.0, (len as f64 - 1.0) / 2.0),
            false => (len as f64 / 2.0, (len as f64 - 1.0) / 2.0),
        };
        let terms = vec![
            importer.graph.summand(half, relative, vec![])?,
            Graph::fill(offset, &[batch, rows * columns])?,
        ];
        let place = importer.graph.sum(origin, terms);
        let bounds = Function::Clamp {
            low: Some(0.0),
            high: Some(len as f64 - 1.0),
        };
        Ok(match padding {
            Padding::Border => importer.graph.apply(origin, place, bounds),
            _ => place,
        })
    };
    let places = Places {
        columns: along(0, width)?,
        rows: along(1, height)?,
        factors: None,
    };
    let read = importer.sampled(origin, source, &places)?;
    let split = Step::Split {
        axis: 2,
        sizes: vec![rows, columns],
    };
    Ok(importer.graph.view(origin, read, vec![split])?)
}

/// The entries of an image that a place reads, with their weights, as onnxruntime computes them.
fn read(
    image: &[usize],
    place: &[f32],
    mode: Mode,
    padding: Padding,
    aligned: bool,
) -> Vec<(usize, f64)> {
    let bounds = |len: usize| match aligned {
        true => (0.0, len as f32 - 1.0),
        false => (-0.5, len as f32 - 0.5),
    };
    let mut at: Vec<f32> = image
        .iter()
        .zip(place)
        .map(|(&len, &p)| {
            let len = len as f32;
            let at = match aligned {
                true => (p + 1.0) / 2.0 * (len - 1.0),
                false => ((p + 1.0) * len - 1.0) / 2.0,
            };
            match mode {
                Mode::Nearest => at.round_ties_even(),
                Mode::Linear | Mode::Cubic => at,
            }
        })
        .collect();
    let is_outside = image.iter().zip(&at).any(|(&len, &at)| {
        let (low, high) = bounds(len);
        at < low || at > high
    });
    // Beyond a border it is the entries that are read which are brought back, not the place.
    if is_outside && padding == Padding::Reflection {
        for (&len, at) in image.iter().zip(&mut at) {
            let (low, high) = bounds(len);
            *at = reflected(*at, low, high);
        }
    }
    let mut read = vec![(0usize, 1.0f64)];
    for (&len, &at) in image.iter().zip(&at) {
        let floor = at.floor();
        let part = f64::from(at - floor);
        let first = floor as i64;
        let taps: Vec<(i64, f64)> = match mode {
            Mode::Nearest => vec![(at.round_ties_even() as i64, 1.0)],
            Mode::Linear => vec![(first, 1.0 - part), (first + 1, part)],
            Mode::Cubic => (-1..=2)
                .map(|k| (first + k, cubic((k as f64 - part).abs())))
                .collect(),
        };
        let (low, high) = bounds(len);
        let inside = |index: i64| match padding {
            Padding::Zeros => Some(index),
            Padding::Border => Some(index.clamp(0, len as i64 - 1)),
            Padding::Reflection => Some(reflected(index as f32, low, high) as i64),
        };
        let taps = taps.into_iter().filter_map(|(index, weight)| {
            let index = usize::try_from(inside(index)?).ok()?;
            (index < len && weight != 0.0).then_some((index, weight))
        });
        let taps: Vec<(usize, f64)> = taps.collect();
        let longer = |&(entry, weight): &(usize, f64)| {
            let all = taps
                .iter()
                .map(|&(index, own)| (entry * len + index, weight * own));
            all.collect::<Vec<_>>()
        };
        read = read.iter().flat_map(longer).collect();
    }
    read
}

/// The weight of an entry at a distance of up to 2.
fn cubic(distance: f64) -> f64 {
    let (a, x) = (CUBIC, distance);
    match x {
        _ if x <= 1.0 => ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0,
        _ if x < 2.0 => ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a,
        _ => 0.0,
    }
}

/// A coordinate thrown back at the bounds as often as it goes beyond them.
fn reflected(at: f32, low: f32, high: f32) -> f32 {
    let range = high - low;
    if range <= 0.0 {
        return low;
    }
    let back = |beyond: f32, near: f32, far: f32, sign: f32| {
        let turns = (beyond / range).floor();
        let rest = beyond - turns * range;
        match turns % 2.0 == 0.0 {
            true => near + sign * rest,
            false => far - sign * rest,
        }
    };
    match at {
        _ if at < low => back(low - at, low, high, 1.0),
        _ if at > high => back(at - high, high, low, -1.0),
        _ => at,
    }
}
