//! Pooling and reductions.

use super::shape::slice;
use super::{Context, Imported, Importer, refuse};
use crate::function::Function;
use crate::graph::{Kind, LayerId, Summand};
use inferproof_view::Step;
use std::collections::BTreeSet;
use tract_onnx::tract_core::ops::cnn::{MaxPool, PoolSpec, SumPool};
use tract_onnx::tract_core::ops::nn::{Reduce, Reducer};

/// The windows of a pool along one axis: the source indices that each position reads.
struct Windows {
    axis: usize,
    source: usize,
    kernel: usize,
    stride: usize,
    dilation: usize,
    pad: usize,
    pad_after: usize,
    positions: usize,
}

impl Windows {
    fn of(spec: &PoolSpec, shape: &[usize]) -> Vec<Self> {
        let format = spec.data_format;
        let first = usize::from(format.has_n()) + usize::from(!format.c_is_last());
        let spatial = &shape[first..][..spec.kernel_shape.len()];
        let padding = spec.computed_padding(spatial);
        let windows = padding.iter().enumerate().map(|(i, pad)| Self {
            axis: first + i,
            source: spatial[i],
            kernel: spec.kernel_shape[i],
            stride: spec.stride(i),
            dilation: spec.dilation(i),
            pad: pad.pad_before,
            pad_after: pad.pad_after,
            positions: pad.convoluted,
        });
        windows.collect()
    }

    /// The source index that a position reads at a kernel offset; `None` in the padding.
    fn read(&self, position: usize, offset: usize) -> Option<usize> {
        let at = position * self.stride + offset * self.dilation;
        at.checked_sub(self.pad).filter(|&at| at < self.source)
    }

    /// How many source indices a position reads.
    fn count(&self, position: usize) -> usize {
        (0..self.kernel)
            .filter(|&k| self.read(position, k).is_some())
            .count()
    }

    /// How many indices of the padded source a position reads: with `ceil_mode` the last window may go beyond.
    fn count_padded(&self, position: usize) -> usize {
        let end = self.pad + self.source + self.pad_after;
        (0..self.kernel)
            .filter(|k| position * self.stride + k * self.dilation < end)
            .count()
    }

    /// For each position, the source index at this kernel offset, or where that is padding, another of the same window: a
    /// maximum does not change when an entry is repeated.
    fn tap(&self, offset: usize) -> Option<Step> {
        let index: Option<Vec<Option<u32>>> = (0..self.positions)
            .map(|p| {
                let inside = self
                    .read(p, offset)
                    .or_else(|| (0..self.kernel).find_map(|k| self.read(p, k)));
                inside.and_then(|i| u32::try_from(i).ok()).map(Some)
            })
            .collect();
        let index = index?;
        let Self { axis, source, .. } = *self;
        let start = i64::from(index[0]?);
        let step = i64::try_from(self.stride).ok()?;
        let is_slice = (0i64..)
            .zip(&index)
            .all(|(i, &at)| at.map(i64::from) == Some(start + i * step));
        Some(if is_slice {
            Step::Slice {
                axis,
                source,
                start,
                step,
                len: self.positions,
            }
        } else {
            Step::Gather {
                axis,
                source,
                index,
            }
        })
    }
}

