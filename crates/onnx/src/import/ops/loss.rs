//! NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss: what a model loses on labels that are given to it, as one evaluates it. The sum over
//! classes is a contraction with the labels' one-hot codes.

use crate::function::{Comparison, Function};
use crate::graph::{Axes, Graph, LayerId};
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::build::broadcast::slice;
use crate::import::build::movement::{axis_last, pick, room};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int, string};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("NegativeLogLikelihoodLoss", &[12, 13, 22], import)
        .attributes(&[int("ignore_index"), string("reduction")])
        .row("", "one-hot codes of the labels, and products with them")
}
inventory::submit! {
    Operation::new("SoftmaxCrossEntropyLoss", &[12, 13], import)
        .attributes(&[int("ignore_index"), string("reduction")])
        .row("", "a softmax's logarithm, one-hot codes of the labels, and products with them")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let origin = &node.origin;
    let element = node.element(0)?;
    let mut scores = importer.input(node, 0)?;
    let shape = importer.graph.shape(scores).to_vec();
    let labels = importer.input(node, 1)?;
    let (Some(&classes), Some(places)) = (shape.get(1), labels_shape(&shape)) else {
        return refuse(format!(
            "scores of shape {shape:?}; expected [batch, classes, ..]"
        ));
    };
    if importer.graph.shape(labels) != places {
        return refuse(format!(
            "labels of shape {:?} for scores of shape {shape:?}",
            importer.graph.shape(labels)
        ));
    }
    if !importer.graph.is_integral(labels) {
        return refuse("labels that are computed from floats");
    }
    let takes_logarithm = node.op() == "SoftmaxCrossEntropyLoss";
    if takes_logarithm {
        scores = importer.softmax(origin, scores, &[1], true)?;
    }
    let codes = codes(importer, node, labels, classes)?;
    // The logarithm of the likelihood of each label; zero where a label is ignored.
    let order = Step::Permute(axis_last(1, shape.len()));
    let rows = importer.graph.view(origin, scores, vec![order])?;
    let axes = Axes {
        shared: places.len(),
        left_free: 0,
        right_free: 0,
        contracted: 1,
    };
    let likelihoods = importer.graph.contract(origin, codes, rows, axes);
    let place = Place {
        origin,
        to: &places,
        owned: &[],
    };
    let (losses, weights) = match node.optional(2) {
        None => {
            let losses = importer.graph.scaled(origin, -1.0, likelihoods, vec![])?;
            let sum = Step::Reduce {
                axis: places.len(),
                source: classes,
                weights: None,
            };
            (losses, importer.graph.view(origin, codes, vec![sum])?)
        }
        Some(weights) => {
            let weights = importer.layer(origin, &weights.clone())?;
            if importer.graph.shape(weights) != [classes] {
                return refuse(format!(
                    "weights of shape {:?} for {classes} classes",
                    importer.graph.shape(weights)
                ));
            }
            let axes = Axes {
                shared: 0,
                left_free: places.len(),
                right_free: 0,
                contracted: 1,
            };
            let weights = importer.graph.contract(origin, codes, weights, axes);
            let products = importer.graph.entrywise(origin, likelihoods, weights);
            (
                importer.graph.scaled(origin, -1.0, products, vec![])?,
                weights,
            )
        }
    };
    let total = |importer: &mut Importer<'_>, layer| {
        let sums = places.iter().map(|&source| Step::Reduce {
            axis: 0,
            source,
            weights: None,
        });
        importer.graph.view(origin, layer, sums.collect())
    };
    let loss = match node.string_or("reduction", "mean")? {
        "none" => losses,
        "sum" => total(importer, losses)?,
        "mean" if node.optional(2).is_none() && node.int("ignore_index").is_none() => {
            let sum = total(importer, losses)?;
            let share = 1.0 / room(&places)?.max(1) as f64;
            importer.graph.scaled(origin, share, sum, vec![])?
        }
        "mean" => {
            let (sum, of) = (total(importer, losses)?, total(importer, weights)?);
            let place = Place { to: &[], ..place };
            importer.divide(&place, sum, of)?
        }
        other => {
            return refuse(format!(
                "its attribute `reduction` is `{other}`; expected `none`, `sum` or `mean`"
            ));
        }
    };
    let mut outputs = vec![Value::computed(loss, element)];
    if takes_logarithm && node.wants(1) {
        outputs.push(Value::computed(scores, element));
    }
    Ok(outputs)
}

/// The shape of labels: that of scores without the axis of classes.
fn labels_shape(scores: &[usize]) -> Option<Vec<usize>> {
    let (batch, rest) = (scores.first()?, scores.get(2..)?);
    Some([&[*batch], rest].concat())
}

/// The one-hot codes of labels, along a new last axis; all zero where a label is to be ignored.
fn codes(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    labels: LayerId,
    classes: usize,
) -> Imported<LayerId> {
    let origin = &node.origin;
    let places = importer.graph.shape(labels).to_vec();
    room(&[&places[..], &[classes + 1]].concat())?;
    let axis = places.len();
    let Some(ignored) = node.int("ignore_index") else {
        return Ok(importer.graph.indicator(origin, labels, classes, false));
    };
    if let Some(own) = usize::try_from(ignored).ok().filter(|&own| own < classes) {
        let codes = importer.graph.indicator(origin, labels, classes, false);
        let kept = (0..classes).map(|class| u32::try_from(class).ok().filter(|_| class != own));
        let step = pick(axis, classes, kept.collect());
        return Ok(importer.graph.view(origin, codes, vec![step])?);
    }
    // One that is no class becomes one class more, whose codes are left out.
    let shape = places.clone();
    let difference = vec![
        importer.graph.summand(1.0, labels, vec![])?,
        Graph::fill(-(ignored as f64), &shape)?,
    ];
    let difference = importer.graph.sum(origin, difference);
    let is_ignored = Function::Compare(Comparison::Equal);
    let is_ignored = importer.graph.apply(origin, difference, is_ignored);
    let terms = vec![
        importer.graph.summand(1.0, labels, vec![])?,
        importer
            .graph
            .summand(classes as f64 - ignored as f64, is_ignored, vec![])?,
    ];
    let labels = importer.graph.sum(origin, terms);
    let codes = importer.graph.indicator(origin, labels, classes + 1, false);
    let shape = importer.graph.shape(codes).to_vec();
    let kept = slice(axis, &shape, 0, 1, classes);
    Ok(importer.graph.view(origin, codes, vec![kept])?)
}
