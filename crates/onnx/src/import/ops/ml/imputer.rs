//! Imputer: a number in the place of missing values, or of such that are equal to another one.

use crate::element::Element;
use crate::function::{Comparison, Function};
use crate::graph::{Graph, LayerId};
use crate::import::Importer;
use crate::import::build::classical::rows::FeatureRows;
use crate::import::domains::ML;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, float, floats, int, ints};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("Imputer", &[1], import)
        .domain(ML)
        .attributes(&[
            floats("imputed_value_floats"),
            ints("imputed_value_int64s"),
            float("replaced_value_float"),
            int("replaced_value_int64"),
        ])
        .row(
            "missing values (NaN) of an input of the model; what powers and logarithms leave undefined",
            "a comparison, and a factor for each feature; with all that is computed of a column, one table",
        )
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let element = node.element(0)?;
    let rows = importer.feature_rows(node)?;
    let (imputed, replaced) = match element {
        Element::Int64 => {
            let imputed = node.ints("imputed_value_int64s").unwrap_or_default();
            let imputed: Vec<f64> = imputed.iter().map(|&v| v as f64).collect();
            (imputed, node.int_or("replaced_value_int64", 0) as f64)
        }
        _ => (
            node.numbers("imputed_value_floats")?,
            node.float_or("replaced_value_float", 0.0),
        ),
    };
    if imputed.len() != 1 && imputed.len() != rows.features {
        return refuse(format!(
            "{} imputed values for {} features",
            imputed.len(),
            rows.features
        ));
    }
    let imputed: Vec<f64> = imputed
        .iter()
        .copied()
        .cycle()
        .take(rows.features)
        .collect();
    let origin = &node.origin;
    let layer = match replaced.is_nan() {
        true => {
            let read = importer.maybe_missing(origin, rows.layer)?;
            match read.missing {
                Some(missing) => filled(importer, origin, read.present, missing, &imputed)?,
                // What is computed is never missing.
                None => read.present,
            }
        }
        false => {
            let equal = equal_to(importer, origin, rows, replaced)?;
            let excess: Vec<f64> = imputed.iter().map(|v| v - replaced).collect();
            filled(importer, origin, rows.layer, equal, &excess)?
        }
    };
    Ok(vec![Value::computed(layer, element)])
}

/// Rows to which a number for each feature is added where a bit says so.
fn filled(
    importer: &mut Importer<'_>,
    origin: &str,
    rows: LayerId,
    bits: LayerId,
    numbers: &[f64],
) -> Imported<LayerId> {
    let numbers = importer.scaled_features(origin, bits, numbers)?;
    let graph = &mut importer.graph;
    let terms = vec![
        graph.summand(1.0, rows, vec![])?,
        graph.summand(1.0, numbers, vec![])?,
    ];
    Ok(graph.sum(origin, terms))
}

fn equal_to(
    importer: &mut Importer<'_>,
    origin: &str,
    rows: FeatureRows,
    number: f64,
) -> Imported<LayerId> {
    let graph = &mut importer.graph;
    let terms = vec![
        graph.summand(1.0, rows.layer, vec![])?,
        Graph::fill(-number, &[rows.samples, rows.features])?,
    ];
    let difference = graph.sum(origin, terms);
    Ok(graph.apply(origin, difference, Function::Compare(Comparison::Equal)))
}
