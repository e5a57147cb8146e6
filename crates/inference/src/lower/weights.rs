//! The one-time range proof of the weights (PROTOCOL must 9): every weight, bias and constant is an integer of its declared
//! range. Without it an owner could wrap around the modulus and void every static bound.
//!
//! Large tensors are proven in parts of whole rows, so that memory stays bounded; a part's commitment is a run of the
//! tensor's row commitments.

use super::builder::Builder;
use super::layouts::{layouts, refusal};
use super::{LowerError, Lowered};
use inferproof_argument::{Layout, Limits};
use inferproof_program::{Program, TensorId};
use std::ops::Range;

/// Leaves that one range proof's lookups have at most, axes padded to powers of two (a combination of outer axes is never
/// split, however long). It bounds the memory of committing.
const PART: usize = 1 << 22;

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
    #[cfg_attr(
        not(feature = "prover"),
        allow(dead_code, reason = "what the prover takes from the weights")
    )]
    pub entries: Range<usize>,
    pub rows: Range<usize>,
}

/// What one range proof covers: of which tensors which slices, and their layout.
type Division = Vec<(TensorId, Layout, Slice)>;

/// How the weights are divided among range proofs, in order: linear in their rows.
fn divide(program: &Program, c: u32) -> Result<Vec<Division>, LowerError> {
    let mut parts = Vec::new();
    let mut pending = Division::new();
    let mut size = 0;
    for (weight, (id, layout)) in layouts(program, c)?.into_iter().enumerate() {
        let rows = layout.rows();
        let outer: usize = layout.shape().iter().take(layout.outer_axes()).product();
        // Rows that stay together: those of a combination of outer axes.
        let unit = if outer > 1 { rows.len() / outer } else { 1 };
        let entries: usize = rows.iter().take(unit).map(ExactSizeIterator::len).sum();
        let step = unit << (PART / entries.max(1)).checked_ilog2().unwrap_or(0);
        for start in (0..rows.len()).step_by(step) {
            let end = rows.len().min(start + step);
            let refuse = || refusal(program, id, "its rows cannot be split");
            let (first, last) = rows.get(start).zip(rows.get(end - 1)).ok_or_else(refuse)?;
            let entries = first.start..last.end;
            if size > 0 && size + entries.len() > PART {
                parts.push(std::mem::take(&mut pending));
                size = 0;
            }
            size += entries.len();
            let sliced = layout.part(start..end).ok_or_else(refuse)?;
            let slice = Slice {
                weight,
                entries,
                rows: start..end,
            };
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
        builder.check_external(id, layout)?;
        slices.push(slice);
    }
    Ok(RangePart {
        slices,
        lowered: builder.finish()?,
    })
}
