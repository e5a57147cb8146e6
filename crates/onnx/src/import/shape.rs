//! Operations that only move numbers about: each is a view.

use super::elementwise::is_integral;
use super::logic::masking;
use super::{Context, Imported, Importer, Refusal, asked, numbers, refuse};
use crate::function::{Comparison, Function};
use crate::graph::{Axes, Graph, LayerId, Summand};
use inferproof_view::Step;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops;
use tract_onnx::tract_core::ops::array::{PadMode, StridedSlice};
use tract_onnx::tract_core::ops::change_axes::AxisOp;

impl Importer<'_> {
    /// Every operation that is none of the arithmetic ones.
    pub(super) fn rearrangement(&mut self, context: &Context<'_>) -> Imported<LayerId> {
        let op = &context.node.op;
        if let Some(op) = op.downcast_ref::<ops::array::TypedConcat>() {
            return self.joined(&context.origin, &context.inputs, op.axis);
        }
        if let Some(op) = op.downcast_ref::<ops::array::Pad>() {
            return self.pad(context, op);
        }
        let Some(&source) = context.inputs.first() else {
            return refuse("this operation has no import");
        };
        let shape = self.graph.shape(source).to_vec();
        let steps = if let Some(op) = op.downcast_ref::<AxisOp>() {
            axis_op(op, &shape)?
        } else if let Some(op) = op.downcast_ref::<ops::array::Slice>() {
            let start = concrete(&op.start)?;
            vec![slice(
                op.axis,
                &shape,
                start,
                1,
                context.output_shape[op.axis],
            )]
        } else if let Some(op) = op.downcast_ref::<ops::Downsample>() {
            let start = if op.stride > 0 {
                op.modulo
            } else {
                shape[op.axis] - 1 - op.modulo
            };
            let len = context.output_shape[op.axis];
            vec![slice(op.axis, &shape, start as i64, op.stride as i64, len)]
        } else if op.is::<ops::array::MultiBroadcastTo>() {
            broadcast(&shape, &context.output_shape)?
        } else if let Some(op) = op.downcast_ref::<ops::array::Tile>() {
            tile(op, &shape)?
        } else if let Some(op) = op.downcast_ref::<ops::array::Gather>() {
            let is_computed = |&id: &LayerId| self.graph.constant(id).is_none();
            if let Some(indices) = context.inputs.get(1).copied().filter(is_computed) {
                return self.gather_computed(context, op.axis, source, indices);
            }
            self.gather(context, op.axis)?
        } else if let Some(op) = op.downcast_ref::<ops::nn::NearestUpsample>() {
            upsample(op, &shape)
        } else if op.is::<StridedSlice>() {
            return refuse("a slice whose bounds are computed; export it with constant bounds");
        } else if let Some(op) = op.downcast_ref::<ops::cast::Cast>() {
            return self.cast(context, op.to);
        } else if op.is::<ops::identity::Identity>() {
            vec![]
        } else {
            return refuse("this operation has no import");
        };
        Ok(self.graph.view(&context.origin, source, steps)?)
    }

    fn cast(&mut self, context: &Context<'_>, to: DatumType) -> Imported<LayerId> {
        let from = self.model.outlet_fact(context.node.inputs[0]);
        let from = from.map_err(|e| Refusal(e.to_string()))?.datum_type;
        let is_number = |t: DatumType| t.is_float() || is_integral(t);
        if !is_number(from) || !is_number(to) {
            return refuse(format!(
                "a cast from {from:?} to {to:?}; only casts among numbers are supported"
            ));
        }
        let source = context.inputs[0];
        if to == bool::datum_type() && from != to {
            let comparison = Function::Compare(Comparison::NotEqual);
            return Ok(self.apply(context, source, comparison));
        }
        if from.is_float() && is_integral(to) {
            return Ok(self.apply(context, source, Function::Truncate));
        }
        Ok(source)
    }

    /// Tensors one after the other along an axis.
    pub(super) fn joined(
        &mut self,
        origin: &str,
        parts: &[LayerId],
        axis: usize,
    ) -> Imported<LayerId> {
        let total: usize = parts.iter().map(|&part| self.graph.shape(part)[axis]).sum();
        let mut terms = Vec::new();
        let mut offset = 0i64;
        for &part in parts {
            let shape = self.graph.shape(part).to_vec();
            let embed = slice(axis, &shape, -offset, 1, total);
            terms.push(self.graph.summand(1.0, part, vec![embed])?);
            offset += shape[axis] as i64;
        }
        Ok(self.graph.sum(origin, terms))
    }

    /// Sums of the entries up to each one. The core operation sums what comes after.
    pub(super) fn cumulative_sum(
        &mut self,
        context: &Context<'_>,
        op: &ops::array::CumSum,
    ) -> Imported<LayerId> {
        let source = context.inputs[0];
        let len = self.graph.shape(source)[op.axis];
        let reverse = Step::Slice {
            axis: op.axis,
            source: len,
            start: len as i64 - 1,
            step: -1,
            len,
        };
        let after = Step::SuffixSum { axis: op.axis, len };
        let steps = match op.reverse {
            true => vec![after],
            false => vec![reverse.clone(), after, reverse],
        };
        let mut terms = vec![self.graph.summand(1.0, source, steps)?];
        if !op.exclusive {
            terms.push(self.graph.summand(1.0, source, vec![])?);
        }
        Ok(self.graph.sum(&context.origin, terms))
    }

    /// Codes of indices along an axis, with two numbers for what is meant and what is not.
    pub(super) fn one_hot(
        &mut self,
        context: &Context<'_>,
        op: &ops::array::OneHot,
    ) -> Imported<LayerId> {
        let source = context.inputs[0];
        if !self.graph.is_integral(source) {
            return refuse("indices that are computed from floats");
        }
        let number = |tensor: &Tensor| -> Imported<f64> {
            Ok(numbers(tensor)?.first().copied().unwrap_or(0.0).into())
        };
        let (on, off) = (number(&op.on)?, number(&op.off)?);
        let codes = self.graph.indicator(&context.origin, source, op.dim, true);
        let rank = self.graph.shape(codes).len();
        let mut order: Vec<usize> = (0..rank - 1).collect();
        order.insert(op.axis, rank - 1);
        let mut terms = vec![
            self.graph
                .summand(on - off, codes, vec![Step::Permute(order)])?,
        ];
        if off != 0.0 {
            terms.push(Graph::fill(off, &context.output_shape)?);
        }
        Ok(self.graph.sum(&context.origin, terms))
    }

    /// The upper or lower triangle: the front end's own operation is asked which entries of a matrix of ones it keeps.
    pub(super) fn triangle(&mut self, context: &Context<'_>) -> Imported<LayerId> {
        let failed = |e: TractError| Refusal(e.to_string());
        let shape = context.output_shape.clone();
        let Some(matrix) = shape.len().checked_sub(2).map(|outer| &shape[outer..]) else {
            return refuse("a triangle of what is no matrix");
        };
        let fact = self.model.outlet_fact(context.node.inputs[1]);
        let Some(diagonal) = fact.map_err(failed)?.konst.clone() else {
            return refuse("a diagonal that is computed; it must be a constant");
        };
        let ones = Tensor::from_shape(matrix, &vec![1f32; matrix.iter().product()]);
        let inputs = tvec!(ones.map_err(failed)?.into_tvalue(), diagonal.into_tvalue());
        let kept = asked(&*context.node.op, inputs)?;
        let mask = std::sync::Arc::new(numbers(&kept[0])?);
        let masking = masking(&mask, matrix, &shape, true)?;
        Ok(self
            .graph
            .view(&context.origin, context.inputs[0], masking)?)
    }

    fn pad(&mut self, context: &Context<'_>, op: &ops::array::Pad) -> Imported<LayerId> {
        let source = context.inputs[0];
        let shape = self.graph.shape(source).to_vec();
        let PadMode::Constant(value) = &op.mode else {
            let is_edge = matches!(op.mode, PadMode::Edge);
            let pads = op.pads.iter().zip(&shape).enumerate();
            let repeated = pads.filter(|(_, (pads, _))| **pads != (0, 0)).map(
                |(axis, (&(before, after), &len))| {
                    let entry = |at: usize| {
                        let at = at as i64 - before as i64;
                        u32::try_from(mirrored(at, len as i64, is_edge)).ok()
                    };
                    Step::Gather {
                        axis,
                        source: len,
                        index: (0..before + len + after).map(entry).collect(),
                    }
                },
            );
            let steps = repeated.collect();
            return Ok(self.graph.view(&context.origin, source, steps)?);
        };
        let value = numbers(value)?.first().copied().unwrap_or(0.0);
        let sizes = op.pads.iter().enumerate();
        let embed: Vec<Step> = sizes
            .filter(|(_, pads)| **pads != (0, 0))
            .map(|(axis, &(before, _))| {
                slice(
                    axis,
                    &shape,
                    -(before as i64),
                    1,
                    context.output_shape[axis],
                )
            })
            .collect();
        if value == 0.0 {
            return Ok(self.graph.view(&context.origin, source, embed)?);
        }
        // value everywhere, less value where the source is, plus the source.
        let inside = Graph::fill(-f64::from(value), &shape)?;
        let view = embed
            .iter()
            .cloned()
            .try_fold(inside.view, |view, step| view.then(step))?;
        let terms = vec![
            self.graph.summand(1.0, source, embed)?,
            Graph::fill(value.into(), &context.output_shape)?,
            Summand { view, ..inside },
        ];
        Ok(self.graph.sum(&context.origin, terms))
    }

    /// Entries along an axis by computed indices: the product with the indices' one-hot codes.
    fn gather_computed(
        &mut self,
        context: &Context<'_>,
        axis: usize,
        source: LayerId,
        indices: LayerId,
    ) -> Imported<LayerId> {
        if !self.graph.is_integral(indices) {
            return refuse("indices that are computed from floats");
        }
        let origin = &context.origin;
        let shape = self.graph.shape(source).to_vec();
        let index_rank = self.graph.shape(indices).len();
        let codes = self.graph.indicator(origin, indices, shape[axis], true);
        // [I.., k] times [A.., k] is [I.., A..], of which the indices' axes go where the axis was.
        let order = (0..shape.len()).filter(|&a| a != axis).chain([axis]);
        let entries = self
            .graph
            .view(origin, source, vec![Step::Permute(order.collect())])?;
        let axes = Axes {
            shared: 0,
            left_free: index_rank,
            right_free: shape.len() - 1,
            contracted: 1,
        };
        let product = self.graph.contract(origin, codes, entries, axes);
        let before = index_rank..index_rank + axis;
        let after = index_rank + axis..index_rank + shape.len() - 1;
        let order = before.chain(0..index_rank).chain(after);
        Ok(self
            .graph
            .view(origin, product, vec![Step::Permute(order.collect())])?)
    }

    fn gather(&mut self, context: &Context<'_>, axis: usize) -> Imported<Vec<Step>> {
        let shape = self.graph.shape(context.inputs[0]);
        let Some(&indices) = context.inputs.get(1) else {
            return refuse("it has no indices");
        };
        let Some(values) = self.graph.constant(indices) else {
            return refuse("its indices are not constant");
        };
        let len = shape[axis];
        let index = values.iter().map(|&i| {
            let i = i as i64;
            let at = if i < 0 { i + len as i64 } else { i };
            u32::try_from(at)
                .ok()
                .filter(|&at| (at as usize) < len)
                .map(Some)
        });
        let Some(index) = index.collect::<Option<Vec<_>>>() else {
            return refuse("an index is out of range");
        };
        let sizes = self.graph.shape(indices).to_vec();
        let gather = Step::Gather {
            axis,
            source: len,
            index,
        };
        Ok(vec![gather, Step::Split { axis, sizes }])
    }
}

