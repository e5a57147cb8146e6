//! LRN: each entry over a power of what the squares of neighbouring channels sum up to.

use crate::function::Function;
use crate::graph::Graph;
use crate::import::Importer;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, float, int};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("LRN", &[1, 13], import)
        .attributes(&[float("alpha"), float("beta"), float("bias"), int("size")])
        .row("", "a product with itself, sums over channels, a table of powers, a product")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let origin = &node.origin;
    let shape = importer.graph.shape(source).to_vec();
    let size = node.int("size").and_then(|size| usize::try_from(size).ok());
    let (Some(&channels), Some(size)) = (shape.get(1), size.filter(|&size| size > 0)) else {
        return refuse(format!(
            "a tensor of shape {shape:?}, or `size` is not a positive number"
        ));
    };
    let squares = importer.graph.entrywise(origin, source, source);
    let neighbours = vec![
        Step::Window {
            axis: 1,
            source: channels,
            positions: channels,
            kernel: size,
            stride: 1,
            dilation: 1,
            pad: (size - 1) / 2,
        },
        Step::Reduce {
            axis: 2,
            source: size,
            weights: None,
        },
    ];
    let alpha = node.float_or("alpha", 1e-4) / size as f64;
    let terms = vec![
        importer.graph.summand(alpha, squares, neighbours)?,
        Graph::fill(node.float_or("bias", 1.0), &shape)?,
    ];
    let sum = importer.graph.sum(origin, terms);
    let power = Function::Power(-node.float_or("beta", 0.75));
    let factors = importer.function(origin, sum, power)?;
    let layer = importer.graph.entrywise(origin, source, factors);
    Ok(vec![Value::computed(layer, node.element(0)?)])
}
