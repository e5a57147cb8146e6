//! Gather: entries along an axis, by indices. A constant table by computed indices is an embedding.

use crate::graph::{Axes, LayerId};
use crate::import::Importer;
use crate::import::build::broadcast::axis;
use crate::import::build::movement::{axis_last, index, pick, room, without_entries};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int};
use crate::import::value::Value;
use crate::tensor::Tensor;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("Gather", &[1, 11, 13], import)
        .attributes(&[int("axis")])
        .row("", "a view where indices are constant, else a product with their one-hot codes")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let shape = importer.shape(&value)?;
    let axis = axis(node.int_or("axis", 0), shape.len())?;
    let gathered = match node.input(1)? {
        Value::Constant(indices) => by_constant(importer, node, &value, axis, indices)?,
        indices => {
            let indices = importer.layer(&node.origin, indices)?;
            let Some(element) = value.element() else {
                return refuse("its input is no tensor");
            };
            if room(&shape)? == 0 {
                return refuse(format!(
                    "computed indices of a tensor of shape {shape:?}, which has no entries"
                ));
            }
            let source = importer.layer(&node.origin, &value)?;
            let layer = by_computed(importer, &node.origin, source, axis, indices)?;
            Value::computed(layer, element)
        }
    };
    Ok(vec![gathered])
}

fn by_constant(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    value: &Value,
    axis: usize,
    indices: &Tensor,
) -> Imported<Value> {
    let shape = importer.shape(value)?;
    let source = shape.get(axis).copied().unwrap_or(0);
    let Some(given) = indices.integers() else {
        return refuse(format!("indices of type {}", indices.element()));
    };
    let before = shape.iter().take(axis);
    let after = shape.iter().skip(axis + 1);
    let to: Vec<usize> = before
        .chain(indices.shape())
        .chain(after)
        .copied()
        .collect();
    if room(&to)? == 0 {
        return match value.element() {
            Some(element) => without_entries(element, to),
            None => refuse("its input is no tensor"),
        };
    }
    let places = given.iter().map(|&i| index(i, source).map(Some));
    let mut steps = vec![pick(axis, source, places.collect::<Imported<_>>()?)];
    match indices.shape().len() {
        0 => steps.push(Step::Reduce {
            axis,
            source: 1,
            weights: None,
        }),
        1 => {}
        _ => steps.push(Step::Split {
            axis,
            sizes: indices.shape().to_vec(),
        }),
    }
    importer.moved(&node.origin, value, steps)
}

/// The product with the indices' one-hot codes.
pub fn by_computed(
    importer: &mut Importer<'_>,
    origin: &str,
    source: LayerId,
    axis: usize,
    indices: LayerId,
) -> Imported<LayerId> {
    let graph = &mut importer.graph;
    if !graph.is_integral(indices) {
        return refuse("indices that are computed from floats");
    }
    let shape = graph.shape(source).to_vec();
    let index_rank = graph.shape(indices).len();
    let classes = shape.get(axis).copied().unwrap_or(1);
    let mut code_shape = graph.shape(indices).to_vec();
    code_shape.push(classes);
    room(&code_shape)?;
    let codes = graph.indicator(origin, indices, classes, true);
    // [I.., k] times [A.., k] is [I.., A..], of which the indices' axes go where the axis was.
    let entries = graph.view(
        origin,
        source,
        vec![Step::Permute(axis_last(axis, shape.len()))],
    )?;
    let axes = Axes {
        shared: 0,
        left_free: index_rank,
        right_free: shape.len() - 1,
        contracted: 1,
    };
    let product = graph.contract(origin, codes, entries, axes);
    let before = index_rank..index_rank + axis;
    let after = index_rank + axis..index_rank + shape.len() - 1;
    let order = before.chain(0..index_rank).chain(after);
    Ok(graph.view(origin, product, vec![Step::Permute(order.collect())])?)
}
