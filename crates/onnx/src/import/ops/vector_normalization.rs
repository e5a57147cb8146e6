//! LpNormalization and MeanVarianceNormalization: vectors of norm one, and tensors of mean zero and variance one.

use crate::function::Function;
use crate::import::Importer;
use crate::import::build::broadcast::{axes, axis};
use crate::import::build::rows::Rows;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int, ints};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("LpNormalization", &[1, 22], norm)
        .attributes(&[int("axis"), int("p")])
        .row("no vector of calibration is zero", "sums, a table of reciprocals, a product")
}
inventory::submit! {
    Operation::new("MeanVarianceNormalization", &[9, 13], mean_variance)
        .attributes(&[ints("axes")])
        .row("", "a contraction of rows with themselves, a table of roots, a product")
}

fn norm(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let origin = &node.origin;
    let shape = importer.graph.shape(source).to_vec();
    let axis = axis(node.int_or("axis", -1), shape.len())?;
    let layer = match node.int_or("p", 2) {
        2 => {
            let rows = Rows::of(&shape, &[axis]);
            let vectors = importer.graph.view(origin, source, rows.there.clone())?;
            let squares = importer.sum_of_squares(origin, vectors, &rows);
            let inverse = importer.function(origin, squares, Function::ReciprocalSqrt)?;
            let scaled = importer.scaled_rows(origin, vectors, inverse, &rows);
            importer.graph.view(origin, scaled, rows.back)?
        }
        1 => {
            let rows = Rows::of(&shape, &[axis]);
            let vectors = importer.graph.view(origin, source, rows.there.clone())?;
            let magnitudes = importer.function(origin, vectors, Function::Abs)?;
            let sums = importer.graph.view(origin, magnitudes, vec![rows.sum()])?;
            let inverse = importer.function(origin, sums, Function::Reciprocal)?;
            let scaled = importer.scaled_rows(origin, vectors, inverse, &rows);
            importer.graph.view(origin, scaled, rows.back)?
        }
        p => return refuse(format!("its attribute `p` is {p}; expected 1 or 2")),
    };
    Ok(vec![Value::computed(layer, node.element(0)?)])
}

/// What the standard adds to the deviation, squared: it is there to avoid a division by zero.
const EPSILON: f64 = 1e-18;

fn mean_variance(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let rank = importer.graph.shape(source).len();
    let axes = axes(node.ints("axes").unwrap_or(&[0, 2, 3]), rank)?;
    let shape = importer.graph.shape(source);
    if axes.iter().map(|&axis| shape[axis]).product::<usize>() <= 1 {
        return refuse("the variance of one entry, which is zero and is divided by");
    }
    let layer = importer.standardized(&node.origin, source, &axes, EPSILON)?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}
