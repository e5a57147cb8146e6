//! ReverseSequence: the first entries of each sequence of a batch, as many as are said, backwards.

use crate::import::Importer;
use crate::import::build::broadcast::axis;
use crate::import::build::movement::{axes_first, inverse};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("ReverseSequence", &[10], import)
        .attributes(&[int("batch_axis"), int("time_axis")])
        .row("constant lengths", "a view")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let lengths = node.integers(1, "lengths of sequences")?;
    let shape = importer.shape(&value)?;
    let rank = shape.len();
    let batch = axis(node.int_or("batch_axis", 1), rank)?;
    let time = axis(node.int_or("time_axis", 0), rank)?;
    let (Some(&rows), Some(&steps), true) = (shape.get(batch), shape.get(time), batch != time)
    else {
        return refuse("an axis of sequences that is the axis of times");
    };
    let whole: Vec<usize> = lengths
        .iter()
        .filter_map(|&len| usize::try_from(len).ok())
        .collect();
    if whole.len() != rows || lengths.len() != rows || whole.iter().any(|&len| len > steps) {
        return refuse(format!(
            "lengths {lengths:?} of {rows} sequences of {steps} entries"
        ));
    }
    let places = whole.iter().enumerate().flat_map(|(row, &len)| {
        let place = move |at: usize| if at < len { len - 1 - at } else { at };
        (0..steps).map(move |at| u32::try_from(row * steps + place(at)).ok())
    });
    let sizes = vec![rows, steps];
    let order = axes_first(&[batch, time], rank);
    let view = vec![
        Step::Permute(order.clone()),
        Step::Merge {
            axis: 0,
            sizes: sizes.clone(),
        },
        Step::Gather {
            axis: 0,
            source: rows * steps,
            index: places.collect(),
        },
        Step::Split { axis: 0, sizes },
        Step::Permute(inverse(&order)),
    ];
    Ok(vec![importer.moved(&node.origin, &value, view)?])
}
