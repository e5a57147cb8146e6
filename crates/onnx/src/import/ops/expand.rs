//! Expand: a tensor broadcast to a shape, which is broadcast to the tensor's in turn.

use crate::import::Importer;
use crate::import::build::broadcast::common_shape;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::Operation;
use crate::import::value::Value;

inventory::submit! {
    Operation::new("Expand", &[8, 13], import).row("a constant shape", "a view")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let wanted = node.integers(1, "shape")?;
    let lengths = wanted.iter().map(|&len| usize::try_from(len));
    let Ok(lengths) = lengths.collect::<Result<Vec<usize>, _>>() else {
        return refuse(format!("a shape of {wanted:?}"));
    };
    let from = importer.shape(&value)?;
    let to = common_shape(&[&from, &lengths])?;
    Ok(vec![importer.repeated_to(&node.origin, &value, &to)?])
}
