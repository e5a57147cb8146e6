//! TreeEnsembleClassifier and TreeEnsembleRegressor: decision trees, forests and boosted trees.

use crate::element::Element;
use crate::import::Importer;
use crate::import::build::classical::classes::Classes;
use crate::import::build::classical::ensemble::Ensemble;
use crate::import::build::classical::scores::{Scores, Transform};
use crate::import::build::classical::trees::{Tree, WeightNames, read};
use crate::import::domains::ML;
use crate::import::limits::MAX_ENTRIES;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, floats, int, ints, string, strings, tensor};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("TreeEnsembleClassifier", &[1, 3, 5], classifier)
        .domain(ML)
        .attributes(&[
            floats("base_values"),
            tensor("base_values_as_tensor"),
            ints("class_ids"),
            ints("class_nodeids"),
            ints("class_treeids"),
            floats("class_weights"),
            tensor("class_weights_as_tensor"),
            ints("classlabels_int64s"),
            strings("classlabels_strings"),
            ints("nodes_falsenodeids"),
            ints("nodes_featureids"),
            floats("nodes_hitrates"),
            tensor("nodes_hitrates_as_tensor"),
            ints("nodes_missing_value_tracks_true"),
            strings("nodes_modes"),
            ints("nodes_nodeids"),
            ints("nodes_treeids"),
            ints("nodes_truenodeids"),
            floats("nodes_values"),
            tensor("nodes_values_as_tensor"),
            string("post_transform"),
        ])
        .row(
            "post_transform NONE, LOGISTIC or SOFTMAX; two classes with weights each must be labelled 0 and 1, or by strings",
            "signs of differences, contractions; the position of a maximum",
        )
}
inventory::submit! {
    Operation::new("TreeEnsembleRegressor", &[1, 3, 5], regressor)
        .domain(ML)
        .attributes(&[
            string("aggregate_function"),
            floats("base_values"),
            tensor("base_values_as_tensor"),
            int("n_targets"),
            ints("nodes_falsenodeids"),
            ints("nodes_featureids"),
            floats("nodes_hitrates"),
            tensor("nodes_hitrates_as_tensor"),
            ints("nodes_missing_value_tracks_true"),
            strings("nodes_modes"),
            ints("nodes_nodeids"),
            ints("nodes_treeids"),
            ints("nodes_truenodeids"),
            floats("nodes_values"),
            tensor("nodes_values_as_tensor"),
            string("post_transform"),
            ints("target_ids"),
            ints("target_nodeids"),
            ints("target_treeids"),
            floats("target_weights"),
            tensor("target_weights_as_tensor"),
        ])
        .row(
            "aggregate_function SUM or AVERAGE, post_transform NONE, LOGISTIC or SOFTMAX",
            "signs of differences, contractions",
        )
}

/// `base_values`: none, or one for each output.
fn base_values(node: &Node<'_>, outputs: usize) -> Imported<Vec<f64>> {
    let base = node.numbers("base_values")?;
    if !base.is_empty() && base.len() != outputs {
        return refuse(format!(
            "attribute `base_values` has {} entries; expected none or {outputs}",
            base.len()
        ));
    }
    Ok(base)
}

