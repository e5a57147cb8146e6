//! Linear models: one contraction.

use super::scores::{Classes, Scores, Transform, finish, finish_binary, regression};
use super::{Imported, MAX_ENTRIES, Node, Value, refuse};
use crate::graph::{Axes, Graph};

/// `x * coefficients^T + intercepts`.
fn scores<'a>(
    graph: &mut Graph,
    node: &'a Node<'_>,
    outputs: usize,
    intercepts: &[f32],
) -> Imported<Scores<'a>> {
    let (source, _, features) = node.rows(graph)?;
    let coefficients = node.attributes.floats("coefficients")?;
    if outputs.checked_mul(features) != Some(coefficients.len()) {
        return refuse(format!(
            "attribute `coefficients` has {} entries; expected {outputs} times {features}",
            coefficients.len()
        ));
    }
    let shape = vec![outputs, features];
    let coefficients = graph.add_constant(&node.origin, shape, coefficients.to_vec());
    let axes = Axes {
        shared: 0,
        left_free: 1,
        right_free: 1,
        contracted: 1,
    };
    let sums = graph.contract(&node.origin, source, coefficients, axes);
    Scores::new(graph, &node.origin, sums, intercepts)
}

pub fn regressor(graph: &mut Graph, node: &Node<'_>) -> Imported<Vec<Value>> {
    let targets = node.attributes.int("targets", 1);
    let Some(targets) = usize::try_from(targets)
        .ok()
        .filter(|n| (1..=MAX_ENTRIES).contains(n))
    else {
        return refuse(format!("attribute `targets` is {targets}"));
    };
    let intercepts = node.attributes.floats("intercepts")?;
    if !intercepts.is_empty() && intercepts.len() != targets {
        return refuse(format!(
            "attribute `intercepts` has {} entries; expected none or {targets}",
            intercepts.len()
        ));
    }
    let transform = Transform::of(&node.attributes)?;
    let scores = scores(graph, node, targets, intercepts)?;
    regression(graph, &scores, transform)
}

pub fn classifier(graph: &mut Graph, node: &Node<'_>) -> Imported<Vec<Value>> {
    let classes = Classes::of(&node.attributes, "classlabels_ints")?;
    let transform = Transform::of(&node.attributes)?;
    let intercepts = node.attributes.floats("intercepts")?;
    let is_binary = intercepts.len() == 1 && classes.len() == 2;
    if !is_binary && intercepts.len() != classes.len() {
        return refuse(format!(
            "attribute `intercepts` has {} entries for {} classes",
            intercepts.len(),
            classes.len()
        ));
    }
    let scores = scores(graph, node, intercepts.len(), intercepts)?;
    if !is_binary {
        return finish(graph, &scores, &classes, transform);
    }
    // The label tells the sign, and yet the first class has what is missing to one.
    let label = scores.decided(graph, &classes, 0.0)?;
    let both = finish_binary(graph, &scores, &classes, transform, 0.5)?;
    Ok(vec![label, both[1]])
}
