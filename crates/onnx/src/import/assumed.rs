//! Weights that need not be read to know what a model takes.
//!
//! How large a proof is depends on the shapes of weights, and little on their numbers. So where sizes alone are asked for, numbers
//! of about the size that training leaves stand for large weights: for constants that the model's graph multiplies with, or looks entries up
//! in, and does nothing else with.

use crate::numbers::LEAST_LEFT;
use crate::proto::{GraphProto, ModelProto, NodeProto};
use std::collections::{BTreeMap, BTreeSet};

/// Large weights by name, with how far their assumed numbers reach either way.
pub fn large_weights(model: &ModelProto) -> BTreeMap<String, f32> {
    let Some(graph) = &model.graph else {
        return BTreeMap::new();
    };
    let mut elsewhere: BTreeSet<&str> = graph.output.iter().map(|o| o.name.as_str()).collect();
    let mut reaches: BTreeMap<&str, Option<f32>> = BTreeMap::new();
    for tensor in &graph.initializer {
        let count = tensor.dims.iter().try_fold(1usize, |count, &length| {
            count.checked_mul(usize::try_from(length).ok()?)
        });
        if count.is_some_and(|count| count >= LEAST_LEFT) {
            reaches.insert(&tensor.name, None);
        }
    }
    let dims: BTreeMap<&str, &[i64]> = graph
        .initializer
        .iter()
        .map(|tensor| (tensor.name.as_str(), tensor.dims.as_slice()))
        .collect();
    for node in &graph.node {
        for (position, name) in node.input.iter().enumerate() {
            let lengths = dims.get(name.as_str()).copied().unwrap_or_default();
            match reach(node, position, lengths) {
                Some(reach) => {
                    if let Some(slot) = reaches.get_mut(name.as_str()) {
                        *slot = Some(reach);
                    }
                }
                None => {
                    elsewhere.insert(name);
                }
            }
        }
        for attribute in &node.attribute {
            for inner in attribute.g.as_deref().into_iter().chain(&attribute.graphs) {
                names_in(inner, &mut elsewhere);
            }
        }
    }
    let reaches = reaches.into_iter();
    reaches
        .filter(|(name, _)| !elsewhere.contains(name))
        .filter_map(|(name, reach)| Some((name.to_owned(), reach?)))
        .collect()
}

/// How far numbers of unit variance for what comes out reach, if this input of a node is a weight of this shape.
fn reach(node: &NodeProto, position: usize, lengths: &[i64]) -> Option<f32> {
    let transposed = || {
        let of = |name: &str| node.attribute.iter().find(|a| a.name == name);
        of("transB").is_some_and(|attribute| attribute.i != 0)
    };
    let length = |axis: usize| lengths.get(axis).copied().unwrap_or(1).max(1) as f32;
    let volume: f32 = lengths.iter().map(|&n| n.max(1) as f32).product();
    let rank = lengths.len();
    let summands = match (node.op_type.as_str(), position) {
        ("MatMul", 1) if rank >= 2 => length(rank - 2),
        ("MatMul", 0) if rank >= 2 => length(rank - 1),
        ("Gemm", 1) if rank == 2 && transposed() => length(1),
        ("Gemm", 1) if rank == 2 => length(0),
        ("Conv", 1) if rank >= 3 => volume / length(0),
        ("ConvTranspose", 1) if rank >= 3 => volume / length(1),
        ("LSTM" | "GRU" | "RNN", 1 | 2) if rank == 3 => length(2),
        // Entries that are looked up are not added up.
        ("Gather", 0) if rank >= 2 => 1.0,
        _ => return None,
    };
    // Evenly spread numbers have a third of their reach's square for variance.
    Some((3.0 / summands).sqrt())
}

/// All names that the nodes of a graph inside of another read.
fn names_in<'a>(graph: &'a GraphProto, names: &mut BTreeSet<&'a str>) {
    names.extend(graph.output.iter().map(|output| output.name.as_str()));
    for node in &graph.node {
        names.extend(node.input.iter().map(String::as_str));
        for attribute in &node.attribute {
            for inner in attribute.g.as_deref().into_iter().chain(&attribute.graphs) {
                names_in(inner, names);
            }
        }
    }
}
