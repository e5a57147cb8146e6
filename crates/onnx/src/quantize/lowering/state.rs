//! The state of a lowering, and the widths that hold for all of it.

use crate::graph::{Graph, LayerId};
use crate::import::Port;
use crate::quantize::{Format, Plan, full, powers};
use crate::range::Range;
use inferproof_program::{Builder, Op, Tensor, TensorId, Weights};
use std::collections::{BTreeMap, BTreeSet};

/// The least width at which the places of a maximum are searched: with fewer bits, ties would be frequent.
pub const ARGMAX_BITS: u32 = 12;

/// A term of a sum whose values may be as great as this is rescaled first, so that sums of sums stay within bounds.
pub const WIDEST_PART: i128 = 1 << 44;

/// How many bits wider than an activation a sum may be that is contracted as it is.
pub const SUM_BITS: u32 = 6;

/// The greatest shift of a rescale.
pub const MAX_SHIFT: i32 = 60;

/// Bits of an entry of a committed tensor of integers that stay as they are.
pub const MAX_INTEGER_BITS: u32 = 31;

/// The same of an input of integers, which has nothing before it whose bounds it would add to.
pub const MAX_INPUT_BITS: u32 = 32;

/// The greatest width of weights that are integers of 8 bits in the model, perhaps less a zero point; of activations that are few integers.
pub const EXACT_BITS: u32 = 10;

/// Bits of a function's argument, at most: its table has so many entries.
pub const MAX_ARGUMENT_BITS: u32 = 16;

/// Bits that the arguments and values of functions that are steep near zero have beyond those of other activations.
pub const STEEP_BITS: u32 = 4;

/// Scales of a function's argument and value.
#[derive(Clone, Copy, Debug)]
pub struct Scales {
    pub argument: i32,
    pub value: i32,
}

/// What a tensor is made of, through virtual ones.
#[derive(Clone, Copy, Debug, Default)]
pub struct Virtual {
    /// Whether there is a contraction in it.
    pub bilinear: bool,
    /// Whether it is more than a view of one committed tensor.
    pub compound: bool,
}

/// What is known while a graph becomes a program.
pub struct Lowering<'a> {
    pub(super) graph: &'a Graph,
    pub(super) ranges: &'a [Range],
    /// What ends in a sigmoid or a softmax.
    pub(super) full: full::Full,
    /// Powers with exponents that are weights.
    pub(super) powers: powers::Powers,
    /// Of sums with masks in them, the range of what is seen.
    pub(super) seen: &'a BTreeMap<LayerId, Range>,
    /// What sums may go beyond their ranges before they saturate, as a share.
    pub(super) headroom: f64,
    pub(super) plan: &'a Plan,
    pub(super) readers: Vec<usize>,
    /// For each layer, whether it is [`wide`].
    pub(super) wide: Vec<bool>,
    pub(super) indices: BTreeMap<LayerId, usize>,
    pub(super) unsaturated: BTreeSet<LayerId>,
    pub(super) truths: BTreeSet<LayerId>,
    /// Inputs whose integers are laid down.
    pub(super) declared: BTreeMap<LayerId, Format>,
    /// Layers whose integers are laid down by where their values go.
    pub(super) imposed: BTreeMap<LayerId, Format>,
    /// The graph's inputs, as the caller knows them.
    pub(super) ports: BTreeMap<LayerId, &'a Port>,
    pub(super) builder: Builder,
    pub(super) weights: Weights,
    pub(super) exact: BTreeMap<LayerId, TensorId>,
    pub(super) narrow: BTreeMap<LayerId, TensorId>,
    /// Sums with masks in them, with masks as small as they need be.
    pub(super) hidden: BTreeMap<LayerId, TensorId>,
    /// For each tensor, what it is made of up to the last rescales.
    pub(super) virtuals: Vec<Virtual>,
    /// Constants that were quantized at a scale, with a greatest value.
    pub(super) constants: BTreeMap<(LayerId, i32, i64), TensorId>,
    /// For applications of functions that share tables, the scales that they have in common.
    pub(super) common: BTreeMap<LayerId, Scales>,
    /// For inputs that may have missing values, where they have.
    pub(super) missing: BTreeMap<LayerId, TensorId>,
}

impl Lowering<'_> {
    pub(super) fn tensor(&self, id: TensorId) -> &Tensor {
        &self.builder.tensors[id.0 as usize]
    }

    pub(super) fn op(&self, id: TensorId) -> &Op {
        &self.builder.nodes[id.0 as usize].op
    }

    pub(super) fn range(&self, id: LayerId) -> Range {
        self.ranges[id.0]
    }

    /// The width of an argument of a function that is steep, or of which the whole range counts.
    pub(super) fn steep_bits(&self) -> u32 {
        (self.plan.widths.activations + STEEP_BITS).min(MAX_ARGUMENT_BITS)
    }
}
