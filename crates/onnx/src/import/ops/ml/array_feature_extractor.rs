//! ArrayFeatureExtractor: some of the entries along the last axis, by constant positions.

use crate::import::Importer;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{ML, Operation};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("ArrayFeatureExtractor", &[1], import)
        .domain(ML)
        .row("constant positions", "a view")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let element = node.element(0)?;
    let positions = node.integers(1, "positions")?;
    let layer = importer.input(node, 0)?;
    let shape = importer.graph.shape(layer);
    let Some((axis, &source)) = shape.iter().enumerate().next_back() else {
        return refuse("its input has no axis");
    };
    let index = positions.iter().map(|&i| {
        let position = u32::try_from(i).ok();
        position.filter(|&i| (i as usize) < source).map(Some)
    });
    let Some(index) = index.collect::<Option<Vec<_>>>() else {
        return refuse(format!("a position is not within the {source} features"));
    };
    if index.is_empty() {
        return refuse("it has no positions");
    }
    let mut steps = vec![Step::Gather {
        axis,
        source,
        index,
    }];
    // Of one axis onnxruntime makes one row.
    if axis == 0 {
        steps.push(Step::Insert { axis: 0, len: 1 });
    }
    let layer = importer.graph.view(&node.origin, layer, steps)?;
    Ok(vec![Value::computed(layer, element)])
}
