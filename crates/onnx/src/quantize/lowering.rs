//! Layer by layer: which integers stand for a layer, and where they are rescaled.
//!
//! A layer may stand in the program in two ways. Its *exact* tensor follows the layer's definition on the tensors of its sources: it is
//! virtual for sums and contractions, with as many bits as the bounds need. Its *narrow* tensor has the width of an
//! activation and may be an operand of a contraction; it is made by a rescale of the exact one, once, when something asks
//! for it. A clamp (a ReLU) is itself a rescale of its source's exact tensor, so it costs nothing more.

mod bands;
mod hidden;
mod indices;
mod limits;
mod lookup;
mod meaning;
mod missing;
mod requantization;
mod root;

use super::scale::{Format, round, scaled};
use super::{Plan, full, roles, shifts, wide};
use crate::OnnxError;
use crate::calibrate::{Calibration, Range};
use crate::function::Function;
use crate::graph::{Axes, Graph, Kind, LOGIT_REACH, LayerId, Summand, power_of_two};
use crate::import::Port;
use inferproof_program::{
    Integers, Interval, Node, Op, Program, Table, TableId, Tensor, TensorId, Term, Weights,
};
use inferproof_view::{Step, View};
use std::collections::{BTreeMap, BTreeSet};

/// The least width at which the places of a maximum are searched: with fewer bits, ties would be frequent.
const ARGMAX_BITS: u32 = 12;

/// Bits below the scale of activations that a sum keeps for constants added to them.
const GUARD_BITS: i32 = 4;

/// A term of a sum whose values may be as great as this is rescaled first, so that sums of sums stay within bounds.
const WIDEST_PART: i128 = 1 << 44;

/// How many bits wider than an activation a sum may be that is contracted as it is.
const SUM_BITS: u32 = 6;

/// Bits of an entry of a committed weight tensor.
const MAX_CONSTANT_BITS: u32 = 32;

/// The least width of weights that are only added up as bits pick them.
const PICKED_BITS: u32 = 24;

/// The greatest shift of a rescale.
const MAX_SHIFT: i32 = 60;

/// Bits of an entry of a committed tensor of integers that stay as they are.
const MAX_INTEGER_BITS: u32 = 31;

/// Widths of weights that are integers of 8 bits in the model, perhaps less a zero point.
const WHOLE_BITS: u32 = 8;
const EXACT_BITS: u32 = 10;

/// Bits of a function's argument, at most: its table has so many entries.
const MAX_ARGUMENT_BITS: u32 = 16;

/// Bits that the arguments and values of functions that are steep near zero have beyond those of other activations.
const STEEP_BITS: u32 = 4;

/// A program with its weights.
pub struct Lowered {
    pub program: Program,
    pub weights: Weights,
}

/// Makes the program of a calibrated graph.
pub fn lower(
    graph: &Graph,
    calibration: &Calibration,
    inputs: &[Port],
    outputs: &[Port],
    plan: &Plan,
) -> Result<Lowered, OnnxError> {
    let full = full::Full::of(graph);
    let ranges = full.ranges(graph, &calibration.ranges);
    let mut lowering = Lowering {
        graph,
        ranges: &ranges,
        full,
        seen: &calibration.seen,
        headroom: calibration.headroom(),
        plan,
        readers: graph.readers(),
        wide: wide::layers(graph, &calibration.ranges),
        indices: roles::indices(graph),
        unsaturated: roles::unsaturated(graph),
        truths: roles::truths(graph, &calibration.ranges),
        program: Program {
            tensors: vec![],
            nodes: vec![],
            tables: vec![],
            inputs: vec![],
            outputs: vec![],
            limits: vec![],
            meanings: vec![],
        },
        weights: Weights::new(),
        exact: BTreeMap::new(),
        narrow: BTreeMap::new(),
        hidden: BTreeMap::new(),
        virtuals: vec![],
        constants: BTreeMap::new(),
        missing: BTreeMap::new(),
        tables: BTreeMap::new(),
    };
    for (&id, port) in graph.inputs.iter().zip(inputs) {
        let tensor = lowering.exact(id)?;
        let described = &mut lowering.program.tensors[tensor.0 as usize];
        described.name.clone_from(&port.name);
        let meaning = meaning::of_input(port, tensor, described);
        lowering.program.meanings.extend(meaning);
        lowering.program.inputs.push(tensor);
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
        let is_taken = lowering.program.outputs.contains(&tensor);
        if is_taken || matches!(lowering.op(tensor), Op::Weight | Op::Input) {
            tensor = lowering.reread(&port.name, tensor)?;
        }
        lowering.program.tensors[tensor.0 as usize]
            .name
            .clone_from(&port.name);
        let meaning = meaning::of_output(port, tensor);
        lowering.program.meanings.extend(meaning);
        lowering.program.outputs.push(tensor);
    }
    lowering.program.meanings.sort_by_key(|m| m.tensor);
    shifts::equalize(&mut lowering.program);
    lowering.program.validate()?;
    Ok(Lowered {
        program: lowering.program,
        weights: lowering.weights,
    })
}

