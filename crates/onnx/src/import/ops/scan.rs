//! Scan: a graph written out once for each entry along an axis of its inputs.

use crate::import::Importer;
use crate::import::build::broadcast::axis;
use crate::import::build::steps::MAX_STEPS;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation, graph, int, ints};
use crate::import::value::Value;
use crate::proto::GraphProto;

inventory::submit! {
    Operation::new("Scan", &[8, 9, 11, 16, 19, 21, 23, 24, 25], import)
        .attributes(&[
            graph("body"),
            ints("directions"),
            int("num_scan_inputs"),
            ints("scan_input_axes"),
            ints("scan_input_directions"),
            ints("scan_output_axes"),
            ints("scan_output_directions"),
        ])
        .fold(Fold::Never)
        .row("at most 4096 steps", "its steps, one after the other")
}

/// What a scan does, apart from its inputs.
struct Plan<'a> {
    body: &'a GraphProto,
    /// The axis of each scanned input.
    inputs: Vec<i64>,
    /// Whether it is read from its end.
    backwards: Vec<bool>,
    /// The axis along which each output is collected.
    outputs: Vec<i64>,
    /// Whether it is collected from its end.
    prepended: Vec<bool>,
}

fn import<'a>(importer: &mut Importer<'a>, node: &Node<'a>) -> Imported<Vec<Value>> {
    let body = node.subgraph("body")?;
    // Version 8 begins with lengths, and has an axis of batches before the one that is scanned.
    let first = usize::from(node.since == 8);
    let scanned = node
        .int("num_scan_inputs")
        .and_then(|n| usize::try_from(n).ok());
    let values: Vec<Value> = node.inputs.iter().skip(first).flatten().cloned().collect();
    let split = scanned.and_then(|scanned| values.len().checked_sub(scanned));
    let (Some(scanned), Some(states)) = (scanned.filter(|&n| n > 0), split) else {
        return refuse(format!("{scanned:?} inputs to scan of {}", values.len()));
    };
    let Some(outputs) = body.output.len().checked_sub(states) else {
        return refuse(format!(
            "a body with {} outputs for {states} states",
            body.output.len()
        ));
    };
    let list = |name: &str, count: usize| match node.ints(name) {
        None => Ok(vec![0; count]),
        Some(given) if given.len() == count => Ok(given.to_vec()),
        Some(given) => refuse(format!(
            "its attribute `{name}` is {given:?}; expected {count} numbers"
        )),
    };
    let directions = if first == 1 {
        "directions"
    } else {
        "scan_input_directions"
    };
    let plan = Plan {
        body,
        inputs: list("scan_input_axes", scanned)?,
        backwards: list(directions, scanned)?
            .into_iter()
            .map(|d| d != 0)
            .collect(),
        outputs: list("scan_output_axes", outputs)?,
        prepended: list("scan_output_directions", outputs)?
            .into_iter()
            .map(|d| d != 0)
            .collect(),
    };
    if first == 0 {
        return steps(importer, node, &plan, &values);
    }
    let shapes = values.iter().map(|value| importer.shape(value));
    let shapes = shapes.collect::<Imported<Vec<_>>>()?;
    let batches = shapes
        .first()
        .and_then(|shape| shape.first().copied())
        .unwrap_or(0);
    let length = shapes
        .last()
        .and_then(|shape| shape.get(1).copied())
        .unwrap_or(0);
    let lengths = match node.optional(0) {
        Some(_) => node.integers(0, "lengths of sequences")?,
        None => vec![],
    };
    if batches == 0 || shapes.iter().any(|shape| shape.first() != Some(&batches)) {
        return refuse(format!(
            "inputs of shapes {shapes:?}, which have no axis of batches in common"
        ));
    }
    if lengths
        .iter()
        .any(|&len| usize::try_from(len) != Ok(length))
    {
        return refuse(format!(
            "sequences of lengths {lengths:?}, of which some are shorter than {length}"
        ));
    }
    let mut results: Vec<Vec<Value>> = Vec::new();
    for batch in 0..batches {
        let own = values
            .iter()
            .map(|value| importer.nth(&node.origin, value, 0, batch));
        let own = own.collect::<Imported<Vec<_>>>()?;
        results.push(steps(importer, node, &plan, &own)?);
    }
    let outputs = results.first().map_or(0, Vec::len);
    let stacks = (0..outputs).map(|output| {
        let parts = results
            .iter()
            .filter_map(|result| result.get(output).cloned());
        importer.stacked(&node.origin, &parts.collect::<Vec<_>>(), 0)
    });
    stacks.collect()
}

fn steps<'a>(
    importer: &mut Importer<'a>,
    node: &Node<'a>,
    plan: &Plan<'a>,
    values: &[Value],
) -> Imported<Vec<Value>> {
    let (state, scanned) = values.split_at(values.len().saturating_sub(plan.inputs.len()));
    let mut state = state.to_vec();
    let mut axes = Vec::new();
    let mut length = None;
    for (value, &given) in scanned.iter().zip(&plan.inputs) {
        let shape = importer.shape(value)?;
        let axis = axis(given, shape.len())?;
        let own = shape.get(axis).copied().unwrap_or(0);
        if length.is_some_and(|length| length != own) {
            return refuse("inputs that have not as many entries along the axes that are scanned");
        }
        length = Some(own);
        axes.push(axis);
    }
    let length = length.unwrap_or(0);
    if length > MAX_STEPS {
        return refuse(format!("{length} steps; at most {MAX_STEPS} are supported"));
    }
    let mut collected: Vec<Vec<Value>> = vec![Vec::new(); plan.outputs.len()];
    for step in 0..length {
        let mut inputs = state.clone();
        for ((value, &axis), &backwards) in scanned.iter().zip(&axes).zip(&plan.backwards) {
            let place = if backwards { length - 1 - step } else { step };
            inputs.push(importer.nth(&node.origin, value, axis, place)?);
        }
        let mut outputs = importer
            .inner_graph(node.proto, plan.body, inputs)?
            .into_iter();
        state = outputs.by_ref().take(state.len()).collect();
        for (collected, value) in collected.iter_mut().zip(outputs) {
            collected.push(value);
        }
    }
    let states = state.len();
    for (place, mut parts) in collected.into_iter().enumerate() {
        let given = plan.outputs.get(place).copied().unwrap_or(0);
        if plan.prepended.get(place) == Some(&true) {
            parts.reverse();
        }
        let Some(first) = parts.first() else {
            state.push(importer.nothing_scanned(
                plan.body,
                states + place,
                usize::try_from(given)?,
            )?);
            continue;
        };
        let axis = axis(given, importer.shape(first)?.len() + 1)?;
        state.push(importer.stacked(&node.origin, &parts, axis)?);
    }
    Ok(state)
}
