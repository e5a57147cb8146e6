//! The operations of the default domain that converters put around classical models.

use super::preprocess::{scaled, shifted};
use super::{Imported, Node, Value, Walk, refuse};
use crate::function::Function;
use crate::graph::Graph;
use inferproof_view::{Step, volume};
use tract_onnx::pb;
use tract_onnx::pb::tensor_proto::DataType;

/// A cast among numbers: truncation from floats to integers, else nothing.
pub fn cast(graph: &mut Graph, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input()?;
    let to = i32::try_from(node.attributes.int("to", 0)).map(DataType::try_from);
    match to {
        Ok(Ok(DataType::Float | DataType::Double | DataType::Float16)) => Ok(vec![Value {
            is_integer: false,
            ..value
        }]),
        Ok(Ok(DataType::Int32 | DataType::Int64)) => {
            let layer = if value.is_integer {
                value.layer
            } else {
                graph.apply(&node.origin, value.layer, Function::Truncate)
            };
            Ok(vec![Value {
                layer,
                is_integer: true,
            }])
        }
        _ => refuse("a cast to something else than floats or integers of 32 or 64 bits"),
    }
}

pub fn flatten(graph: &mut Graph, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input()?;
    let shape = graph.shape(value.layer);
    let rank = shape.len() as i64;
    let axis = node.attributes.int("axis", 1);
    let axis = if axis < 0 {
        axis.saturating_add(rank)
    } else {
        axis
    };
    let Some(axis) = usize::try_from(axis).ok().filter(|&a| a <= shape.len()) else {
        return refuse(format!("an axis of {axis} for a tensor of shape {shape:?}"));
    };
    let sizes = [&shape[..axis], &shape[axis..]].map(|part| part.iter().product());
    reshaped(graph, node, value, sizes.to_vec())
}

/// The same entries in another shape.
fn reshaped(
    graph: &mut Graph,
    node: &Node<'_>,
    value: Value,
    to: Vec<usize>,
) -> Imported<Vec<Value>> {
    let from = graph.shape(value.layer).to_vec();
    if volume(&from).is_none() || volume(&from) != volume(&to) {
        return refuse(format!("a tensor of shape {from:?} has no shape {to:?}"));
    }
    let steps = vec![
        Step::Merge {
            axis: 0,
            sizes: from,
        },
        Step::Split { axis: 0, sizes: to },
    ];
    let layer = graph.view(&node.origin, value.layer, steps)?;
    Ok(vec![Value { layer, ..value }])
}

impl<'a> Walk<'a> {
    /// Keeps the tensor of a `Constant` for whoever reads a shape or indices from it.
    pub(super) fn constant(&mut self, node: &'a pb::NodeProto) -> Imported<Vec<Value>> {
        let attributes = super::Attributes::of(node);
        let (Some(tensor), Some(name)) = (attributes.tensor("value"), node.output.first()) else {
            return refuse("a constant without a tensor `value`");
        };
        self.constants.insert(name, tensor);
        Ok(vec![])
    }

    /// A computed operand and a constant one with a number for each feature, or one for all.
    pub(super) fn arithmetic(&mut self, node: &Node<'_>) -> Imported<Vec<Value>> {
        let [left, right] = &node.proto.input[..] else {
            return refuse("expected two operands");
        };
        let is_constant = |name: &String| self.constants.contains_key(name.as_str());
        let (computed, slot) = match (is_constant(left), is_constant(right)) {
            (false, true) => (left, 1),
            (true, false) => (right, 0),
            _ => return refuse("expected a computed operand and a constant one"),
        };
        let Some(value) = self.values.get(computed.as_str()).copied() else {
            return refuse(format!(
                "it reads `{computed}`, which nothing before it makes"
            ));
        };
        let &[_, features] = self.graph.shape(value.layer) else {
            return refuse("a computed operand that has not two axes");
        };
        let numbers = match self.numbers(node, slot)? {
            numbers if numbers.len() == features => numbers,
            numbers if numbers.len() == 1 => vec![numbers[0]; features],
            numbers => {
                return refuse(format!(
                    "{} constants for {features} features",
                    numbers.len()
                ));
            }
        };
        let (graph, origin) = (&mut self.graph, &node.origin);
        let layer = match (node.proto.op_type.as_str(), slot) {
            ("Add", _) => shifted(graph, origin, (1.0, value.layer), (1.0, numbers))?,
            ("Sub", 1) => shifted(graph, origin, (1.0, value.layer), (-1.0, numbers))?,
            ("Sub", _) => shifted(graph, origin, (-1.0, value.layer), (1.0, numbers))?,
            ("Mul", _) => scaled(graph, origin, value.layer, numbers)?,
            ("Div", 1) if numbers.iter().any(|n| !(1.0 / n).is_finite()) => {
                return refuse("a division by a constant zero");
            }
            ("Div", 1) => {
                let inverse = numbers.iter().map(|n| 1.0 / n).collect();
                scaled(graph, origin, value.layer, inverse)?
            }
            _ => return refuse("a division by computed numbers"),
        };
        Ok(vec![Value {
            layer,
            is_integer: false,
        }])
    }

