//! The one-time range proof of the weights (PROTOCOL must 9): every weight, bias and constant is an integer of its declared
//! range. Without it an owner could wrap around the modulus and void every static bound.
//!
//! Large tensors are proven in parts of whole rows, so that memory stays bounded; a part's commitment is a run of the
//! tensor's row commitments.

use super::builder::Builder;
use super::{LowerError, Lowered};
use inferproof_argument::Layout;
use inferproof_program::{Op, Program, TensorId};
use std::ops::Range;

/// Leaves that one range proof's lookups have at most, axes padded to powers of two (a combination of outer axes is never
/// split, however long). It bounds the memory of committing: some 200 bytes a leaf.
const PART: usize = 1 << 20;

/// Where each weight tensor lies: those that a contraction reads have a row (or a run of rows) for each combination of their
/// free axes, so that the vector which the contraction folds is the opened one.
pub(crate) fn layouts(program: &Program, c: u32) -> Result<Vec<(TensorId, Layout)>, LowerError> {
    program
        .weights()
        .map(|id| {
            let refuse = |reason: &str| LowerError::Op {
                origin: "weight".into(),
                tensor: program
                    .tensor(id)
                    .map(|t| t.name.clone())
                    .unwrap_or_default(),
                reason: reason.into(),
            };
            let shape = program
                .tensor(id)
                .map(|t| t.shape.clone())
                .ok_or_else(|| refuse("it does not exist"))?;
            let outer = program
                .nodes
                .iter()
                .find_map(|node| match node.op {
                    Op::Contract {
                        right,
                        shared: 0,
                        right_free,
                        ..
                    } if right == id => Some(right_free),
                    _ => None,
                })
                .unwrap_or(0);
            let layout = Layout::with_rows_from(shape, outer, c)
                .ok_or_else(|| refuse("it is empty or too large to commit"))?;
            Ok((id, layout))
        })
        .collect()
}

/// One range proof: parts of some weight tensors.
pub(crate) struct RangePart {
    /// For each external tensor of the relations: which weight (in the program's order), which of its entries, which of its rows.
    pub slices: Vec<Slice>,
    pub lowered: Lowered,
}

/// A run of whole rows of a weight tensor.
#[derive(Clone, Debug)]
pub(crate) struct Slice {
    pub weight: usize,
    pub entries: Range<usize>,
    pub rows: Range<usize>,
}

/// The relations of the range proofs, in order.
pub(crate) fn range_parts(program: &Program, c: u32) -> Result<Vec<RangePart>, LowerError> {
    let mut parts = Vec::new();
    let mut pending: Vec<(TensorId, Layout, Slice)> = Vec::new();
    let mut size = 0;
    for (weight, (id, layout)) in layouts(program, c)?.into_iter().enumerate() {
        let content = layout.content().max(1);
        let outer = layout.shape().iter().product::<usize>() / content;
        let rows_each = layout.row_count() / outer.max(1);
        let padded: usize = layout.shape().iter().skip(layout.outer_axes()).map(|n| n.next_power_of_two()).product();
        // A power of two, so that no leaf is lost to the outer axis's padding.
        let step = 1usize << (PART / padded).checked_ilog2().unwrap_or(0);
        for start in (0..outer).step_by(step) {
            let end = outer.min(start + step);
            let entries = start * content..end * content;
            let leaves = (end - start).next_power_of_two() * padded;
            if size > 0 && size + leaves > PART {
                parts.push(range_part(program, c, std::mem::take(&mut pending))?);
                size = 0;
            }
            size += leaves;
            let mut shape = vec![end - start];
            shape.extend(layout.shape().iter().skip(layout.outer_axes()));
            let slice = Slice {
                weight,
                entries,
                rows: start * rows_each..end * rows_each,
            };
            let sliced =
                Layout::with_rows_from(shape, 1, c).filter(|l| l.row_count() == slice.rows.len());
            let sliced = sliced.ok_or_else(|| LowerError::Op {
                origin: "weight".into(),
                tensor: program
                    .tensor(id)
                    .map(|t| t.name.clone())
                    .unwrap_or_default(),
                reason: "its rows cannot be split".into(),
            })?;
            pending.push((id, sliced, slice));
        }
    }
    if !pending.is_empty() {
        parts.push(range_part(program, c, pending)?);
    }
    Ok(parts)
}

fn range_part(
    program: &Program,
    c: u32,
    tensors: Vec<(TensorId, Layout, Slice)>,
) -> Result<RangePart, LowerError> {
    let mut builder = Builder::bare(program, c);
    let mut slices = Vec::new();
    for (id, layout, slice) in tensors {
        builder.check_external(id, layout, slice.entries.start)?;
        slices.push(slice);
    }
    Ok(RangePart {
        slices,
        lowered: builder.finish()?,
    })
}
