//! OneHotEncoder: along a new last axis, 1 at the category that an entry is.

use crate::element::Element;
use crate::function::Function;
use crate::import::Importer;
use crate::import::build::classical::lookup::Entries;
use crate::import::domains::ML;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int, ints, strings};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("OneHotEncoder", &[1], import)
        .domain(ML)
        .attributes(&[ints("cats_int64s"), strings("cats_strings"), int("zeros")])
        .row(
            "what is no category gives zeros, also where onnxruntime fails for it (zeros = 0)",
            "a one-hot code, or comparisons",
        )
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let element = node.element(0)?;
    let categories = match element {
        Element::String => Entries::of_strings(&node.strings("cats_strings")?.unwrap_or_default()),
        _ => Entries::Integers(node.ints("cats_int64s").unwrap_or_default().to_vec()),
    };
    if categories.len() == 0 {
        return refuse(format!(
            "it has no categories for entries of type {element}"
        ));
    }
    let mut source = importer.input(node, 0)?;
    // onnxruntime casts real numbers to integers.
    if element.is_float() {
        source = importer.apply(&node.origin, source, Function::Truncate);
    }
    let layer = importer.matches(&node.origin, source, element, &categories)?;
    Ok(vec![Value::computed(layer, Element::Float)])
}
