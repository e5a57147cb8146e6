//! The integer tensor program: the definition of a model.
//!
//! A [`Program`] is a chain of a few core operations on tensors of small integers. It knows nothing of floats (an importer
//! chooses the scales) and nothing of proofs (a prover shows that [`BoundWeights::run`] was followed, bit for bit). Its serialized
//! form is the *architecture* that a model commitment binds; the weights stand beside it, as [`Integers`].
//!
//! Tensors are of two kinds. *Committed* ones (made by [`Op::Input`], [`Op::Weight`], [`Op::Rescale`], [`Op::Map`],
//! [`Op::OneHot`], [`Op::Indicator`], [`Op::Root`]) hold values of a declared range, which a prover commits to and looks up. *Virtual* ones (made by
//! [`Op::Linear`], [`Op::Contract`], [`Op::Max`]) are public linear or bilinear functions of committed values; their range is the
//! static bound of what they are made of.
//!
//! [`Program::validated`] makes a [`ValidProgram`], [`ValidProgram::bind`] gives it weights, [`BoundWeights::run`] runs it: each is checked
//! once.
//!
//! ```
//! use inferproof_program::{Integers, Node, Op, Program, Table, Tensor, TensorId};
//! use std::collections::BTreeMap;
//!
//! let tensor = |name: &str, shape: &[usize], low, high| Tensor {
//!     name: name.into(), shape: shape.to_vec(), low, high, scale_log2: 0,
//! };
//! let node = |output, op| Node { origin: "example".into(), output: TensorId(output), op };
//! let program = Program {
//!     tensors: vec![
//!         tensor("x", &[2], -8, 7),
//!         tensor("w", &[3, 2], -3, 3),
//!         tensor("wx", &[3], -48, 48),
//!         tensor("relu", &[3], 0, 7),
//!     ],
//!     nodes: vec![
//!         node(0, Op::Input),
//!         node(1, Op::Weight),
//!         node(2, Op::Contract {
//!             left: TensorId(0), right: TensorId(1), shared: 0, left_free: 0, right_free: 1, contracted: 1,
//!         }),
//!         node(3, Op::Rescale { source: TensorId(2), shift: 1 }),
//!     ],
//!     tables: vec![],
//!     inputs: vec![TensorId(0)],
//!     outputs: vec![TensorId(3)],
//!     limits: vec![],
//!     meanings: vec![],
//! };
//! let weights = BTreeMap::from([(TensorId(1), Integers::I8(vec![1, 0, -1, 1, 3, 3]))]);
//! let weights = program.validated().unwrap().bind(weights).unwrap();
//! let trace = weights.run(&[vec![5, -2]]).unwrap();
//! assert_eq!(trace.get(TensorId(2)), Some(&[5, -7, 9][..]));
//! assert_eq!(trace.get(TensorId(3)), Some(&[3, 0, 5][..])); // 2.5 and 4.5 are rounded up, -3.5 is clamped at 0
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented,
        clippy::wildcard_enum_match_arm
    )
)]

#[cfg(feature = "interpreter")]
mod bound_weights;
mod bounds;
#[cfg(feature = "interpreter")]
mod contract;
#[cfg(feature = "interpreter")]
mod entries;
mod indicator;
mod integers;
mod meaning;
#[cfg(feature = "interpreter")]
mod run;
mod saturation;
#[cfg(feature = "testing")]
pub mod testing;
mod valid;
mod validate;

#[cfg(feature = "interpreter")]
pub use bound_weights::BoundWeights;
pub use bounds::Interval;
pub use indicator::indicator;
pub use integers::{Integers, Weights};
pub use meaning::Meaning;
#[cfg(feature = "interpreter")]
pub use run::{RunError, Trace};
pub use saturation::{Limit, Saturation};
pub use valid::ValidProgram;
pub use validate::{MAX_BOUND, ProgramError};

