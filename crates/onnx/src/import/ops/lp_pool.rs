//! LpPool: the p-norm of each window.

use crate::function::Function;
use crate::import::Importer;
use crate::import::build::windows::Windows;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int, ints, string};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("LpPool", &[2, 11, 18, 22], import)
        .attributes(&[
            string("auto_pad"),
            int("ceil_mode"),
            ints("dilations"),
            ints("kernel_shape"),
            int("p"),
            ints("pads"),
            ints("strides"),
        ])
        .row(
            "`auto_pad` of dilated windows as onnxruntime has it",
            "sums of windows of magnitudes (p = 1), a contraction of windows with themselves and a root (p = 2), else maxima, logarithms and exponentials",
        )
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let origin = &node.origin;
    let windows = Windows::of_pool(node, importer.graph.shape(source))?;
    let layer = match node.int_or("p", 2) {
        1 => {
            let magnitudes = importer.function(origin, source, Function::Abs)?;
            importer.sums_of_windows(origin, magnitudes, &windows)?
        }
        2 => {
            let squares = importer.squares_of_windows(origin, source, &windows)?;
            importer.function(origin, squares, Function::Sqrt)?
        }
        p if p > 2 => {
            let rows = importer.rows_of_windows(origin, source, &windows)?;
            importer.power_norm(origin, rows, p as f64)?
        }
        p => return refuse(format!("its attribute `p` is {p}; expected 1 or more")),
    };
    Ok(vec![Value::computed(layer, node.element(0)?)])
}
