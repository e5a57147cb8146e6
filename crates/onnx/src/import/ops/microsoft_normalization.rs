//! onnxruntime's own normalizations: SimplifiedLayerNormalization, by a root mean square, and SkipLayerNormalization and
//! SkipSimplifiedLayerNormalization, of sums.

use crate::function::Operation as Arithmetic;
use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::build::broadcast::{axis, common_shape};
use crate::import::domains::MICROSOFT;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, float, int};
use crate::import::value::Value;

const BECOMES: &str = "sums of squares, a table of inverse roots, products";

inventory::submit! {
    Operation::new("SimplifiedLayerNormalization", &[1], simplified)
        .attributes(&[int("axis"), float("epsilon"), int("stash_type")])
        .row("without its second output", BECOMES)
}
inventory::submit! {
    Operation::new("SkipLayerNormalization", &[1], of_sum)
        .domain(MICROSOFT)
        .attributes(&[float("epsilon")])
        .row("without mean and deviation as outputs", BECOMES)
}
inventory::submit! {
    Operation::new("SkipSimplifiedLayerNormalization", &[1], of_sum)
        .domain(MICROSOFT)
        .attributes(&[float("epsilon")])
        .row("without mean and deviation as outputs", BECOMES)
}

fn simplified(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let rank = importer.graph.shape(source).len();
    let over: Vec<usize> = (axis(node.int_or("axis", -1), rank)?..rank).collect();
    let epsilon = node.float_or("epsilon", 1e-5);
    let normalized = importer.rms_norm(&node.origin, source, &over, epsilon)?;
    let layer = entrywise(importer, node, Arithmetic::Multiply, normalized, 1)?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}

/// A layer and an input of the node, if that is given; nothing else reads the layer.
fn entrywise(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    operation: Arithmetic,
    layer: LayerId,
    slot: usize,
) -> Imported<LayerId> {
    if node.optional(slot).is_none() {
        return Ok(layer);
    }
    let other = importer.input(node, slot)?;
    let to = common_shape(&[importer.graph.shape(layer), importer.graph.shape(other)])?;
    let place = Place {
        origin: &node.origin,
        to: &to,
        owned: &[],
    };
    importer.binary(&place, operation, layer, other)
}

fn of_sum(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    if node.wants(1) || node.wants(2) {
        return refuse("mean and deviation as outputs, which no inference needs: leave them out");
    }
    let origin = &node.origin;
    let element = node.element(0)?;
    let is_simplified = node.op() == "SkipSimplifiedLayerNormalization";
    let bias = if is_simplified { 3 } else { 4 };
    let first = importer.input(node, 0)?;
    let sum = entrywise(importer, node, Arithmetic::Add, first, 1)?;
    let sum = entrywise(importer, node, Arithmetic::Add, sum, bias)?;
    let shape = importer.graph.shape(sum);
    let Some(last) = shape.len().checked_sub(1) else {
        return refuse("a tensor without axes");
    };
    // onnxruntime's own defaults.
    let epsilon = node.float_or("epsilon", 1e-12);
    let centred = match is_simplified {
        true => sum,
        false => importer.centred(origin, sum, &[last])?,
    };
    let normalized = importer.rms_norm(origin, centred, &[last], epsilon)?;
    let mut layer = entrywise(importer, node, Arithmetic::Multiply, normalized, 2)?;
    if !is_simplified {
        layer = entrywise(importer, node, Arithmetic::Add, layer, 3)?;
    }
    let mut outputs = vec![Value::computed(layer, element)];
    if node.wants(3) {
        outputs.extend([
            Value::Nothing,
            Value::Nothing,
            Value::computed(sum, element),
        ]);
    }
    Ok(outputs)
}
