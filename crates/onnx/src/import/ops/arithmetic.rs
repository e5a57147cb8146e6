//! Add, Sub, Mul, Div: entry by entry, with broadcasting. Integers are computed modulo the size of their type; their division truncates.

use crate::expression::Operation as Arithmetic;
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::build::broadcast::common_shape;
use crate::import::build::typed::{Binary, evaluate_binary};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation};
use crate::import::value::Value;

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
            "integers by a constant of at most 16 different numbers; reals by what calibration does not see reach zero",
            "a factor, or a table of reciprocals and a product",
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
    let layer = importer.entrywise(node, operation)?;
    Ok(vec![Value::computed(layer, element)])
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

impl Importer<'_> {
    /// An operation on a node's two inputs, entry by entry.
    pub fn entrywise(&mut self, node: &Node<'_>, operation: Arithmetic) -> Imported<crate::graph::LayerId> {
        let [left, right] = self.all_inputs(node)?[..] else {
            return refuse(format!("{} operands; expected two", node.inputs.len()));
        };
        let to = common_shape(&[self.graph.shape(left), self.graph.shape(right)])?;
        let owned = [(0, left), (1, right)].into_iter();
        let owned = owned.filter(|(slot, _)| self.is_read_once(node, *slot));
        let owned: Vec<_> = owned.map(|(_, layer)| layer).collect();
        let place = Place {
            origin: &node.origin,
            to: &to,
            owned: &owned,
        };
        self.binary(&place, operation, left, right)
    }
}
