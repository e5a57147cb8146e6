//! LinearClassifier and LinearRegressor: one contraction.

use crate::import::Importer;
use crate::import::build::classical::classes::Classes;
use crate::import::build::classical::scores::{Scores, Transform};
use crate::import::domains::ML;
use crate::import::limits::MAX_ENTRIES;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, floats, int, ints, string, strings};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("LinearClassifier", &[1], classifier)
        .domain(ML)
        .attributes(&[
            ints("classlabels_ints"),
            strings("classlabels_strings"),
            floats("coefficients"),
            floats("intercepts"),
            int("multi_class"),
            string("post_transform"),
        ])
        .row(
            "post_transform NONE, LOGISTIC or SOFTMAX",
            "a contraction; the position of a maximum",
        )
}
inventory::submit! {
    Operation::new("LinearRegressor", &[1], regressor)
        .domain(ML)
        .attributes(&[
            floats("coefficients"),
            floats("intercepts"),
            string("post_transform"),
            int("targets"),
        ])
        .row("post_transform NONE, LOGISTIC or SOFTMAX", "a contraction")
}

/// `x * coefficients^T + intercepts`.
fn scores<'a>(
    importer: &mut Importer<'_>,
    node: &'a Node<'_>,
    outputs: usize,
    intercepts: &[f64],
) -> Imported<Scores<'a>> {
    let rows = importer.feature_rows(node)?;
    let coefficients = node.numbers("coefficients")?;
    if outputs.checked_mul(rows.features) != Some(coefficients.len()) {
        return refuse(format!(
            "attribute `coefficients` has {} entries; expected {outputs} times {}",
            coefficients.len(),
            rows.features
        ));
    }
    let sizes = [outputs, rows.features];
    let sums = importer.row_products(&node.origin, rows.layer, &coefficients, sizes);
    Scores::new(importer, &node.origin, sums, intercepts)
}

fn regressor(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let given = node.int_or("targets", 1);
    let targets = usize::try_from(given).ok();
    let Some(targets) = targets.filter(|n| (1..=MAX_ENTRIES).contains(n)) else {
        return refuse(format!("attribute `targets` is {given}"));
    };
    let intercepts = node.numbers("intercepts")?;
    if !intercepts.is_empty() && intercepts.len() != targets {
        return refuse(format!(
            "attribute `intercepts` has {} entries; expected none or {targets}",
            intercepts.len()
        ));
    }
    let transform = Transform::of(node)?;
    let scores = scores(importer, node, targets, &intercepts)?;
    scores.finish_regression(importer, transform)
}

fn classifier(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let classes = Classes::of(node, "classlabels_ints")?;
    let transform = Transform::of(node)?;
    let intercepts = node.numbers("intercepts")?;
    let is_binary = intercepts.len() == 1 && classes.len() == 2;
    if !is_binary && intercepts.len() != classes.len() {
        return refuse(format!(
            "attribute `intercepts` has {} entries for {} classes",
            intercepts.len(),
            classes.len()
        ));
    }
    let scores = scores(importer, node, intercepts.len(), &intercepts)?;
    if !is_binary {
        return scores.finish(importer, &classes, transform);
    }
    // The label tells the sign, and yet the first class has what is missing to one.
    let mut both = scores.finish_binary(importer, &classes, transform, 0.5)?;
    let bits = scores.above(importer, 0.0)?;
    if let Some(label) = both.first_mut() {
        *label = importer.label_of_two(&node.origin, bits, &classes)?;
    }
    Ok(both)
}
