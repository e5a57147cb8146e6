//! BatchNormalization, as inference has it: a factor and an offset for each channel.

use crate::function::Function;
use crate::graph::Graph;
use crate::import::Importer;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, float, int};
use crate::import::value::Value;
use crate::numbers::Numbers;
use std::borrow::Cow;

inventory::submit! {
    Operation::new("BatchNormalization", &[7, 9, 14, 15], import)
        .attributes(&[
            float("epsilon"),
            float("momentum"),
            int("spatial"),
            int("training_mode"),
        ])
        .row(
            "inference",
            "factors and offsets, folded into the product before where that is possible",
        )
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    if node.flag("training_mode", false) || node.wants(1) {
        return refuse("it is in training mode; export the model for inference (`model.eval()`)");
    }
    if !node.flag("spatial", true) {
        return refuse(
            "it normalizes each entry by itself (`spatial` 0); only channels are supported",
        );
    }
    let origin = &node.origin;
    let source = importer.input(node, 0)?;
    let shape = importer.graph.shape(source).to_vec();
    let Some(&channels) = shape.get(1) else {
        return refuse(format!(
            "a tensor of shape {shape:?}; expected [batch, channels, ..]"
        ));
    };
    let mut parts = Vec::new();
    for position in 1..5 {
        let part = importer.input(node, position)?;
        parts.push(importer.by_channel(origin, part, channels, shape.len())?);
    }
    let [scale, bias, mean, variance] = parts[..] else {
        return refuse("expected a scale, a bias, a mean and a variance");
    };
    let epsilon = node.float_or("epsilon", 1e-5);
    let known = |layer| importer.graph.constant(layer).map(Numbers::entries);
    let known: Option<Vec<Cow<'_, [f32]>>> = parts.iter().map(|&part| known(part)).collect();
    let (factor, offset) = match known.as_deref() {
        Some([scale, bias, mean, variance]) => {
            let real = |v: &f32| f64::from(*v);
            let factors = scale.iter().zip(variance.iter());
            let factors = factors.map(|(s, v)| real(s) / (real(v) + epsilon).sqrt());
            let factors: Vec<f64> = factors.collect();
            let offsets = bias.iter().zip(mean.iter()).zip(&factors);
            let offsets = offsets.map(|((b, m), f)| (real(b) - real(m) * f) as f32);
            let offsets = offsets.collect();
            let factors = factors.iter().map(|&f| f as f32).collect();
            let mut shape = vec![1; shape.len()];
            if let Some(slot) = shape.get_mut(1) {
                *slot = channels;
            }
            let factor = importer.graph.add_constant(origin, shape.clone(), factors);
            (factor, importer.graph.add_constant(origin, shape, offsets))
        }
        _ => {
            let shape = importer.graph.shape(variance).to_vec();
            let terms = vec![
                importer.graph.summand(1.0, variance, vec![])?,
                Graph::fill(epsilon, &shape)?,
            ];
            let sum = importer.graph.sum(origin, terms);
            let inverse = importer.function(origin, sum, Function::ReciprocalSqrt)?;
            let factor = importer.scaled_and_moved(origin, inverse, true, scale, None)?;
            let opposite = importer.graph.scaled(origin, -1.0, mean, vec![])?;
            let offset = importer.scaled_and_moved(origin, opposite, false, factor, Some(bias))?;
            (factor, offset)
        }
    };
    let owned = importer.is_read_once(node, 0);
    let layer = importer.scaled_and_moved(origin, source, owned, factor, Some(offset))?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}
