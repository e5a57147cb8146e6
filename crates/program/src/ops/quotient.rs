//! Quotients of integers, however wide the divisor is.

#[cfg(feature = "testing")]
use super::Term;
use super::{Before, Op, Operation, bounded, same_shape, within};
use crate::batch::Batch;
#[cfg(feature = "interpreter")]
use crate::entries::map_pairs;
#[cfg(feature = "interpreter")]
use crate::run::Run;
#[cfg(feature = "testing")]
use crate::testing::Random;
use crate::{Builder, Interval, ProgramError, Tensor, TensorId};
#[cfg(feature = "testing")]
use inferproof_view::View;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// `floor(x / d)`, entry by entry. The dividend's range has no negative values, the divisor's only positive ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quotient {
    /// What is divided.
    pub dividend: TensorId,
    /// What it is divided by.
    pub divisor: TensorId,
}

impl Builder {
    /// The quotient of each entry, in this range. Its scale is the dividend's less the divisor's.
    ///
    /// # Errors
    /// If there are no such tensors, their shapes differ, the dividend may be negative or the divisor less than one, or a quotient may be
    /// out of range.
    pub fn quotient(
        &mut self,
        dividend: TensorId,
        divisor: TensorId,
        range: RangeInclusive<i64>,
    ) -> Result<TensorId, ProgramError> {
        let shape = self.shape_of(dividend)?;
        let scale = self
            .scale_of(dividend)
            .saturating_sub(self.scale_of(divisor));
        let op = Op::Quotient(Quotient { dividend, divisor });
        self.committed(op, shape, range, scale)
    }
}

impl Operation for Quotient {
    fn name(&self) -> &'static str {
        "quotient"
    }

    fn is_committed(&self) -> bool {
        true
    }

    fn sources(&self) -> Vec<TensorId> {
        vec![self.dividend, self.divisor]
    }

    fn redirect(&mut self, to: &mut dyn FnMut(TensorId) -> TensorId) {
        (self.dividend, self.divisor) = (to(self.dividend), to(self.divisor));
    }

    fn check(&self, before: &Before<'_>, output: &Tensor) -> Result<(), String> {
        let (dividend, divisor) = (before.tensor(self.dividend)?, before.tensor(self.divisor)?);
        same_shape(dividend, output)?;
        same_shape(divisor, output)?;
        if dividend.low < 0 {
            return Err(format!(
                "it divides values in [{}, {}], some of which may be negative",
                dividend.low, dividend.high
            ));
        }
        if divisor.low < 1 {
            return Err(format!(
                "it divides by values in [{}, {}], some of which may not be positive",
                divisor.low, divisor.high
            ));
        }
        let quotients = Interval::new(dividend.low / divisor.high, dividend.high / divisor.low);
        within(quotients, output)?;
        if output.low < 0 {
            return Err(format!(
                "a quotient in [{}, {}], though none is negative",
                output.low, output.high
            ));
        }
        bounded(i128::from(output.high) * i128::from(divisor.high))
    }

    fn batched(&self, batch: &mut Batch<'_>, output: &Tensor) -> Result<TensorId, ProgramError> {
        let (dividend, divisor) = (batch.read(self.dividend)?, batch.read(self.divisor)?);
        let range = output.low..=output.high;
        batch.builder.quotient(dividend, divisor, range)
    }

    #[cfg(feature = "interpreter")]
    fn run(&self, run: &Run<'_>, _: &Tensor) -> Result<Vec<i64>, String> {
        let (dividend, divisor) = (run.read(self.dividend), run.read(self.divisor));
        Ok(map_pairs((&dividend, &divisor), |&x, &d| {
            x.checked_div(d).unwrap_or_default()
        }))
    }
}

/// A constant, or a tensor plus what makes it positive, divided by a tensor that was made positive likewise.
#[cfg(feature = "testing")]
pub(crate) fn random(random: &mut Random<'_>) -> Option<TensorId> {
    let source = random.any_linear_tensor();
    let shape = random.tensor(source).shape;
    let positive = |random: &mut Random<'_>, least: i64| {
        let tensor = random.tensor(source);
        let part = Term {
            coefficient: 1,
            source: Some(source),
            view: View::identity(shape.clone()).ok()?,
        };
        let value = least.checked_sub(tensor.low)?.max(least);
        let constant = random.builder.constant(value, &shape).ok()?;
        random.linear(vec![part, constant])
    };
    let least = 1 + random.number(0, 9);
    let divisor = positive(random, least)?;
    let dividend = match random.choose(2) {
        0 => positive(random, 0)?,
        _ => {
            let value = random.number(0, 1 << 20);
            let constant = random.builder.constant(value, &shape).ok()?;
            random.linear(vec![constant])?
        }
    };
    let greatest = random.tensor(dividend).high / random.tensor(divisor).low;
    let spare = random.number(0, 3);
    let range = 0..=greatest + spare;
    random.builder.quotient(dividend, divisor, range).ok()
}
