//! DFT and STFT: products with a constant matrix of sines and cosines.

use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::build::broadcast::axis;
use crate::import::build::contraction::Label;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int};
use crate::import::value::Value;
use inferproof_view::Step;
use std::f64::consts::TAU;

/// Entries of a matrix of sines and cosines, at most.
const MAX_ENTRIES: usize = 1 << 26;

inventory::submit! {
    Operation::new("DFT", &[17, 20], transform)
        .attributes(&[int("axis"), int("inverse"), int("onesided")])
        .row("of constant length along a constant axis", "a contraction with constants")
}
inventory::submit! {
    Operation::new("STFT", &[17], short_time_transform)
        .attributes(&[int("onesided")])
        .row("a constant window, step and length", "windows and a contraction with constants")
}

/// A transform along an axis.
struct Transform<'a> {
    axis: usize,
    /// How many entries are transformed.
    length: usize,
    /// How many frequencies are asked for.
    frequencies: usize,
    inverse: bool,
    /// A factor for each entry.
    window: Option<&'a [f64]>,
}

impl Importer<'_> {
    /// The transform of a tensor whose last axis holds the real parts, or real and imaginary parts.
    fn fourier(
        &mut self,
        origin: &str,
        source: LayerId,
        transform: &Transform<'_>,
    ) -> Imported<LayerId> {
        let Transform {
            axis,
            length,
            frequencies,
            ..
        } = *transform;
        let shape = self.graph.shape(source).to_vec();
        let last = shape.len().saturating_sub(1);
        let parts = match shape.get(last) {
            Some(&parts @ 1..=2) if axis < last => parts,
            _ => {
                return refuse(format!(
                    "a transform along axis {axis} of a tensor of shape {shape:?}, whose last axis should hold real and imaginary parts"
                ));
            }
        };
        let count = [frequencies, 2, length, parts];
        let count = count.iter().try_fold(1usize, |n, &len| n.checked_mul(len));
        if length == 0 || count.is_none_or(|count| count > MAX_ENTRIES) {
            return refuse(format!("a transform of {length} entries"));
        }
        let sign = if transform.inverse { -1.0 } else { 1.0 };
        let scale = match transform.inverse {
            true => 1.0 / length as f64,
            false => 1.0,
        };
        // [frequency, real or imaginary part of the result, entry, part of the entry]
        let mut matrix = Vec::with_capacity(count.unwrap_or_default());
        for frequency in 0..frequencies {
            for part in 0..2 {
                for entry in 0..length {
                    let turns = (frequency * entry % length) as f64 / length as f64;
                    let (sine, cosine) = libm::sincos(TAU * turns);
                    let factor = transform.window.and_then(|w| w.get(entry)).unwrap_or(&1.0);
                    let of_real = if part == 0 { cosine } else { -sign * sine };
                    let of_imaginary = if part == 0 { sign * sine } else { cosine };
                    let numbers = [of_real, of_imaginary].into_iter().take(parts);
                    matrix.extend(numbers.map(|n| (n * scale * factor) as f32));
                }
            }
        }
        let matrix = self
            .graph
            .add_constant(origin, vec![frequencies, 2, length, parts], matrix);
        // What is missing of the length are zeros.
        let cut = Step::Slice {
            axis,
            source: shape[axis],
            start: 0,
            step: 1,
            len: length,
        };
        let source = self.graph.view(origin, source, vec![cut])?;
        let mut to = shape.clone();
        to[axis] = frequencies;
        to[last] = 2;
        let mut labels = Vec::new();
        for place in 0..=last {
            let contracted = match place {
                p if p == axis => Some(2),
                p if p == last => Some(3),
                _ => None,
            };
            labels.push(Label {
                left: Some(place),
                right: contracted,
                output: contracted.is_none().then_some(place),
            });
        }
        let free = [(0, axis), (1, last)].map(|(right, output)| Label {
            left: None,
            right: Some(right),
            output: Some(output),
        });
        labels.extend(free);
        let place = Place {
            origin,
            to: &to,
            owned: &[],
        };
        self.labelled_product(&place, source, matrix, &labels)
    }
}

/// A length or step that is given as a constant input.
fn length(node: &Node<'_>, slot: usize, what: &str) -> Imported<Option<usize>> {
    match node.optional_integers(slot, what)?.as_deref() {
        None => Ok(None),
        Some(&[number]) if number > 0 => Ok(Some(usize::try_from(number)?)),
        Some(other) => refuse(format!(
            "its {what} is {other:?}; expected one positive number"
        )),
    }
}

/// How many frequencies a transform of so many entries gives.
fn frequencies(length: usize, one_sided: bool) -> usize {
    match one_sided {
        true => length / 2 + 1,
        false => length,
    }
}

fn transform(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let shape = importer.graph.shape(source).to_vec();
    let given = match node.since < 20 {
        true => node.int_or("axis", 1),
        false => match node.optional_integers(2, "axis")?.as_deref() {
            None => -2,
            Some(&[axis]) => axis,
            Some(other) => return refuse(format!("its axis is {other:?}; expected one")),
        },
    };
    let axis = axis(given, shape.len())?;
    let length = length(node, 1, "length")?.unwrap_or(shape[axis]);
    let (inverse, one_sided) = (node.flag("inverse", false), node.flag("onesided", false));
    if inverse && one_sided {
        return refuse("an inverse transform of one side of a spectrum: give it all frequencies");
    }
    let transform = Transform {
        axis,
        length,
        frequencies: frequencies(length, one_sided),
        inverse,
        window: None,
    };
    let layer = importer.fourier(&node.origin, source, &transform)?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}

fn short_time_transform(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let origin = &node.origin;
    let mut source = importer.input(node, 0)?;
    if importer.graph.shape(source).len() == 2 {
        let parts = Step::Insert { axis: 2, len: 1 };
        source = importer.graph.view(origin, source, vec![parts])?;
    }
    let shape = importer.graph.shape(source).to_vec();
    let &[_, samples, _] = &shape[..] else {
        return refuse(format!(
            "a signal of shape {shape:?}; expected batch, samples and parts"
        ));
    };
    let Some(step) = length(node, 1, "frame step")? else {
        return refuse("its frame step is missing");
    };
    let window = node.optional_constant(2, "window")?;
    let window = window.and_then(|window| window.reals());
    let given = length(node, 3, "frame length")?;
    let Some(length) = given.or(window.as_ref().map(Vec::len)) else {
        return refuse("it has neither a window nor a frame length");
    };
    if window.as_ref().is_some_and(|window| window.len() != length) {
        return refuse(format!(
            "a window that is not as long as a frame of {length} samples"
        ));
    }
    let Some(room) = samples.checked_sub(length) else {
        return refuse(format!(
            "frames of {length} samples of a signal of {samples}"
        ));
    };
    let frames = Step::Window {
        axis: 1,
        source: samples,
        positions: room / step + 1,
        kernel: length,
        stride: step,
        dilation: 1,
        pad: 0,
    };
    let framed = importer.graph.view(origin, source, vec![frames])?;
    let transform = Transform {
        axis: 2,
        length,
        frequencies: frequencies(length, node.flag("onesided", true)),
        inverse: false,
        window: window.as_deref(),
    };
    let layer = importer.fourier(origin, framed, &transform)?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}
