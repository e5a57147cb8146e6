//! Layer by layer: which integers stand for a layer, and where they are rescaled.
//!
//! A layer may stand in the program in two ways. Its *exact* tensor follows the layer's definition on the tensors of its sources: it is
//! virtual for sums and contractions, with as many bits as the bounds need. Its *narrow* tensor has the width of an
//! activation and may be an operand of a contraction; it is made by a rescale of the exact one, once, when something asks
//! for it. A clamp (a ReLU) is itself a rescale of its source's exact tensor, so it costs nothing more.

mod bands;
mod constants;
mod exact;
mod function;
mod hidden;
mod indices;
mod limits;
mod lookup;
mod meaning;
mod missing;
mod nodes;
mod quotient;
mod reciprocal;
mod requantization;
mod root;
mod sum;
mod widths;

use super::{Plan, full, powers, roles, shifts, wide};
use crate::OnnxError;
use crate::calibrate::Calibration;
use crate::graph::{Graph, Kind, LayerId};
use crate::import::Port;
use crate::range::Range;
use inferproof_program::{BoundWeights, Builder, Op, Tensor, TensorId, Weights};
use nodes::Virtual;
use std::collections::{BTreeMap, BTreeSet};

/// The least width at which the places of a maximum are searched: with fewer bits, ties would be frequent.
const ARGMAX_BITS: u32 = 12;

/// A term of a sum whose values may be as great as this is rescaled first, so that sums of sums stay within bounds.
const WIDEST_PART: i128 = 1 << 44;

/// How many bits wider than an activation a sum may be that is contracted as it is.
const SUM_BITS: u32 = 6;

/// The greatest shift of a rescale.
const MAX_SHIFT: i32 = 60;

/// Bits of an entry of a committed tensor of integers that stay as they are.
const MAX_INTEGER_BITS: u32 = 31;

/// The same of an input of integers, which has nothing before it whose bounds it would add to.
const MAX_INPUT_BITS: u32 = 32;

/// The greatest width of weights that are integers of 8 bits in the model, perhaps less a zero point; of activations that are few integers.
const EXACT_BITS: u32 = 10;

/// Bits of a function's argument, at most: its table has so many entries.
const MAX_ARGUMENT_BITS: u32 = 16;

/// Bits that the arguments and values of functions that are steep near zero have beyond those of other activations.
const STEEP_BITS: u32 = 4;

/// Makes the program of a calibrated graph, with its weights.
pub fn lower(
    graph: &Graph,
    calibration: &Calibration,
    inputs: &[Port],
    outputs: &[Port],
    plan: &Plan,
) -> Result<BoundWeights, OnnxError> {
    let full = full::Full::of(graph);
    let powers = powers::Powers::of(graph);
    let mut ranges = full.ranges(graph, &calibration.ranges);
    powers.ranges(&mut ranges);
    let mut lowering = Lowering {
        graph,
        ranges: &ranges,
        full,
        powers,
        seen: &calibration.seen,
        headroom: calibration.headroom(),
        plan,
        readers: graph.readers(),
        wide: wide::layers(graph, &calibration.ranges),
        indices: roles::indices(graph),
        unsaturated: roles::unsaturated(graph),
        truths: roles::truths(graph, &calibration.ranges),
        ports: graph.inputs.iter().copied().zip(inputs).collect(),
        builder: Builder::new(),
        weights: Weights::new(),
        exact: BTreeMap::new(),
        narrow: BTreeMap::new(),
        hidden: BTreeMap::new(),
        virtuals: vec![],
        constants: BTreeMap::new(),
        missing: BTreeMap::new(),
    };
    for &id in &graph.inputs {
        lowering.exact(id)?;
    }
    // In the graph's order, so that nothing here recurses deeper than from a view to what it reads.
    for (position, layer) in graph.layers.iter().enumerate() {
        let id = LayerId(position);
        let is_view = matches!(&layer.kind, Kind::Linear(terms) if terms.len() == 1);
        let is_constant = matches!(layer.kind, Kind::Constant(_));
        if !is_view && !is_constant && !graph.masked.contains_key(&id) {
            lowering.exact(id)?;
        }
    }
    for (&id, port) in graph.outputs.iter().zip(outputs) {
        let mut tensor = lowering.exact(id)?;
        // An output has its own name, so that one tensor cannot be two of them, nor an input as well.
        let is_taken = lowering.builder.outputs.contains(&tensor);
        if is_taken || matches!(lowering.op(tensor), Op::Weight | Op::Input) {
            tensor = lowering.reread(&port.name, tensor)?;
        }
        lowering.builder.rename(tensor, &port.name);
        if let Some(meaning) = meaning::of_output(port, tensor) {
            lowering.builder.meaning(meaning);
        }
        lowering.builder.output(tensor);
    }
    let mut program = lowering.builder.finish()?.into_program();
    shifts::equalize(&mut program);
    Ok(program.validated()?.bind(lowering.weights)?)
}

struct Lowering<'a> {
    graph: &'a Graph,
    ranges: &'a [Range],
    /// What ends in a sigmoid or a softmax.
    full: full::Full,
    /// Powers with exponents that are weights.
    powers: powers::Powers,
    /// Of sums with masks in them, the range of what is seen.
    seen: &'a BTreeMap<LayerId, Range>,
    /// What sums may go beyond their ranges before they saturate, as a share.
    headroom: f64,
    plan: &'a Plan,
    readers: Vec<usize>,
    /// For each layer, whether it is [`wide`].
    wide: Vec<bool>,
    indices: BTreeMap<LayerId, usize>,
    unsaturated: BTreeSet<LayerId>,
    truths: BTreeSet<LayerId>,
    /// The graph's inputs, as the caller knows them.
    ports: BTreeMap<LayerId, &'a Port>,
    builder: Builder,
    weights: Weights,
    exact: BTreeMap<LayerId, TensorId>,
    narrow: BTreeMap<LayerId, TensorId>,
    /// Sums with masks in them, with masks as small as they need be.
    hidden: BTreeMap<LayerId, TensorId>,
    /// For each tensor, what it is made of up to the last rescales.
    virtuals: Vec<Virtual>,
    /// Constants that were quantized at a scale, with a greatest value.
    constants: BTreeMap<(LayerId, i32, i64), TensorId>,
    /// For inputs that may have missing values, where they have.
    missing: BTreeMap<LayerId, TensorId>,
}

impl Lowering<'_> {
    fn tensor(&self, id: TensorId) -> &Tensor {
        &self.builder.tensors[id.0 as usize]
    }

    fn op(&self, id: TensorId) -> &Op {
        &self.builder.nodes[id.0 as usize].op
    }

    fn range(&self, id: LayerId) -> Range {
        self.ranges[id.0]
    }

    /// The width of an argument of a function that is steep, or of which the whole range counts.
    fn steep_bits(&self) -> u32 {
        (self.plan.widths.activations + STEEP_BITS).min(MAX_ARGUMENT_BITS)
    }
}