    /// A constant input of finite numbers in single precision: a row of them, or one.
    fn numbers(&self, node: &Node<'_>, slot: usize) -> Imported<Vec<f32>> {
        let name = node.proto.input.get(slot).map_or("", String::as_str);
        let Some(tensor) = self.constants.get(name) else {
            return refuse(format!("its input `{name}` is missing"));
        };
        let leading = tensor
            .dims
            .split_last()
            .map_or(&[][..], |(_, leading)| leading);
        let is_row = leading.len() < 2 && leading.iter().all(|&d| d == 1);
        if tensor.data_type != DataType::Float as i32 || !is_row {
            return refuse(format!(
                "its input `{name}` is no row of numbers in single precision"
            ));
        }
        let values: Vec<f32> = if tensor.float_data.is_empty() {
            let entries = tensor.raw_data.chunks_exact(4);
            entries
                .filter_map(|bytes| bytes.try_into().ok().map(f32::from_le_bytes))
                .collect()
        } else {
            tensor.float_data.clone()
        };
        match values.iter().find(|v| !v.is_finite()) {
            Some(bad) => refuse(format!("its input `{name}` holds {bad}")),
            None => Ok(values),
        }
    }

    /// A constant input of 64-bit integers.
    pub(super) fn integers(&self, node: &Node<'_>, slot: usize) -> Imported<Vec<i64>> {
        let name = node.proto.input.get(slot).map_or("", String::as_str);
        let Some(tensor) = self.constants.get(name) else {
            return refuse(format!(
                "its input `{name}` is computed or missing; expected a constant"
            ));
        };
        if tensor.data_type != DataType::Int64 as i32 {
            return refuse(format!("its input `{name}` does not hold 64-bit integers"));
        }
        if !tensor.int64_data.is_empty() {
            return Ok(tensor.int64_data.clone());
        }
        let entries = tensor.raw_data.chunks_exact(8);
        Ok(entries
            .filter_map(|bytes| bytes.try_into().ok().map(i64::from_le_bytes))
            .collect())
    }

    pub(super) fn reshape(&mut self, node: &Node<'_>) -> Imported<Vec<Value>> {
        let value = node.input()?;
        let wanted = if node.proto.input.len() > 1 {
            self.integers(node, 1)?
        } else {
            // Up to version 4 of the operation the shape is an attribute.
            node.attributes.ints("shape").to_vec()
        };
        let from = self.graph.shape(value.layer).to_vec();
        let keeps_zeros = node.attributes.int("allowzero", 0) == 0;
        let mut to = Vec::new();
        for (axis, &len) in wanted.iter().enumerate() {
            to.push(match len {
                0 if keeps_zeros => from.get(axis).copied().unwrap_or(0),
                -1 => 1,
                _ => usize::try_from(len).unwrap_or(0),
            });
        }
        if let Some(open) = wanted.iter().position(|&len| len == -1) {
            let rest = volume(&to).filter(|&rest| rest > 0);
            let total = volume(&from).unwrap_or(0);
            to[open] = rest.map_or(0, |rest| total / rest);
        }
        reshaped(&mut self.graph, node, value, to)
    }
}
