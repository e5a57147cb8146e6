//! ArgMax, ArgMin and Hardmax: where the greatest or least entry along an axis stands, of several the first, or the last.

use crate::element::Element;
use crate::graph::Kind;
use crate::import::Importer;
use crate::import::build::broadcast::{axis, reshape};
use crate::import::build::movement::{axis_last, inverse};
use crate::import::node::Node;
use crate::import::refusal::Imported;
use crate::import::registry::{Operation, int};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("ArgMax", &[1, 11, 12, 13], place)
        .attributes(&[int("axis"), int("keepdims"), int("select_last_index")])
        .row("", "a one-hot code")
}
inventory::submit! {
    Operation::new("ArgMin", &[1, 11, 12, 13], place)
        .attributes(&[int("axis"), int("keepdims"), int("select_last_index")])
        .row("", "a one-hot code")
}
inventory::submit! {
    Operation::new("Hardmax", &[1, 11, 13], hardmax)
        .attributes(&[int("axis")])
        .row("", "a one-hot code")
}

fn place(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let axis = axis(node.int_or("axis", 0), importer.graph.shape(source).len())?;
    let last = node.flag("select_last_index", false);
    let sign = if node.op() == "ArgMax" { 1.0 } else { -1.0 };
    let mut layer = importer.place_of_greatest(&node.origin, source, axis, last, sign)?;
    if !node.flag("keepdims", true) {
        let only = Step::Reduce {
            axis,
            source: 1,
            weights: None,
        };
        layer = importer.graph.view(&node.origin, layer, vec![only])?;
    }
    Ok(vec![Value::computed(layer, Element::Int64)])
}

fn hardmax(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let shape = importer.graph.shape(source).to_vec();
    let rank = shape.len();
    // Up to version 11 it is taken over all axes from one on together.
    let (there, back) = match node.since < 13 {
        true => {
            let axis = axis(node.int_or("axis", 1), rank)?;
            let (outer, inner) = shape.split_at(axis);
            let rows = [outer.iter().product(), inner.iter().product()];
            (reshape(0, &shape, &rows), reshape(0, &rows, &shape))
        }
        false => {
            let order = axis_last(axis(node.int_or("axis", -1), rank)?, rank);
            let back = Step::Permute(inverse(&order));
            (vec![Step::Permute(order)], vec![back])
        }
    };
    let source = importer.graph.view(&node.origin, source, there)?;
    let code = Kind::OneHot {
        source,
        taken: vec![],
    };
    let code_shape = importer.graph.shape(source).to_vec();
    let code = importer.graph.push(&node.origin, code_shape, code);
    let layer = importer.graph.view(&node.origin, code, back)?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}
