//! QuantizeLinear: real numbers to integers.

use crate::element::Element;
use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::build::places::flat_gather;
use crate::import::build::quantization_parameters::Parameters;
use crate::import::build::quantize::Target;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation, int};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("QuantizeLinear", &[10, 13, 19, 21, 23, 24, 25], import)
        .attributes(&[
            int("axis"),
            int("block_size"),
            int("output_dtype"),
            int("precision"),
            int("saturate"),
        ])
        .fold(Fold::Own(evaluate))
        .row(
            "to integers of 2 to 16 bits; constant scales and zero points",
            "one exact rescale from integers to integers, or an exact table",
        )
}

/// Different scales and zero points along an axis, at most: each has a rescale of its own.
const MAX_PARTS: usize = 64;

/// The type of the integers: of the zero point, or as an attribute says, or the default.
fn element(node: &Node<'_>, parameters: &Parameters) -> Imported<Element> {
    let told = match node.int_or("output_dtype", 0) {
        0 => Some(Element::Uint8),
        number => i32::try_from(number).ok().and_then(Element::of),
    };
    match parameters.element.or(told).filter(|e| e.is_integer()) {
        Some(element) => Ok(element),
        None => {
            refuse("a quantization to what are no integers; export the model with 8-bit integers")
        }
    }
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let origin = &node.origin;
    let x = importer.input(node, 0)?;
    let shape = importer.graph.shape(x).to_vec();
    let parameters = Parameters::of(node, (1, 2), &shape, 1)?;
    let element = element(node, &parameters)?;
    if let Some((scale, zero)) = parameters.single() {
        let target = Target {
            scale,
            zero,
            element,
        };
        return Ok(vec![importer.quantize(origin, x, target)?]);
    }
    if parameters.scales.len() > MAX_PARTS {
        return refuse(format!(
            "a quantization of a computed tensor by {} scales; up to {MAX_PARTS} are supported",
            parameters.scales.len()
        ));
    }
    if parameters.is_blocked() {
        let layer = by_blocks(importer, node, x, &parameters, element)?;
        return Ok(vec![Value::computed(layer, element)]);
    }
    let axis = parameters.axis;
    let mut parts = Vec::new();
    for (entry, (&scale, &zero)) in parameters.scales.iter().zip(&parameters.zeros).enumerate() {
        let part = Step::Slice {
            axis,
            source: shape[axis],
            start: entry as i64,
            step: 1,
            len: 1,
        };
        let part = importer.graph.view(origin, x, vec![part])?;
        let target = Target {
            scale,
            zero,
            element,
        };
        let part = importer.quantize(origin, part, target)?;
        parts.push(importer.layer(origin, &part)?);
    }
    let layer = importer.joined(origin, &parts, axis)?;
    Ok(vec![Value::computed(layer, element)])
}

/// The entries of each block by themselves, and all where they belong.
fn by_blocks(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    x: LayerId,
    parameters: &Parameters,
    element: Element,
) -> Imported<LayerId> {
    let origin = &node.origin;
    let shape = importer.graph.shape(x).to_vec();
    let places = parameters.places(&shape);
    let mut terms = Vec::new();
    for (entry, (&scale, &zero)) in parameters.scales.iter().zip(&parameters.zeros).enumerate() {
        let mut own = Vec::new();
        let mut back = Vec::new();
        for (position, _) in (0u32..).zip(&places).filter(|(_, place)| **place == entry) {
            own.push(Some(position));
        }
        let mut next = 0u32..;
        for place in &places {
            back.push(match *place == entry {
                true => next.next(),
                false => None,
            });
        }
        let count = own.len();
        if count == 0 {
            continue;
        }
        let part = flat_gather(&shape, own, &[count]);
        let part = importer.graph.view(origin, x, part)?;
        let target = Target {
            scale,
            zero,
            element,
        };
        let part = importer.quantize(origin, part, target)?;
        let part = importer.layer(origin, &part)?;
        let back = flat_gather(&[count], back, &shape);
        terms.push(importer.graph.summand(1.0, part, back)?);
    }
    Ok(importer.graph.sum(origin, terms))
}

fn evaluate(node: &Node<'_>) -> Imported<Vec<Value>> {
    let tensor = node.constant(0, "operand")?;
    let parameters = Parameters::of(node, (1, 2), tensor.shape(), 1)?;
    let element = element(node, &parameters)?;
    match parameters.quantize(tensor, element) {
        Some(tensor) => Ok(vec![Value::Constant(tensor)]),
        None => refuse(format!("it quantizes what is no real number to {element}")),
    }
}
