//! Inputs: what a run is given.

use super::{Before, Op, Operation};
use crate::batch::Batch;
#[cfg(feature = "interpreter")]
use crate::run::Run;
use crate::{Builder, ProgramError, Tensor, TensorId};
use std::ops::RangeInclusive;

pub(super) struct Input;

impl Builder {
    /// An input; they are listed in the order in which they are made.
    ///
    /// # Errors
    /// If shape or range are not allowed.
    pub fn input(
        &mut self,
        name: &str,
        shape: &[usize],
        range: RangeInclusive<i64>,
    ) -> Result<TensorId, ProgramError> {
        let id = self.committed(Op::Input, shape.to_vec(), range, 0)?;
        self.rename(id, name);
        Ok(id)
    }
}

impl Operation for Input {
    fn name(&self) -> &'static str {
        "input"
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

    fn batched(&self, batch: &mut Batch<'_>, output: &Tensor) -> Result<TensorId, ProgramError> {
        let shape = batch.shape(&output.shape);
        batch
            .builder
            .input(&output.name, &shape, output.low..=output.high)
    }

    /// Whoever runs a program reads what was given instead.
    #[cfg(feature = "interpreter")]
    fn run(&self, _: &Run<'_>, _: &Tensor) -> Result<Vec<i64>, String> {
        Err("an input is given, not computed".into())
    }
}
