//! Weights that need not be read to know what a model takes.
//!
//! How large a proof is depends on the shapes of weights, and little on their numbers. So where sizes alone are asked for, numbers
//! of about the size that training leaves stand for large weights: for constants that the model's graph multiplies with, or looks entries up
//! in, and does nothing else with.

use super::domains::{ONNX, canonical};
use super::initializer::shape_of;
use super::scope::Scope;
use crate::numbers::LEAST_LEFT;
use crate::proto::{ModelProto, NodeProto};
use inferproof_view::volume;
use std::collections::BTreeMap;

/// Large weights by name, with how far their assumed numbers reach either way.
pub fn large_weights(model: &ModelProto) -> BTreeMap<String, f32> {
    let Some(graph) = &model.graph else {
        return BTreeMap::new();
    };
    let large = graph.initializer.iter().filter_map(|tensor| {
        let shape = shape_of(&tensor.dims).ok()?;
        let is_large = volume(&shape).is_some_and(|count| count >= LEAST_LEFT);
        is_large.then_some((tensor.name.as_str(), shape))
    });
    let large: BTreeMap<&str, Vec<usize>> = large.collect();
    // How often each is read as a weight.
    let mut weights: BTreeMap<&str, (usize, f32)> = BTreeMap::new();
    for node in &graph.node {
        for (position, name) in node.input.iter().enumerate() {
            let shape = large.get(name.as_str());
            if let Some(reach) = shape.and_then(|shape| reach(node, position, shape)) {
                weights.entry(name).or_insert((0, reach)).0 += 1;
            }
        }
    }
    // Everywhere, inner graphs and outputs among it.
    let all = Scope::of(&graph.node, graph.output.iter().map(|o| o.name.as_str()));
    let weights = weights.into_iter();
    weights
        .filter(|(name, (reads, _))| all.reads(name) == *reads)
        .map(|(name, (_, reach))| (name.to_owned(), reach))
        .collect()
}

/// How far numbers of unit variance for what comes out reach, if this input of a node is a weight of this shape.
fn reach(node: &NodeProto, position: usize, lengths: &[usize]) -> Option<f32> {
    if canonical(&node.domain) != ONNX {
        return None;
    }
    let transposed = || {
        let of = |name: &str| node.attribute.iter().find(|a| a.name == name);
        of("transB").is_some_and(|attribute| attribute.i != 0)
    };
    let length = |axis: usize| lengths.get(axis).copied().unwrap_or(1) as f32;
    let volume = lengths.iter().product::<usize>() as f32;
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
