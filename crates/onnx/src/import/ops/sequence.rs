//! Sequences: lists of values, whose length and places are known when a model is imported.

use crate::element::Element;
use crate::import::Importer;
use crate::import::build::broadcast::axis;
use crate::import::build::movement::index;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation, graph, int};
use crate::import::value::Value;
use crate::tensor::Tensor;

inventory::submit! {
    Operation::new("SequenceConstruct", &[11], construct).fold(Fold::Never)
}
inventory::submit! {
    Operation::new("SequenceEmpty", &[11], empty).attributes(&[int("dtype")]).fold(Fold::Never)
}
inventory::submit! {
    Operation::new("SequenceAt", &[11], at).fold(Fold::Never).row("a constant position", "the value")
}
inventory::submit! {
    Operation::new("SequenceInsert", &[11], insert).fold(Fold::Never).row("a constant position", "")
}
inventory::submit! {
    Operation::new("SequenceErase", &[11], erase).fold(Fold::Never).row("a constant position", "")
}
inventory::submit! {
    Operation::new("SequenceLength", &[11], length).fold(Fold::Never)
}
inventory::submit! {
    Operation::new("SplitToSequence", &[11, 24], split)
        .attributes(&[int("axis"), int("keepdims")])
        .fold(Fold::Never)
        .row("constant sizes", "a view for each part")
}
inventory::submit! {
    Operation::new("ConcatFromSequence", &[11], concat)
        .attributes(&[int("axis"), int("new_axis")])
        .fold(Fold::Never)
        .row("", "a sum of views")
}
inventory::submit! {
    Operation::new("SequenceMap", &[17], map)
        .attributes(&[graph("body")])
        .fold(Fold::Never)
        .row("", "the body for each value")
}

/// The values of an input that is a sequence.
fn values<'b>(node: &'b Node<'_>, position: usize) -> Imported<&'b [Value]> {
    match node.input(position)? {
        Value::Sequence(values) => Ok(values),
        _ => refuse(format!("its input {position} is no sequence")),
    }
}

/// A position in a sequence of this length, from a constant input.
fn position(node: &Node<'_>, input: usize, length: usize) -> Imported<Option<usize>> {
    match node.optional_integers(input, "position")?.as_deref() {
        None => Ok(None),
        Some(&[position]) => Ok(Some(index(position, length)? as usize)),
        Some(other) => refuse(format!("positions {other:?}; expected one")),
    }
}

fn construct(_: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let values: Vec<Value> = node.inputs.iter().flatten().cloned().collect();
    Ok(vec![Value::Sequence(values)])
}

fn empty(_: &mut Importer<'_>, _: &Node<'_>) -> Imported<Vec<Value>> {
    Ok(vec![Value::Sequence(vec![])])
}

fn at(_: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let values = values(node, 0)?;
    let position = position(node, 1, values.len())?;
    match position.and_then(|position| values.get(position)) {
        Some(value) => Ok(vec![value.clone()]),
        None => refuse("its position is missing"),
    }
}

fn insert(_: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let mut values = values(node, 0)?.to_vec();
    let value = node.input(1)?.clone();
    // It may go behind the last as well, which the count from the end does not include.
    let position = match node.optional_integers(2, "position")?.as_deref() {
        None => values.len(),
        Some(&[position]) if i64::try_from(values.len()) == Ok(position) => values.len(),
        Some(_) => position(node, 2, values.len())?.unwrap_or(values.len()),
    };
    values.insert(position, value);
    Ok(vec![Value::Sequence(values)])
}

fn erase(_: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let mut values = values(node, 0)?.to_vec();
    let Some(last) = values.len().checked_sub(1) else {
        return refuse("a sequence without values");
    };
    values.remove(position(node, 1, values.len())?.unwrap_or(last));
    Ok(vec![Value::Sequence(values)])
}

fn length(_: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let length = i64::try_from(values(node, 0)?.len())?;
    match Tensor::of_integers(Element::Int64, vec![], vec![length]) {
        Some(length) => Ok(vec![Value::Constant(length)]),
        None => refuse("a sequence that is too long"),
    }
}

fn split(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let shape = importer.shape(&value)?;
    let axis = axis(node.int_or("axis", 0), shape.len())?;
    let length = shape.get(axis).copied().unwrap_or(0);
    let sizes = match node.optional_constant(1, "sizes")? {
        None => None,
        Some(tensor) => match (tensor.integers(), tensor.shape().len()) {
            (Some(&[size]), 0) => {
                let Some(size) = usize::try_from(size).ok().filter(|&size| size > 0) else {
                    return refuse(format!("parts of size {size}"));
                };
                let starts = (0..length).step_by(size);
                Some(starts.map(|start| size.min(length - start)).collect())
            }
            (Some(sizes), 1) => {
                let sizes = sizes.iter().map(|&size| usize::try_from(size));
                Some(sizes.collect::<Result<Vec<_>, _>>()?)
            }
            _ => return refuse(format!("sizes of shape {:?}", tensor.shape())),
        },
    };
    let parts = match sizes {
        Some(sizes) => {
            if sizes
                .iter()
                .try_fold(0usize, |sum, &size| sum.checked_add(size))
                != Some(length)
            {
                return refuse(format!("an axis of length {length} in parts of {sizes:?}"));
            }
            importer.parts(&node.origin, &value, axis, &sizes)?
        }
        None if node.flag("keepdims", true) => {
            importer.parts(&node.origin, &value, axis, &vec![1; length])?
        }
        None => {
            let entries = (0..length).map(|place| importer.nth(&node.origin, &value, axis, place));
            entries.collect::<Imported<_>>()?
        }
    };
    Ok(vec![Value::Sequence(parts)])
}

fn concat(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let values = values(node, 0)?.to_vec();
    let (Some(given), Some(first)) = (node.int("axis"), values.first()) else {
        return refuse("a sequence without values, or an attribute `axis` that is missing");
    };
    let is_new = node.flag("new_axis", false);
    let rank = importer.shape(first)?.len() + usize::from(is_new);
    let axis = axis(given, rank)?;
    let joined = match is_new {
        true => importer.stacked(&node.origin, &values, axis)?,
        false => importer.concatenated(&node.origin, &values, axis)?,
    };
    Ok(vec![joined])
}

fn map<'a>(importer: &mut Importer<'a>, node: &Node<'a>) -> Imported<Vec<Value>> {
    let body = node.subgraph("body")?;
    let length = values(node, 0)?.len();
    let mut results: Vec<Vec<Value>> = vec![Vec::new(); body.output.len()];
    for place in 0..length {
        let inputs = node.inputs.iter().flatten().map(|input| match input {
            Value::Sequence(values) => match values.get(place) {
                Some(value) => Ok(value.clone()),
                None => refuse("sequences of different lengths"),
            },
            other => Ok(other.clone()),
        });
        let inputs = inputs.collect::<Imported<Vec<_>>>()?;
        let outputs = importer.inner_graph(node.proto, body, inputs)?;
        for (result, value) in results.iter_mut().zip(outputs) {
            result.push(value);
        }
    }
    Ok(results.into_iter().map(Value::Sequence).collect())
}