/// The entry that stands at a place outside an axis: the nearest, or the one mirrored at the border, which is not repeated.
fn mirrored(at: i64, len: i64, is_edge: bool) -> i64 {
    if is_edge || len == 1 {
        return at.clamp(0, len - 1);
    }
    let period = 2 * (len - 1);
    let at = at.rem_euclid(period);
    at.min(period - at)
}

/// A slice of one axis: `start`, `step`, and how many.
pub(super) fn slice(axis: usize, shape: &[usize], start: i64, step: i64, len: usize) -> Step {
    Step::Slice {
        axis,
        source: shape[axis],
        start,
        step,
        len,
    }
}

/// The steps that bring one shape to another of the same rank, repeating axes of length one.
pub(super) fn broadcast(from: &[usize], to: &[usize]) -> Imported<Vec<Step>> {
    let mut steps = Vec::new();
    let extra = to.len().checked_sub(from.len());
    let Some(extra) = extra else {
        return refuse(format!(
            "a tensor of shape {from:?} cannot be broadcast to {to:?}"
        ));
    };
    for (axis, &len) in to.iter().enumerate().take(extra) {
        steps.push(Step::Insert { axis, len });
    }
    for (axis, &len) in to.iter().enumerate().skip(extra) {
        match from[axis - extra] {
            have if have == len => {}
            1 => steps.extend([
                Step::Reduce {
                    axis,
                    source: 1,
                    weights: None,
                },
                Step::Insert { axis, len },
            ]),
            _ => {
                return refuse(format!(
                    "a tensor of shape {from:?} cannot be broadcast to {to:?}"
                ));
            }
        }
    }
    Ok(steps)
}

