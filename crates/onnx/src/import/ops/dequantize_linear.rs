//! DequantizeLinear: integers to real numbers. A constant remembers the integers that it comes from.

use crate::element::Element;
use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::build::quantization_parameters::Parameters;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation, int};
use crate::import::value::Value;
use crate::tensor::{Dequantization, Tensor};

inventory::submit! {
    Operation::new("DequantizeLinear", &[10, 13, 19, 21, 23, 24, 25], import)
        .attributes(&[int("axis"), int("block_size"), int("output_dtype")])
        .fold(Fold::Own(evaluate))
        .row(
            "constant scales and zero points",
            "a factor; the integers stay what they are for whatever multiplies or quantizes them",
        )
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let x = importer.input(node, 0)?;
    let shape = importer.graph.shape(x).to_vec();
    let parameters = Parameters::of(node, (1, 2), &shape, 1)?;
    if parameters.is_blocked() {
        let layer = by_blocks(importer, &node.origin, x, &parameters)?;
        return Ok(vec![Value::computed(layer, Element::Float)]);
    }
    let of = (
        parameters.distinct_scales(),
        parameters.distinct_zeros(),
        parameters.axis,
    );
    let layer = importer.dequantize(&node.origin, x, node.element(0)?, of)?;
    Ok(vec![Value::computed(layer, Element::Float)])
}

/// Each entry less the zero point of its block, times its scale.
fn by_blocks(
    importer: &mut Importer<'_>,
    origin: &str,
    x: LayerId,
    parameters: &Parameters,
) -> Imported<LayerId> {
    let shape = importer.graph.shape(x).to_vec();
    let places = parameters.places(&shape);
    let zeros = places
        .iter()
        .filter_map(|&place| parameters.zeros.get(place));
    let zeros = zeros.map(|&zero| zero as f32).collect();
    let scales = places
        .iter()
        .filter_map(|&place| parameters.scales.get(place));
    let scales = scales.copied().collect();
    let zeros = importer.graph.add_constant(origin, shape.clone(), zeros);
    let scales = importer.graph.add_constant(origin, shape.clone(), scales);
    let place = Place {
        origin,
        to: &shape,
        owned: &[],
    };
    let integers = importer.add(&place, x, -1.0, zeros)?;
    importer.multiply(&place, integers, scales)
}

fn evaluate(node: &Node<'_>) -> Imported<Vec<Value>> {
    let tensor = node.constant(0, "operand")?;
    let parameters = Parameters::of(node, (1, 2), tensor.shape(), 1)?;
    Ok(vec![Value::Constant(dequantized(tensor, &parameters)?)])
}

/// The real numbers that constant integers stand for, with what they come from.
pub fn dequantized(tensor: &Tensor, parameters: &Parameters) -> Imported<Tensor> {
    let shape = tensor.shape().to_vec();
    let Some((integers, scales)) = parameters.apart(tensor) else {
        return refuse(format!(
            "it dequantizes {}; integers are supported",
            tensor.element()
        ));
    };
    let reals = integers.iter().zip(&scales);
    let reals = reals.map(|(&i, &s)| f64::from(i as f32 * s as f32));
    let made = Tensor::of_reals(Element::Float, shape.clone(), reals.collect());
    let bounds = tensor.element().bounds().zip(parameters.single());
    let bounds = bounds.filter(|_| tensor.element().bits().is_some_and(|bits| bits <= 16));
    let bounds = bounds.map(|((low, high), (_, zero))| (low as i64 - zero, high as i64 - zero));
    let integers = Tensor::of_integers(Element::Int64, shape.clone(), integers);
    let scales = Tensor::of_reals(Element::Float, shape, scales);
    match (made, integers, scales) {
        (Some(made), Some(integers), Some(scales)) => {
            Ok(made.with_dequantization(Dequantization {
                integers,
                scales,
                bounds,
            }))
        }
        _ => refuse("its constants could not be dequantized"),
    }
}
