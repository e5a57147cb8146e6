//! Normalizer: each row over its norm. A row of zeros has none: calibration refuses a model that meets one.

use crate::element::Element;
use crate::function::Function;
use crate::import::Importer;
use crate::import::domains::ML;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, string};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("Normalizer", &[1], import)
        .domain(ML)
        .attributes(&[string("norm")])
        .row(
            "rows whose norm calibration does not see reach zero",
            "a sum or maxima, a table of reciprocals and a product",
        )
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let rows = importer.feature_rows(node)?.layer;
    let origin = &node.origin;
    let inverse = match node.string_or("norm", "MAX")? {
        // Like onnxruntime: the greatest number, not the greatest magnitude.
        "MAX" => {
            let norm = importer.greatest(origin, rows, 1)?;
            let flat = Step::Reduce {
                axis: 1,
                source: 1,
                weights: None,
            };
            let norm = importer.graph.view(origin, norm, vec![flat])?;
            importer.graph.apply(origin, norm, Function::Reciprocal)
        }
        "L1" => {
            let magnitudes = importer.graph.apply(origin, rows, Function::Abs);
            let norm = importer.row_sums(origin, magnitudes)?;
            importer.graph.apply(origin, norm, Function::Reciprocal)
        }
        "L2" => {
            let squares = importer.graph.apply(origin, rows, Function::Square);
            let sum = importer.row_sums(origin, squares)?;
            importer.graph.apply(origin, sum, Function::ReciprocalSqrt)
        }
        other => {
            return refuse(format!(
                "attribute `norm` is `{other}`; expected MAX, L1 or L2"
            ));
        }
    };
    let layer = importer.scaled_by_row(origin, rows, inverse);
    Ok(vec![Value::computed(layer, Element::Float)])
}
