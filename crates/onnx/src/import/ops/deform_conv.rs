//! DeformConv: a convolution whose windows read the image at computed offsets from where they stand.

use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::build::broadcast::reshape;
use crate::import::build::movement::room;
use crate::import::build::sampling::Places;
use crate::import::build::windows::Windows;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int, ints};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("DeformConv", &[19, 22], import)
        .attributes(&[
            ints("dilations"),
            int("group"),
            ints("kernel_shape"),
            int("offset_group"),
            ints("pads"),
            ints("strides"),
        ])
        .row(
            "images of two axes; at most 2^24 pairs of a place that is read and an entry of the image",
            "tables of the shares of interpolation, their products, and contractions",
        )
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let origin = &node.origin;
    let image = importer.input(node, 0)?;
    let kernel = importer.input(node, 1)?;
    let offsets = importer.input(node, 2)?;
    let (shape, lengths) = (
        importer.graph.shape(image).to_vec(),
        importer.graph.shape(kernel).to_vec(),
    );
    let (&[batch, channels, _, _], &[_, _, tall, wide]) = (&shape[..], &lengths[..]) else {
        return refuse(format!(
            "an image of shape {shape:?} and a kernel of shape {lengths:?}; expected four axes"
        ));
    };
    let windows = Windows::of(node, &shape, &[tall, wide])?;
    let [down, across] = &windows[..] else {
        return refuse("windows of other than two axes");
    };
    let groups = usize::try_from(node.int_or("offset_group", 1)).unwrap_or(0);
    if groups == 0 || channels % groups != 0 {
        return refuse(format!(
            "its attribute `offset_group` is {groups}, for {channels} channels"
        ));
    }
    let taps = room(&[tall, wide])?;
    let to = [down.positions, across.positions];
    let expected = [batch, groups * taps * 2, to[0], to[1]];
    if importer.graph.shape(offsets) != expected {
        return refuse(format!(
            "offsets of shape {:?}; expected {expected:?}",
            importer.graph.shape(offsets)
        ));
    }
    let factors = match node.optional(4) {
        None => None,
        Some(_) => {
            let factors = importer.input(node, 4)?;
            let expected = [batch, groups * taps, to[0], to[1]];
            if importer.graph.shape(factors) != expected {
                return refuse(format!(
                    "a mask of shape {:?}; expected {expected:?}",
                    importer.graph.shape(factors)
                ));
            }
            Some(factors)
        }
    };
    let bias = match node.optional(3) {
        None => None,
        Some(_) => Some(importer.input(node, 3)?),
    };
    let own = channels / groups;
    let mut parts = Vec::with_capacity(groups);
    for group in 0..groups {
        let part = Step::Slice {
            axis: 1,
            source: channels,
            start: i64::try_from(group * own)?,
            step: 1,
            len: own,
        };
        let part = importer.graph.view(origin, image, vec![part])?;
        let along = |importer: &mut Importer<'_>, axis: usize, window: &Windows| {
            let first = 2 * group * taps + axis;
            importer.places_of_windows(origin, offsets, [first, 2, taps], &windows, window)
        };
        let places = Places {
            rows: along(importer, 0, down)?,
            columns: along(importer, 1, across)?,
            factors: match factors {
                None => None,
                Some(factors) => {
                    let steps = listed([group * taps, 1, taps], groups * taps, to);
                    Some(importer.graph.view(origin, factors, steps)?)
                }
            },
        };
        parts.push(importer.sampled(origin, part, &places)?);
    }
    let read = importer.joined(origin, &parts, 1)?;
    // As windows of a convolution: `[batch, channels, row, row of the window, column, column of the window]`.
    let all = [batch, channels, taps * to[0] * to[1]];
    let mut steps = reshape(0, &all, &[batch, channels, tall, wide, to[0], to[1]]);
    steps.push(Step::Permute(vec![0, 1, 4, 2, 5, 3]));
    let group = node.int_or("group", 1);
    let layer = importer.windows_times_kernel(origin, read, steps, kernel, bias, group)?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}

/// Every `step`th channel from the first one on, as many as asked for, with their positions as one list: `[batch, channels * positions]`.
fn listed(
    [first, step, count]: [usize; 3],
    channels: usize,
    [rows, columns]: [usize; 2],
) -> Vec<Step> {
    vec![
        Step::Slice {
            axis: 1,
            source: channels,
            start: first as i64,
            step: step as i64,
            len: count,
        },
        Step::Merge {
            axis: 1,
            sizes: vec![count, rows, columns],
        },
    ]
}

impl Importer<'_> {
    /// Coordinates along one axis at which windows read the image: where their entries stand, plus offsets. `chosen` says which channels of
    /// the offsets.
    fn places_of_windows(
        &mut self,
        origin: &str,
        offsets: LayerId,
        chosen: [usize; 3],
        windows: &[Windows],
        along: &Windows,
    ) -> Imported<LayerId> {
        let &[batch, channels, rows, columns] = self.graph.shape(offsets) else {
            return refuse("offsets of other than four axes");
        };
        let offsets =
            self.graph
                .view(origin, offsets, listed(chosen, channels, [rows, columns]))?;
        let mut standing = Vec::with_capacity(chosen[2] * rows * columns);
        let entries = windows.iter().map(|w| w.kernel);
        let entries: Vec<usize> = entries.collect();
        for tap in 0..chosen[2] {
            // The last axis of the window varies fastest.
            let inner = entries.last().copied().unwrap_or(1).max(1);
            let (entry, is_first) = match along.axis == 2 {
                true => (tap / inner, true),
                false => (tap % inner, false),
            };
            for row in 0..rows {
                for column in 0..columns {
                    let position = if is_first { row } else { column };
                    let at = position * along.stride + entry * along.dilation;
                    standing.push(at as f32 - along.pad as f32);
                }
            }
        }
        let count = standing.len();
        let standing = self.graph.add_constant(origin, vec![count], standing);
        let terms = vec![
            self.graph.summand(1.0, offsets, vec![])?,
            self.graph.summand(
                1.0,
                standing,
                vec![Step::Insert {
                    axis: 0,
                    len: batch,
                }],
            )?,
        ];
        Ok(self.graph.sum(origin, terms))
    }
}
