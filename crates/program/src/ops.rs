//! The core operations. Each has its definition, rules, bounds, interpretation and random instances in a file of its own.
//!
//! A new one takes a file here, and a line in [`Op`], `Op::operation`, `Op::operation_mut` and the list in `testing`.

mod contract;
mod indicator;
mod input;
mod linear;
mod map;
mod max;
mod one_hot;
mod quotient;
mod rescale;
mod root;
mod weight;

pub use contract::Contract;
pub use indicator::{Indicator, indicator};
pub use linear::{Linear, Term};
pub use map::Map;
pub use max::Max;
pub use one_hot::OneHot;
pub use quotient::Quotient;
pub use rescale::Rescale;
pub use root::Root;

#[cfg(feature = "testing")]
pub(crate) mod random {
    //! A random instance of each operation that reads something, and of a weight of a given shape.
    pub(crate) use super::contract::random as contract;
    pub(crate) use super::indicator::random as indicator;
    pub(crate) use super::linear::random as linear;
    pub(crate) use super::map::random as map;
    pub(crate) use super::max::random as max;
    pub(crate) use super::one_hot::random as one_hot;
    pub(crate) use super::quotient::random as quotient;
    pub(crate) use super::rescale::random as rescale;
    pub(crate) use super::root::random as root;
}

use crate::batch::Batch;
#[cfg(feature = "interpreter")]
use crate::run::Run;
use crate::{Interval, Program, ProgramError, Table, TableId, Tensor, TensorId};
use input::Input;
use serde::{Deserialize, Serialize};
use weight::Weight;

/// The core operations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// An input of the program; whoever feeds it checks the range.
    Input,
    /// Integers that belong to the model and stand outside the program; the declared range is their width.
    Weight,
    /// Virtual: a sum of views with public factors.
    Linear(Linear),
    /// Virtual: a sum of products.
    Contract(Contract),
    /// A division by a power of two, rounded and clamped to the output's declared range.
    Rescale(Rescale),
    /// A function, looked up entry by entry.
    Map(Map),
    /// Virtual: the greater of two tensors, entry by entry.
    Max(Max),
    /// Where the first maximum along the last axis is.
    OneHot(OneHot),
    /// Indices as one-hot codes.
    Indicator(Indicator),
    /// The square root, rounded down.
    Root(Root),
    /// The quotient of two tensors, rounded down.
    Quotient(Quotient),
}

/// What every operation says of itself.
pub(crate) trait Operation {
    /// Its name in reports.
    fn name(&self) -> &'static str;

    /// Whether a prover commits to the output; otherwise it is virtual.
    fn is_committed(&self) -> bool;

    /// The tensors it reads.
    fn sources(&self) -> Vec<TensorId>;

    /// Puts other tensors in the places of those it reads.
    fn redirect(&mut self, to: &mut dyn FnMut(TensorId) -> TensorId);

    /// The table it looks up.
    fn table(&mut self) -> Option<&mut TableId> {
        None
    }

