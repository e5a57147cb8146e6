//! DynamicQuantizeLinear: integers with a scale that depends on what they are made of.
//!
//! The scale of such a quantization is computed of the greatest and the least entry each time, so its integers mean something else with
//! each input. What is proven in its place is the float model behind it: the real numbers themselves, and the weights dequantized.

use crate::element::Element;
use crate::import::Importer;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation};
use crate::import::value::Value;
use crate::tensor::Tensor;

inventory::submit! {
    Operation::new("DynamicQuantizeLinear", &[11], import)
        .fold(Fold::Never)
        .row(
            "read by DequantizeLinear, MatMulInteger, ConvInteger and what moves entries",
            "nothing: the float model behind it is proven, with dequantized weights",
        )
}

const NOTE: &str = "the model quantizes activations dynamically; what is compiled and proven is the float model behind it, with its weights dequantized";

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let x = importer.input(node, 0)?;
    let element = node.element(0)?;
    if !element.is_float() {
        return refuse(format!("it quantizes {element}"));
    }
    let layer = importer.stands_for_integers(&node.origin, x, 1.0, NOTE)?;
    let scale = Tensor::of_reals(Element::Float, vec![], vec![1.0]);
    let zero = Tensor::of_integers(Element::Uint8, vec![], vec![0]);
    match scale.zip(zero) {
        Some((scale, zero)) => Ok(vec![
            Value::computed(layer, Element::Uint8),
            Value::Constant(scale),
            Value::Constant(zero),
        ]),
        None => refuse("its scale could not be made"),
    }
}
