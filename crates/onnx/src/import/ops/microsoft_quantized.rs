//! Operations of onnxruntime on quantized tensors: each is the float operation between a dequantization and a quantization.

use crate::element::Element;
use crate::function::{Function, Operation as Arithmetic};
use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::build::broadcast::{axis, common_shape};
use crate::import::build::quantization_parameters::Parameters;
use crate::import::build::quantize::Target;
use crate::import::domains::MICROSOFT;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation, float, int};
use crate::import::value::Value;

use super::dequantize_linear::dequantized;

const BECOMES: &str = "an exact table of integers, or pairs of integers";

inventory::submit! {
    Operation::new("QLinearAdd", &[1], pair).domain(MICROSOFT).fold(Fold::Never)
        .row("constant scales and zero points", BECOMES)
}
inventory::submit! {
    Operation::new("QLinearMul", &[1], pair).domain(MICROSOFT).fold(Fold::Never)
        .row("constant scales and zero points", BECOMES)
}
inventory::submit! {
    Operation::new("QLinearSigmoid", &[1], function).domain(MICROSOFT).fold(Fold::Never)
        .row("constant scales and zero points", BECOMES)
}
inventory::submit! {
    Operation::new("QLinearLeakyRelu", &[1], function)
        .domain(MICROSOFT)
        .attributes(&[float("alpha")])
        .fold(Fold::Never)
        .row("constant scales and zero points", BECOMES)
}
inventory::submit! {
    Operation::new("QLinearConcat", &[1], concatenation)
        .domain(MICROSOFT)
        .attributes(&[int("axis")])
        .fold(Fold::Never)
        .row("constant scales and zero points", "a rescale of each part")
}

/// An input with its scale and zero point behind it, as real numbers.
fn real(importer: &mut Importer<'_>, node: &Node<'_>, position: usize) -> Imported<LayerId> {
    let value = node.input(position)?.clone();
    let shape = importer.shape(&value)?;
    let parameters = Parameters::of(node, (position + 1, position + 2), &shape, 0)?;
    if let Value::Constant(tensor) = &value {
        let reals = Value::Constant(dequantized(tensor, &parameters)?);
        return importer.layer(&node.origin, &reals);
    }
    let layer = importer.layer(&node.origin, &value)?;
    let of = (
        parameters.distinct_scales(),
        parameters.distinct_zeros(),
        parameters.axis,
    );
    importer.dequantize(&node.origin, layer, node.element(position)?, of)
}

/// The scale, zero point and type of the result, at these inputs.
fn target(node: &Node<'_>, (scale, zero): (usize, usize)) -> Imported<Target> {
    let parameters = Parameters::of(node, (scale, zero), &[], 0)?;
    match parameters.single() {
        Some((scale, zero)) => Ok(Target {
            scale,
            zero,
            element: parameters.element.unwrap_or(Element::Uint8),
        }),
        None => refuse("a result with several scales"),
    }
}

fn pair(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let operation = match node.op() {
        "QLinearAdd" => Arithmetic::Add,
        _ => Arithmetic::Multiply,
    };
    let (left, right) = (real(importer, node, 0)?, real(importer, node, 3)?);
    let to = common_shape(&[importer.graph.shape(left), importer.graph.shape(right)])?;
    let place = Place {
        origin: &node.origin,
        to: &to,
        owned: &[],
    };
    let result = importer.binary(&place, operation, left, right)?;
    Ok(vec![importer.quantize(
        &node.origin,
        result,
        target(node, (6, 7))?,
    )?])
}

fn function(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let function = match node.op() {
        "QLinearSigmoid" => Function::Sigmoid,
        _ => Function::LeakyRelu {
            alpha: node.float_or("alpha", 0.01),
        },
    };
    let x = real(importer, node, 0)?;
    let result = importer.function(&node.origin, x, function)?;
    Ok(vec![importer.quantize(
        &node.origin,
        result,
        target(node, (3, 4))?,
    )?])
}

fn concatenation(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let mut parts = Vec::new();
    for position in (2..node.inputs.len()).step_by(3) {
        parts.push(real(importer, node, position)?);
    }
    let Some(&first) = parts.first() else {
        return refuse("it has no parts");
    };
    let shape = importer.graph.shape(first).to_vec();
    let axis = axis(node.int_or("axis", 0), shape.len())?;
    for &part in &parts {
        let other = importer.graph.shape(part);
        let differs = |(a, (l, r)): (usize, (&usize, &usize))| a != axis && l != r;
        if other.len() != shape.len() || other.iter().zip(&shape).enumerate().any(differs) {
            return refuse(format!("parts of shapes {shape:?} and {other:?}"));
        }
    }
    let joined = importer.joined(&node.origin, &parts, axis)?;
    Ok(vec![importer.quantize(
        &node.origin,
        joined,
        target(node, (0, 1))?,
    )?])
}
