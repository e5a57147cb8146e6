//! EyeLike: ones on a diagonal, in the shape of a matrix.

use crate::element::Element;
use crate::import::Importer;
use crate::import::build::movement::room;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation, int};
use crate::import::value::Value;
use crate::tensor::Tensor;

inventory::submit! {
    Operation::new("EyeLike", &[9, 22], import)
        .attributes(&[int("dtype"), int("k")])
        .fold(Fold::Never)
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let shape = importer.shape(node.input(0)?)?;
    let &[rows, columns] = &shape[..] else {
        return refuse(format!("a tensor of shape {shape:?}; expected a matrix"));
    };
    let element = match node.int("dtype") {
        None => Some(node.element(0)?),
        Some(number) => i32::try_from(number).ok().and_then(Element::of),
    };
    room(&shape)?;
    let k = i128::from(node.int_or("k", 0));
    let rows = (0..rows as i128).flat_map(|row| {
        let columns = 0..columns as i128;
        columns.map(move |column| f64::from(u8::from(column - row == k)))
    });
    let entries: Vec<f64> = rows.collect();
    match element.and_then(|element| Tensor::of_reals(element, shape, entries)) {
        Some(tensor) => Ok(vec![Value::Constant(tensor)]),
        None => refuse("a matrix of a type that is not supported"),
    }
}
