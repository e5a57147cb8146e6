//! AveragePool: the mean of each window.

use crate::import::Importer;
use crate::import::build::windows::Windows;
use crate::import::node::Node;
use crate::import::refusal::Imported;
use crate::import::registry::{Operation, int, ints, string};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("AveragePool", &[7, 10, 11, 19, 22], import)
        .attributes(&[
            string("auto_pad"),
            int("ceil_mode"),
            int("count_include_pad"),
            ints("dilations"),
            ints("kernel_shape"),
            ints("pads"),
            ints("strides"),
        ])
        .row("`auto_pad` of dilated windows as onnxruntime has it", "sums of windows")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let windows = Windows::of_pool(node, importer.graph.shape(source))?;
    let layer = match node.flag("count_include_pad", false) {
        true => importer.means_of_windows(&node.origin, source, &windows, Windows::count_padded)?,
        false => importer.means_of_windows(&node.origin, source, &windows, Windows::count)?,
    };
    Ok(vec![Value::computed(layer, node.element(0)?)])
}
