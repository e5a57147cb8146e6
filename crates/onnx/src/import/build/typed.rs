//! Arithmetic on constants, in the type that they have: integers modulo the size of their type, reals rounded to it.

use super::broadcast::common_shape;
use crate::element::Element;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::value::Value;
use crate::tensor::Tensor;
use inferproof_view::volume;

/// An operation on two numbers, for reals and for integers.
pub struct Binary {
    pub reals: fn(f64, f64) -> f64,
    /// `None` where the operation has no result, as a division by zero.
    pub integers: fn(i128, i128) -> Option<i128>,
    /// The type of results; that of the operands if there is none.
    pub result: Option<Element>,
}

/// An operation on one number, for reals and for integers.
pub struct Unary {
    pub reals: fn(f64) -> f64,
    pub integers: fn(i128) -> i128,
    /// The type of results; that of the operand if there is none.
    pub result: Option<Element>,
}

/// The only output of a node on constants, of which each entry is an operation on an entry of each input, from left to right.
pub fn evaluate_binary(node: &Node<'_>, operation: &Binary) -> Imported<Vec<Value>> {
    let inputs = node.inputs.iter().flatten().filter_map(Value::constant);
    let inputs: Vec<&Tensor> = inputs.collect();
    let Some((first, rest)) = inputs.split_first() else {
        return refuse("it has no inputs");
    };
    let mut result = (*first).clone();
    for next in rest {
        result = of_two(&result, next, operation)?;
    }
    Ok(vec![Value::Constant(result)])
}

/// The only output of a node on a constant, entry by entry.
pub fn evaluate_unary(node: &Node<'_>, operation: &Unary) -> Imported<Vec<Value>> {
    let tensor = node.constant(0, "operand")?;
    let (element, shape) = (tensor.element(), tensor.shape().to_vec());
    let to = operation.result.unwrap_or(element);
    let result = match tensor.integers() {
        Some(integers) => {
            let values = integers.iter().map(|&v| (operation.integers)(v.into()));
            Tensor::of_integers(to, shape, values.map(|v| element.wrap(v) as i64).collect())
        }
        None => match tensor.reals() {
            Some(reals) => {
                let values = reals.into_iter().map(operation.reals);
                Tensor::of_reals(to, shape, values.collect())
            }
            None => return refuse("it computes with strings"),
        },
    };
    match result {
        Some(result) => Ok(vec![Value::Constant(result)]),
        None => refuse(format!("it makes no {to} of {element}")),
    }
}

fn of_two(left: &Tensor, right: &Tensor, operation: &Binary) -> Imported<Tensor> {
    let shape = common_shape(&[left.shape(), right.shape()])?;
    let element = left.element();
    if right.element() != element {
        return refuse(format!(
            "operands of types {element} and {}",
            right.element()
        ));
    }
    let to = operation.result.unwrap_or(element);
    let pairs = places(left.shape(), &shape);
    let pairs: Vec<_> = pairs.zip(places(right.shape(), &shape)).collect();
    let pairs = pairs.into_iter();
    let result = if let (Some(left), Some(right)) = (left.integers(), right.integers()) {
        let values = pairs.map(|(l, r)| {
            let value = (operation.integers)(left[l].into(), right[r].into());
            value.map(|value| element.wrap(value) as i64)
        });
        match values.collect::<Option<Vec<i64>>>() {
            Some(values) => Tensor::of_integers(to, shape, values),
            None => return refuse("a division of constant integers by zero"),
        }
    } else if let (Some(left), Some(right)) = (left.reals(), right.reals()) {
        let values = pairs.map(|(l, r)| (operation.reals)(left[l], right[r]));
        Tensor::of_reals(to, shape, values.collect())
    } else {
        return refuse("it computes with strings");
    };
    match result {
        Some(result) => Ok(result),
        None => refuse(format!("it makes no {to} of {element}")),
    }
}

/// For each entry of a shape, in row-major order, the place of the entry of another shape that is broadcast to it.
pub fn places(from: &[usize], to: &[usize]) -> impl Iterator<Item = usize> {
    let padded = [vec![1; to.len().saturating_sub(from.len())], from.to_vec()].concat();
    let mut strides = vec![0; padded.len()];
    let mut stride = 1;
    for (slot, &len) in strides.iter_mut().zip(&padded).rev() {
        *slot = if len == 1 { 0 } else { stride };
        stride *= len;
    }
    let to = to.to_vec();
    (0..volume(&to).unwrap_or(0)).map(move |position| {
        let mut rest = position;
        let mut place = 0;
        for (&len, &stride) in to.iter().zip(&strides).rev() {
            place += (rest % len.max(1)) * stride;
            rest /= len.max(1);
        }
        place
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_follow_broadcasting() {
        assert_eq!(
            places(&[2, 1], &[2, 3]).collect::<Vec<_>>(),
            [0, 0, 0, 1, 1, 1]
        );
        assert_eq!(
            places(&[3], &[2, 3]).collect::<Vec<_>>(),
            [0, 1, 2, 0, 1, 2]
        );
        assert_eq!(places(&[], &[2]).collect::<Vec<_>>(), [0, 0]);
    }
}
