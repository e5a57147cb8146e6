//! Division by a power of two, with rounding and saturation.

use super::{Before, Op, Operation, same_shape};
use crate::batch::Batch;
#[cfg(feature = "interpreter")]
use crate::entries::map;
#[cfg(feature = "interpreter")]
use crate::run::Run;
#[cfg(feature = "testing")]
use crate::testing::Random;
use crate::{Builder, ProgramError, Tensor, TensorId};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// The largest shift of a rescale: beyond it, nothing but the sign would be left.
const MAX_SHIFT: u32 = 60;

/// `clamp(floor((x + 2^(shift-1)) / 2^shift), low, high)` in the output's declared range; `clamp(x, low, high)` where
/// `shift` is 0. Halves are rounded up. `low = 0` makes it a ReLU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rescale {
    /// What is rescaled.
    pub source: TensorId,
    /// The power of two it is divided by.
    pub shift: u32,
}

impl Builder {
    /// A rescale to this range. Its scale is coarser than the source's by the shift.
    ///
    /// # Errors
    /// If there is no such tensor, or shift or range are not allowed.
    pub fn rescale(
        &mut self,
        source: TensorId,
        shift: u32,
        range: RangeInclusive<i64>,
    ) -> Result<TensorId, ProgramError> {
        let shape = self.shape_of(source)?;
        let coarser = i32::try_from(shift).unwrap_or(i32::MAX);
        let scale = self.scale_of(source).saturating_sub(coarser);
        self.committed(Op::Rescale(Rescale { source, shift }), shape, range, scale)
    }
}

impl Operation for Rescale {
    fn name(&self) -> &'static str {
        "rescale"
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
        same_shape(before.tensor(self.source)?, output)?;
        if self.shift > MAX_SHIFT {
            return Err(format!("a shift of {}; at most {MAX_SHIFT}", self.shift));
        }
        Ok(())
    }

    fn batched(&self, batch: &mut Batch<'_>, output: &Tensor) -> Result<TensorId, ProgramError> {
        let source = batch.read(self.source)?;
        let range = output.low..=output.high;
        batch.builder.rescale(source, self.shift, range)
    }

    #[cfg(feature = "interpreter")]
    fn run(&self, run: &Run<'_>, output: &Tensor) -> Result<Vec<i64>, String> {
        let half = (1i64 << self.shift) >> 1;
        let (low, high) = (output.low, output.high);
        let rescale = |&x: &i64| ((x + half) >> self.shift).clamp(low, high);
        Ok(map(&run.read(self.source), rescale))
    }
}

/// By up to as many bits as the source has.
#[cfg(feature = "testing")]
pub(crate) fn random(random: &mut Random<'_>) -> Option<TensorId> {
    let source = random.any_tensor();
    let tensor = random.tensor(source);
    let (low, high) = random.range();
    let magnitude = tensor.low.unsigned_abs().max(tensor.high.unsigned_abs());
    let bits = usize::try_from(64 - magnitude.leading_zeros()).ok()?;
    let shift = u32::try_from(random.choose(bits + 1)).ok()?;
    random.builder.rescale(source, shift, low..=high).ok()
}