fn concrete(dim: &TDim) -> Imported<i64> {
    dim.to_i64().map_err(|e| Refusal(e.to_string()))
}

fn axis_op(op: &AxisOp, shape: &[usize]) -> Imported<Vec<Step>> {
    Ok(match op {
        AxisOp::Add(axis) => vec![Step::Insert {
            axis: *axis,
            len: 1,
        }],
        AxisOp::Rm(axis) => vec![Step::Reduce {
            axis: *axis,
            source: 1,
            weights: None,
        }],
        AxisOp::Move(from, to) => {
            let mut permutation: Vec<usize> = (0..shape.len()).collect();
            let moved = permutation.remove(*from);
            permutation.insert(*to, moved);
            vec![Step::Permute(permutation)]
        }
        AxisOp::Reshape(at, from, to) => {
            let sizes = |dims: &[TDim]| -> Imported<Vec<usize>> {
                let sizes = dims.iter().map(|d| Ok(usize::try_from(concrete(d)?)?));
                sizes.collect()
            };
            reshape(*at, &sizes(from)?, &sizes(to)?)
        }
    })
}

/// Reads axes `from`, which start at axis `at`, as axes `to`, along their common refinement: only axes that do not line up
/// are merged.
fn reshape(at: usize, from: &[usize], to: &[usize]) -> Vec<Step> {
    let mut steps = Vec::new();
    let (mut i, mut j, mut axis) = (0, 0, at);
    while i < from.len() || j < to.len() {
        let (start_i, start_j) = (i, j);
        let (mut a, mut b) = (1, 1);
        loop {
            if a == b && i > start_i && j > start_j {
                break;
            }
            if i < from.len() && (a <= b || j == to.len()) {
                a *= from[i];
                i += 1;
            } else if j < to.len() {
                b *= to[j];
                j += 1;
            } else {
                break;
            }
        }
        // What is left at the ends has length one.
        while a == b && j == to.len() && i < from.len() && from[i] == 1 {
            i += 1;
        }
        while a == b && i == from.len() && j < to.len() && to[j] == 1 {
            j += 1;
        }
        if i == start_i {
            for k in 0..j - start_j {
                steps.push(Step::Insert {
                    axis: axis + k,
                    len: 1,
                });
            }
        } else if from[start_i..i] != to[start_j..j] {
            steps.push(Step::Merge {
                axis,
                sizes: from[start_i..i].to_vec(),
            });
            steps.push(Step::Split {
                axis,
                sizes: to[start_j..j].to_vec(),
            });
        }
        axis += j - start_j;
    }
    let trivial = |s: &Step| matches!(s, Step::Merge { sizes, .. } | Step::Split { sizes, .. } if sizes.len() == 1);
    steps.retain(|s| !trivial(s));
    steps
}

fn tile(op: &ops::array::Tile, shape: &[usize]) -> Imported<Vec<Step>> {
    let mut steps = Vec::new();
    for (axis, (&len, times)) in shape.iter().zip(&op.multipliers).enumerate() {
        let times = usize::try_from(concrete(times)?)?;
        if times != 1 {
            let index = (0..len * times).map(|i| u32::try_from(i % len).ok());
            steps.push(Step::Gather {
                axis,
                source: len,
                index: index.collect(),
            });
        }
    }
    Ok(steps)
}

fn upsample(op: &ops::nn::NearestUpsample, shape: &[usize]) -> Vec<Step> {
    let scales = op.scales.iter().enumerate();
    let steps = scales.filter(|(_, s)| **s != 1).map(|(axis, &scale)| {
        let len = shape[axis];
        let index = (0..len * scale).map(|i| u32::try_from(i / scale).ok());
        Step::Gather {
            axis,
            source: len,
            index: index.collect(),
        }
    });
    steps.collect()
}
