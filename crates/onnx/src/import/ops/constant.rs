//! Constant: a value that a node itself holds.

use crate::element::Element;
use crate::import::Importer;
use crate::import::initializer::read_sparse;
use crate::import::node::Node;
use crate::import::refusal::{Imported, Refusal, refuse};
use crate::import::registry::{
    Fold, Operation, float, floats, int, ints, sparse_tensor, string, strings, tensor,
};
use crate::import::value::Value;
use crate::tensor::Tensor;

inventory::submit! {
    Operation::new("Constant", &[1, 9, 11, 12, 13, 19, 21, 23, 24, 25], import)
        .attributes(&[
            tensor("value"),
            sparse_tensor("sparse_value"),
            float("value_float"),
            floats("value_floats"),
            int("value_int"),
            ints("value_ints"),
            string("value_string"),
            strings("value_strings"),
        ])
        .fold(Fold::Never)
}

fn import(_: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    if let Some(tensor) = node.tensor("value")? {
        return Ok(vec![Value::Constant(tensor)]);
    }
    let sparse = node.attribute("sparse_value");
    if let Some(sparse) = sparse.and_then(|a| a.sparse_tensor.as_deref()) {
        let tensor = read_sparse(sparse, &node.files).map_err(Refusal)?;
        return Ok(vec![Value::Constant(tensor)]);
    }
    let tensor = if let Some(attribute) = node.attribute("value_float") {
        Tensor::of_floats(Element::Float, vec![], vec![attribute.f].into())
    } else if let Some(values) = node.floats("value_floats") {
        Tensor::of_floats(Element::Float, vec![values.len()], values.to_vec().into())
    } else if let Some(value) = node.int("value_int") {
        Tensor::of_integers(Element::Int64, vec![], vec![value])
    } else if let Some(values) = node.ints("value_ints") {
        Some(Tensor::of_list(values.to_vec()))
    } else if let Some(text) = node.string("value_string")? {
        Tensor::of_strings(vec![], vec![text.to_owned()])
    } else if let Some(texts) = node.strings("value_strings")? {
        let texts: Vec<String> = texts.into_iter().map(str::to_owned).collect();
        Tensor::of_strings(vec![texts.len()], texts)
    } else {
        None
    };
    match tensor {
        Some(tensor) => Ok(vec![Value::Constant(tensor)]),
        None => refuse("it has no value"),
    }
}