use inferproof_view::View;
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
/// every virtual value stays below [`MAX_BOUND`] in absolute value whatever the weights and inputs in their declared ranges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// The core operations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// An input of the program; whoever feeds it checks the range.
    Input,
    /// Integers that belong to the model and stand outside the program; the declared range is their width.
    Weight,
    /// Virtual: `sum of coefficient * view(source)`.
    Linear {
        /// The summands; each view ends in the output's shape.
        terms: Vec<Term>,
    },
    /// Virtual: `output[s, f, g] = sum_k left[s, f, k] * right[s, g, k]`, where each of `s, f, g, k` stands for a run of axes.
    /// Operands are committed tensors or [`Op::Linear`]s and [`Op::Max`]es of those, never (through those) another contraction.
    Contract {
        /// `[S.., F.., K..]`: the activation.
        left: TensorId,
        /// `[S.., G.., K..]`: the weight, or a second activation.
        right: TensorId,
        /// How many axes `S` has.
        shared: usize,
        /// How many axes `F` has.
        left_free: usize,
        /// How many axes `G` has.
        right_free: usize,
        /// How many axes `K` has.
        contracted: usize,
    },
    /// `clamp(floor((x + 2^(shift-1)) / 2^shift), low, high)` in the output's declared range; `clamp(x, low, high)` where
    /// `shift` is 0. Halves are rounded up. `low = 0` makes it a ReLU.
    Rescale {
        /// What is rescaled.
        source: TensorId,
        /// The power of two it is divided by.
        shift: u32,
    },
    /// `table[x]`, entry by entry. The source's range is the table's domain.
    Map {
        /// What is looked up.
        source: TensorId,
        /// The function.
        table: TableId,
    },
    /// Virtual: the greater of two tensors of one shape, entry by entry.
    Max {
        /// The first.
        left: TensorId,
        /// The second.
        right: TensorId,
    },
    /// Along the last axis, 1 at the first index of the maximum and 0 elsewhere.
    OneHot {
        /// What is searched.
        source: TensorId,
    },
    /// Along a new last axis, 1 at the index that the source holds and 0 elsewhere. The source's range lies within that axis.
    Indicator {
        /// The indices.
        source: TensorId,
    },
    /// `floor(sqrt(x))`, entry by entry, however wide `x` is. The source's range has no negative values.
    Root {
        /// The squares.
        source: TensorId,
    },
}

/// A summand of [`Op::Linear`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// A public factor.
    pub coefficient: i64,
    /// What is read; `None` is the constant 1 of shape `[]`.
    pub source: Option<TensorId>,
    /// How it is read.
    pub view: View,
}

/// A function on the integers `low .. low + values.len()`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// The least argument.
    pub low: i64,
    /// `f(low + i) = values[i]`.
    pub values: Vec<i64>,
}

impl Op {
    /// Whether a prover commits to the output; otherwise it is virtual.
    #[must_use]
    pub fn is_committed(&self) -> bool {
        match self {
            Self::Input
            | Self::Weight
            | Self::Rescale { .. }
            | Self::Map { .. }
            | Self::OneHot { .. }
            | Self::Indicator { .. }
            | Self::Root { .. } => true,
            Self::Linear { .. } | Self::Contract { .. } | Self::Max { .. } => false,
        }
    }

    /// The tensors it reads.
    pub fn sources(&self) -> impl Iterator<Item = TensorId> + '_ {
        let (terms, fixed): (&[Term], [Option<TensorId>; 2]) = match self {
            Self::Input | Self::Weight => (&[], [None, None]),
            Self::Linear { terms } => (terms, [None, None]),
            Self::Contract { left, right, .. } | Self::Max { left, right } => {
                (&[], [Some(*left), Some(*right)])
            }
            Self::Rescale { source, .. }
            | Self::Map { source, .. }
            | Self::OneHot { source }
            | Self::Indicator { source }
            | Self::Root { source } => (&[], [Some(*source), None]),
        };
        terms
            .iter()
            .filter_map(|t| t.source)
            .chain(fixed.into_iter().flatten())
    }
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
