//! SVMClassifier and SVMRegressor: kernels with support vectors, their weighted sums, and votes of pairs of classes.

use crate::element::Element;
use crate::function::Function;
use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::build::classical::classes::Classes;
use crate::import::build::classical::kernel::Kernel;
use crate::import::build::classical::rows::FeatureRows;
use crate::import::build::classical::scores::{Scores, Transform};
use crate::import::domains::ML;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, floats, int, ints, string, strings};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("SVMClassifier", &[1], classifier)
        .domain(ML)
        .attributes(&[
            ints("classlabels_ints"),
            strings("classlabels_strings"),
            floats("coefficients"),
            floats("kernel_params"),
            string("kernel_type"),
            string("post_transform"),
            floats("prob_a"),
            floats("prob_b"),
            floats("rho"),
            floats("support_vectors"),
            ints("vectors_per_class"),
        ])
        .row(
            "with support vectors; post_transform NONE; probabilities (prob_a, prob_b) of two or three classes",
            "contractions and a table for each support vector; signs, sums and a maximum for the votes",
        )
}
inventory::submit! {
    Operation::new("SVMRegressor", &[1], regressor)
        .domain(ML)
        .attributes(&[
            floats("coefficients"),
            floats("kernel_params"),
            string("kernel_type"),
            int("n_supports"),
            int("one_class"),
            string("post_transform"),
            floats("rho"),
            floats("support_vectors"),
        ])
        .row(
            "post_transform NONE",
            "contractions, and a table for each support vector",
        )
}

/// The support vectors, if there are as many as they should be.
fn support_vectors(node: &Node<'_>, count: usize, rows: FeatureRows) -> Imported<Vec<f64>> {
    let vectors = node.numbers("support_vectors")?;
    if count == 0 || count.checked_mul(rows.features) != Some(vectors.len()) {
        return refuse(format!(
            "attribute `support_vectors` has {} entries; expected {count} vectors of {} features",
            vectors.len(),
            rows.features
        ));
    }
    Ok(vectors)
}

fn no_transform(node: &Node<'_>) -> Imported<()> {
    match Transform::of(node)? {
        Transform::None => Ok(()),
        _ => refuse("a `post_transform` of a support vector machine; NONE is supported"),
    }
}

fn regressor(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    no_transform(node)?;
    let origin = &node.origin;
    let rows = importer.feature_rows(node)?;
    let coefficients = node.numbers("coefficients")?;
    let Some(&rho) = node.numbers("rho")?.first() else {
        return refuse("attribute `rho` is empty");
    };
    let given = node.int_or("n_supports", 0);
    let (kernels, count) = match given {
        // Without support vectors it is a linear model.
        ..=0 => (rows.layer, rows.features),
        count => {
            let count = usize::try_from(count)?;
            let vectors = support_vectors(node, count, rows)?;
            let kernel = Kernel::of(node)?;
            (importer.kernels(origin, kernel, rows, &vectors)?, count)
        }
    };
    if coefficients.len() != count {
        return refuse(format!(
            "attribute `coefficients` has {} entries; expected {count}",
            coefficients.len()
        ));
    }
    let sums = importer.row_products(origin, kernels, &coefficients, [1, count]);
    let sums = importer.shifted_rows(origin, sums, &[rho])?;
    let layer = match node.flag("one_class", false) {
        false => sums,
        true => {
            let inside = importer.graph.apply(origin, sums, Function::Positive);
            importer.one_of_two(origin, inside, -1.0, 1.0)?
        }
    };
    Ok(vec![Value::computed(layer, Element::Float)])
}

