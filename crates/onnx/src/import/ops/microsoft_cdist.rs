//! CDist of onnxruntime: the distance of each row of one matrix from each row of another.

use crate::function::Function;
use crate::graph::Axes;
use crate::import::Importer;
use crate::import::domains::MICROSOFT;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, string};
use crate::import::value::Value;
use inferproof_view::{Step, volume};

inventory::submit! {
    Operation::new("CDist", &[1], import)
        .domain(MICROSOFT)
        .attributes(&[string("metric")])
        .row("", "a contraction of differences with themselves; for the Euclidean distance a root")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let origin = &node.origin;
    let (left, right) = (importer.input(node, 0)?, importer.input(node, 1)?);
    let (&[a, features], &[b, others]) = (importer.graph.shape(left), importer.graph.shape(right))
    else {
        return refuse("its inputs have not two axes each");
    };
    let entries = volume(&[a, b, features]);
    if features != others || entries.is_none_or(|n| n > crate::import::limits::MAX_ENTRIES) {
        return refuse(format!(
            "distances of {a} rows of {features} numbers from {b} rows of {others}"
        ));
    }
    let terms = vec![
        importer
            .graph
            .summand(1.0, left, vec![Step::Insert { axis: 1, len: b }])?,
        importer
            .graph
            .summand(-1.0, right, vec![Step::Insert { axis: 0, len: a }])?,
    ];
    let difference = importer.graph.sum(origin, terms);
    let axes = Axes {
        shared: 2,
        left_free: 0,
        right_free: 0,
        contracted: 1,
    };
    let squares = importer
        .graph
        .contract(origin, difference, difference, axes);
    let layer = match node.string_or("metric", "sqeuclidean")? {
        "sqeuclidean" => squares,
        "euclidean" => importer.graph.apply(origin, squares, Function::Sqrt),
        other => {
            return refuse(format!(
                "attribute `metric` is `{other}`; expected euclidean or sqeuclidean"
            ));
        }
    };
    Ok(vec![Value::computed(layer, node.element(0)?)])
}
