//! Split: parts of a tensor along an axis, of given sizes or as many alike.

use crate::import::Importer;
use crate::import::build::broadcast::{axis, slice};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int, ints};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("Split", &[2, 11, 13, 18], import)
        .attributes(&[int("axis"), int("num_outputs"), ints("split")])
        .row("constant sizes", "a view for each part")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let shape = importer.shape(&value)?;
    let axis = axis(node.int_or("axis", 0), shape.len())?;
    let length = shape.get(axis).copied().unwrap_or(0);
    let given = match node.since < 13 {
        true => node.ints("split").map(<[i64]>::to_vec),
        false => node.optional_integers(1, "sizes")?,
    };
    let sizes = match given {
        Some(given) => {
            let sizes = given.iter().map(|&size| usize::try_from(size));
            let sizes: Result<Vec<usize>, _> = sizes.collect();
            sizes.unwrap_or_default()
        }
        None => {
            let outputs = node.proto.output.len();
            if node
                .int("num_outputs")
                .is_some_and(|parts| usize::try_from(parts) != Ok(outputs))
            {
                return refuse(format!(
                    "{outputs} outputs, which is not its attribute `num_outputs`"
                ));
            }
            alike(length, outputs)
        }
    };
    let total = sizes
        .iter()
        .try_fold(0usize, |sum, &size| sum.checked_add(size));
    if total != Some(length) || sizes.is_empty() {
        return refuse(format!("an axis of length {length} in parts of {sizes:?}"));
    }
    importer.parts(&node.origin, &value, axis, &sizes)
}

/// The sizes of so many parts, all alike but the last, or the last ones, of what is left.
fn alike(length: usize, parts: usize) -> Vec<usize> {
    let size = length.div_ceil(parts.max(1));
    let starts = (0..parts).map(|part| part * size);
    let sizes = starts.map(|start| size.min(length.saturating_sub(start)));
    sizes.collect()
}

impl Importer<'_> {
    /// Parts of a value along an axis, of these sizes, which together are its length.
    pub fn parts(
        &mut self,
        origin: &str,
        value: &Value,
        axis: usize,
        sizes: &[usize],
    ) -> Imported<Vec<Value>> {
        let shape = self.shape(value)?;
        let mut start = 0;
        let mut parts = Vec::new();
        for &size in sizes {
            let step = slice(axis, &shape, i64::try_from(start)?, 1, size);
            parts.push(self.moved(origin, value, vec![step])?);
            start += size;
        }
        Ok(parts)
    }
}
