//! Where the maximum is.

use super::{Before, Op, Operation, same_shape, within};
use crate::batch::Batch;
#[cfg(feature = "interpreter")]
use crate::run::Run;
#[cfg(feature = "testing")]
use crate::testing::Random;
use crate::{Builder, Interval, ProgramError, Tensor, TensorId};
use serde::{Deserialize, Serialize};

/// Along the last axis, 1 at the first index of the maximum and 0 elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneHot {
    /// What is searched.
    pub source: TensorId,
}

impl Builder {
    /// Where the maximum of each row is.
    ///
    /// # Errors
    /// If there is no such tensor, or it has no axis.
    pub fn one_hot(&mut self, source: TensorId) -> Result<TensorId, ProgramError> {
        let shape = self.shape_of(source)?;
        self.committed(Op::OneHot(OneHot { source }), shape, 0..=1, 0)
    }
}

impl Operation for OneHot {
    fn name(&self) -> &'static str {
        "one-hot"
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
        same_shape(source, output)?;
        if source.shape.is_empty() {
            return Err("the source has no axis to search along".into());
        }
        within(Interval { low: 0, high: 1 }, output)
    }

    fn batched(&self, batch: &mut Batch<'_>, _: &Tensor) -> Result<TensorId, ProgramError> {
        let source = batch.read(self.source)?;
        batch.builder.one_hot(source)
    }

    #[cfg(feature = "interpreter")]
    fn run(&self, run: &Run<'_>, output: &Tensor) -> Result<Vec<i64>, String> {
        let width = output.shape.last().copied().unwrap_or(1).max(1);
        let source = run.read(self.source);
        Ok(source.chunks(width).flat_map(first_greatest).collect())
    }
}

/// 1 at the first index of the maximum, 0 elsewhere.
#[cfg(feature = "interpreter")]
fn first_greatest(row: &[i64]) -> Vec<i64> {
    let greatest = row.iter().max();
    let first = row.iter().position(|v| Some(v) == greatest);
    (0..row.len())
        .map(|i| i64::from(Some(i) == first))
        .collect()
}

/// Of any tensor with an axis.
#[cfg(feature = "testing")]
pub(crate) fn random(random: &mut Random<'_>) -> Option<TensorId> {
    let source = random.any_tensor();
    random.builder.one_hot(source).ok()
}
