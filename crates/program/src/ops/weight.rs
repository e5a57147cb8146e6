//! Weights: integers that belong to the model, bound to the program by [`crate::ValidProgram::bind`].

use super::{Before, Op, Operation};
use crate::batch::Batch;
#[cfg(feature = "interpreter")]
use crate::run::Run;
use crate::{Builder, ProgramError, Tensor, TensorId};
use std::ops::RangeInclusive;

pub(super) struct Weight;

impl Builder {
    /// A weight tensor; the range is its public width.
    ///
    /// # Errors
    /// If shape or range are not allowed.
    pub fn weight(
        &mut self,
        shape: &[usize],
        range: RangeInclusive<i64>,
    ) -> Result<TensorId, ProgramError> {
        self.committed(Op::Weight, shape.to_vec(), range, 0)
    }
}

impl Operation for Weight {
    fn name(&self) -> &'static str {
        "weight"
    }

    fn is_committed(&self) -> bool {
        true
    }

    fn sources(&self) -> Vec<TensorId> {
        vec![]
    }

    fn redirect(&mut self, _: &mut dyn FnMut(TensorId) -> TensorId) {}

    fn check(&self, _: &Before<'_>, _: &Tensor) -> Result<(), String> {
        Ok(())
    }

    /// One for all samples.
    fn batched(&self, batch: &mut Batch<'_>, output: &Tensor) -> Result<TensorId, ProgramError> {
        let range = output.low..=output.high;
        batch.builder.weight(&output.shape, range)
    }

    /// Weights are read where they are.
    #[cfg(feature = "interpreter")]
    fn run(&self, _: &Run<'_>, _: &Tensor) -> Result<Vec<i64>, String> {
        Err("a weight is bound, not computed".into())
    }
}
