//! ArrayFeatureExtractor: some of the entries along the last axis, by their positions.

use super::super::gather::by_computed;
use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::build::broadcast::reshape;
use crate::import::domains::ML;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::Operation;
use crate::import::value::Value;
use inferproof_view::{Step, volume};

inventory::submit! {
    Operation::new("ArrayFeatureExtractor", &[1], import)
        .domain(ML)
        .row(
            "",
            "a view where positions are constant, else a product with their one-hot codes",
        )
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let shape = importer.shape(&value)?;
    let Some((axis, &source)) = shape.iter().enumerate().next_back() else {
        return refuse("its input has no axis");
    };
    let Some(element) = value.element() else {
        return refuse("its input is no tensor");
    };
    // Of one axis onnxruntime makes one row.
    let row = (axis == 0).then_some(Step::Insert { axis: 0, len: 1 });
    if let Value::Computed { layer, .. } = *node.input(1)? {
        let positions = flat(importer, node, layer)?;
        if let (Some(strings), 0) = (value.constant().and_then(|t| t.strings()), axis) {
            let value = listed(importer, node, strings, positions)?;
            return Ok(vec![value]);
        }
        let layer = importer.layer(&node.origin, &value)?;
        let gathered = by_computed(importer, &node.origin, layer, axis, positions)?;
        let layer = importer
            .graph
            .view(&node.origin, gathered, row.into_iter().collect())?;
        return Ok(vec![Value::computed(layer, element)]);
    }
    let positions = node.integers(1, "positions")?;
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
    let gather = Step::Gather {
        axis,
        source,
        index,
    };
    let steps = [gather].into_iter().chain(row).collect();
    importer
        .moved(&node.origin, &value, steps)
        .map(|value| vec![value])
}

/// Computed positions along one axis.
fn flat(importer: &mut Importer<'_>, node: &Node<'_>, positions: LayerId) -> Imported<LayerId> {
    let shape = importer.graph.shape(positions).to_vec();
    let count = volume(&shape).unwrap_or(0);
    let steps = reshape(0, &shape, &[count]);
    Ok(importer.graph.view(&node.origin, positions, steps)?)
}

/// Strings of a constant list by computed positions, as one row: the positions are their codes, if no string occurs twice.
fn listed(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    strings: &[String],
    positions: LayerId,
) -> Imported<Value> {
    let mut distinct: Vec<String> = Vec::new();
    let mut codes = Vec::new();
    for text in strings {
        let known = distinct.iter().position(|s| s == text);
        codes.push(known.unwrap_or(distinct.len()) as f64);
        if known.is_none() {
            distinct.push(text.clone());
        }
    }
    let layer = match distinct.len() == strings.len() {
        true => positions,
        false => {
            let codes = importer.row_of(&node.origin, &codes);
            by_computed(importer, &node.origin, codes, 0, positions)?
        }
    };
    let row = vec![Step::Insert { axis: 0, len: 1 }];
    let layer = importer.graph.view(&node.origin, layer, row)?;
    Ok(importer.strings(layer, &distinct))
}
