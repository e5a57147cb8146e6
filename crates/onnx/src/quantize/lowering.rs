//! Layer by layer: which integers stand for a layer, and where they are rescaled.
//!
//! A layer may stand in the program in two ways. Its *exact* tensor follows the layer's definition on the tensors of its sources: it is
//! virtual for sums and contractions, with as many bits as the bounds need. Its *narrow* tensor has the width of an
//! activation and may be an operand of a contraction; it is made by a rescale of the exact one, once, when something asks
//! for it. A clamp (a ReLU) is itself a rescale of its source's exact tensor, so it costs nothing more.

mod bands;
mod constants;
mod function;
mod hidden;
mod indices;
mod limits;
mod lookup;
mod meaning;
mod missing;
mod quotient;
mod reciprocal;
mod requantization;
mod root;
mod sum;

use super::scale::{Format, round, scaled};
use super::{Plan, full, roles, shifts, wide};
use crate::OnnxError;
use crate::calibrate::{Calibration, Range};
use crate::function::Function;
use crate::graph::{Axes, Divisor, Graph, Kind, LOGIT_REACH, LayerId, Summand, power_of_two};
use crate::import::Port;
use inferproof_program::{
    BoundWeights, Contract, Interval, Linear, Max, Node, OneHot, Op, Program, Rescale, Table,
    TableId, Tensor, TensorId, Term, Weights,
};
use inferproof_view::View;
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
    let program = lowering.program.validated()?;
    Ok(program.bind(lowering.weights)?)
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
            Op::Contract(_) => Virtual {
                bilinear: true,
                compound: true,
            },
            Op::Linear(Linear { terms }) => {
                let sources = terms.iter().filter_map(|t| t.source.as_ref());
                sources.fold(Virtual::default(), |made_of, id| Virtual {
                    bilinear: made_of.bilinear || of(id).bilinear,
                    compound: made_of.compound || of(id).compound || terms.len() > 1,
                })
            }
            Op::Max(Max { right, .. }) => of(right),
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
                            self.format(id, self.plan.widths.activations, MAX_INPUT_BITS)
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
                let sign = self.push(
                    origin,
                    shape,
                    Format::BIT,
                    Op::Rescale(Rescale { source, shift: 0 }),
                )?;
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
                self.push_virtual(origin, shape, scale, Op::Max(Max { left, right }))?
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
                self.push(origin, shape, Format::BIT, Op::OneHot(OneHot { source }))?
            }
            Kind::Indicator { source, wraps } => self.indicator(id, *source, *wraps)?,
            Kind::Requantize { source, rule } => self.requantize(id, *source, rule)?,
            Kind::Lookup { sources, function } => self.lookup(id, sources, function)?,
            Kind::Quotient { left, divisor } => match divisor {
                Divisor::Number(number) => self.quotient_by_number(id, *left, *number)?,
                Divisor::Layer(right) => self.quotient(id, *left, *right)?,
            },
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
        let op = Op::Linear(Linear { terms });
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
                        let op = Op::Linear(Linear { terms: vec![term] });
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
        let Op::Linear(Linear { terms }) = self.op(id) else {
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
        if self.op(exact).is_committed() || (is_narrow && matches!(self.op(exact), Op::Max(_))) {
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
        self.push(
            origin,
            &tensor.shape,
            format,
            Op::Rescale(Rescale { source, shift }),
        )
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
        self.push_virtual(origin, &tensor.shape, scale, Op::Linear(Linear { terms }))
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
            Op::Linear(Linear { terms }),
        )
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
            let is_index = matches!(self.op(left), Op::Indicator(_));
            if self.is_bits(left) && is_constant && !is_index {
                (left, self.picked(right, self.wide[id.0])?)
            } else if is_constant && self.graph.is_integral(id) {
                (left, self.whole_weight(right)?)
            } else {
                (left, self.operand(right)?)
            }
        };
        let layer = self.graph.layer(id);
        let scale = self.tensor(left).scale_log2 + self.tensor(right).scale_log2;
        let op = Op::Contract(Contract {
            left,
            right,
            shared: axes.shared,
            left_free: axes.left_free,
            right_free: axes.right_free,
            contracted: axes.contracted,
        });
        self.push_virtual(&layer.origin, &layer.shape, scale, op)
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
