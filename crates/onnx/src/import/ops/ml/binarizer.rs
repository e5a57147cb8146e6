//! Binarizer: 1 where an entry is above a threshold, else 0.

use crate::function::{Comparison, Function};
use crate::graph::Graph;
use crate::import::Importer;
use crate::import::domains::ML;
use crate::import::node::Node;
use crate::import::refusal::Imported;
use crate::import::registry::{Operation, float};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("Binarizer", &[1], import)
        .domain(ML)
        .attributes(&[float("threshold")])
        .row("", "a comparison")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let threshold = node.float_or("threshold", 0.0);
    let shape = importer.graph.shape(source).to_vec();
    let terms = vec![
        importer.graph.summand(1.0, source, vec![])?,
        Graph::fill(-threshold, &shape)?,
    ];
    let difference = importer.graph.sum(&node.origin, terms);
    let layer = importer.graph.apply(
        &node.origin,
        difference,
        Function::Compare(Comparison::Greater),
    );
    Ok(vec![Value::computed(layer, node.element(0)?)])
}
