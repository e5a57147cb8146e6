//! Indices as one-hot codes, which a verifier computes of public indices as the interpreter does.

use super::{Before, Op, Operation, within};
use crate::batch::Batch;
#[cfg(feature = "interpreter")]
use crate::run::Run;
#[cfg(feature = "testing")]
use crate::testing::{MAX_ENTRIES, Random};
use crate::{Builder, Interval, ProgramError, Tensor, TensorId};
#[cfg(feature = "testing")]
use inferproof_view::volume;
use serde::{Deserialize, Serialize};

/// Along a new last axis, 1 at the index that the source holds and 0 elsewhere. The source's range lies within that axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Indicator {
    /// The indices.
    pub source: TensorId,
}

impl Builder {
    /// Codes of so many classes.
    ///
    /// # Errors
    /// If there is no such tensor, or it may hold an index beyond.
    pub fn indicator(
        &mut self,
        source: TensorId,
        classes: usize,
    ) -> Result<TensorId, ProgramError> {
        let mut shape = self.shape_of(source)?;
        shape.push(classes);
        self.committed(Op::Indicator(Indicator { source }), shape, 0..=1, 0)
    }
}

impl Operation for Indicator {
    fn name(&self) -> &'static str {
        "indicator"
    }

    fn is_committed(&self) -> bool {
        true
    }

    fn sources(&self) -> Vec<TensorId> {
        vec![self.source]
    }

    fn redirect(&mut self, to: &mut dyn FnMut(TensorId) -> TensorId) {
        self.source = to(self.source);
    }

    fn check(&self, before: &Before<'_>, output: &Tensor) -> Result<(), String> {
        let source = before.tensor(self.source)?;
        let Some((&classes, rows)) = output.shape.split_last() else {
            return Err("the output has no axis for the indices".into());
        };
        if rows != source.shape {
            return Err(format!(
                "the output's shape {:?} is not the source's {:?} and one more axis",
                output.shape, source.shape
            ));
        }
        if source.low < 0 || usize::try_from(source.high).is_ok_and(|h| h >= classes) {
            return Err(format!(
                "indices in [{}, {}], but there are {classes} places",
                source.low, source.high
            ));
        }
        within(Interval { low: 0, high: 1 }, output)
    }

    fn batched(&self, batch: &mut Batch<'_>, output: &Tensor) -> Result<TensorId, ProgramError> {
        let source = batch.read(self.source)?;
        let classes = output.shape.last().copied().unwrap_or(1);
        batch.builder.indicator(source, classes)
    }

    #[cfg(feature = "interpreter")]
    fn run(&self, run: &Run<'_>, output: &Tensor) -> Result<Vec<i64>, String> {
        let classes = output.shape.last().copied().unwrap_or(1);
        Ok(indicator(&run.read(self.source), classes))
    }
}

/// The codes of [`Indicator`], row-major: for each index, `classes` entries, 1 at the index and 0 elsewhere.
#[must_use]
pub fn indicator(indices: &[i64], classes: usize) -> Vec<i64> {
    let mut codes = vec![0; indices.len().saturating_mul(classes)];
    for (code, index) in codes.chunks_mut(classes.max(1)).zip(indices) {
        let place = usize::try_from(*index).ok();
        if let Some(slot) = place.and_then(|place| code.get_mut(place)) {
            *slot = 1;
        }
    }
    codes
}

/// Of a tensor of few values, with up to one class more than it needs.
#[cfg(feature = "testing")]
pub(crate) fn random(random: &mut Random<'_>) -> Option<TensorId> {
    let source = random.any_tensor();
    let tensor = random.tensor(source);
    let high @ 0..=7 = usize::try_from(tensor.high).ok()? else {
        return None;
    };
    let classes = high + 1 + random.choose(2);
    if volume(&tensor.shape)? * classes > MAX_ENTRIES {
        return None;
    }
    random.builder.indicator(source, classes).ok()
}
