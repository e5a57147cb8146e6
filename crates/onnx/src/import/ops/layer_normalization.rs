//! LayerNormalization and RMSNormalization: rows of mean zero and mean square one, or of mean square one alone.

use crate::element::Element;
use crate::import::Importer;
use crate::import::build::broadcast::axis;
use crate::import::node::Node;
use crate::import::refusal::Imported;
use crate::import::registry::{Operation, float, int};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("LayerNormalization", &[17], layer)
        .attributes(&[int("axis"), float("epsilon"), int("stash_type")])
        .row("", "a contraction of rows with themselves, a table of roots, products")
}
inventory::submit! {
    Operation::new("RMSNormalization", &[23], root_mean_square)
        .attributes(&[int("axis"), float("epsilon"), int("stash_type")])
        .row("", "a contraction of rows with themselves, a table of roots, products")
}

fn layer(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let origin = &node.origin;
    let axes = axes(importer, node)?;
    let epsilon = node.float_or("epsilon", 1e-5);
    let normalized = importer.standardized(origin, source, &axes, epsilon)?;
    let factor = importer.input(node, 1)?;
    let offset = match node.optional(2) {
        Some(_) => Some(importer.input(node, 2)?),
        None => None,
    };
    let layer = importer.scaled_and_moved(origin, normalized, true, factor, offset)?;
    let mut outputs = vec![Value::computed(layer, node.element(0)?)];
    if node.wants(1) || node.wants(2) {
        let mean = importer.mean_of(origin, source, &axes)?;
        outputs.push(Value::computed(mean, Element::Float));
        let inverse = importer.inverse_deviation(origin, source, &axes, epsilon)?;
        outputs.push(Value::computed(inverse, Element::Float));
    }
    Ok(outputs)
}

fn root_mean_square(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let axes = axes(importer, node)?;
    let epsilon = node.float_or("epsilon", 1e-5);
    let normalized = importer.rms_norm(&node.origin, source, &axes, epsilon)?;
    let factor = importer.input(node, 1)?;
    let layer = importer.scaled_and_moved(&node.origin, normalized, true, factor, None)?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}

/// The axes from the given one on.
fn axes(importer: &Importer<'_>, node: &Node<'_>) -> Imported<Vec<usize>> {
    let rank = importer.shape(node.input(0)?)?.len();
    Ok((axis(node.int_or("axis", -1), rank)?..rank).collect())
}
