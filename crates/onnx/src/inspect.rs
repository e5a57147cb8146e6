//! What a model file holds, node by node, and whether it can be compiled.

use crate::OnnxError;
use crate::graph::Kind;
use crate::import::{
    ImportOptions, Port, describe, import_assumed, name_of, opset, parse, support,
};
use serde::Serialize;

/// A model file at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModelSummary {
    /// The version of the default operation set.
    pub opset: i64,
    /// The program that wrote the file.
    pub producer: String,
    /// The nodes, in the file's order.
    pub nodes: Vec<NodeSummary>,
    /// The model's inputs; empty if it could not be imported.
    pub inputs: Vec<Port>,
    /// The model's outputs; empty if it could not be imported.
    pub outputs: Vec<Port>,
    /// How many numbers become weights.
    pub weights: usize,
    /// How many multiplications by, or of, activations one inference takes.
    pub multiplications: usize,
    /// Why the model cannot be imported; `None` if it can.
    pub error: Option<String>,
}

/// A node of a model file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeSummary {
    /// Its name, or that of its first output.
    pub name: String,
    /// Its operation.
    pub op: String,
    /// Why it is not supported; `None` if it is.
    pub unsupported: Option<String>,
    /// The shape of what it makes; `None` where nothing is left of it (it was folded into another, or into a constant) or the model could
    /// not be imported.
    pub shape: Option<Vec<usize>>,
    /// How many weights it has.
    pub weights: usize,
    /// How many multiplications it takes.
    pub multiplications: usize,
}

/// Looks at a model without compiling it, and without reading its large weights.
///
/// # Errors
/// If the file is not an ONNX model at all. A model that is one but cannot be imported gives a summary that says why.
pub fn inspect(onnx: &[u8], options: &ImportOptions<'_>) -> Result<ModelSummary, OnnxError> {
    let proto = parse(onnx)?;
    let nodes = proto.graph.iter().flat_map(|graph| &graph.node);
    let names: Vec<String> = nodes.clone().map(describe).collect();
    let nodes = nodes.map(|node| NodeSummary {
        name: name_of(node).to_owned(),
        op: node.op_type.clone(),
        unsupported: support(&proto, node).err(),
        shape: None,
        weights: 0,
        multiplications: 0,
    });
    let mut summary = ModelSummary {
        opset: opset(&proto),
        producer: format!("{} {}", proto.producer_name, proto.producer_version)
            .trim()
            .to_owned(),
        nodes: nodes.collect(),
        inputs: vec![],
        outputs: vec![],
        weights: 0,
        multiplications: 0,
        error: None,
    };
    match import_assumed(&proto, options) {
        Ok(model) => {
            for layer in &model.graph.layers {
                let position = names.iter().position(|name| *name == layer.origin);
                let node = position.and_then(|position| summary.nodes.get_mut(position));
                let multiplications = model.graph.multiplications(layer);
                let weights = match &layer.kind {
                    Kind::Constant(values) => values.len(),
                    _ => 0,
                };
                summary.multiplications += multiplications;
                summary.weights += weights;
                if let Some(node) = node {
                    node.multiplications += multiplications;
                    node.weights += weights;
                    node.shape = Some(layer.shape.clone());
                }
            }
            summary.inputs = model.inputs;
            summary.outputs = model.outputs;
        }
        Err(error) => {
            if let OnnxError::Unsupported { node, reason, .. } = &error
                && let Some(found) = summary.nodes.iter_mut().find(|n| n.name == *node)
            {
                found.unsupported.get_or_insert_with(|| reason.clone());
            }
            summary.error = Some(error.to_string());
        }
    }
    Ok(summary)
}
