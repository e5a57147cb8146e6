//! GatherElements: for each place of the indices, the entry of the same row at an index of its own.

use crate::graph::{Axes, LayerId};
use crate::import::Importer;
use crate::import::build::broadcast::{axis, slice};
use crate::import::build::movement::{axis_last, inverse, room, without_entries};
use crate::import::build::places::{element_places, flat_gather};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("GatherElements", &[11, 13], import)
        .attributes(&[int("axis")])
        .row("", "a view where indices are constant, else a product with their one-hot codes")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let shape = importer.shape(&value)?;
    let axis = axis(node.int_or("axis", 0), shape.len())?;
    let Some(element) = value.element() else {
        return refuse("its input is no tensor");
    };
    let indices = node.input(1)?;
    let to = importer.shape(indices)?;
    let fits = |(a, (&own, &asked)): (usize, (&usize, &usize))| a == axis || asked <= own;
    if to.len() != shape.len() || !shape.iter().zip(&to).enumerate().all(fits) {
        return refuse(format!(
            "indices of shape {to:?} for a tensor of shape {shape:?}"
        ));
    }
    if room(&to)? == 0 {
        return Ok(vec![without_entries(element, to)?]);
    }
    if let Value::Constant(indices) = indices {
        let places = element_places(&shape, indices, axis)?;
        let steps = flat_gather(&shape, places.into_iter().map(Some).collect(), &to);
        return Ok(vec![importer.moved(&node.origin, &value, steps)?]);
    }
    let indices = importer.layer(&node.origin, indices)?;
    let source = importer.layer(&node.origin, &value)?;
    let layer = by_codes(importer, &node.origin, source, indices, axis)?;
    Ok(vec![Value::computed(layer, element)])
}

/// Along the axis, the product of each row with the one-hot code of each of its indices.
fn by_codes(
    importer: &mut Importer<'_>,
    origin: &str,
    source: LayerId,
    indices: LayerId,
    axis: usize,
) -> Imported<LayerId> {
    let graph = &mut importer.graph;
    if !graph.is_integral(indices) {
        return refuse("indices that are computed from floats");
    }
    let shape = graph.shape(source).to_vec();
    let places = graph.shape(indices).to_vec();
    let rank = shape.len();
    let classes = shape.get(axis).copied().unwrap_or(1);
    room(&[&places[..], &[classes]].concat())?;
    // Rows that no index asks for are left out; the axis goes to the end.
    let order = axis_last(axis, rank);
    let mut steps = Vec::new();
    for (a, (own, &asked)) in shape.iter().zip(&places).enumerate() {
        if a != axis && *own != asked {
            steps.push(slice(a, &shape, 0, 1, asked));
        }
    }
    steps.push(Step::Permute(order.clone()));
    let rows = graph.view(origin, source, steps)?;
    let indices = graph.view(origin, indices, vec![Step::Permute(order.clone())])?;
    let codes = graph.indicator(origin, indices, classes, true);
    let axes = Axes {
        shared: rank - 1,
        left_free: 1,
        right_free: 0,
        contracted: 1,
    };
    let entries = graph.contract(origin, codes, rows, axes);
    Ok(graph.view(origin, entries, vec![Step::Permute(inverse(&order))])?)
}
