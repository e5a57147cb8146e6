//! Trilu: the upper or lower triangle of matrices, with zeros elsewhere.

use crate::import::Importer;
use crate::import::build::movement::room;
use crate::import::build::selection::masking;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int};
use crate::import::value::Value;
use std::sync::Arc;

inventory::submit! {
    Operation::new("Trilu", &[14], import)
        .attributes(&[int("upper")])
        .row("a constant diagonal", "a view")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let shape = importer.shape(&value)?;
    let &[.., rows, columns] = &shape[..] else {
        return refuse(format!("a tensor of shape {shape:?}; expected matrices"));
    };
    let diagonal = match node.optional_integers(1, "diagonal")?.as_deref() {
        None => 0,
        Some(&[diagonal]) => i128::from(diagonal),
        Some(other) => return refuse(format!("diagonals {other:?}; expected one")),
    };
    if room(&shape)? == 0 {
        return Ok(vec![value]);
    }
    let upper = node.flag("upper", true);
    let rows = 0..rows as i128;
    let kept = rows.clone().flat_map(|row| {
        let columns = 0..columns as i128;
        columns.map(move |column| match upper {
            true => column - row >= diagonal,
            false => column - row <= diagonal,
        })
    });
    let mask: Vec<f32> = kept.map(|kept| f32::from(u8::from(kept))).collect();
    let steps = masking(&Arc::new(mask), &[rows.end as usize, columns], &shape, true)?;
    Ok(vec![importer.moved(&node.origin, &value, steps)?])
}
