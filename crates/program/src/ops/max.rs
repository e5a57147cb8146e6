//! Maxima of two tensors.

use super::{Before, Op, Operation, same_shape, within};
use crate::batch::Batch;
#[cfg(feature = "interpreter")]
use crate::entries::map_pairs;
#[cfg(feature = "interpreter")]
use crate::run::Run;
#[cfg(feature = "testing")]
use crate::testing::Random;
use crate::{Builder, Interval, Program, ProgramError, Tensor, TensorId};
use serde::{Deserialize, Serialize};

/// Virtual: the greater of two tensors of one shape, entry by entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Max {
    /// The first.
    pub left: TensorId,
    /// The second.
    pub right: TensorId,
}

impl Builder {
    /// The greater of two tensors, which should be of one scale.
    ///
    /// # Errors
    /// If there are no such tensors, or their shapes differ.
    pub fn max(&mut self, left: TensorId, right: TensorId) -> Result<TensorId, ProgramError> {
        let (shape, scale) = (self.shape_of(left)?, self.scale_of(left));
        self.virtual_tensor(Op::Max(Max { left, right }), shape, scale)
    }
}

impl Operation for Max {
    fn name(&self) -> &'static str {
        "max"
    }

    fn is_committed(&self) -> bool {
        false
    }

    fn sources(&self) -> Vec<TensorId> {
        vec![self.left, self.right]
    }

    fn redirect(&mut self, to: &mut dyn FnMut(TensorId) -> TensorId) {
        (self.left, self.right) = (to(self.left), to(self.right));
    }

    fn check(&self, before: &Before<'_>, output: &Tensor) -> Result<(), String> {
        let (left, right) = (before.tensor(self.left)?, before.tensor(self.right)?);
        same_shape(left, output)?;
        same_shape(right, output)?;
        within(left.range().max(right.range()), output)
    }

    fn bound(&self, program: &Program) -> Option<Interval> {
        let range = |id| program.tensor(id).map(Tensor::range);
        Some(range(self.left)?.max(range(self.right)?))
    }

    /// It is the right one plus how far the left one is above it, which is committed.
    fn is_bilinear(&self, before: &Before<'_>) -> bool {
        before.is_bilinear(self.right)
    }

    fn batched(&self, batch: &mut Batch<'_>, _: &Tensor) -> Result<TensorId, ProgramError> {
        let (left, right) = (batch.read(self.left)?, batch.read(self.right)?);
        batch.builder.max(left, right)
    }

    #[cfg(feature = "interpreter")]
    fn run(&self, run: &Run<'_>, _: &Tensor) -> Result<Vec<i64>, String> {
        let (left, right) = (run.read(self.left), run.read(self.right));
        Ok(map_pairs((&left, &right), |&l, &r| l.max(r)))
    }
}

/// Of any tensor and another of its shape.
#[cfg(feature = "testing")]
pub(crate) fn random(random: &mut Random<'_>) -> Option<TensorId> {
    let left = random.any_tensor();
    let shape = random.tensor(left).shape;
    let right = random.of_shape(&shape, true)?;
    random.builder.max(left, right).ok()
}
