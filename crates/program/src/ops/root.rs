//! Square roots, however wide the squares are.

use super::{Before, Op, Operation, same_shape, within};
#[cfg(feature = "testing")]
use super::{Contract, Term};
use crate::batch::Batch;
#[cfg(feature = "interpreter")]
use crate::entries::map;
#[cfg(feature = "interpreter")]
use crate::run::Run;
#[cfg(feature = "testing")]
use crate::testing::{Random, fit};
use crate::{Builder, Interval, ProgramError, Tensor, TensorId};
#[cfg(feature = "testing")]
use inferproof_view::View;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// `floor(sqrt(x))`, entry by entry, however wide `x` is. The source's range has no negative values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// The squares.
    pub source: TensorId,
}

impl Builder {
    /// The root of each entry, in this range. Its scale is half the source's, rounded down.
    ///
    /// # Errors
    /// If there is no such tensor, it may be negative, or a root may be out of range.
    pub fn root(
        &mut self,
        source: TensorId,
        range: RangeInclusive<i64>,
    ) -> Result<TensorId, ProgramError> {
        let (shape, scale) = (self.shape_of(source)?, self.scale_of(source));
        let op = Op::Root(Root { source });
        self.committed(op, shape, range, scale.div_euclid(2))
    }
}

impl Operation for Root {
    fn name(&self) -> &'static str {
        "root"
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
        if source.low < 0 {
            return Err(format!(
                "the root of values in [{}, {}], some of which may be negative",
                source.low, source.high
            ));
        }
        let roots = Interval::new(source.low.isqrt(), source.high.isqrt());
        within(roots, output)?;
        if output.low < 0 {
            return Err(format!(
                "a root in [{}, {}], though none is negative",
                output.low, output.high
            ));
        }
        Ok(())
    }

    fn batched(&self, batch: &mut Batch<'_>, output: &Tensor) -> Result<TensorId, ProgramError> {
        let source = batch.read(self.source)?;
        let range = output.low..=output.high;
        batch.builder.root(source, range)
    }

    #[cfg(feature = "interpreter")]
    fn run(&self, run: &Run<'_>, _: &Tensor) -> Result<Vec<i64>, String> {
        Ok(map(&run.read(self.source), |x| x.isqrt()))
    }
}

/// The root of a tensor that is never negative, or of the sum of a tensor's squares and a constant.
#[cfg(feature = "testing")]
pub(crate) fn random(random: &mut Random<'_>) -> Option<TensorId> {
    let mut source = random.any_linear_tensor();
    let shape = random.tensor(source).shape;
    if random.tensor(source).low < 0 || random.choose(2) == 0 {
        source = random.contraction(Contract::squares(source, shape.len()))?;
        let squares = Term {
            coefficient: 1 + random.number(0, 9),
            source: Some(source),
            view: View::identity(shape.clone()).ok()?,
        };
        let constant = Term {
            coefficient: random.number(0, 99),
            source: None,
            view: fit(vec![], &shape, 0)?,
        };
        source = random.linear(vec![squares, constant])?;
    }
    let greatest = random.tensor(source).high.isqrt();
    let spare = random.number(0, 3);
    random.builder.root(source, 0..=greatest + spare).ok()
}
