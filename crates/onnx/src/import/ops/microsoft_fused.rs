//! onnxruntime's own products with what follows them in one node: FusedMatMul, FusedGemm, FusedConv. Optimized exports have them.

use super::activations::named;
use super::{convolution, matmul};
use crate::function::Function;
use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::domains::MICROSOFT;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, float, floats, int, ints, string};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("FusedMatMul", &[1], fused_matmul)
        .domain(MICROSOFT)
        .attributes(&[
            float("alpha"),
            int("transA"),
            int("transB"),
            int("transBatchA"),
            int("transBatchB"),
        ])
        .row("without `transBatchA` and `transBatchB`", "a contraction")
}
inventory::submit! {
    Operation::new("FusedGemm", &[1], fused_gemm)
        .domain(MICROSOFT)
        .attributes(&[
            string("activation"),
            float("activation_alpha"),
            float("activation_beta"),
            float("activation_gamma"),
            float("alpha"),
            float("beta"),
            int("transA"),
            int("transB"),
        ])
        .row("", "a contraction, a bias, and what its activation is")
}
inventory::submit! {
    Operation::new("FusedConv", &[1], fused_convolution)
        .domain(MICROSOFT)
        .attributes(&[
            string("activation"),
            floats("activation_params"),
            string("auto_pad"),
            ints("dilations"),
            int("group"),
            ints("kernel_shape"),
            ints("pads"),
            ints("strides"),
        ])
        .row("", "windows, a contraction, a bias, and what its activation is")
}

fn fused_matmul(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let origin = &node.origin;
    if node.flag("transBatchA", false) || node.flag("transBatchB", false) {
        return refuse("it moves batch axes: transpose the operand before it");
    }
    let mut operands = Vec::new();
    for (slot, transposed) in [(0, "transA"), (1, "transB")] {
        let mut layer = importer.input(node, slot)?;
        let rank = importer.graph.shape(layer).len();
        if node.flag(transposed, false) && rank >= 2 {
            let order = (0..rank - 2).chain([rank - 1, rank - 2]);
            let steps = vec![Step::Permute(order.collect())];
            layer = importer.graph.view(origin, layer, steps)?;
        }
        operands.push(layer);
    }
    let [left, right] = operands[..] else {
        return refuse("it lacks operands");
    };
    let product = importer.matrix_product(origin, left, right)?;
    let to = importer.graph.shape(product).to_vec();
    let place = Place {
        origin,
        to: &to,
        owned: &[product],
    };
    let alpha = node.float_or("alpha", 1.0);
    let layer = match alpha == 1.0 {
        true => product,
        false => importer.times_number(&place, product, alpha)?,
    };
    Ok(vec![Value::computed(layer, node.element(0)?)])
}

/// What an activation makes of the only output of a node.
fn activated(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    layer: LayerId,
    parameters: [Option<f64>; 2],
) -> Imported<Vec<Value>> {
    let function = match node.string_or("activation", "")? {
        "" => None,
        "Clip" => Some(Function::Clamp {
            low: parameters[0],
            high: parameters[1],
        }),
        name => match named(name, parameters) {
            Some(function) => Some(function),
            None => return refuse(format!("its activation is `{name}`")),
        },
    };
    let layer = match function {
        Some(function) => importer.apply(&node.origin, layer, function),
        None => layer,
    };
    Ok(vec![Value::computed(layer, node.element(0)?)])
}

fn only(importer: &mut Importer<'_>, node: &Node<'_>, values: &[Value]) -> Imported<LayerId> {
    match values {
        [value] => importer.layer(&node.origin, value),
        _ => refuse("it has no output"),
    }
}

fn fused_gemm(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let values = matmul::gemm(importer, node)?;
    let layer = only(importer, node, &values)?;
    let second = node
        .float("activation_beta")
        .or(node.float("activation_gamma"));
    activated(
        importer,
        node,
        layer,
        [node.float("activation_alpha"), second],
    )
}

fn fused_convolution(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let values = convolution::import(importer, node)?;
    let mut layer = only(importer, node, &values)?;
    if node.optional(3).is_some() {
        let added = importer.input(node, 3)?;
        let to = importer.graph.shape(layer).to_vec();
        let place = Place {
            origin: &node.origin,
            to: &to,
            owned: &[],
        };
        layer = importer.add(&place, layer, 1.0, added)?;
    }
    let given = node.floats("activation_params").unwrap_or_default();
    let parameter = |i: usize| given.get(i).map(|&p| f64::from(p));
    activated(importer, node, layer, [parameter(0), parameter(1)])
}
