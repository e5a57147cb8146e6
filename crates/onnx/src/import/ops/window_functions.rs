//! HannWindow, HammingWindow, BlackmanWindow and MelWeightMatrix: constants that are computed from a few numbers.

use crate::element::Element;
use crate::import::Importer;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation, int};
use crate::import::value::Value;
use crate::tensor::Tensor;
use inferproof_view::volume;
use std::f64::consts::TAU;

/// Entries at most: a file of a hundred bytes can ask for any number.
const MAX_ENTRIES: usize = 1 << 24;

macro_rules! windows {
    ($($name:literal;)*) => {
        $(inventory::submit! {
            Operation::new($name, &[17], refused)
                .attributes(&[int("output_datatype"), int("periodic")])
                .fold(Fold::Own(window))
                .row("of a constant size", "a constant")
        })*
    };
}

windows! {
    "HannWindow";
    "HammingWindow";
    "BlackmanWindow";
}
inventory::submit! {
    Operation::new("MelWeightMatrix", &[17], refused)
        .attributes(&[int("output_datatype")])
        .fold(Fold::Own(mel_weights))
        .row("of constants", "a constant")
}

fn refused(_: &mut Importer<'_>, _: &Node<'_>) -> Imported<Vec<Value>> {
    refuse("its inputs are computed; they must be constant: export the model with fixed sizes")
}

/// A size that is given as a constant input.
fn size(node: &Node<'_>, slot: usize, what: &str) -> Imported<usize> {
    let number = match node.integers(slot, what)?[..] {
        [number] => usize::try_from(number).ok(),
        _ => None,
    };
    match number.filter(|&n| n <= MAX_ENTRIES) {
        Some(number) => Ok(number),
        None => refuse(format!("its {what} is no number from 0 to {MAX_ENTRIES}")),
    }
}

fn output(node: &Node<'_>, shape: Vec<usize>, values: Vec<f64>) -> Imported<Vec<Value>> {
    let number = node.int_or("output_datatype", 1);
    let element = i32::try_from(number).ok().and_then(Element::of);
    match element.and_then(|element| Tensor::of_reals(element, shape, values)) {
        Some(tensor) => Ok(vec![Value::Constant(tensor)]),
        None => refuse(format!("entries of the type with the number {number}")),
    }
}

fn window(node: &Node<'_>) -> Imported<Vec<Value>> {
    let size = size(node, 0, "size")?;
    let period = match node.flag("periodic", true) {
        true => size,
        false => size.saturating_sub(1),
    };
    let values = (0..size).map(|n| {
        let angle = TAU * n as f64 / period as f64;
        match node.op() {
            "HannWindow" => 0.5 - 0.5 * libm::cos(angle),
            "HammingWindow" => 25.0 / 46.0 - 21.0 / 46.0 * libm::cos(angle),
            _ => 0.42 - 0.5 * libm::cos(angle) + 0.08 * libm::cos(2.0 * angle),
        }
    });
    output(node, vec![size], values.collect())
}

/// Triangles that are spaced evenly on the mel scale, `2595 log10(1 + f / 700)`: a column for each, a row for each frequency of a
/// Fourier transform.
fn mel_weights(node: &Node<'_>) -> Imported<Vec<Value>> {
    let bands = size(node, 0, "number of bands")?;
    let length = size(node, 1, "length of the transform")?;
    let rate = size(node, 2, "sample rate")?;
    let edges = [(3, "lower edge"), (4, "upper edge")].map(|(slot, what)| {
        let edge = node.optional_scalar(slot, what)?;
        Ok(edge.unwrap_or_default())
    });
    let [lower, upper]: [Imported<f64>; 2] = edges;
    let mel = |hertz: f64| 2595.0 * libm::log10(1.0 + hertz / 700.0);
    let (lower, upper) = (mel(lower?), mel(upper?));
    let step = (upper - lower) / (bands + 2) as f64;
    let place = |i: usize| {
        let hertz = 700.0 * (libm::pow(10.0, (lower + step * i as f64) / 2595.0) - 1.0);
        ((length + 1) as f64 * hertz / rate as f64).floor()
    };
    let shape = vec![length / 2 + 1, bands];
    let Some(count) = volume(&shape).filter(|&n| n <= MAX_ENTRIES) else {
        return refuse(format!("a matrix of shape {shape:?}"));
    };
    let mut values = Vec::with_capacity(count);
    for row in 0..shape[0] {
        let frequency = row as f64;
        for band in 0..bands {
            let (low, centre, high) = (place(band), place(band + 1), place(band + 2));
            values.push(if frequency == centre {
                1.0
            } else if low <= frequency && frequency < centre {
                (frequency - low) / (centre - low)
            } else if centre < frequency && frequency < high {
                (high - frequency) / (high - centre)
            } else {
                0.0
            });
        }
    }
    output(node, shape, values)
}
