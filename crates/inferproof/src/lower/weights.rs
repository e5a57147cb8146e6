//! The one-time range proof of the weights (PROTOCOL must 9): every weight, bias and constant is an integer of its declared
//! range. Without it an owner could wrap around the modulus and void every static bound.
//!
//! Large tensors are proven in parts of whole rows, so that memory stays bounded; a part's commitment is a run of the
//! tensor's row commitments.

use super::builder::Builder;
use super::{LowerError, Lowered};
use inferproof_argument::{Layout, Limits};
use inferproof_program::{Op, Program, TensorId};
use std::collections::HashMap;
use std::ops::Range;

/// Leaves that one range proof's lookups have at most, axes padded to powers of two (a combination of outer axes is never
/// split, however long). It bounds the memory of committing: some 200 bytes a leaf.
const PART: usize = 1 << 20;

/// Where each weight tensor lies: those that a contraction reads have a row (or a run of rows) for each combination of their
/// free axes, so that the vector which the contraction folds is the opened one.
pub(crate) fn layouts(program: &Program, c: u32) -> Result<Vec<(TensorId, Layout)>, LowerError> {
    // The first contraction that reads each weight as its right operand decides.
    let mut outers: HashMap<TensorId, usize> = HashMap::new();
    for node in &program.nodes {
        if let Op::Contract {
            right,
            shared: 0,
            right_free,
            ..
        } = node.op
        {
            outers.entry(right).or_insert(right_free);
        }
    }
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
            let outer = outers.get(&id).copied().unwrap_or(0);
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

/// What one range proof covers: of which tensors which slices, and their layout.
type Division = Vec<(TensorId, Layout, Slice)>;

/// How the weights are divided among range proofs, in order: cheap, whatever the program.
fn divide(program: &Program, c: u32) -> Result<Vec<Division>, LowerError> {
    let mut parts = Vec::new();
    let mut pending = Division::new();
    let mut size = 0;
    for (weight, (id, layout)) in layouts(program, c)?.into_iter().enumerate() {
        let content = layout.content().max(1);
        let outer = layout.shape().iter().product::<usize>() / content;
        let rows_each = layout.row_count() / outer.max(1);
        let step = (PART / content).max(1);
        for start in (0..outer).step_by(step) {
            let end = outer.min(start + step);
            let entries = start * content..end * content;
            if size > 0 && size + entries.len() > PART {
                parts.push(std::mem::take(&mut pending));
                size = 0;
            }
            size += entries.len();
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
        parts.push(pending);
    }
    Ok(parts)
}

/// How many range proofs the weights need.
pub(crate) fn part_count(program: &Program, c: u32) -> Result<usize, LowerError> {
    Ok(divide(program, c)?.len())
}

/// The relations of the range proofs, in order, each made when it is asked for.
pub(crate) fn range_parts(
    program: &Program,
    c: u32,
    limits: &Limits,
) -> Result<impl Iterator<Item = Result<RangePart, LowerError>>, LowerError> {
    let parts = divide(program, c)?.into_iter();
    Ok(parts.map(move |tensors| range_part(program, c, limits, tensors)))
}

fn range_part(
    program: &Program,
    c: u32,
    limits: &Limits,
    tensors: Division,
) -> Result<RangePart, LowerError> {
    let mut builder = Builder::bare(program, c, limits);
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
