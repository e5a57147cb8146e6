//! Conv: windows of the input times a kernel.

use crate::import::Importer;
use crate::import::build::windows::Windows;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int, ints, string};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("Conv", &[1, 11, 22], import)
        .attributes(&[
            string("auto_pad"),
            ints("dilations"),
            int("group"),
            ints("kernel_shape"),
            ints("pads"),
            ints("strides"),
        ])
        .row("", "windows, a contraction, a bias")
}

pub fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let kernel = importer.input(node, 1)?;
    let bias = match node.optional(2) {
        Some(_) => Some(importer.input(node, 2)?),
        None => None,
    };
    let shape = importer.graph.shape(kernel).to_vec();
    let Some(lengths) = shape.get(2..).filter(|lengths| !lengths.is_empty()) else {
        return refuse(format!("a kernel of shape {shape:?}"));
    };
    if node.ints("kernel_shape").is_some_and(|given| {
        !given.is_empty() && !given.iter().zip(lengths).all(|(&g, &l)| g == l as i64)
    }) {
        return refuse(format!(
            "a kernel of shape {shape:?}, which is not its attribute `kernel_shape`"
        ));
    }
    let windows = Windows::of(node, importer.graph.shape(source), lengths)?;
    let steps: Vec<Step> = windows
        .iter()
        .map(|w| w.step(w.axis + (w.axis - 2)))
        .collect();
    let group = node.int_or("group", 1);
    let layer = importer.windows_times_kernel(&node.origin, source, steps, kernel, bias, group)?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}
