//! Dropout, as it is in inference: nothing is dropped.

use crate::element::Element;
use crate::import::Importer;
use crate::import::build::movement::room;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation, float, int};
use crate::import::value::Value;
use crate::tensor::Tensor;

inventory::submit! {
    Operation::new("Dropout", &[7, 10, 12, 13, 22], import)
        .attributes(&[float("ratio"), int("seed")])
        .fold(Fold::Never)
        .row("in inference", "its input")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let trains = match node.optional(2) {
        Some(_) => node
            .optional_scalar(2, "training mode")?
            .is_some_and(|mode| mode != 0.0),
        None => false,
    };
    let ratio = match node.optional(1) {
        Some(_) if trains => node.optional_scalar(1, "ratio")?.unwrap_or(0.5),
        _ => 0.5,
    };
    if trains && ratio != 0.0 {
        return refuse("it drops at random, as in training; export the model in evaluation mode");
    }
    let mut outputs = vec![value.clone()];
    if node.wants(1) {
        let shape = importer.shape(&value)?;
        // Before version 12 the mask is not filled in inference, and had the type of the data at first.
        let kept = if node.since < 12 { 0.0 } else { 1.0 };
        let kept = vec![kept; room(&shape)?];
        let element = match node.since < 10 {
            true => node.element(0)?,
            false => Element::Bool,
        };
        match Tensor::of_reals(element, shape, kept) {
            Some(mask) => outputs.push(Value::Constant(mask)),
            None => return refuse(format!("a mask of type {element}")),
        }
    }
    Ok(outputs)
}
