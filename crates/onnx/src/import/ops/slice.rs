//! Slice: entries between two bounds along some axes, perhaps with steps or backwards. Bounds beyond the ends are the ends.

use crate::import::Importer;
use crate::import::build::broadcast::{axes, slice};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, ints};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("Slice", &[1, 10, 11, 13], import)
        .attributes(&[ints("starts"), ints("ends"), ints("axes")])
        .row("constant bounds", "a view")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let shape = importer.shape(&value)?;
    let (starts, ends, given, steps) = match node.since < 10 {
        true => match (node.ints("starts"), node.ints("ends")) {
            (Some(starts), Some(ends)) => {
                let given = node.ints("axes").map(<[i64]>::to_vec);
                (starts.to_vec(), ends.to_vec(), given, None)
            }
            _ => return refuse("its attributes `starts` and `ends` are missing"),
        },
        false => (
            node.integers(1, "starts")?,
            node.integers(2, "ends")?,
            node.optional_integers(3, "axes")?,
            node.optional_integers(4, "steps")?,
        ),
    };
    let axes = match given {
        Some(given) => axes(&given, shape.len())?,
        None => (0..starts.len()).collect(),
    };
    let steps = steps.unwrap_or_else(|| vec![1; starts.len()]);
    let count = starts.len();
    if [ends.len(), axes.len(), steps.len()] != [count; 3] || count > shape.len() {
        return refuse(format!(
            "{count} starts, {} ends, {} axes and {} steps for a tensor of shape {shape:?}",
            ends.len(),
            axes.len(),
            steps.len()
        ));
    }
    let mut view = Vec::new();
    for (((&axis, &start), &end), &step) in axes.iter().zip(&starts).zip(&ends).zip(&steps) {
        let Some(&length) = shape.get(axis) else {
            return refuse(format!("axis {axis} of a tensor of shape {shape:?}"));
        };
        let Some((start, count)) = places(start, end, step, i64::try_from(length)?) else {
            return refuse("a step of zero");
        };
        view.push(slice(axis, &shape, start, step, usize::try_from(count)?));
    }
    Ok(vec![importer.moved(&node.origin, &value, view)?])
}

/// Where a slice of an axis starts, and how many entries it has; `None` if the step is zero.
fn places(start: i64, end: i64, step: i64, length: i64) -> Option<(i64, i64)> {
    let counted = |bound: i64| match bound < 0 {
        true => bound.saturating_add(length),
        false => bound,
    };
    let (start, end) = (counted(start), counted(end));
    match step {
        0 => None,
        1.. => {
            let (start, end) = (start.clamp(0, length), end.clamp(0, length));
            let room = (end - start).max(0);
            Some((start, room / step + i64::from(room % step != 0)))
        }
        _ => {
            let last = (length - 1).max(0);
            let (start, end) = (start.clamp(0, last), end.clamp(-1, last));
            let room = if length == 0 { 0 } else { (start - end).max(0) };
            let step = step.saturating_neg();
            Some((start, room / step + i64::from(room % step != 0)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_numpy() {
        assert_eq!(places(1, i64::MAX, 2, 6), Some((1, 3)));
        assert_eq!(places(-1, i64::MIN, -1, 6), Some((5, 6)));
        assert_eq!(places(-3, -1, 1, 6), Some((3, 2)));
        assert_eq!(places(9, 20, 1, 6), Some((6, 0)));
        assert_eq!(places(20, 0, -2, 6), Some((5, 3)));
        assert_eq!(places(0, 3, i64::MAX, 6), Some((0, 1)));
        assert_eq!(places(5, 0, i64::MIN, 6), Some((5, 1)));
        assert_eq!(places(0, 0, 0, 6), None);
        assert_eq!(places(0, 5, 1, 0), Some((0, 0)));
        assert_eq!(places(0, -1, -1, 0), Some((0, 0)));
    }
}
