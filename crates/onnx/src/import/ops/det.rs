//! Det: determinants of small matrices, by minors of the first rows.

use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::build::broadcast::{reshape, slice};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::Operation;
use crate::import::value::Value;
use std::collections::BTreeMap;

inventory::submit! {
    Operation::new("Det", &[11, 22], import)
        .row("of matrices of at most 4 rows", "products and sums of minors")
}

/// Rows at most: there are `n 2^(n-1)` products, each of which rounds.
const MAX_ROWS: usize = 4;

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let origin = &node.origin;
    let matrices = importer.input(node, 0)?;
    let shape = importer.graph.shape(matrices).to_vec();
    let [batch @ .., rows, columns] = &shape[..] else {
        return refuse(format!(
            "its input has the shape {shape:?}; expected matrices"
        ));
    };
    if rows != columns || *rows > MAX_ROWS {
        return refuse(format!(
            "determinants of matrices of {rows} rows and {columns} columns; square ones of up to {MAX_ROWS} rows are supported"
        ));
    }
    let rank = batch.len();
    let single = [batch, &[1, 1]].concat();
    let place = Place {
        origin,
        to: &single,
        owned: &[],
    };
    let entry = |importer: &mut Importer<'_>, row: usize, column: usize| -> Imported<LayerId> {
        let narrowed = [batch, &[1, *columns]].concat();
        let steps = vec![
            slice(rank, &shape, row as i64, 1, 1),
            slice(rank + 1, &narrowed, column as i64, 1, 1),
        ];
        Ok(importer.graph.view(origin, matrices, steps)?)
    };
    // The minors of the rows so far, by the set of their columns.
    let mut minors: BTreeMap<usize, LayerId> = BTreeMap::new();
    for column in 0..*columns {
        minors.insert(1 << column, entry(importer, 0, column)?);
    }
    for row in 1..*rows {
        let mut larger: BTreeMap<usize, LayerId> = BTreeMap::new();
        for chosen in (0..1usize << columns).filter(|set| set.count_ones() as usize == row + 1) {
            let mut terms = Vec::new();
            for column in (0..*columns).filter(|column| chosen >> column & 1 == 1) {
                let Some(&minor) = minors.get(&(chosen & !(1 << column))) else {
                    continue;
                };
                // Expansion along the last row: the sign is that of the columns behind this one.
                let behind = (chosen >> (column + 1)).count_ones();
                let sign = if behind % 2 == 0 { 1.0 } else { -1.0 };
                let factor = entry(importer, row, column)?;
                let product = importer.multiply(&place, factor, minor)?;
                terms.push(importer.graph.summand(sign, product, vec![])?);
            }
            larger.insert(chosen, importer.graph.sum(origin, terms));
        }
        minors = larger;
    }
    let Some(&determinant) = minors.values().next() else {
        return refuse("determinants of matrices without rows");
    };
    let steps = reshape(0, &single, batch);
    let determinant = importer.graph.view(origin, determinant, steps)?;
    Ok(vec![Value::computed(determinant, node.element(0)?)])
}