fn regressor(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let names = WeightNames {
        ids: "target_ids",
        trees: "target_treeids",
        nodes: "target_nodeids",
        weights: "target_weights",
    };
    let given = node.int_or("n_targets", 1);
    let targets = usize::try_from(given).ok();
    let Some(targets) = targets.filter(|n| (1..=MAX_ENTRIES).contains(n)) else {
        return refuse(format!("attribute `n_targets` is {given}"));
    };
    let base = base_values(node, targets)?;
    let is_average = match node.string_or("aggregate_function", "SUM")? {
        "SUM" => false,
        "AVERAGE" => true,
        other => {
            return refuse(format!(
                "attribute `aggregate_function` is `{other}`; SUM and AVERAGE are supported"
            ));
        }
    };
    let transform = Transform::of(node)?;
    let rows = importer.feature_rows(node)?;
    let trees = read(node, &names, rows.features, targets)?;
    let factor = match is_average {
        true => 1.0 / trees.len() as f64,
        false => 1.0,
    };
    let ensemble = Ensemble::new(importer, &node.origin, &trees, rows)?;
    // onnxruntime adds no base value where no reached leaf has a weight.
    let scored = ensemble.always_scored(targets).into_iter().zip(&base);
    if scored
        .into_iter()
        .any(|(scored, &base)| !scored && base != 0.0)
    {
        return refuse(
            "some sample may reach no leaf with a weight for some target that has a base value; give every leaf of one tree a weight (zero, say) for each target",
        );
    }
    let sums = ensemble.sums(importer, targets, factor)?;
    let scores = Scores::new(importer, &node.origin, sums, &base)?;
    scores.finish_regression(importer, transform)
}

fn classifier(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let classes = Classes::of(node, "classlabels_int64s")?;
    let transform = Transform::of(node)?;
    let ids = node.ints("class_ids").unwrap_or_default();
    let weights = node.numbers("class_weights")?;
    let is_positive = weights.iter().all(|&w| w >= 0.0);
    let rows = importer.feature_rows(node)?;
    let origin = &node.origin;
    let read = |outputs: usize| -> Imported<Vec<Tree>> {
        let names = WeightNames {
            ids: "class_ids",
            trees: "class_treeids",
            nodes: "class_nodeids",
            weights: "class_weights",
        };
        read(node, &names, rows.features, outputs)
    };
    if classes.len() == 2 {
        let base = node.numbers("base_values")?;
        // One column of weights stands for both classes; it bears the number of the first.
        if ids.iter().all(|&id| id == 0) && base.len() <= 1 {
            let trees = read(1)?;
            let sums = Ensemble::new(importer, origin, &trees, rows)?.sums(importer, 1, 1.0)?;
            let scores = Scores::new(importer, origin, sums, &base)?;
            let threshold = if is_positive { 0.5 } else { 0.0 };
            return scores.finish_binary(importer, &classes, transform, threshold);
        }
        if !base.is_empty() {
            return refuse(
                "base values where two classes have a column of weights each, or only the second has: their meaning is not defined; add them to the \
                 weights of a tree",
            );
        }
    }
    let base = base_values(node, classes.len())?;
    let trees = read(classes.len())?;
    let ensemble = Ensemble::new(importer, origin, &trees, rows)?;
    ensemble.check_outputs(classes.len())?;
    // What onnxruntime answers for a class to which no reached leaf adds anything, it makes depend on that.
    let scored = ensemble.always_scored(classes.len());
    let required = match classes.len() {
        2 => &scored[1..],
        _ => &scored[..],
    };
    let is_open = base.is_empty() && required.contains(&false);
    if is_open && (classes.len() == 2 || !is_positive) {
        return refuse(
            "some sample may reach no leaf with a weight for some class; give every leaf of one tree a weight (zero, say) for each class",
        );
    }
    let sums = ensemble.sums(importer, classes.len(), 1.0)?;
    let scores = Scores::new(importer, origin, sums, &base)?;
    if classes.len() > 2 {
        return scores.finish(importer, &classes, transform);
    }
    // onnxruntime looks at the second class alone.
    let is_second_only = ids.iter().all(|&id| id == 1);
    let threshold = if is_second_only && is_positive {
        0.5
    } else {
        0.0
    };
    if !is_second_only && !classes.are_positions() {
        return refuse(
            "two classes with a column of weights each, whose labels are not 0 and 1: onnxruntime answers 0 and 1 all the same",
        );
    }
    let second = Scores {
        layer: importer.column(origin, scores.layer, 1)?,
        outputs: 1,
        ..scores
    };
    let bits = second.above(importer, threshold)?;
    let label = importer.label_of_two(origin, bits, &classes)?;
    let scores = scores.transformed(importer, transform)?;
    Ok(vec![label, Value::computed(scores, Element::Float)])
}
