//! MaxPool: the greatest entry of each window.

use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::build::windows::Windows;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int, ints, string};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("MaxPool", &[1, 8, 10, 11, 12, 22], import)
        .attributes(&[
            string("auto_pad"),
            int("ceil_mode"),
            ints("dilations"),
            ints("kernel_shape"),
            ints("pads"),
            int("storage_order"),
            ints("strides"),
        ])
        .row("without its second output, the indices", "maxima, pair by pair")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let Some(kernel) = node.ints("kernel_shape") else {
        return refuse("its attribute `kernel_shape` is missing");
    };
    let kernel = kernel.iter().map(|&k| usize::try_from(k));
    let kernel: Vec<usize> = kernel.collect::<Result<_, _>>()?;
    let windows = Windows::of(node, importer.graph.shape(source), &kernel)?;
    let layer = importer.greatest_of_windows(&node.origin, source, &windows)?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}

impl Importer<'_> {
    /// The maximum along each axis in turn, pairwise along the window.
    pub fn greatest_of_windows(
        &mut self,
        origin: &str,
        source: LayerId,
        windows: &[Windows],
    ) -> Imported<LayerId> {
        let mut pooled = source;
        for windows in windows {
            let mut taps = Vec::new();
            for offset in 0..windows.kernel {
                let Some(step) = windows.tap(offset) else {
                    return refuse("a window that lies in the padding altogether");
                };
                taps.push(self.graph.view(origin, pooled, vec![step])?);
            }
            let greatest = taps.into_iter().reduce(|a, b| self.graph.max(origin, a, b));
            pooled = greatest.unwrap_or(pooled);
        }
        Ok(pooled)
    }
}
