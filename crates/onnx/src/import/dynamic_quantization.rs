//! Real numbers in the place of the integers of a dynamic quantization, whose scale depends on the input: which operations may read them,
//! and which of them only move them on.

use super::importer::Importer;
use super::node::Node;
use super::refusal::{Imported, refuse};
use super::value::Value;

/// Whether what an operation makes of real numbers in the place of integers is such a place again.
#[derive(Clone, Copy)]
pub enum Follows {
    Yes,
    No,
}

impl Importer<'_> {
    /// The scale of the integers that a node takes some of its inputs for, if these hold the real numbers behind them. Refused where the
    /// operation would tell the difference.
    pub fn reals_behind(&self, node: &Node<'_>) -> Imported<Option<(f32, Follows)>> {
        let scale = node.inputs.iter().flatten().find_map(|value| match value {
            Value::Computed { layer, .. } => self.quantized.reals.get(layer).copied(),
            _ => None,
        });
        let Some(scale) = scale else {
            return Ok(None);
        };
        match node.op() {
            "ConvInteger" | "MatMulInteger" | "DequantizeLinear" | "QLinearConv"
            | "QLinearMatMul" => Ok(Some((scale, Follows::No))),
            "Concat" | "Flatten" | "Gather" | "Identity" | "MaxPool" | "Reshape" | "Slice"
            | "Split" | "Squeeze" | "Transpose" | "Unsqueeze" => Ok(Some((scale, Follows::Yes))),
            _ => refuse(
                "it computes with the integers of a dynamic quantization, in whose place the real numbers are proven; export the float model",
            ),
        }
    }

    /// Remembers that what was only moved still holds reals.
    pub fn remember_reals(&mut self, reals: Option<(f32, Follows)>, outputs: &[Value]) {
        if let Some((scale, Follows::Yes)) = reals {
            for output in outputs {
                if let Value::Computed { layer, .. } = output {
                    self.quantized.reals.insert(*layer, scale);
                }
            }
        }
    }
}
