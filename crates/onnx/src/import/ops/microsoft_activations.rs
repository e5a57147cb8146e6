//! onnxruntime's own functions of one number: Gelu, FastGelu, QuickGelu, and BiasGelu, which adds a bias before.

use super::activations::named;
use crate::function::{Function, Operation as Arithmetic};
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::build::broadcast::common_shape;
use crate::import::domains::MICROSOFT;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, float};
use crate::import::value::Value;

/// The slope that onnxruntime's QuickGelu has by default.
const QUICK_SLOPE: f32 = 1.702;

macro_rules! functions {
    ($($name:literal, $attributes:expr;)*) => {
        $(inventory::submit! {
            Operation::new($name, &[1], import)
                .domain(MICROSOFT)
                .attributes(&$attributes)
                .row("", "a table")
        })*
    };
}

functions! {
    "Gelu", [];
    "FastGelu", [];
    "BiasGelu", [];
    "QuickGelu", [float("alpha")];
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let origin = &node.origin;
    let mut layer = importer.input(node, 0)?;
    if node.optional(1).is_some() {
        let bias = importer.input(node, 1)?;
        let to = common_shape(&[importer.graph.shape(layer), importer.graph.shape(bias)])?;
        let owned: Vec<_> = importer
            .is_read_once(node, 0)
            .then_some(layer)
            .into_iter()
            .collect();
        let place = Place {
            origin,
            to: &to,
            owned: &owned,
        };
        layer = importer.binary(&place, Arithmetic::Add, layer, bias)?;
    }
    let function = match node.op() {
        "FastGelu" => Some(Function::GeluTanh),
        "QuickGelu" => named("Swish", [Some(node.float_or("alpha", QUICK_SLOPE)), None]),
        _ => Some(Function::Gelu),
    };
    let Some(function) = function else {
        return refuse("no function of this name");
    };
    let layer = importer.apply(origin, layer, function);
    Ok(vec![Value::computed(layer, node.element(0)?)])
}
