//! ScatterElements, ScatterND and Scatter: a tensor with other entries in constant places.

use crate::graph::{Graph, LayerId};
use crate::import::Importer;
use crate::import::build::broadcast::axis;
use crate::import::build::places::{element_places, flat_gather, tuple_places};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int, string};
use crate::import::value::Value;
use inferproof_view::{Step, volume};
use std::collections::BTreeMap;

inventory::submit! {
    Operation::new("ScatterElements", &[11, 13, 16, 18], import)
        .attributes(&[int("axis"), string("reduction")])
        .row("constant indices, or one computed position for all entries", "a sum of views; products or maxima where it reduces by them; a product with a one-hot code of a computed position")
}
inventory::submit! {
    Operation::new("ScatterND", &[11, 13, 16, 18], import)
        .attributes(&[string("reduction")])
        .row("constant indices, or one computed position along the first axis", "a sum of views; products or maxima where it reduces by them; a product with a one-hot code of a computed position")
}
inventory::submit! {
    Operation::new("Scatter", &[9, 11], import)
        .attributes(&[int("axis")])
        .row("constant indices, or one computed position for all entries", "a sum of views; a product with a one-hot code of a computed position")
}

/// What becomes of an entry and its update.
#[derive(Clone, Copy, PartialEq)]
enum Reduction {
    None,
    Add,
    Multiply,
    Greater,
    Lesser,
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let shape = importer.shape(&value)?;
    let updates = node.input(2)?.clone();
    let from = importer.shape(&updates)?;
    let reduction = match node.string_or("reduction", "none")? {
        "none" => Reduction::None,
        "add" => Reduction::Add,
        "mul" => Reduction::Multiply,
        "max" => Reduction::Greater,
        "min" => Reduction::Lesser,
        other => return refuse(format!("its attribute `reduction` is `{other}`")),
    };
    let indices = match node.input(1)? {
        Value::Constant(indices) => indices,
        positions if reduction == Reduction::None => {
            let positions = positions.clone();
            return written(importer, node, &value, &updates, &positions);
        }
        _ => {
            return refuse(
                "its indices are computed; where it reduces they must be constant: export the model with fixed sizes",
            );
        }
    };
    if volume(&from) == Some(0) || volume(&shape) == Some(0) {
        return Ok(vec![value]);
    }
    // An update goes where a gather with the same indices reads.
    let (places, expected) = match node.op() {
        "ScatterND" => {
            let outer = indices.shape().split_last();
            let inner = outer.and_then(|(&width, _)| shape.get(width..));
            let expected = outer
                .zip(inner)
                .map(|((_, outer), inner)| [outer, inner].concat());
            (tuple_places(&shape, indices, 0)?, expected)
        }
        _ => {
            let axis = axis(node.int_or("axis", 0), shape.len())?;
            (
                element_places(&shape, indices, axis)?,
                Some(indices.shape().to_vec()),
            )
        }
    };
    if expected.as_ref() != Some(&from) || volume(&from) != Some(places.len()) {
        return refuse(format!(
            "updates of shape {from:?} for indices of shape {:?} in a tensor of shape {shape:?}",
            indices.shape()
        ));
    }
    let data = importer.layer(&node.origin, &value)?;
    let updates = importer.layer(&node.origin, &updates)?;
    let layer = scattered(importer, &node.origin, data, updates, &places, reduction)?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}

/// One entry along an axis, at a position that is computed.
fn written(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    data: &Value,
    updates: &Value,
    positions: &Value,
) -> Imported<Vec<Value>> {
    let shape = importer.shape(data)?;
    let axis = match node.op() {
        "ScatterND" => match importer.shape(positions)?.last() {
            Some(1) => 0,
            _ => {
                return refuse(
                    "its indices are computed; they must be constant, or of one axis and one position",
                );
            }
        },
        _ => axis(node.int_or("axis", 0), shape.len())?,
    };
    let [data, mut updates, positions] = [
        importer.layer(&node.origin, data)?,
        importer.layer(&node.origin, updates)?,
        importer.layer(&node.origin, positions)?,
    ];
    if node.op() == "ScatterND" {
        // Of tuples of several axes there may be one for the only update.
        let from = importer.graph.shape(updates).len();
        let outer = from.saturating_sub(shape.len().saturating_sub(1));
        if outer == 0 {
            let first = vec![Step::Insert { axis: 0, len: 1 }];
            updates = importer.graph.view(&node.origin, updates, first)?;
        }
    }
    let layer = importer.written(&node.origin, [data, updates, positions], axis, true)?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}