impl Importer<'_> {
    /// The maximum along each axis in turn, pairwise along the window.
    pub(super) fn max_pool(&mut self, context: &Context<'_>, op: &MaxPool) -> Imported<LayerId> {
        if op.with_index_outputs.is_some() {
            return refuse("the second output (the indices) is not supported");
        }
        let mut pooled = context.inputs[0];
        for windows in Windows::of(&op.pool_spec, self.graph.shape(pooled)) {
            let mut taps = Vec::new();
            for offset in 0..windows.kernel {
                let Some(step) = windows.tap(offset) else {
                    return refuse("a window that lies in the padding altogether");
                };
                taps.push(self.graph.view(&context.origin, pooled, vec![step])?);
            }
            let greatest = taps
                .into_iter()
                .reduce(|a, b| self.graph.max(&context.origin, a, b));
            pooled = greatest.unwrap_or(pooled);
        }
        Ok(pooled)
    }

    /// The sum or mean over windows. Where the count of a mean differs between positions (padding is not counted at the
    /// borders), positions of one count are one term.
    pub(super) fn sum_pool(&mut self, context: &Context<'_>, op: &SumPool) -> Imported<LayerId> {
        let source = context.inputs[0];
        let windows = Windows::of(&op.pool_spec, self.graph.shape(source));
        let mut steps = Vec::new();
        for w in &windows {
            let Windows {
                axis,
                source,
                kernel,
                stride,
                dilation,
                pad,
                pad_after: _,
                positions,
            } = *w;
            steps.push(Step::Window {
                axis,
                source,
                positions,
                kernel,
                stride,
                dilation,
                pad,
            });
            steps.push(Step::Reduce {
                axis: axis + 1,
                source: kernel,
                weights: None,
            });
        }
        if !op.normalize {
            return Ok(self.graph.view(&context.origin, source, steps)?);
        }
        let counts = |w: &Windows| -> BTreeSet<usize> {
            if op.count_include_pad {
                (0..w.positions).map(|p| w.count_padded(p)).collect()
            } else {
                (0..w.positions).map(|p| w.count(p)).collect()
            }
        };
        // Every choice of one count for each axis.
        let mut classes: Vec<Vec<usize>> = vec![vec![]];
        for w in &windows {
            classes = classes
                .iter()
                .flat_map(|class| {
                    counts(w)
                        .into_iter()
                        .map(move |n| [&class[..], &[n]].concat())
                })
                .collect();
        }
        let uniform = classes.len() == 1;
        let mut terms: Vec<Summand> = Vec::new();
        for class in classes {
            let size: usize = class.iter().product();
            if size == 0 {
                continue;
            }
            let mut steps = steps.clone();
            for (w, &count) in windows.iter().zip(&class).filter(|_| !uniform) {
                let own = |p: usize| u32::try_from(p).ok().filter(|_| w.count(p) == count);
                let index = (0..w.positions).map(own).collect();
                steps.push(Step::Gather {
                    axis: w.axis,
                    source: w.positions,
                    index,
                });
            }
            terms.push(self.graph.summand(1.0 / size as f64, source, steps)?);
        }
        Ok(self.graph.sum(&context.origin, terms))
    }

    pub(super) fn reduce(&mut self, context: &Context<'_>, op: &Reduce) -> Imported<LayerId> {
        let source = context.inputs[0];
        match op.reducer {
            Reducer::MeanOfSquares => self.reduced_squares(context, source, &op.axes, true),
            Reducer::Sum => {
                if let Kind::Apply {
                    source: squared,
                    function: Function::Square,
                } = self.graph.layer(source).kind
                {
                    return self.reduced_squares(context, squared, &op.axes, false);
                }
                let shape = self.graph.shape(source);
                let axes = op.axes.iter().flat_map(|&axis| {
                    [
                        Step::Reduce {
                            axis,
                            source: shape[axis],
                            weights: None,
                        },
                        Step::Insert { axis, len: 1 },
                    ]
                });
                let steps = axes.collect();
                Ok(self.graph.view(&context.origin, source, steps)?)
            }
            Reducer::Max => self.reduce_max(context, op, 1.0),
            Reducer::Min => self.reduce_max(context, op, -1.0),
            Reducer::ArgMax(last) => self.arg_max(context, op, last, 1.0),
            Reducer::ArgMin(last) => self.arg_max(context, op, last, -1.0),
            Reducer::Prod => self.reduced_product(context, op),
            ref other => refuse(format!("a reduction by {other:?}")),
        }
    }

    /// The product along axes, by halving.
    fn reduced_product(&mut self, context: &Context<'_>, op: &Reduce) -> Imported<LayerId> {
        let origin = &context.origin;
        let mut source = context.inputs[0];
        for &axis in &op.axes {
            loop {
                let shape = self.graph.shape(source).to_vec();
                let half = shape[axis] / 2;
                if half == 0 {
                    break;
                }
                let part = |start: usize, len| vec![slice(axis, &shape, start as i64, 1, len)];
                let left = self.graph.view(origin, source, part(0, half))?;
                let right = self.graph.view(origin, source, part(half, half))?;
                let mut products = vec![self.graph.entrywise(origin, left, right)];
                if shape[axis] % 2 == 1 {
                    products.push(self.graph.view(origin, source, part(2 * half, 1))?);
                }
                source = self.joined(origin, &products, axis)?;
            }
        }
        Ok(source)
    }

    fn reduce_max(&mut self, context: &Context<'_>, op: &Reduce, sign: f64) -> Imported<LayerId> {
        let origin = &context.origin;
        let mut source = self.graph.scaled(origin, sign, context.inputs[0], vec![])?;
        for &axis in &op.axes {
            source = self.greatest(origin, source, axis)?;
        }
        Ok(self.graph.scaled(origin, sign, source, vec![])?)
    }

    /// The maximum along an axis, which keeps length one, by halving: where a length is odd the middle entry is compared with
    /// itself.
    pub(super) fn greatest(
        &mut self,
        origin: &str,
        source: LayerId,
        axis: usize,
    ) -> Imported<LayerId> {
        let mut source = source;
        loop {
            let len = self.graph.shape(source)[axis];
            if len <= 1 {
                return Ok(source);
            }
            let half = len.div_ceil(2);
            let part = |start: usize| Step::Slice {
                axis,
                source: len,
                start: start as i64,
                step: 1,
                len: half,
            };
            let left = self.graph.view(origin, source, vec![part(0)])?;
            let right = self.graph.view(origin, source, vec![part(len - half)])?;
            source = self.graph.max(origin, left, right);
        }
    }

    fn arg_max(
        &mut self,
        context: &Context<'_>,
        op: &Reduce,
        last: bool,
        sign: f64,
    ) -> Imported<LayerId> {
        let [axis] = op.axes[..] else {
            return refuse("the index of a maximum over several axes");
        };
        let shape = self.graph.shape(context.inputs[0]).to_vec();
        let (rank, len) = (shape.len(), shape[axis]);
        let order = (0..rank).filter(|&a| a != axis).chain([axis]);
        let mut steps = vec![Step::Permute(order.collect())];
        let mut indices: Vec<i64> = (0i64..).take(len).collect();
        if last {
            let start = len as i64 - 1;
            steps.push(Step::Slice {
                axis: rank - 1,
                source: len,
                start,
                step: -1,
                len,
            });
            indices.reverse();
        }
        let source = self
            .graph
            .scaled(&context.origin, sign, context.inputs[0], steps)?;
        let hot_shape = self.graph.shape(source).to_vec();
        let hot = self.graph.push(
            &context.origin,
            hot_shape,
            Kind::OneHot {
                source,
                taken: vec![],
            },
        );
        let steps = vec![
            Step::Reduce {
                axis: rank - 1,
                source: len,
                weights: Some(indices),
            },
            Step::Insert { axis, len: 1 },
        ];
        Ok(self.graph.view(&context.origin, hot, steps)?)
    }
}