struct Lowering<'a> {
    graph: &'a Graph,
    ranges: &'a [Range],
    /// What ends in a sigmoid or a softmax.
    full: full::Full,
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
    program: Program,
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
    /// Tables by domain, output format and function.
    tables: BTreeMap<String, TableId>,
}

/// What a tensor is made of, through virtual ones.
#[derive(Clone, Copy, Debug, Default)]
struct Virtual {
    /// Whether there is a contraction in it.
    bilinear: bool,
    /// Whether it is more than a view of one committed tensor.
    compound: bool,
}

/// A dynamic term of a sum, in integers.
struct Part<'a> {
    coefficient: f64,
    source: TensorId,
    view: &'a View,
}

impl Lowering<'_> {
    fn tensor(&self, id: TensorId) -> &Tensor {
        &self.program.tensors[id.0 as usize]
    }

    fn op(&self, id: TensorId) -> &Op {
        &self.program.nodes[id.0 as usize].op
    }

    fn push(
        &mut self,
        origin: &str,
        shape: &[usize],
        format: Format,
        op: Op,
    ) -> Result<TensorId, OnnxError> {
        let position = u32::try_from(self.program.nodes.len());
        let id = TensorId(position.map_err(|_| OnnxError::Model {
            reason: "too many tensors".into(),
        })?);
        self.program.tensors.push(Tensor {
            name: format!("{origin}#{}", id.0),
            shape: shape.to_vec(),
            low: format.low,
            high: format.high,
            scale_log2: format.scale,
        });
        let made_of = self.made_of(&op);
        self.virtuals.push(made_of);
        self.program.nodes.push(Node {
            origin: origin.to_owned(),
            output: id,
            op,
        });
        Ok(id)
    }

    fn made_of(&self, op: &Op) -> Virtual {
        let of = |id: &TensorId| self.virtuals[id.0 as usize];
        match op {
            Op::Contract { .. } => Virtual {
                bilinear: true,
                compound: true,
            },
            Op::Linear { terms } => {
                let sources = terms.iter().filter_map(|t| t.source.as_ref());
                sources.fold(Virtual::default(), |made_of, id| Virtual {
                    bilinear: made_of.bilinear || of(id).bilinear,
                    compound: made_of.compound || of(id).compound || terms.len() > 1,
                })
            }
            Op::Max { right, .. } => of(right),
            _ => Virtual::default(),
        }
    }

    /// Pushes a virtual node, whose range is its static bound.
    fn push_virtual(
        &mut self,
        origin: &str,
        shape: &[usize],
        scale: i32,
        op: Op,
    ) -> Result<TensorId, OnnxError> {
        let id = self.push(
            origin,
            shape,
            Format {
                low: 0,
                high: 0,
                scale,
            },
            op,
        )?;
        let bound = self.program.static_bound(id).unwrap_or(Interval::point(0));
        let limit = |v: i128| {
            i64::try_from(v).map_err(|_| OnnxError::Model {
                reason: format!("{origin}: sums can reach {v}, beyond 64 bits"),
            })
        };
        let (low, high) = (limit(bound.low)?, limit(bound.high)?);
        let tensor = &mut self.program.tensors[id.0 as usize];
        (tensor.low, tensor.high) = (low, high);
        Ok(id)
    }

    fn range(&self, id: LayerId) -> Range {
        self.ranges[id.0]
    }

    /// The width of an argument of a function that is steep, or of which the whole range counts.
    fn steep_bits(&self) -> u32 {
        (self.plan.widths.activations + STEEP_BITS).min(MAX_ARGUMENT_BITS)
    }

    /// The tensor that follows the layer's definition.
    fn exact(&mut self, id: LayerId) -> Result<TensorId, OnnxError> {
        if let Some(&tensor) = self.exact.get(&id) {
            return Ok(tensor);
        }
        let graph = self.graph;
        let layer = graph.layer(id);
        let origin = &layer.origin;
        let shape = &layer.shape;
        let tensor = match &layer.kind {
            Kind::Input { bounds, .. } => {
                let format = match self.indices.get(&id) {
                    Some(&classes) => self.index_format(id, classes as i64),
                    None if self.truths.contains(&id) => Format::BIT,
                    None if self.wide[id.0] => {
                        // One integer more stands for a missing value.
                        let spare = u32::from(graph.takes_missing(id));
                        let bits = wide::INPUT_BITS - spare;
                        Format::activation(wide::range(graph, self.ranges, id), bits)
                    }
                    None => match *bounds {
                        Some((low, high)) => Format {
                            low,
                            high,
                            scale: 0,
                        },
                        None if graph.is_integral(id) => {
                            self.format(id, self.plan.widths.activations, MAX_INTEGER_BITS)
                        }
                        None => self.format(id, self.plan.input(id), MAX_INTEGER_BITS),
                    },
                };
                self.push(origin, shape, format, Op::Input)?
            }
            Kind::Constant(_) => self.weight(id)?,
            Kind::Linear(terms) if graph.masked.contains_key(&id) => self.whole(id, terms)?,
            Kind::Linear(terms) => self.sum(id, terms)?,
            Kind::Contract { left, right, axes } => self.contract(id, *left, *right, *axes)?,
            Kind::Apply {
                source,
                function: Function::Clamp { low, high },
            } => {
                let source = self.argument(id, *source)?;
                let format = self.clamp_format(id, *low, *high);
                let clamped = self.rescale(origin, source, format)?;
                // An end at which the model itself clips loses nothing; one where the range ends before does.
                let unit = 2f64.powi(-self.tensor(clamped).scale_log2);
                let is_own = |bound: Option<f64>, end: i64| {
                    bound.is_some_and(|bound| (bound - end as f64 * unit).abs() <= unit)
                };
                let (is_low, is_high) = (is_own(*low, format.low), is_own(*high, format.high));
                self.limit_rescale(clamped, is_low, is_high);
                clamped
            }
            Kind::Apply {
                source,
                function: Function::Positive,
            } => {
                // Of integers: whatever is above zero is at least one unit, and saturates there. No division, so no rounding.
                let source = self.argument(id, *source)?;
                let sign =
                    self.push(origin, shape, Format::BIT, Op::Rescale { source, shift: 0 })?;
                self.limit_rescale(sign, true, true);
                sign
            }
            Kind::Apply {
                source,
                function: Function::Missing,
            } => self.missing(*source)?,
            Kind::Apply {
                source,
                function: Function::Present,
            } => self.present(id, *source)?,
            Kind::Apply { source, function } => self.map(id, *source, function)?,
            Kind::Max { left, right } => {
                let (left, right) = (self.compared(*left)?, self.compared(*right)?);
                let scale = self
                    .tensor(left)
                    .scale_log2
                    .max(self.tensor(right).scale_log2);
                let left = self.refine(origin, left, scale)?;
                let right = self.refine(origin, right, scale)?;
                self.push_virtual(origin, shape, scale, Op::Max { left, right })?
            }
            Kind::OneHot { source, taken } => {
                let bits = self.plan.widths.activations.max(ARGMAX_BITS);
                let mut source = match self.seen.contains_key(source) {
                    true => self.ordered(*source, bits)?,
                    false => self.at_width(*source, bits)?,
                };
                if !taken.is_empty() {
                    source = self.untaken(origin, source, taken)?;
                }
                self.push(origin, shape, Format::BIT, Op::OneHot { source })?
            }
            Kind::Indicator { source, wraps } => self.indicator(id, *source, *wraps)?,
            Kind::Requantize { source, rule } => self.requantize(id, *source, rule)?,
            Kind::Lookup { sources, function } => self.lookup(id, sources, function)?,
            Kind::Logits { source } => {
                let range = self.range(id);
                let exact = match self.seen.contains_key(source) {
                    true => self.hidden_sum(*source)?,
                    false => self.exact(*source)?,
                };
                let (range, bits) = match self.full.logits.contains(&id) {
                    // An input is what it is, and no wider.
                    true if wide::is_part_of_input(graph, *source) => (range, self.steep_bits()),
                    true => (full::logits(range), self.steep_bits()),
                    false => (range, self.plan.widths.activations),
                };
                let format = Format::activation(range, bits);
                let logits = self.rescale(origin, exact, format)?;
                // What a mask hides, or what is nothing beside the greatest entry, may be any number as small.
                let masked = self.seen.get(source).and(graph.masked.get(source));
                let hides = masked.is_some_and(|m| m.below)
                    || scaled(format.low as f64, -format.scale) <= range.high - LOGIT_REACH;
                self.limit_rescale(logits, hides, masked.is_some_and(|m| m.above));
                logits
            }
        };
        self.exact.insert(id, tensor);
        Ok(tensor)
    }

    /// A tensor in which entries that are taken are below all others.
    fn untaken(
        &mut self,
        origin: &str,
        source: TensorId,
        taken: &[LayerId],
    ) -> Result<TensorId, OnnxError> {
        let tensor = self.tensor(source).clone();
        let read = |coefficient, source| -> Result<Term, OnnxError> {
            Ok(Term {
                coefficient,
                source: Some(source),
                view: View::identity(tensor.shape.clone())?,
            })
        };
        let below = tensor.low - tensor.high - 1;
        let mut terms = vec![read(1, source)?];
        for &taken in taken {
            terms.push(read(below, self.exact(taken)?)?);
        }
        let op = Op::Linear { terms };
        self.push_virtual(origin, &tensor.shape, tensor.scale_log2, op)
    }

    /// The format of a layer at a width; integers stay what they are, if that takes no more than `most` bits.
    fn format(&self, id: LayerId, bits: u32, most: u32) -> Format {
        let range = self.range(id);
        if !self.graph.is_integral(id) {
            // What a function makes has ends of its own, and an input is what it was said to be.
            let is_sum = matches!(
                self.graph.layer(id).kind,
                Kind::Linear(_) | Kind::Contract { .. } | Kind::Max { .. }
            );
            return match self.unsaturated.contains(&id) {
                true => Format::unsaturated(range, bits),
                false if is_sum => Format::activation(range.with_headroom(self.headroom), bits),
                false => Format::activation(range, bits),
            };
        }
        Format::integers(range, bits, most)
            .unwrap_or_else(|| Format::activation(range, bits).at_most(0))
    }

    /// A committed tensor of an activation's width, or one that is no wider and made of such.
    fn operand(&mut self, id: LayerId) -> Result<TensorId, OnnxError> {
        let graph = self.graph;
        match &graph.layer(id).kind {
            Kind::Constant(_) => self.weight(id),
            Kind::Linear(terms) => {
                if let Some(&tensor) = self.narrow.get(&id) {
                    return Ok(tensor);
                }
                if let [
                    Summand {
                        coefficient,
                        source: Some(source),
                        view,
                    },
                ] = &terms[..]
                    && let Some((sign, exponent)) = power_of_two(*coefficient)
                    && graph.constant(*source).is_none()
                {
                    let source = self.operand(*source)?;
                    let tensor = self.tensor(source);
                    let (reach, _) = tensor.range().through(view);
                    if reach.magnitude() <= 2 * tensor.range().magnitude() {
                        let scale = tensor.scale_log2 - exponent;
                        let term = Term {
                            coefficient: sign,
                            source: Some(source),
                            view: view.clone(),
                        };
                        let layer = graph.layer(id);
                        let op = Op::Linear { terms: vec![term] };
                        let viewed = self.push_virtual(&layer.origin, &layer.shape, scale, op)?;
                        self.narrow.insert(id, viewed);
                        return Ok(viewed);
                    }
                }
                let exact = self.exact(id)?;
                if self.readers[id.0] == 1 && self.is_sum_of_committed(exact) {
                    return Ok(exact);
                }
                self.at_width(id, self.plan.widths.activations)
            }
            _ => self.at_width(id, self.plan.widths.activations),
        }
    }

    /// Whether a tensor is a sum of committed ones that is hardly wider than they are. Contracting it as it is costs less than
    /// committing to it.
    fn is_sum_of_committed(&self, id: TensorId) -> bool {
        let Op::Linear { terms } = self.op(id) else {
            return false;
        };
        let mut sources = terms.iter().filter_map(|t| t.source);
        let limit = 1 << (self.plan.widths.activations + SUM_BITS);
        sources.all(|s| !self.virtuals[s.0 as usize].compound)
            && self.tensor(id).range().magnitude() < limit
    }

    /// A tensor of at most so many bits: the exact one if it is narrow enough, else a rescale of it.
    fn at_width(&mut self, id: LayerId, bits: u32) -> Result<TensorId, OnnxError> {
        let exact = self.exact(id)?;
        let tensor = self.tensor(exact);
        // A maximum is as narrow as what it is made of, even where that has a few bits more than other activations.
        let is_narrow = tensor.high.saturating_sub(tensor.low) < 2 << MAX_ARGUMENT_BITS;
        if self.op(exact).is_committed() || (is_narrow && matches!(self.op(exact), Op::Max { .. }))
        {
            return Ok(exact);
        }
        if bits == self.plan.widths.activations
            && let Some(&tensor) = self.narrow.get(&id)
        {
            return Ok(tensor);
        }
        // Few integers stay what they are, also where calibration has not seen them all.
        let are_few = tensor.high.saturating_sub(tensor.low) < 1 << EXACT_BITS;
        let format = match self.graph.is_integral(id) && tensor.scale_log2 == 0 && are_few {
            true => Format {
                low: tensor.low,
                high: tensor.high,
                scale: 0,
            },
            false => self.format(id, bits, MAX_INTEGER_BITS),
        };
        let rescaled = self.rescale(&self.graph.layer(id).origin, exact, format)?;
        if bits == self.plan.widths.activations {
            self.narrow.insert(id, rescaled);
        }
        Ok(rescaled)
    }

    /// A rescale to a format, or to the source's scale where that is coarser.
    fn rescale(
        &mut self,
        origin: &str,
        source: TensorId,
        format: Format,
    ) -> Result<TensorId, OnnxError> {
        let tensor = self.tensor(source).clone();
        let mut format = format.at_most(tensor.scale_log2);
        // Shifted further there would be nothing left of any integer, whatever the format could hold.
        format.scale = format.scale.max(tensor.scale_log2 - MAX_SHIFT);
        let shift = u32::try_from(tensor.scale_log2 - format.scale).unwrap_or(0);
        self.push(origin, &tensor.shape, format, Op::Rescale { source, shift })
    }

    /// The format of a clamp's output: an activation's, narrowed by the bounds.
    fn clamp_format(&mut self, id: LayerId, low: Option<f64>, high: Option<f64>) -> Format {
        let bits = self.plan.widths.activations;
        let mut range = self.range(id);
        let free = range.with_headroom(self.headroom);
        range.low = range.low.min(low.map_or(free.low, |low| free.low.max(low)));
        range.high = range
            .high
            .max(high.map_or(free.high, |high| free.high.min(high)));
        let mut format = match low {
            _ if self.graph.is_integral(id) => self.format(id, bits, MAX_INTEGER_BITS),
            Some(low) if low >= 0.0 => Format::unsigned(range.high, bits),
            _ => Format::activation(
                Range {
                    low: range.low.min(-f64::MIN_POSITIVE),
                    ..range
                },
                bits,
            ),
        };
        let source = self.graph.layer(id).kind.sources()[0];
        if let Some(&source) = self.exact.get(&source) {
            format = format.at_most(self.tensor(source).scale_log2);
        }
        let bound = |real: f64| round(scaled(real, format.scale)).clamp(format.low, format.high);
        Format {
            low: low.map_or(format.low, bound),
            high: high.map_or(format.high, bound),
            scale: format.scale,
        }
    }

    /// The same integers at a finer scale.
    fn refine(
        &mut self,
        origin: &str,
        source: TensorId,
        scale: i32,
    ) -> Result<TensorId, OnnxError> {
        let tensor = self.tensor(source).clone();
        let finer = u32::try_from(scale - tensor.scale_log2).unwrap_or(0);
        if finer == 0 {
            return Ok(source);
        }
        let view = View::identity(tensor.shape.clone())?;
        let coefficient = 1i64.checked_shl(finer).unwrap_or(i64::MAX);
        let terms = vec![Term {
            coefficient,
            source: Some(source),
            view,
        }];
        self.push_virtual(origin, &tensor.shape, scale, Op::Linear { terms })
    }

    /// A weight read as it is, because a weight itself cannot be an output.
    fn reread(&mut self, origin: &str, source: TensorId) -> Result<TensorId, OnnxError> {
        let tensor = self.tensor(source).clone();
        let view = View::identity(tensor.shape.clone())?;
        let terms = vec![Term {
            coefficient: 1,
            source: Some(source),
            view,
        }];
        self.push_virtual(
            origin,
            &tensor.shape,
            tensor.scale_log2,
            Op::Linear { terms },
        )
    }

    /// A constant at the width of weights.
    fn weight(&mut self, id: LayerId) -> Result<TensorId, OnnxError> {
        let range = self.range(id);
        let bits = self.plan.weight(id);
        // Weights that a quantized model has as 8-bit integers stay these, at that width.
        let whole = (WHOLE_BITS..=EXACT_BITS)
            .chain([bits])
            .find_map(|bits| Format::integer_weight(range, bits));
        let integers = whole.filter(|_| self.graph.is_integral(id));
        self.quantized(id, integers.unwrap_or_else(|| Format::weight(range, bits)))
    }

    /// A constant to be added at a given scale, as a factor and a tensor, with as many bits as its greatest entry needs (only
    /// the width becomes public). Commitments hold 32 bits; what is wider loses low bits, which a 32-bit float does not have.
    fn constant_at(&mut self, id: LayerId, scale: i32) -> Result<(i64, TensorId), OnnxError> {
        let range = self.range(id);
        let magnitude = round(scaled(range.high.max(-range.low).max(0.0), scale));
        let bits = 64 - magnitude.leading_zeros() + 1;
        let coarser = bits.saturating_sub(MAX_CONSTANT_BITS);
        let bits = bits
            .next_multiple_of(2)
            .max(self.plan.widths.weights)
            .min(MAX_CONSTANT_BITS);
        let high = (1i64 << (bits - 1)) - 1;
        let format = Format {
            low: -high,
            high,
            scale: scale - coarser as i32,
        };
        Ok((1 << coarser, self.quantized(id, format)?))
    }

    fn quantized(&mut self, id: LayerId, format: Format) -> Result<TensorId, OnnxError> {
        if let Some(&tensor) = self.constants.get(&(id, format.scale, format.high)) {
            return Ok(tensor);
        }
        let layer = self.graph.layer(id);
        let values: &[f32] = self.graph.constant(id).map_or(&[], |v| &v[..]);
        let integers: Vec<i64> = values.iter().map(|&v| format.quantize(v.into())).collect();
        let integers = Integers::narrowest(&integers, format.low, format.high);
        let tensor = self.push(&layer.origin, &layer.shape, format, Op::Weight)?;
        self.weights
            .insert(tensor, integers.unwrap_or(Integers::I64(vec![])));
        self.constants
            .insert((id, format.scale, format.high), tensor);
        Ok(tensor)
    }

    /// Whether a tensor holds zeros and ones that mean just that.
    fn is_bits(&self, id: TensorId) -> bool {
        let tensor = self.tensor(id);
        (tensor.low, tensor.high, tensor.scale_log2) == (0, 1, 0)
    }

    /// A constant to be multiplied by bits. Products are sums of some of its entries, which keep more bits than where factors of
    /// either side are rounded. Where nothing but a sign is read of the sums, signs and zeros stay exactly these.
    fn picked(&mut self, id: LayerId, is_compared: bool) -> Result<TensorId, OnnxError> {
        let values = self.graph.constant(id);
        let is_sign = |v: &f32| [-1.0, 0.0, 1.0].contains(v);
        let format = if is_compared && values.is_some_and(|v| v.iter().all(is_sign)) {
            Format::SIGN
        } else {
            let (range, bits) = (self.range(id), self.plan.weight(id).max(PICKED_BITS));
            // Integers stay what they are: at a finer scale the greatest might be off by a unit.
            let whole = Format::integer_weight(range, bits).filter(|_| self.graph.is_integral(id));
            whole.unwrap_or_else(|| Format::weight(range, bits))
        };
        self.quantized(id, format)
    }

    fn contract(
        &mut self,
        id: LayerId,
        left: LayerId,
        right: LayerId,
        axes: Axes,
    ) -> Result<TensorId, OnnxError> {
        let is_constant = self.graph.constant(right).is_some();
        let (left, right) = if self.wide[left.0] && is_constant {
            let factors = Format::weight(self.range(right), wide::FACTOR_BITS);
            (self.exact(left)?, self.quantized(right, factors)?)
        } else {
            let left = self.operand(left)?;
            // Tables of rows that an index chooses are large, and are activations of the ordinary width.
            let is_index = matches!(self.op(left), Op::Indicator { .. });
            if self.is_bits(left) && is_constant && !is_index {
                (left, self.picked(right, self.wide[id.0])?)
            } else {
                (left, self.operand(right)?)
            }
        };
        let layer = self.graph.layer(id);
        let scale = self.tensor(left).scale_log2 + self.tensor(right).scale_log2;
        let op = Op::Contract {
            left,
            right,
            shared: axes.shared,
            left_free: axes.left_free,
            right_free: axes.right_free,
            contracted: axes.contracted,
        };
        self.push_virtual(&layer.origin, &layer.shape, scale, op)
    }

    fn sum(&mut self, id: LayerId, terms: &[Summand]) -> Result<TensorId, OnnxError> {
        let graph = self.graph;
        let mut parts = Vec::new();
        // Terms that read other entries of one source each repeat nothing.
        let masks = terms.iter().filter(|t| is_mask(&t.view)).count().max(1);
        for term in terms {
            let Some(source) = term.source.filter(|&s| graph.constant(s).is_none()) else {
                continue;
            };
            let exact = self.exact(source)?;
            // A sum that is read again and again is committed once, or every reader would repeat all that it is made of.
            let repeated = self.readers[source.0] > masks
                && self.virtuals[exact.0 as usize].compound
                && !self.wide[id.0];
            let is_wide = self.tensor(exact).range().magnitude() >= WIDEST_PART;
            let tensor = if repeated || is_wide {
                self.at_width(source, self.plan.widths.activations)?
            } else {
                exact
            };
            parts.push(Part {
                coefficient: term.coefficient,
                source: tensor,
                view: &term.view,
            });
        }
        let layer = graph.layer(id);
        let has_constants = parts.len() < terms.len();
        if let ([part], false) = (&parts[..], has_constants)
            && let Some((sign, exponent)) = power_of_two(part.coefficient)
        {
            let scale = self.tensor(part.source).scale_log2 - exponent;
            let term = Term {
                coefficient: sign,
                source: Some(part.source),
                view: part.view.clone(),
            };
            let op = Op::Linear { terms: vec![term] };
            return self.push_virtual(&layer.origin, &layer.shape, scale, op);
        }
        let scale = if self.wide[id.0] && !parts.is_empty() {
            // Rounded as what they are compared with, equal numbers stay equal.
            self.common_scale(&parts)
        } else {
            self.sum_scale(id, terms, &parts)
        };
        let mut integer_terms = Vec::new();
        for part in &parts {
            let finer = scale - self.tensor(part.source).scale_log2;
            let coefficient = round(scaled(part.coefficient, finer));
            integer_terms.push(Term {
                coefficient,
                source: Some(part.source),
                view: part.view.clone(),
            });
        }
        for term in terms {
            let (coefficient, source) = match term.source {
                None => (round(scaled(term.coefficient, scale)), None),
                Some(source) if graph.constant(source).is_some() => {
                    // A power of two in front moves the scale at which the constant is rounded.
                    match power_of_two(term.coefficient) {
                        Some((sign, exponent)) => {
                            let (factor, constant) = self.constant_at(source, scale + exponent)?;
                            (sign * factor, Some(constant))
                        }
                        None => {
                            let (factor, constant) = self.constant_at(source, scale - 12)?;
                            let coefficient = round(scaled(term.coefficient, 12));
                            (coefficient.saturating_mul(factor), Some(constant))
                        }
                    }
                }
                Some(_) => continue,
            };
            integer_terms.push(Term {
                coefficient,
                source,
                view: term.view.clone(),
            });
        }
        self.push_virtual(
            &layer.origin,
            &layer.shape,
            scale,
            Op::Linear {
                terms: integer_terms,
            },
        )
    }

    /// The scale of a sum that is as fine as its finest part.
    fn common_scale(&self, parts: &[Part<'_>]) -> i32 {
        let precision = self.plan.widths.activations as i32 + 2;
        let needed = parts.iter().map(|part| {
            self.tensor(part.source).scale_log2 + coefficient_scale(part.coefficient, precision)
        });
        needed.max().unwrap_or(0)
    }

    /// The scale of a sum: fine enough for each coefficient.
    fn sum_scale(&self, id: LayerId, terms: &[Summand], parts: &[Part<'_>]) -> i32 {
        if parts.is_empty() {
            // Constants alone: as fine as weights.
            let ranges = terms.iter().filter_map(|t| t.source.map(|s| self.range(s)));
            let scales = ranges.map(|r| Format::weight(r, self.plan.widths.weights).scale);
            return scales.max().unwrap_or(self.plan.widths.weights as i32);
        }
        let mut scale = self.common_scale(parts);
        if self.graph.is_integral(id) {
            // Even factors alone would do with less than the constants beside them need.
            scale = scale.max(0);
        }
        let is_contraction = parts
            .iter()
            .any(|p| self.virtuals[p.source.0 as usize].bilinear);
        if parts.len() < terms.len() && !self.graph.is_integral(id) {
            if !is_contraction {
                scale += GUARD_BITS;
            }
            // Sums of integers are coarse, and yet a number beside them may be a fraction.
            let sources = terms.iter().filter_map(|t| t.source);
            let mut read = sources.filter(|&s| self.graph.constant(s).is_none());
            let bits = match read.all(|s| self.graph.is_integral(s)) {
                true => PICKED_BITS,
                false => self.plan.widths.activations,
            };
            let result = Format::activation(self.range(id), bits);
            scale = scale.max(result.scale + GUARD_BITS);
        }
        scale
    }

    /// A function by its table.
    fn map(
        &mut self,
        id: LayerId,
        source_layer: LayerId,
        function: &Function,
    ) -> Result<TensorId, OnnxError> {
        let layer = self.graph.layer(id);
        let ends = self.ends(id, source_layer);
        let argument = match ends {
            Some(_) => self.seen[&source_layer],
            None => self.range(source_layer),
        };
        if !function.is_defined_on(argument.low, argument.high) {
            return Err(OnnxError::Domain {
                origin: layer.origin.clone(),
                function: function.to_string(),
                low: argument.low,
                high: argument.high,
            });
        }
        let is_score = self.full.scores.contains(&id);
        let mut bits = match function.is_steep() || is_score {
            true => self.steep_bits(),
            false => self.plan.widths.activations,
        };
        if let Some(&count) = self.full.sums.get(&source_layer) {
            bits = bits.max(full::sum_bits(count)).min(MAX_ARGUMENT_BITS);
        }
        let exact = self.argument(id, source_layer)?;
        let tensor = self.tensor(exact).clone();
        let argument = match is_score {
            // All that it can be, whatever calibration saw.
            true => Range {
                low: scaled(tensor.low as f64, -tensor.scale_log2),
                high: scaled(tensor.high as f64, -tensor.scale_log2),
            },
            false => argument,
        };
        let width = tensor.high.saturating_sub(tensor.low);
        // A wider table costs less than committing to a narrower argument, where there are as many arguments as entries.
        let is_narrow = ends.is_none()
            && (width < 1 << bits
                || (width < 2 << bits
                    && bits < MAX_ARGUMENT_BITS
                    && width <= 2 * tensor.volume() as i64));
        if *function == Function::Sqrt && !is_narrow && tensor.low >= 0 {
            return self.root(id, exact, bits);
        }
        if !is_narrow
            && !is_score
            && ends.is_none()
            && let Some(made) = self.by_bands(id, exact, function, argument, bits)?
        {
            return Ok(made);
        }
        let source = if is_narrow {
            exact
        } else if let Function::Compare(_) = function {
            // Only the sign matters, and must be exact.
            let sign = Format {
                low: -1,
                high: 1,
                scale: tensor.scale_log2,
            };
            let sign = self.rescale(&layer.origin, exact, sign)?;
            self.limit_rescale(sign, true, true);
            sign
        } else {
            let (low, high) = function.reach(argument.high);
            let free = match is_score || function.is_integral() {
                true => argument,
                false => argument.with_headroom(self.headroom),
            };
            let clipped = Range {
                low: free.low.clamp(low, high),
                high: free.high.clamp(low, high),
            };
            let clipped = ends.map_or(clipped, |ends| ends.beside(clipped, bits));
            let integers = self
                .graph
                .is_integral(source_layer)
                .then(|| Format::integers(clipped, bits, MAX_ARGUMENT_BITS));
            let format = integers
                .flatten()
                .unwrap_or_else(|| match function.is_integral() {
                    true => Format::unsaturated(clipped, bits),
                    false => Format::activation(clipped, bits),
                });
            let argument = self.rescale(&layer.origin, exact, format.at_most(tensor.scale_log2))?;
            // Beyond its reach the function is as good as constant.
            let real = |end: i64| scaled(end as f64, -self.tensor(argument).scale_log2);
            let masks = ends.unwrap_or_default();
            let is_low = masks.below.is_some() || real(format.low) <= low;
            let is_high = masks.above.is_some() || real(format.high) >= high;
            self.limit_rescale(argument, is_low, is_high);
            argument
        };
        let domain = self.tensor(source).clone();
        let value_bits = match is_score && layer.shape.iter().product::<usize>() <= full::FEW {
            true => MAX_ARGUMENT_BITS,
            false => bits,
        };
        let format = self.format(id, value_bits, MAX_INTEGER_BITS);
        if self.graph.is_integral(id) && self.graph.is_integral(source_layer) && format.scale < 0 {
            return Err(OnnxError::Model {
                reason: format!(
                    "{}: its integers reach {:e}; up to 2^{MAX_INTEGER_BITS} they can be proven",
                    layer.origin,
                    self.range(id).high.max(-self.range(id).low)
                ),
            });
        }
        let real = |x: i64| {
            let ends = ends.unwrap_or_default();
            match (ends.below, ends.above) {
                (Some(mask), _) if x == domain.low => mask,
                (_, Some(mask)) if x == domain.high => mask,
                _ => scaled(x as f64, -domain.scale_log2),
            }
        };
        let reals = (domain.low..=domain.high).map(|x| function.evaluate(real(x)));
        let reals: Vec<f64> = reals.collect();
        let values: Vec<i64> = reals.iter().map(|&real| format.quantize(real)).collect();
        let (low, high) = values
            .iter()
            .fold((i64::MAX, i64::MIN), |(l, h), &v| (l.min(v), h.max(v)));
        let table = self.table(Table {
            low: domain.low,
            values,
        });
        let format = Format {
            low,
            high,
            scale: format.scale,
        };
        let op = Op::Map { source, table };
        let made = self.push(&layer.origin, &layer.shape, format, op)?;
        self.limit_table(made, &domain, argument, &reals);
        Ok(made)
    }

    fn table(&mut self, table: Table) -> TableId {
        let key = format!("{} {:?}", table.low, table.values);
        let next = TableId(self.program.tables.len() as u32);
        let id = *self.tables.entry(key).or_insert(next);
        if id == next {
            self.program.tables.push(table);
        }
        id
    }
}

/// Whether a view leaves some entries of a tensor where they are and makes the others zero.
fn is_mask(view: &View) -> bool {
    let is_part = |step: &Step| match step {
        Step::Gather { index, .. } => (0u32..)
            .zip(index)
            .all(|(place, entry)| entry.is_none_or(|entry| entry == place)),
        Step::Merge { .. } | Step::Split { .. } => true,
        _ => false,
    };
    let gathers = |step: &Step| matches!(step, Step::Gather { .. });
    view.steps().iter().all(is_part) && view.steps().iter().any(gathers)
}

/// The least number of bits after the point with which a coefficient is exact, or has this relative precision.
fn coefficient_scale(coefficient: f64, precision: i32) -> i32 {
    if coefficient == 0.0 {
        return 0;
    }
    let fits = |bits: i32| {
        let integer = scaled(coefficient, bits);
        (integer.fract() == 0.0 && integer != 0.0) || integer.abs() >= 2f64.powi(precision)
    };
    let greatest = precision - coefficient.abs().log2().floor() as i32;
    (greatest.min(0) - 40..=greatest)
        .find(|&bits| fits(bits))
        .unwrap_or(greatest)
}
