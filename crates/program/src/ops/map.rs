//! Functions of one integer, given by tables.

use super::{Before, Op, Operation, same_shape, within};
use crate::batch::Batch;
#[cfg(feature = "interpreter")]
use crate::entries::map;
#[cfg(feature = "interpreter")]
use crate::run::Run;
use crate::{Builder, ProgramError, TableId, Tensor, TensorId};
#[cfg(feature = "testing")]
use crate::{Table, testing::Random};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// `table[x]`, entry by entry. The source's range is the table's domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Map {
    /// What is looked up.
    pub source: TensorId,
    /// The function.
    pub table: TableId,
}

impl Builder {
    /// A function of each entry, whose values lie in this range. Its scale is 0 unless it is given another.
    ///
    /// # Errors
    /// If there is no such tensor or table, or the ranges do not fit.
    pub fn map(
        &mut self,
        source: TensorId,
        table: TableId,
        range: RangeInclusive<i64>,
    ) -> Result<TensorId, ProgramError> {
        let shape = self.shape_of(source)?;
        self.committed(Op::Map(Map { source, table }), shape, range, 0)
    }
}

impl Operation for Map {
    fn name(&self) -> &'static str {
        "map"
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

    fn table(&mut self) -> Option<&mut TableId> {
        Some(&mut self.table)
    }

    fn check(&self, before: &Before<'_>, output: &Tensor) -> Result<(), String> {
        let source = before.tensor(self.source)?;
        same_shape(source, output)?;
        let (table, values) = before.table(self.table)?;
        if (source.low, source.high) != (table.low, table.high()) {
            return Err(format!(
                "the source's range [{}, {}] is not the table's domain [{}, {}]",
                source.low,
                source.high,
                table.low,
                table.high()
            ));
        }
        within(values, output)
    }

    fn batched(&self, batch: &mut Batch<'_>, output: &Tensor) -> Result<TensorId, ProgramError> {
        let source = batch.read(self.source)?;
        let range = output.low..=output.high;
        batch.builder.map(source, self.table, range)
    }

    #[cfg(feature = "interpreter")]
    fn run(&self, run: &Run<'_>, _: &Tensor) -> Result<Vec<i64>, String> {
        let table = run.program.table(self.table);
        let look_up = |&x: &i64| table.and_then(|t| t.get(x));
        let values = map(&run.read(self.source), look_up).into_iter();
        let values: Option<Vec<i64>> = values.collect();
        values.ok_or_else(|| "an entry is outside the table's domain".into())
    }
}

/// Of a tensor of a small range.
#[cfg(feature = "testing")]
pub(crate) fn random(random: &mut Random<'_>) -> Option<TensorId> {
    let source = random.any_tensor();
    let tensor = random.tensor(source);
    let width @ 0..=1023 = usize::try_from(tensor.high - tensor.low).ok()? else {
        return None;
    };
    let (low, high) = random.range();
    let values = random.entries(low, high, width + 1);
    let table = Table {
        low: tensor.low,
        values,
    };
    let table = random.builder.table(table).ok()?;
    random.builder.map(source, table, low..=high).ok()
}
