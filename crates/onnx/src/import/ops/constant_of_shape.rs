//! ConstantOfShape: one number everywhere.

use crate::element::Element;
use crate::import::Importer;
use crate::import::build::movement::room;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation, tensor};
use crate::import::value::Value;
use crate::tensor::Tensor;

inventory::submit! {
    Operation::new("ConstantOfShape", &[9, 20, 21, 23, 24, 25], import)
        .attributes(&[tensor("value")])
        .fold(Fold::Never)
        .row("a constant shape", "")
}

fn import(_: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let wanted = node.integers(0, "shape")?;
    let lengths = wanted.iter().map(|&len| usize::try_from(len));
    let Ok(shape) = lengths.collect::<Result<Vec<usize>, _>>() else {
        return refuse(format!("a shape of {wanted:?}"));
    };
    let count = room(&shape)?;
    let value = match node.tensor("value")? {
        Some(value) if value.len() == 1 => Some(value),
        Some(value) => {
            return refuse(format!(
                "a value of shape {:?}; expected one number",
                value.shape()
            ));
        }
        None => Tensor::of_reals(Element::Float, vec![1], vec![0.0]),
    };
    match value.and_then(|value| value.picked(shape, &vec![Some(0); count])) {
        Some(filled) => Ok(vec![Value::Constant(filled)]),
        None => refuse("its value could not be repeated"),
    }
}