fn scattered(
    importer: &mut Importer<'_>,
    origin: &str,
    data: LayerId,
    updates: LayerId,
    places: &[u32],
    reduction: Reduction,
) -> Imported<LayerId> {
    let shape = importer.graph.shape(data).to_vec();
    let from = importer.graph.shape(updates).to_vec();
    let mut current = data;
    for round in rounds(places, reduction) {
        let count = [round.len()];
        let own = round.values().copied().map(Some).collect();
        let own = flat_gather(&from, own, &count);
        let mut own = importer.graph.view(origin, updates, own)?;
        if reduction != Reduction::None {
            let before = round.keys().copied().map(Some).collect();
            let before = flat_gather(&shape, before, &count);
            let before = importer.graph.view(origin, current, before)?;
            own = reduced(&mut importer.graph, origin, before, own, reduction)?;
        }
        let all = 0u32..u32::try_from(volume(&shape).unwrap_or(0))?;
        let kept = all
            .clone()
            .map(|place| (!round.contains_key(&place)).then_some(place));
        let mut positions = 0u32..;
        let back = all.map(|place| round.get(&place).and_then(|_| positions.next()));
        let kept = flat_gather(&shape, kept.collect(), &shape);
        let back = flat_gather(&count, back.collect(), &shape);
        let terms = vec![
            importer.graph.summand(1.0, current, kept)?,
            importer.graph.summand(1.0, own, back)?,
        ];
        current = importer.graph.sum(origin, terms);
    }
    Ok(current)
}

/// Entry by entry, what is made of the entry before and its update.
fn reduced(
    graph: &mut Graph,
    origin: &str,
    before: LayerId,
    update: LayerId,
    reduction: Reduction,
) -> Imported<LayerId> {
    let sign = match reduction {
        Reduction::None => return Ok(update),
        Reduction::Add => {
            let terms = vec![
                graph.summand(1.0, before, vec![])?,
                graph.summand(1.0, update, vec![])?,
            ];
            return Ok(graph.sum(origin, terms));
        }
        Reduction::Multiply => return Ok(graph.entrywise(origin, before, update)),
        Reduction::Greater => 1.0,
        Reduction::Lesser => -1.0,
    };
    let before = graph.scaled(origin, sign, before, vec![])?;
    let update = graph.scaled(origin, sign, update, vec![])?;
    let greatest = graph.max(origin, before, update);
    Ok(graph.scaled(origin, sign, greatest, vec![])?)
}

/// Updates by the places where they go, in rounds in which no place has two. Without a reduction only the last of a place counts.
fn rounds(places: &[u32], reduction: Reduction) -> Vec<BTreeMap<u32, u32>> {
    let mut rounds: Vec<BTreeMap<u32, u32>> = Vec::new();
    let mut seen: BTreeMap<u32, usize> = BTreeMap::new();
    for (update, &place) in (0u32..).zip(places) {
        let times = seen.entry(place).or_default();
        let round = match reduction {
            Reduction::None => 0,
            _ => *times,
        };
        *times += 1;
        if rounds.len() <= round {
            rounds.push(BTreeMap::new());
        }
        if let Some(round) = rounds.get_mut(round) {
            round.insert(place, update);
        }
    }
    rounds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_place_has_two_updates_in_a_round() {
        let summed = rounds(&[3, 1, 3, 3], Reduction::Add);
        let expected = [vec![(1, 1), (3, 0)], vec![(3, 2)], vec![(3, 3)]];
        let summed: Vec<Vec<_>> = summed
            .into_iter()
            .map(|r| r.into_iter().collect())
            .collect();
        assert_eq!(summed, expected);
        let replaced = rounds(&[3, 1, 3], Reduction::None);
        assert_eq!(replaced, [BTreeMap::from([(1, 1), (3, 2)])]);
    }
}
