//! GlobalAveragePool, GlobalMaxPool, GlobalLpPool: one number for each channel of an image.

use crate::function::Function;
use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::build::rows::Rows;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int};
use crate::import::value::Value;
use inferproof_view::{Step, volume};

inventory::submit! {
    Operation::new("GlobalAveragePool", &[1, 22], import).row("", "a sum")
}
inventory::submit! {
    Operation::new("GlobalMaxPool", &[1, 22], import).row("", "maxima, pair by pair")
}
inventory::submit! {
    Operation::new("GlobalLpPool", &[2, 22], import)
        .attributes(&[int("p")])
        .row("", "a sum of magnitudes (p = 1), a contraction with itself and a root (p = 2), else maxima, logarithms and exponentials")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let origin = &node.origin;
    let shape = importer.graph.shape(source).to_vec();
    let Some(count) = shape.get(2..).and_then(volume) else {
        return refuse(format!(
            "a tensor of shape {shape:?}; expected [batch, channels, ..]"
        ));
    };
    let axes: Vec<usize> = (2..shape.len()).collect();
    let layer = match node.op() {
        "GlobalAveragePool" => importer.over_image(origin, source, 1.0 / count as f64)?,
        "GlobalMaxPool" => importer.extremes(origin, source, &axes, 1.0)?,
        _ => match node.int_or("p", 2) {
            1 => {
                let magnitudes = importer.function(origin, source, Function::Abs)?;
                importer.over_image(origin, magnitudes, 1.0)?
            }
            2 => {
                let squares = importer.reduced_squares(origin, source, &axes, false)?;
                importer.function(origin, squares, Function::Sqrt)?
            }
            p if p > 2 => {
                let rows = Rows::of(&shape, &axes);
                let images = importer.graph.view(origin, source, rows.there)?;
                let norms = importer.power_norm(origin, images, p as f64)?;
                let keep = axes.iter().map(|&axis| Step::Insert { axis, len: 1 });
                importer.graph.view(origin, norms, keep.collect())?
            }
            p => return refuse(format!("its attribute `p` is {p}; expected 1 or more")),
        },
    };
    Ok(vec![Value::computed(layer, node.element(0)?)])
}

impl Importer<'_> {
    /// A factor times the sum of each channel's image; the axes keep length one.
    fn over_image(&mut self, origin: &str, source: LayerId, factor: f64) -> Imported<LayerId> {
        let shape = self.graph.shape(source).to_vec();
        let steps = shape
            .iter()
            .enumerate()
            .skip(2)
            .flat_map(|(axis, &source)| {
                let sum = Step::Reduce {
                    axis,
                    source,
                    weights: None,
                };
                [sum, Step::Insert { axis, len: 1 }]
            });
        Ok(self.graph.scaled(origin, factor, source, steps.collect())?)
    }
}
