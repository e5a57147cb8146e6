//! What a program is: tensors, the nodes that make them, and what is read and shown.

use crate::{Feed, Interval, Limit, Meaning, Op, Table};
use inferproof_view::volume;
use serde::{Deserialize, Serialize};

/// A tensor of a program: its position in [`Program::tensors`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TensorId(pub u32);

/// A function table of a program: its position in [`Program::tables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TableId(pub u32);

/// An integer tensor program, without its weights.
///
/// Invariants, which [`Program::validated`] checks: node `i` makes tensor `i` and reads only tensors before it; shapes fit;
/// every virtual value stays below [`crate::MAX_BOUND`] in absolute value whatever the weights and inputs in their declared ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// The tensors; tensor `i` is made by node `i`.
    pub tensors: Vec<Tensor>,
    /// The operations, in an order in which they can be run.
    pub nodes: Vec<Node>,
    /// The function tables.
    pub tables: Vec<Table>,
    /// The inputs, in the caller's order; each is made by an [`Op::Input`].
    pub inputs: Vec<TensorId>,
    /// The outputs, in the caller's order.
    pub outputs: Vec<TensorId>,
    /// Where values that are cut off are no loss, or one that a range does not tell; in the tensors' order. Running does not read it.
    pub limits: Vec<Limit>,
    /// What the integers of inputs and outputs mean where they are more than numbers; in the tensors' order.
    pub meanings: Vec<Meaning>,
    /// Which outputs are the next run's inputs; in the inputs' order. Running does not read it.
    pub feeds: Vec<Feed>,
}

/// What is public of a tensor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tensor {
    /// For messages; the ONNX name where there is one.
    pub name: String,
    /// The lengths of the axes, row-major.
    pub shape: Vec<usize>,
    /// The least value: declared for a committed tensor, a static bound for a virtual one.
    pub low: i64,
    /// The greatest value, inclusive.
    pub high: i64,
    /// The real number meant by an integer `n` is `n * 2^-scale_log2`.
    pub scale_log2: i32,
}

/// One operation, which makes one tensor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// The ONNX node (name and op) it comes from, for messages.
    pub origin: String,
    /// The tensor it makes.
    pub output: TensorId,
    /// How.
    pub op: Op,
}

impl Program {
    /// What is public of a tensor.
    #[must_use]
    pub fn tensor(&self, id: TensorId) -> Option<&Tensor> {
        self.tensors.get(usize::try_from(id.0).ok()?)
    }

    /// The node that makes a tensor.
    #[must_use]
    pub fn node(&self, id: TensorId) -> Option<&Node> {
        self.nodes.get(usize::try_from(id.0).ok()?)
    }

    /// A function table.
    #[must_use]
    pub fn table(&self, id: TableId) -> Option<&Table> {
        self.tables.get(usize::try_from(id.0).ok()?)
    }

    /// The weights' tensors, in order.
    pub fn weights(&self) -> impl Iterator<Item = TensorId> + '_ {
        let weights = self.nodes.iter().filter(|n| matches!(n.op, Op::Weight));
        weights.map(|n| n.output)
    }
}

impl Tensor {
    /// The declared range.
    #[must_use]
    pub fn range(&self) -> Interval {
        Interval::new(self.low, self.high)
    }

    /// The number of entries, saturated.
    #[must_use]
    pub fn volume(&self) -> usize {
        volume(&self.shape).unwrap_or(usize::MAX)
    }
}
