//! Reshape: the same entries along other axes.

use crate::import::Importer;
use crate::import::build::broadcast::reshape;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int, ints};
use crate::import::value::Value;
use inferproof_view::volume;

inventory::submit! {
    Operation::new("Reshape", &[1, 5, 13, 14, 19, 21, 23, 24, 25], import)
        .attributes(&[int("allowzero"), ints("shape")])
        .row("a constant shape", "a view")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let wanted = match node.ints("shape") {
        Some(shape) if node.since < 5 => shape.to_vec(),
        _ => node.integers(1, "shape")?,
    };
    let from = importer.shape(&value)?;
    let keeps = !node.flag("allowzero", false);
    let Some(to) = target(&from, &wanted, keeps) else {
        return refuse(format!(
            "a tensor of shape {from:?} has no shape {wanted:?}"
        ));
    };
    importer.reshaped(node, &value, to).map(|value| vec![value])
}

/// The shape that is asked for: -1 is whatever is left, and 0 the length that the axis has, if it keeps that.
fn target(from: &[usize], wanted: &[i64], zero_keeps: bool) -> Option<Vec<usize>> {
    let mut to = Vec::new();
    let mut open = None;
    for (axis, &len) in wanted.iter().enumerate() {
        to.push(match len {
            0 if zero_keeps => *from.get(axis)?,
            -1 if open.is_none() => {
                open = Some(axis);
                1
            }
            _ => usize::try_from(len).ok()?,
        });
    }
    let total = volume(from)?;
    if let Some(axis) = open {
        let rest = volume(&to)?;
        *to.get_mut(axis)? = match rest {
            0 => 0,
            rest => total / rest,
        };
    }
    (volume(&to) == Some(total)).then_some(to)
}

impl Importer<'_> {
    /// A value read along other axes.
    pub fn reshaped(&mut self, node: &Node<'_>, value: &Value, to: Vec<usize>) -> Imported<Value> {
        if let Value::Constant(tensor) = value {
            return match tensor.clone().reshaped(to.clone()) {
                Some(tensor) => Ok(Value::Constant(tensor)),
                None => refuse(format!(
                    "a tensor of shape {:?} has no shape {to:?}",
                    tensor.shape()
                )),
            };
        }
        let Some(element) = value.element() else {
            return refuse("its input is no tensor");
        };
        let source = self.layer(&node.origin, value)?;
        let from = self.graph.shape(source).to_vec();
        if volume(&from) != volume(&to) {
            return refuse(format!("a tensor of shape {from:?} has no shape {to:?}"));
        }
        let layer = self
            .graph
            .view(&node.origin, source, reshape(0, &from, &to))?;
        Ok(Value::computed(layer, element))
    }
}
