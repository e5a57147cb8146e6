//! What is computed of constants alone is a constant.
//!
//! An operation on constants is imported into a graph of its own, whose inputs the constants are, and that graph is computed by the float
//! reference. Entries that are only moved are moved as they are, of whatever type; numbers are computed in double precision and rounded to the
//! type of the output. Operations whose arithmetic depends on the type (division of integers, for one) have an evaluation of their own.

use super::importer::{Importer, Layers};
use super::limits::MAX_ENTRIES;
use super::node::Node;
use super::refusal::{Imported, refuse};
use super::registry::{Fold, Operation};
use super::value::Value;
use crate::element::Element;
use crate::float::{Activations, evaluate_observed};
use crate::graph::{Graph, Kind, LayerId, Real};
use crate::tensor::{Data, Dequantization, Tensor};
use inferproof_view::{ViewError, volume};
use std::sync::Arc;

/// Integers up to here are the same in double precision.
const EXACT: i64 = 1 << 53;

/// The outputs of a node whose inputs are all constant; `None` if it has to be imported as if they were not.
pub fn fold<'a>(
    importer: &Importer<'a>,
    operation: &Operation,
    node: &Node<'a>,
) -> Imported<Option<Vec<Value>>> {
    match operation.fold {
        Fold::Never => return Ok(None),
        Fold::Own(evaluate) => return evaluate(node).map(Some),
        Fold::ByImport => {}
    }
    let mut scratch = importer.scratch();
    let Ok(values) = (operation.import)(&mut scratch, node) else {
        return Ok(None);
    };
    let outputs = values.into_iter().map(|value| match value {
        Value::Computed { layer, element } => {
            computed(&scratch, layer, element).map(Value::Constant)
        }
        other => Ok(other),
    });
    outputs.collect::<Imported<Vec<Value>>>().map(Some)
}

/// The entries of a layer of a graph whose inputs are known.
fn computed(scratch: &Importer<'_>, layer: LayerId, element: Element) -> Imported<Tensor> {
    let Layers::Evaluated(known) = &scratch.layers else {
        return refuse("its constants could not be evaluated");
    };
    let entries = scratch.graph.layers.iter().map(|l| volume(&l.shape));
    let entries = entries.fold(0, |sum: usize, n| {
        sum.saturating_add(n.unwrap_or(usize::MAX))
    });
    if entries > MAX_ENTRIES {
        return refuse(format!(
            "computing it takes tensors of {entries} entries; at most {MAX_ENTRIES} are supported"
        ));
    }
    let shape = scratch.graph.shape(layer).to_vec();
    let needs_moving = |tensor: &Tensor| match tensor.data() {
        Data::Strings(_) => true,
        Data::Integers(values) => values.iter().any(|v| v.abs() > EXACT),
        Data::Floats(_) | Data::Doubles(_) => false,
    };
    let moved = match known.iter().any(needs_moving) {
        true => moved(&scratch.graph, known, layer)?,
        false => None,
    };
    let tensor = match moved {
        Some(tensor) => Some(tensor),
        None => {
            let reals = known.iter().map(|tensor| {
                let reals = tensor.reals();
                reals.map(|reals| Arc::new(reals.into_iter().map(Real).collect()))
            });
            let Some(reals) = reals.collect::<Option<Vec<_>>>() else {
                return refuse("it computes with strings");
            };
            let values = run(&scratch.graph, reals, layer)?;
            let values = values.get(layer).unwrap_or_default();
            let mut values: Vec<f64> = values.iter().map(|v| v.0).collect();
            if let Some(constant) = scratch.graph.constant(layer) {
                values = constant.entries().iter().map(|&v| v.into()).collect();
            }
            Tensor::of_reals(element, shape, values)
        }
    };
    match tensor {
        Some(tensor) => Ok(still_dequantized(&scratch.graph, known, layer, tensor)?),
        None => refuse("its constants could not be evaluated"),
    }
}

/// What a graph computes for a layer.
fn run<'a>(
    graph: &'a Graph,
    inputs: Vec<Arc<Vec<Real>>>,
    layer: LayerId,
) -> Result<Activations<'a>, ViewError> {
    evaluate_observed(graph, inputs, |id| id == layer, &mut |_, _| Ok(()))
}

/// Where the entries of a dequantized constant are only moved, its integers and scales are moved with them.
fn still_dequantized(
    graph: &Graph,
    known: &[Tensor],
    layer: LayerId,
    tensor: Tensor,
) -> Imported<Tensor> {
    let [source] = known else {
        return Ok(tensor);
    };
    let Some(of) = source.dequantization() else {
        return Ok(tensor);
    };
    let integers = moved(graph, std::slice::from_ref(&of.integers), layer)?;
    let scales = moved(graph, std::slice::from_ref(&of.scales), layer)?;
    Ok(match integers.zip(scales) {
        Some((integers, scales)) => tensor.with_dequantization(Dequantization {
            integers,
            scales,
            bounds: of.bounds,
        }),
        None => tensor,
    })
}

/// The entries of a layer that only moves those of constants of one type; `None` if it computes with them.
fn moved(graph: &Graph, known: &[Tensor], layer: LayerId) -> Imported<Option<Tensor>> {
    let only_moves = |kind: &Kind| matches!(kind, Kind::Input { .. }) || kind.only_moves();
    let mut needed = vec![layer];
    let mut position = 0;
    while let Some(&next) = needed.get(position) {
        let kind = &graph.layer(next).kind;
        if !only_moves(kind) {
            return Ok(None);
        }
        needed.extend(kind.sources());
        position += 1;
    }
    // Each entry of each constant has a number, from 1 on; where sums of two would come out, counting the entries tells.
    let mut next = 0usize;
    let numbers = known.iter().map(|tensor| {
        let first = next;
        next += tensor.len();
        Arc::new(
            (first..next)
                .map(|i| Real((i + 1) as f64))
                .collect::<Vec<_>>(),
        )
    });
    let numbers: Vec<_> = numbers.collect();
    let ones = known
        .iter()
        .map(|tensor| Arc::new(vec![Real(1.0); tensor.len()]));
    let counts = run(graph, ones.collect(), layer)?;
    let counts = counts.get(layer).unwrap_or_default();
    if counts.iter().any(|count| count.0 > 1.0) {
        return Ok(None);
    }
    let places = run(graph, numbers, layer)?;
    let places = places.get(layer).unwrap_or_default();
    let shape = graph.shape(layer).to_vec();
    let Some(all) = Tensor::concatenated(&known.iter().collect::<Vec<_>>()) else {
        return Ok(None);
    };
    let places = places.iter().map(|place| (place.0 as usize).checked_sub(1));
    Ok(all.picked(shape, &places.collect::<Vec<_>>()))
}
