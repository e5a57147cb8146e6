//! Optional values: whether one is there is known when a model is imported.

use crate::element::Element;
use crate::import::Importer;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Attribute, Fold, Operation};
use crate::import::value::Value;
use crate::proto::AttributeType;
use crate::tensor::Tensor;

inventory::submit! {
    Operation::new("Optional", &[15], make)
        .attributes(&[Attribute {
            name: "type",
            kind: AttributeType::TypeProto,
        }])
        .fold(Fold::Never)
}
inventory::submit! {
    Operation::new("OptionalGetElement", &[15, 18], get).fold(Fold::Never)
}
inventory::submit! {
    Operation::new("OptionalHasElement", &[15, 18], has).fold(Fold::Never)
}

fn make(_: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    Ok(vec![node.optional(0).cloned().unwrap_or(Value::Nothing)])
}

fn get(_: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    match node.optional(0) {
        Some(value) => Ok(vec![value.clone()]),
        None => refuse("an optional value that is not there"),
    }
}

fn has(_: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let there = i64::from(node.optional(0).is_some());
    match Tensor::of_integers(Element::Bool, vec![], vec![there]) {
        Some(there) => Ok(vec![Value::Constant(there)]),
        None => refuse("a truth value"),
    }
}
