//! Scaler: `(x - offset) * scale`, feature by feature.

use crate::element::Element;
use crate::import::Importer;
use crate::import::domains::ML;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, floats};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("Scaler", &[1], import)
        .domain(ML)
        .attributes(&[floats("offset"), floats("scale")])
        .row("", "a sum and a factor for each feature")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let rows = importer.feature_rows(node)?;
    let offset = node.numbers("offset")?;
    let scale = node.numbers("scale")?;
    let fits = |len: usize| len == 1 || len == rows.features;
    if offset.len() != scale.len() || !fits(scale.len()) {
        return refuse(format!(
            "attributes `offset` and `scale` have {} and {} entries, for {} features",
            offset.len(),
            scale.len(),
            rows.features
        ));
    }
    let full = |values: &[f64], sign: f64| -> Vec<f64> {
        let values = values.iter().map(|v| sign * v);
        values.cycle().take(rows.features).collect()
    };
    let origin = &node.origin;
    let centred = importer.shifted_rows(origin, rows.layer, &full(&offset, -1.0))?;
    let layer = importer.scaled_features(origin, centred, &full(&scale, 1.0))?;
    Ok(vec![Value::computed(layer, Element::Float)])
}
