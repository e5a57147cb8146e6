//! Tensors whose integers are laid down: what leaves one run and enters another.
//!
//! What is computed is rescaled to the range and scale of where it goes, once, and whatever else reads it reads that. What is only moved
//! there, as the old entries of a cache are, stays what it is to the last bit: it has that scale already, sums at a finer one are multiplied by a
//! power of two, and dividing by that gives the same integer again.

use super::state::{Lowering, MAX_SHIFT};
use crate::OnnxError;
use crate::graph::{Kind, LayerId, Real};
use crate::quantize::scale::Format;
use inferproof_program::TensorId;
use inferproof_view::{ViewError, volume};

impl Lowering<'_> {
    /// Says which integers stand for an output, and for what is only moved into it. Tensors of integers are left as they are until they
    /// are shown, since others may count on each.
    pub(super) fn impose(&mut self, output: LayerId, format: Format) -> Result<(), ViewError> {
        let graph = self.graph;
        let mut open = vec![output];
        while let Some(id) = open.pop() {
            let layer = graph.layer(id);
            let is_given = matches!(layer.kind, Kind::Input { .. } | Kind::Constant(_));
            if layer.integral || is_given || self.imposed.contains_key(&id) {
                continue;
            }
            let only_moves = is_moved(&layer.kind)?;
            if !only_moves || id == output {
                self.imposed.insert(id, format);
            }
            if only_moves {
                open.extend(layer.kind.sources());
            }
        }
        Ok(())
    }

    /// Of a tensor.
    pub(super) fn format_of(&self, id: TensorId) -> Format {
        let tensor = self.tensor(id);
        Format {
            low: tensor.low,
            high: tensor.high,
            scale: tensor.scale_log2,
        }
    }

    /// A tensor of exactly this format. What lies beyond its range is moved to its ends.
    pub(super) fn fitted(
        &mut self,
        origin: &str,
        source: TensorId,
        format: Format,
    ) -> Result<TensorId, OnnxError> {
        let is_plain = self.op(source).is_committed() || !self.virtuals[source.0 as usize].compound;
        if is_plain && self.format_of(source) == format {
            return Ok(source);
        }
        let mut source = self.refine(origin, source, format.scale)?;
        loop {
            let tensor = self.tensor(source);
            let coarser = tensor.scale_log2 - format.scale;
            let shift = coarser.clamp(0, MAX_SHIFT);
            let step = match coarser - shift {
                0 => format,
                rest => Format {
                    low: tensor.low >> shift,
                    high: (tensor.high >> shift) + 1,
                    scale: format.scale + rest,
                },
            };
            source = self.rescaled(origin, source, shift.unsigned_abs(), step)?;
            if coarser == shift {
                return Ok(source);
            }
        }
    }
}

/// Whether a layer is entries of others, each alone: not their sums.
fn is_moved(kind: &Kind) -> Result<bool, ViewError> {
    let Kind::Linear(terms) = kind else {
        return Ok(false);
    };
    if !kind.only_moves() {
        return Ok(false);
    }
    let mut read: Vec<f64> = vec![];
    for term in terms {
        let ones = vec![Real(1.0); volume(term.view.source()).unwrap_or(0)];
        let reached = term.view.apply(&ones)?;
        read.resize(reached.len(), 0.0);
        for (count, reached) in read.iter_mut().zip(reached) {
            *count += reached.0;
        }
    }
    Ok(read.iter().all(|&count| count <= 1.0))
}
