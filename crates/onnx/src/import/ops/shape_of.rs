//! Shape and Size: known at import, whatever the entries are.

use crate::element::Element;
use crate::import::Importer;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation, int};
use crate::import::value::Value;
use crate::tensor::Tensor;
use inferproof_view::volume;

inventory::submit! {
    Operation::new("Shape", &[1, 13, 15, 19, 21, 23, 24, 25], shape)
        .attributes(&[int("start"), int("end")])
        .fold(Fold::Never)
}

inventory::submit! {
    Operation::new("Size", &[1, 13, 19, 21, 23, 24, 25], size).fold(Fold::Never)
}

fn shape(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let shape = importer.shape(node.input(0)?)?;
    let rank = shape.len() as i64;
    let bound = |name: &str, default: i64| {
        let given = node.int_or(name, default);
        let counted = if given < 0 {
            given.saturating_add(rank)
        } else {
            given
        };
        usize::try_from(counted.clamp(0, rank)).unwrap_or(0)
    };
    let (start, end) = (bound("start", 0), bound("end", rank));
    let lengths = shape.get(start..end.max(start)).unwrap_or_default();
    let lengths = lengths.iter().map(|&len| i64::try_from(len));
    Ok(vec![Value::Constant(Tensor::of_list(
        lengths.collect::<Result<_, _>>()?,
    ))])
}

fn size(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let count = volume(&importer.shape(node.input(0)?)?);
    let count = count.and_then(|count| i64::try_from(count).ok());
    let tensor = count.and_then(|count| Tensor::of_integers(Element::Int64, vec![], vec![count]));
    match tensor {
        Some(tensor) => Ok(vec![Value::Constant(tensor)]),
        None => refuse("its input is too large"),
    }
}
