//! PRelu: `x` where it is positive, else `x` times a slope, which is broadcast to the shape of `x`.

use crate::function::Function;
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::node::Node;
use crate::import::refusal::Imported;
use crate::import::registry::Operation;
use crate::import::value::Value;

inventory::submit! {
    Operation::new("PRelu", &[7, 9, 16], import)
        .row("", "a rescale with bounds, a product and a sum; of one slope, a table")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let origin = &node.origin;
    let element = node.element(0)?;
    let to = importer.shape(node.input(0)?)?;
    if let Some(empty) = importer.without_entries(element, &to) {
        return Ok(vec![empty]);
    }
    let source = importer.input(node, 0)?;
    let slope = importer.input(node, 1)?;
    let place = Place {
        origin,
        to: &to,
        owned: &[],
    };
    if let Some(alpha) = importer.public_number(slope) {
        let layer = importer.apply(origin, source, Function::LeakyRelu { alpha });
        return Ok(vec![Value::computed(layer, element)]);
    }
    // x + (slope - 1) min(x, 0), which commits to nothing but the negative part.
    let negative = importer.clamp(&place, source, None, Some(0.0));
    let slope = importer.of_rank(origin, slope, to.len())?;
    let bent = importer.multiply(&place, negative, slope)?;
    let terms = vec![
        importer.graph.summand(1.0, source, vec![])?,
        importer.graph.summand(-1.0, negative, vec![])?,
        importer.graph.summand(1.0, bent, vec![])?,
    ];
    let layer = importer.graph.sum(origin, terms);
    Ok(vec![Value::computed(layer, element)])
}
