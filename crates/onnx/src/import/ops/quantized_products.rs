//! QLinearConv, QLinearMatMul, ConvInteger, MatMulInteger: products of integers of 8 bits.

use super::dequantize_linear::dequantized;
use crate::element::Element;
use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::build::quantization_parameters::Parameters;
use crate::import::build::quantize::Target;
use crate::import::build::windows::Windows;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Attribute, Fold, Operation, int, ints, string};
use crate::import::value::Value;
use crate::tensor::{Dequantization, Tensor};
use inferproof_view::Step;

const WINDOWS: &[Attribute] = &[
    string("auto_pad"),
    ints("dilations"),
    int("group"),
    ints("kernel_shape"),
    ints("pads"),
    ints("strides"),
];

inventory::submit! {
    Operation::new("QLinearConv", &[10], scaled)
        .attributes(WINDOWS)
        .fold(Fold::Never)
        .row("constant scales and zero points", "windows, a contraction of integers, one exact rescale")
}
inventory::submit! {
    Operation::new("QLinearMatMul", &[10, 21], scaled)
        .fold(Fold::Never)
        .row("constant scales and zero points", "a contraction of integers, one exact rescale")
}
inventory::submit! {
    Operation::new("ConvInteger", &[10], unscaled)
        .attributes(WINDOWS)
        .fold(Fold::Never)
        .row("constant zero points", "windows, a contraction of integers")
}
inventory::submit! {
    Operation::new("MatMulInteger", &[10], unscaled)
        .fold(Fold::Never)
        .row("constant zero points", "a contraction of integers")
}

/// An operand as the real numbers that its integers stand for.
fn operand(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    position: usize,
    parameters: &Parameters,
) -> Imported<LayerId> {
    let value = node.input(position)?.clone();
    if let Value::Constant(tensor) = &value {
        let reals = Value::Constant(dequantized(tensor, parameters)?);
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

fn product(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    [left, right]: [LayerId; 2],
    bias: Option<LayerId>,
) -> Imported<LayerId> {
    if !matches!(node.op(), "QLinearConv" | "ConvInteger") {
        return importer.matrix_product(&node.origin, left, right);
    }
    let kernel = importer.graph.shape(right).to_vec();
    let Some(lengths) = kernel.get(2..).filter(|lengths| !lengths.is_empty()) else {
        return refuse(format!("a kernel of shape {kernel:?}"));
    };
    let windows = Windows::of(node, importer.graph.shape(left), lengths)?;
    let steps: Vec<Step> = windows.iter().map(|w| w.step(2 * w.axis - 2)).collect();
    let group = node.int_or("group", 1);
    importer.windows_times_kernel(&node.origin, left, steps, right, bias, group)
}

/// The axis along which weights have scales of their own: channels of a kernel, columns of a matrix.
fn channels(node: &Node<'_>) -> i64 {
    match node.op() {
        "QLinearConv" | "ConvInteger" => 0,
        _ => -1,
    }
}

fn scaled(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let origin = &node.origin;
    let shape = |importer: &Importer<'_>, position| importer.shape(node.input(position)?);
    let of_left = Parameters::of(node, (1, 2), &shape(importer, 0)?, -2)?;
    let of_right = Parameters::of(node, (4, 5), &shape(importer, 3)?, channels(node))?;
    let left = operand(importer, node, 0, &of_left)?;
    let right = operand(importer, node, 3, &of_right)?;
    let bias = match node.optional_constant(8, "bias")? {
        None => None,
        Some(bias) => {
            let bias = Value::Constant(scaled_bias(bias, &of_left, &of_right)?);
            Some(importer.layer(origin, &bias)?)
        }
    };
    let product = product(importer, node, [left, right], bias)?;
    let of_result = Parameters::of(node, (6, 7), &[], 0)?;
    let Some((scale, zero)) = of_result.single() else {
        return refuse("a result with several scales");
    };
    let target = Target {
        scale,
        zero,
        element: of_result.element.unwrap_or(Element::Uint8),
    };
    Ok(vec![importer.quantize(origin, product, target)?])
}

/// A bias of integers, whose scales are the products of the operands'.
fn scaled_bias(bias: &Tensor, left: &Parameters, right: &Parameters) -> Imported<Tensor> {
    let (Some(integers), [left]) = (bias.integers(), &left.scales[..]) else {
        return refuse("its bias holds no integers, or its input has several scales");
    };
    let scale = |i: usize| left * right.scales[i % right.scales.len()];
    let scales: Vec<f64> = (0..integers.len()).map(|i| f64::from(scale(i))).collect();
    let reals = integers.iter().zip(&scales).map(|(&i, s)| i as f64 * s);
    let shape = bias.shape().to_vec();
    let reals = Tensor::of_reals(Element::Float, shape.clone(), reals.collect());
    let scales = Tensor::of_reals(Element::Float, shape, scales);
    match reals.zip(scales) {
        Some((reals, scales)) => Ok(reals.with_dequantization(Dequantization {
            integers: bias.clone(),
            scales,
            bounds: None,
        })),
        None => refuse("its bias could not be read"),
    }
}

fn unscaled(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let shape = |importer: &Importer<'_>, position| importer.shape(node.input(position)?);
    let of_left = Parameters::unscaled(node, 2, &shape(importer, 0)?, -2)?;
    let of_right = Parameters::unscaled(node, 3, &shape(importer, 1)?, channels(node))?;
    let left = operand(importer, node, 0, &of_left)?;
    let right = operand(importer, node, 1, &of_right)?;
    let layer = product(importer, node, [left, right], None)?;
    Ok(vec![Value::computed(layer, Element::Int32)])
}
