//! GatherND: slices of a tensor, each by the indices of its first axes; batches stay where they are.

use crate::function::{Comparison, Expression, Function, Operation as Arithmetic};
use crate::graph::{Axes, LayerId};
use crate::import::Importer;
use crate::import::build::movement::{room, without_entries};
use crate::import::build::places::{flat_gather, tuple_places};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int};
use crate::import::value::Value;
use inferproof_view::{Step, volume};
use std::sync::Arc;

inventory::submit! {
    Operation::new("GatherND", &[11, 12, 13], import)
        .attributes(&[int("batch_dims")])
        .row("", "a view where indices are constant, else a product with their one-hot codes")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let shape = importer.shape(&value)?;
    let indices = node.input(1)?;
    let index_shape = importer.shape(indices)?;
    let batch = usize::try_from(node.int_or("batch_dims", 0))?;
    let Some((&width, outer)) = index_shape.split_last() else {
        return refuse("indices without axes");
    };
    let inner = batch.checked_add(width).and_then(|end| shape.get(end..));
    let (Some(inner), true) = (inner, shape.get(..batch) == outer.get(..batch)) else {
        return refuse(format!(
            "indices of shape {index_shape:?} for a tensor of shape {shape:?} with {batch} axes of batches"
        ));
    };
    let to = [outer, inner].concat();
    let Some(element) = value.element() else {
        return refuse("its input is no tensor");
    };
    if room(&to)? == 0 {
        return Ok(vec![without_entries(element, to)?]);
    }
    if let Value::Constant(indices) = indices {
        let places = tuple_places(&shape, indices, batch)?;
        let steps = flat_gather(&shape, places.into_iter().map(Some).collect(), &to);
        return Ok(vec![importer.moved(&node.origin, &value, steps)?]);
    }
    let indices = importer.layer(&node.origin, indices)?;
    let source = importer.layer(&node.origin, &value)?;
    let layer = by_codes(importer, &node.origin, source, indices, batch)?;
    Ok(vec![Value::computed(layer, element)])
}

/// The product of the indexed axes, read as one, with the one-hot codes of the places along them.
fn by_codes(
    importer: &mut Importer<'_>,
    origin: &str,
    source: LayerId,
    indices: LayerId,
    batch: usize,
) -> Imported<LayerId> {
    if !importer.graph.is_integral(indices) {
        return refuse("indices that are computed from floats");
    }
    let shape = importer.graph.shape(source).to_vec();
    let index_shape = importer.graph.shape(indices).to_vec();
    let axis = index_shape.len().saturating_sub(1);
    let width = index_shape.last().copied().unwrap_or(0);
    let indexed = shape.get(batch..batch + width).unwrap_or_default().to_vec();
    let classes = volume(&indexed).unwrap_or(usize::MAX);
    room(&[index_shape.get(..axis).unwrap_or_default(), &[classes]].concat())?;
    let mut terms = Vec::new();
    for (component, &len) in indexed.iter().enumerate() {
        let part = Step::Slice {
            axis,
            source: width,
            start: i64::try_from(component)?,
            step: 1,
            len: 1,
        };
        let only = Step::Reduce {
            axis,
            source: 1,
            weights: None,
        };
        let index = importer.graph.view(origin, indices, vec![part, only])?;
        let counted = Function::Composite(Arc::new(from_start(len as f64)));
        let index = importer.apply(origin, index, counted);
        let stride = volume(indexed.get(component + 1..).unwrap_or_default()).unwrap_or(0);
        terms.push(importer.graph.summand(stride as f64, index, vec![])?);
    }
    let graph = &mut importer.graph;
    let place = graph.sum(origin, terms);
    let codes = graph.indicator(origin, place, classes, false);
    // [B.., N.., R..] becomes [B.., R.., n].
    let rank = shape.len();
    let mut steps = vec![Step::Merge {
        axis: batch,
        sizes: indexed,
    }];
    let merged = rank - width + 1;
    let order = (0..batch).chain(batch + 1..merged).chain([batch]);
    steps.push(Step::Permute(order.collect()));
    let entries = graph.view(origin, source, steps)?;
    let axes = Axes {
        shared: batch,
        left_free: axis - batch,
        right_free: merged - 1 - batch,
        contracted: 1,
    };
    Ok(graph.contract(origin, codes, entries, axes))
}

/// An index counted from the start of an axis of this length: negative ones count from its end.
fn from_start(len: f64) -> Expression {
    let index = || Box::new(Expression::Argument);
    let combine = |operation, number: f64| {
        Box::new(Expression::Combine(
            operation,
            index(),
            Box::new(Expression::Number(number)),
        ))
    };
    let negative = combine(Arithmetic::Compare(Comparison::Less), 0.0);
    Expression::Select(negative, combine(Arithmetic::Add, len), index())
}
