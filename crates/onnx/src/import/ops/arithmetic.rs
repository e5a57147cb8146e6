//! Add, Sub, Mul, Div: entry by entry, with broadcasting. Integers are computed modulo the size of their type; their division truncates.

use crate::element::Element;
use crate::function::Operation as Arithmetic;
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::build::broadcast::common_shape;
use crate::import::build::typed::{Binary, evaluate_binary};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation};
use crate::import::value::Value;
use crate::tensor::Tensor;
use inferproof_view::volume;

inventory::submit! {
    Operation::new("Add", &[7, 13, 14], import).fold(Fold::Own(evaluate)).row("", "a sum")
}
inventory::submit! {
    Operation::new("Sub", &[7, 13, 14], import).fold(Fold::Own(evaluate)).row("", "a sum")
}
inventory::submit! {
    Operation::new("Mul", &[7, 13, 14], import)
        .fold(Fold::Own(evaluate))
        .row("", "a factor, or a product entry by entry")
}
inventory::submit! {
    Operation::new("Div", &[7, 13, 14], import)
        .fold(Fold::Own(evaluate))
        .row(
            "integers by a constant of at most 16 different numbers, by an array of numbers below 10,000, or by a tensor of up to 16 bits; reals by what calibration does not see reach zero",
            "a factor, or a table of reciprocals and a product; of integers also what corrects the quotient by one",
        )
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let element = node.element(0)?;
    let operation = match node.op() {
        "Add" => Arithmetic::Add,
        "Sub" => Arithmetic::Subtract,
        "Mul" => Arithmetic::Multiply,
        _ if element.is_whole() => Arithmetic::DivideIntegers,
        _ => Arithmetic::Divide,
    };
    let value = importer.entrywise_to(node, operation, element)?;
    Ok(vec![value])
}

fn evaluate(node: &Node<'_>) -> Imported<Vec<Value>> {
    evaluate_binary(
        node,
        &match node.op() {
            "Add" => Binary {
                reals: |a, b| a + b,
                integers: |a, b| Some(a + b),
                result: None,
            },
            "Sub" => Binary {
                reals: |a, b| a - b,
                integers: |a, b| Some(a - b),
                result: None,
            },
            "Mul" => Binary {
                reals: |a, b| a * b,
                integers: |a, b| Some(a * b),
                result: None,
            },
            _ => Binary {
                reals: |a, b| a / b,
                integers: i128::checked_div,
                result: None,
            },
        },
    )
}

/// Whether an operation is one of integers that do not divide without a rest.
fn is_division(operation: Arithmetic) -> bool {
    matches!(
        operation,
        Arithmetic::DivideIntegers | Arithmetic::Remainder | Arithmetic::Modulo
    )
}

impl Importer<'_> {
    /// A constant of this type and shape, if that has no entries: nothing needs to be computed for it.
    pub fn without_entries(&self, element: Element, shape: &[usize]) -> Option<Value> {
        let is_empty = volume(shape) == Some(0);
        let empty = || Tensor::empty(element, shape.to_vec());
        is_empty.then(empty).flatten().map(Value::Constant)
    }

    /// An operation on a node's two inputs, entry by entry, with results of this type.
    pub fn entrywise_to(
        &mut self,
        node: &Node<'_>,
        operation: Arithmetic,
        element: Element,
    ) -> Imported<Value> {
        if node.inputs.len() != 2 {
            return refuse(format!("{} operands; expected two", node.inputs.len()));
        }
        let (left, right) = (self.shape(node.input(0)?)?, self.shape(node.input(1)?)?);
        let to = common_shape(&[&left, &right])?;
        if let Some(empty) = self.without_entries(element, &to) {
            return Ok(empty);
        }
        let (left, right) = (self.input(node, 0)?, self.input(node, 1)?);
        if operation == Arithmetic::Add && !to.is_empty() {
            // The bias of a quantized product, which some exporters add by a node of its own.
            for (sums, bias) in [(left, right), (right, left)] {
                if self.graph.shape(sums) == to
                    && let Some(sums) =
                        self.with_integer_bias(&node.origin, sums, bias, to.len() - 1)?
                {
                    return Ok(Value::computed(sums, element));
                }
            }
        }
        let owned = [(0, left), (1, right)].into_iter();
        let owned = owned.filter(|(slot, _)| self.is_read_once(node, *slot));
        let owned: Vec<_> = owned.map(|(_, layer)| layer).collect();
        let place = Place {
            origin: &node.origin,
            to: &to,
            owned: &owned,
        };
        let of = |layer| match is_division(operation) {
            true => self.told_bounds(layer, element),
            false => self.bounds(layer, element),
        };
        let bounds = of(left).zip(of(right));
        let result = match bounds.filter(|_| is_division(operation)) {
            Some((dividend, divisor)) if self.has_quotient([left, right], dividend) => {
                self.divide_integers(&place, operation, [left, right], [dividend, divisor])?
            }
            _ => self.binary(&place, operation, left, right)?,
        };
        let bounds = bounds.and_then(|(left, right)| match operation {
            Arithmetic::Add => Some(left.plus(right)),
            Arithmetic::Subtract => Some(left.plus(right.negated())),
            Arithmetic::Multiply => Some(left.times(right)),
            Arithmetic::DivideIntegers => Some(left.divided(right)),
            _ => None,
        });
        let result = match bounds {
            Some(bounds) => self.wrapped(&node.origin, result, element, bounds)?,
            None => result,
        };
        Ok(Value::computed(result, element))
    }
}