    /// Whether it fits what is made before it, and the output's description.
    fn check(&self, before: &Before<'_>, output: &Tensor) -> Result<(), String>;

    /// Of a virtual tensor, the range of its values, from the declared ranges of what it reads. `None` if it is committed, and its range
    /// so declared, or if something that it reads does not exist.
    fn bound(&self, _: &Program) -> Option<Interval> {
        None
    }

    /// Whether the output is, through virtual tensors, made of a contraction.
    fn is_bilinear(&self, before: &Before<'_>) -> bool {
        let mut sources = self.sources().into_iter();
        !self.is_committed() && sources.any(|id| before.is_bilinear(id))
    }

    /// Makes the output of every sample of a batch, along a first axis. The driver describes it as the sample's output is.
    fn batched(&self, batch: &mut Batch<'_>, output: &Tensor) -> Result<TensorId, ProgramError>;

    /// The output, row-major. The program is valid, so that shapes fit and nothing overflows.
    #[cfg(feature = "interpreter")]
    fn run(&self, run: &Run<'_>, output: &Tensor) -> Result<Vec<i64>, String>;
}

impl Op {
    pub(crate) fn operation(&self) -> &dyn Operation {
        match self {
            Self::Input => &Input,
            Self::Weight => &Weight,
            Self::Linear(op) => op,
            Self::Contract(op) => op,
            Self::Rescale(op) => op,
            Self::Map(op) => op,
            Self::Max(op) => op,
            Self::OneHot(op) => op,
            Self::Indicator(op) => op,
            Self::Root(op) => op,
            Self::Quotient(op) => op,
        }
    }

    /// The operation, to be changed; `None` of those that read nothing.
    fn operation_mut(&mut self) -> Option<&mut dyn Operation> {
        Some(match self {
            Self::Input | Self::Weight => return None,
            Self::Linear(op) => op,
            Self::Contract(op) => op,
            Self::Rescale(op) => op,
            Self::Map(op) => op,
            Self::Max(op) => op,
            Self::OneHot(op) => op,
            Self::Indicator(op) => op,
            Self::Root(op) => op,
            Self::Quotient(op) => op,
        })
    }

    /// Its name in reports.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.operation().name()
    }

    /// Whether a prover commits to the output; otherwise it is virtual.
    #[must_use]
    pub fn is_committed(&self) -> bool {
        self.operation().is_committed()
    }

    /// The tensors it reads.
    pub fn sources(&self) -> impl Iterator<Item = TensorId> + use<> {
        self.operation().sources().into_iter()
    }

    /// The same operation on other tensors and tables.
    pub(crate) fn redirected(
        &self,
        mut to: impl FnMut(TensorId) -> TensorId,
        to_table: impl FnOnce(TableId) -> Result<TableId, ProgramError>,
    ) -> Result<Self, ProgramError> {
        let mut op = self.clone();
        if let Some(operation) = op.operation_mut() {
            operation.redirect(&mut to);
            if let Some(table) = operation.table() {
                *table = to_table(*table)?;
            }
        }
        Ok(op)
    }
}

/// What a node may read: the tensors that are made before it, and the tables.
pub(crate) struct Before<'a> {
    pub program: &'a Program,
    /// Of each tensor before, whether it is made of a contraction.
    pub bilinear: &'a [bool],
    /// The range of each table's values, so that many nodes that share a long one are no more work.
    pub tables: &'a [Interval],
}

impl<'a> Before<'a> {
    pub fn tensor(&self, id: TensorId) -> Result<&'a Tensor, String> {
        let position = usize::try_from(id.0).map_err(|e| e.to_string())?;
        let found = self.program.tensors.get(position);
        found
            .filter(|_| position < self.bilinear.len())
            .ok_or_else(|| format!("reads tensor {}, which is not made before it", id.0))
    }

    pub fn is_bilinear(&self, id: TensorId) -> bool {
        let position = usize::try_from(id.0).unwrap_or(usize::MAX);
        self.bilinear.get(position).copied().unwrap_or(false)
    }

    /// A table and the range of its values.
    pub fn table(&self, id: TableId) -> Result<(&'a Table, Interval), String> {
        let number = usize::try_from(id.0).unwrap_or(usize::MAX);
        let found = self.program.tables.get(number);
        let found = found.zip(self.tables.get(number).copied());
        found.ok_or_else(|| format!("there is no table {}", id.0))
    }
}

fn same_shape(source: &Tensor, output: &Tensor) -> Result<(), String> {
    if source.shape == output.shape {
        return Ok(());
    }
    Err(format!(
        "source shape {:?} is not the output shape {:?}",
        source.shape, output.shape
    ))
}

fn within(bound: Interval, output: &Tensor) -> Result<(), String> {
    if output.range().contains(bound) {
        return Ok(());
    }
    Err(format!(
        "values reach from {} to {}, outside the declared range [{}, {}]",
        bound.low, bound.high, output.low, output.high
    ))
}

fn bounded(magnitude: i128) -> Result<(), String> {
    if magnitude < i128::from(crate::MAX_BOUND) {
        return Ok(());
    }
    Err(format!(
        "values could reach {magnitude}; they must stay below 2^60"
    ))
}
