//! FeatureVectorizer: tensors of features side by side, each brought to a number of columns of its own.

use crate::element::Element;
use crate::import::Importer;
use crate::import::build::broadcast::slice;
use crate::import::domains::ML;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, ints};
use crate::import::value::Value;
use inferproof_view::{Step, volume};

inventory::submit! {
    Operation::new("FeatureVectorizer", &[1], import)
        .domain(ML)
        .attributes(&[ints("inputdimensions")])
        .row("", "a view")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let widths = node.ints("inputdimensions").unwrap_or_default();
    let inputs = importer.all_inputs(node)?;
    if widths.len() != inputs.len() || inputs.is_empty() {
        return refuse(format!(
            "attribute `inputdimensions` has {} entries for {} inputs",
            widths.len(),
            inputs.len()
        ));
    }
    let mut parts = Vec::new();
    for (&input, &width) in inputs.iter().zip(widths) {
        let width = usize::try_from(width)?;
        let shape = importer.graph.shape(input).to_vec();
        let samples = match shape.len() {
            0 | 1 => 1,
            _ => shape.first().copied().unwrap_or(1),
        };
        let total = volume(&shape).unwrap_or(0);
        let columns = total / samples.max(1);
        if width == 0 || width > crate::import::limits::MAX_ENTRIES {
            return refuse(format!("attribute `inputdimensions` holds {width}"));
        }
        let rows = [samples, columns];
        let mut steps = crate::import::build::broadcast::reshape(0, &shape, &rows);
        // What is missing is zero, what is too much is left out.
        let part: Step = slice(1, &rows, 0, 1, width);
        steps.push(part);
        parts.push(importer.graph.view(&node.origin, input, steps)?);
    }
    let samples = |layer: &crate::graph::LayerId| importer.graph.shape(*layer).first().copied();
    let first = parts.first().map(samples);
    if parts.iter().any(|part| Some(samples(part)) != first) {
        return refuse("its inputs have different numbers of rows");
    }
    let layer = importer.joined(&node.origin, &parts, 1)?;
    Ok(vec![Value::computed(layer, Element::Float)])
}
