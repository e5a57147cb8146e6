//! Clip: entries brought between two bounds. They were attributes before version 11, and are inputs since.

use crate::graph::{Graph, LayerId};
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation, float};
use crate::import::value::Value;
use crate::tensor::Tensor;

inventory::submit! {
    Operation::new("Clip", &[6, 11, 12, 13], import)
        .attributes(&[float("max"), float("min")])
        .fold(Fold::Own(evaluate))
        .row("", "a rescale with bounds; by computed bounds, maxima")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let element = node.element(0)?;
    let shape = importer.shape(node.input(0)?)?;
    if let Some(empty) = importer.without_entries(element, &shape) {
        return Ok(vec![empty]);
    }
    let place = Place {
        origin: &node.origin,
        to: &shape,
        owned: &[],
    };
    let source = importer.input(node, 0)?;
    let known = |slot: usize, name: &str| match node.optional(slot).filter(|_| node.since >= 11) {
        None if node.since < 11 => Some(node.float(name)),
        None => Some(None),
        Some(Value::Constant(tensor)) => tensor.scalar().map(Some),
        Some(_) => None,
    };
    let layer = match (known(1, "min"), known(2, "max")) {
        (Some(low), Some(high)) => clamped(importer, &place, source, low, high)?,
        _ => {
            let mut layer = source;
            for (slot, sign) in [(1, 1.0), (2, -1.0)] {
                if node.optional(slot).is_some() {
                    let bound = importer.input(node, slot)?;
                    let bound = importer.broadcast_to(&node.origin, bound, &shape)?;
                    layer = importer.extremum(&place, layer, bound, sign)?;
                }
            }
            layer
        }
    };
    Ok(vec![Value::computed(layer, element)])
}

/// A clamp by two numbers; where the lower bound is above the upper one, the upper one counts.
fn clamped(
    importer: &mut Importer<'_>,
    at: &Place<'_>,
    source: LayerId,
    low: Option<f64>,
    high: Option<f64>,
) -> Imported<LayerId> {
    let (low, high) = (
        low.filter(|&low| low > f64::from(f32::MIN)),
        high.filter(|&high| high < f64::from(f32::MAX)),
    );
    Ok(match (low, high) {
        (None, None) => source,
        (Some(low), Some(high)) if low > high => {
            let fill = Graph::fill(high, at.to)?;
            importer.graph.sum(at.origin, vec![fill])
        }
        _ => importer.clamp(at, source, low, high),
    })
}

fn evaluate(node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = node.constant(0, "operand")?;
    let (element, shape) = (source.element(), source.shape().to_vec());
    let bound = |slot: usize, what: &str| match node.since < 11 {
        true => Ok(None),
        false => node.optional_constant(slot, what),
    };
    let (low, high) = (bound(1, "lower bound")?, bound(2, "upper bound")?);
    let result = match source.integers() {
        Some(integers) => {
            let only = |bound: Option<&Tensor>| match bound.map(|b| b.integers()) {
                None => Ok(None),
                Some(Some(&[bound])) => Ok(Some(bound)),
                Some(_) => refuse("a bound that is not one integer"),
            };
            let (low, high) = (only(low)?, only(high)?);
            let clamped = integers.iter().map(|&v| {
                let v = low.map_or(v, |low| v.max(low));
                high.map_or(v, |high| v.min(high))
            });
            Tensor::of_integers(element, shape, clamped.collect())
        }
        None => {
            let (low, high) = match node.since < 11 {
                true => (node.float("min"), node.float("max")),
                false => (
                    node.optional_scalar(1, "lower bound")?,
                    node.optional_scalar(2, "upper bound")?,
                ),
            };
            let clamped = source.reals().unwrap_or_default().into_iter().map(|v| {
                let v = low.map_or(v, |low| if v < low { low } else { v });
                high.map_or(v, |high| if v > high { high } else { v })
            });
            Tensor::of_reals(element, shape, clamped.collect())
        }
    };
    match result {
        Some(result) => Ok(vec![Value::Constant(result)]),
        None => refuse(format!("entries of type {element}")),
    }
}