fn classifier(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    no_transform(node)?;
    let origin = &node.origin;
    let classes = Classes::of(node, "classlabels_ints")?;
    let rows = importer.feature_rows(node)?;
    let coefficients = node.numbers("coefficients")?;
    let rho = node.numbers("rho")?;
    let counts = node.ints("vectors_per_class").unwrap_or_default();
    if counts.is_empty() {
        return linear(importer, node, &classes, rows, &coefficients, &rho);
    }
    let counts = counts.iter().map(|&n| usize::try_from(n));
    let counts: Vec<usize> = counts.collect::<Result<_, _>>()?;
    let number = counts.len();
    let pairs = number * number.saturating_sub(1) / 2;
    if number != classes.len() || rho.len() != pairs {
        return refuse(format!(
            "{} class labels, {number} counts of support vectors and {} of `rho`; expected as many counts as labels, and {pairs}",
            classes.len(),
            rho.len()
        ));
    }
    let total = counts.iter().try_fold(0usize, |n, &c| n.checked_add(c));
    let total = total.filter(|&total| total <= crate::import::limits::MAX_ENTRIES);
    let Some(total) = total else {
        return refuse("attribute `vectors_per_class` holds too large a number");
    };
    let vectors = support_vectors(node, total, rows)?;
    if (number - 1).checked_mul(total) != Some(coefficients.len()) {
        return refuse(format!(
            "attribute `coefficients` has {} entries; expected {} for each of {total} support vectors",
            coefficients.len(),
            number - 1
        ));
    }
    let kernels = importer.kernels(origin, Kernel::of(node)?, rows, &vectors)?;
    let matrix = pair_weights(&counts, total, &coefficients);
    let decisions = importer.row_products(origin, kernels, &matrix, [pairs, total]);
    let decisions = importer.shifted_rows(origin, decisions, &rho)?;
    let label = voted(importer, origin, decisions, &classes)?;
    let a = node.numbers("prob_a")?;
    let scores = if !a.is_empty() {
        let b = node.numbers("prob_b")?;
        if a.len() != pairs || b.len() != pairs {
            return refuse(format!(
                "attributes `prob_a` and `prob_b` have {} and {} entries; expected {pairs}",
                a.len(),
                b.len()
            ));
        }
        // 1 - sigmoid(a s + b).
        let negative = |values: &[f64]| values.iter().map(|v| -v).collect::<Vec<f64>>();
        let scaled = importer.scaled_features(origin, decisions, &negative(&a))?;
        let scaled = importer.shifted_rows(origin, scaled, &negative(&b))?;
        let probabilities = importer.graph.apply(origin, scaled, Function::Sigmoid);
        importer.coupled(origin, probabilities, number)?
    } else if number == 2 {
        importer.with_complement(origin, decisions, 0.0)?
    } else {
        decisions
    };
    Ok(vec![label, Value::computed(scores, Element::Float)])
}

/// Without support vectors: a linear model with a row of coefficients for each class, to all of which the first `rho` is added.
fn linear(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    classes: &Classes,
    rows: FeatureRows,
    coefficients: &[f64],
    rho: &[f64],
) -> Imported<Vec<Value>> {
    let sizes = [classes.len(), rows.features];
    let is_full = sizes[0].checked_mul(sizes[1]) == Some(coefficients.len());
    let (true, [rho, _, ..]) = (is_full, rho) else {
        return refuse(
            "a linear support vector machine whose `coefficients` are not a row for each class, or with one `rho` only; export it as a LinearClassifier",
        );
    };
    let sums = importer.row_products(&node.origin, rows.layer, coefficients, sizes);
    let base = vec![*rho; classes.len()];
    let scores = Scores::new(importer, &node.origin, sums, &base)?;
    scores.finish(importer, classes, Transform::None)
}

/// For each pair of classes the weights of all support vectors: those of the one class have theirs against the other. LIBSVM
/// keeps of a vector of class `i` its weight against class `j` in row `j`, or `j - 1` if `j` is above `i`.
fn pair_weights(counts: &[usize], total: usize, coefficients: &[f64]) -> Vec<f64> {
    let starts: Vec<usize> = counts
        .iter()
        .scan(0, |next, &count| {
            let start = *next;
            *next += count;
            Some(start)
        })
        .collect();
    let mut matrix = Vec::new();
    for i in 0..counts.len() {
        for j in i + 1..counts.len() {
            let mut row = vec![0.0; total];
            for (class, from) in [(i, j - 1), (j, i)] {
                let own = starts[class]..starts[class] + counts[class];
                row[own.clone()].copy_from_slice(&coefficients[from * total..][own]);
            }
            matrix.append(&mut row);
        }
    }
    matrix
}

/// The label with the most votes, of several the first: a pair votes for its first class where its decision is above zero.
fn voted(
    importer: &mut Importer<'_>,
    origin: &str,
    decisions: LayerId,
    classes: &Classes,
) -> Imported<Value> {
    let number = classes.len();
    let bits = importer.graph.apply(origin, decisions, Function::Positive);
    let mut matrix = Vec::new();
    let mut base = vec![0.0; number];
    for (class, base) in base.iter_mut().enumerate() {
        for i in 0..number {
            for j in i + 1..number {
                matrix.push(match class {
                    class if class == i => 1.0,
                    class if class == j => -1.0,
                    _ => 0.0,
                });
                if class == j {
                    *base += 1.0;
                }
            }
        }
    }
    let pairs = matrix.len() / number.max(1);
    let votes = importer.row_products(origin, bits, &matrix, [number, pairs]);
    let votes = importer.shifted_rows(origin, votes, &base)?;
    importer.label_of_greatest(origin, votes, classes)
}
