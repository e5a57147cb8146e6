//! Products of tensors: matrix products of any shape, and convolutions.
//!
//! Both become views that bring the operands to `[S.., F.., K..]` and `[S.., G.., K..]`, a contraction, and a view of the result. A
//! constant operand is rearranged at import, and always stands on the right. Scales and offsets per output channel that
//! follow (a bias, a batch normalization) are folded into the constant and a bias.

use super::{Context, Imported, Importer, refuse};
use crate::graph::{Axes, Kind, LayerId, Summand};
use inferproof_view::{Step, View};
use std::sync::Arc;
use tract_onnx::prelude::tract_itertools::Itertools;
use tract_onnx::tract_core::axes::Axis;
use tract_onnx::tract_core::ops::cnn::{Conv, Deconv, KernelFormat, PoolSpec};
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::nn::DataFormat;

/// A contraction with constant weights, kept apart so that what follows can still be folded into it.
#[derive(Clone)]
pub(super) struct Foldable {
    left: LayerId,
    /// The weights, `[S.., G.., K..]`; the output's channels are the `S.., G..` in row-major order.
    weights: Arc<Vec<f32>>,
    weights_shape: Vec<usize>,
    axes: Axes,
    /// From the contraction's `[S.., F.., G..]` to the output.
    finish: Vec<Step>,
    /// The output's axis of channels.
    channel_axis: usize,
    /// One number for each channel.
    bias: Option<Vec<f32>>,
}

/// What follows a contraction: `x * scale + offset`, with one number for each channel.
pub(super) enum Follow<'a> {
    Scale(&'a [f32]),
    Offset(&'a [f32]),
}

impl Importer<'_> {
    /// Builds a contraction with its bias and remembers it as foldable.
    fn build(&mut self, origin: &str, foldable: Foldable) -> Imported<LayerId> {
        let weights = self.graph.push(
            origin,
            foldable.weights_shape.clone(),
            Kind::Constant(foldable.weights.clone()),
        );
        let product = self
            .graph
            .contract(origin, foldable.left, weights, foldable.axes);
        let mut output = self.graph.view(origin, product, foldable.finish.clone())?;
        if let Some(bias) = &foldable.bias {
            let shape = self.graph.shape(output).to_vec();
            let bias = self
                .graph
                .add_constant(origin, vec![bias.len()], bias.clone());
            let axes = shape
                .iter()
                .enumerate()
                .filter(|(axis, _)| *axis != foldable.channel_axis);
            let steps = axes
                .map(|(axis, &len)| Step::Insert { axis, len })
                .collect();
            let terms = vec![
                self.graph.summand(1.0, output, vec![])?,
                Summand {
                    coefficient: 1.0,
                    source: Some(bias),
                    view: View::new(self.graph.shape(bias).to_vec(), steps)?,
                },
            ];
            output = self.graph.sum(origin, terms);
        }
        self.foldable.insert(output, foldable);
        Ok(output)
    }

    /// What a tensor is a multiple of, and the factor: constant weights can take the factor over.
    fn without_factor(&mut self, origin: &str, source: LayerId) -> Imported<(LayerId, f64)> {
        let Kind::Linear(terms) = &self.graph.layer(source).kind else {
            return Ok((source, 1.0));
        };
        let [
            Summand {
                coefficient,
                source: Some(inner),
                view,
            },
        ] = &terms[..]
        else {
            return Ok((source, 1.0));
        };
        let (factor, inner, steps) = (*coefficient, *inner, view.steps().to_vec());
        Ok((self.graph.view(origin, inner, steps)?, factor))
    }

    /// Folds a constant, of a shape that is broadcast to the source's, into the contraction that makes the source; `None` where
    /// that is not possible.
    pub(super) fn fold(
        &mut self,
        origin: &str,
        source: LayerId,
        constant: LayerId,
        follow: impl Fn(&[f32]) -> Follow<'_>,
    ) -> Imported<Option<LayerId>> {
        let (Some(foldable), Some(values)) = (
            self.foldable.get(&source),
            self.graph.constant(constant).cloned(),
        ) else {
            return Ok(None);
        };
        let mut folded = foldable.clone();
        let shape = self.graph.shape(constant);
        let channels = self.graph.shape(source)[folded.channel_axis];
        let along_channels = shape.len() == self.graph.shape(source).len()
            && shape
                .iter()
                .enumerate()
                .all(|(axis, &len)| len == 1 || (axis == folded.channel_axis && len == channels));
        if !along_channels {
            return Ok(None);
        }
        let per_channel: Vec<f32> = (0..channels).map(|c| values[c % values.len()]).collect();
        match follow(&per_channel) {
            Follow::Scale(scale) => {
                let row = folded.weights.len() / channels;
                let rows = folded.weights.chunks(row.max(1)).zip(scale);
                let scaled = rows.flat_map(|(row, s)| row.iter().map(move |w| w * s));
                folded.weights = Arc::new(scaled.collect());
                if let Some(bias) = &mut folded.bias {
                    bias.iter_mut().zip(scale).for_each(|(b, s)| *b *= s);
                }
            }
            Follow::Offset(offset) => match &mut folded.bias {
                Some(bias) => bias.iter_mut().zip(offset).for_each(|(b, o)| *b += o),
                None => folded.bias = Some(offset.to_vec()),
            },
        }
        self.build(origin, folded).map(Some)
    }

    pub(super) fn einsum(&mut self, context: &Context<'_>, op: &EinSum) -> Imported<LayerId> {
        if op.q_params.is_some() {
            return refuse("quantized matrix products are not supported yet");
        }
        let labels: Vec<Label> = op
            .axes
            .iter_all_axes()
            .map(Label::of)
            .collect::<Imported<_>>()?;
        match context.inputs[..] {
            [source] => self.sum_axes(context, source, &labels),
            [left, right] => {
                let is_constant = |id| self.graph.constant(id).is_some();
                if is_constant(left) && !is_constant(right) {
                    let swapped = labels.iter().map(|l| Label {
                        left: l.right,
                        right: l.left,
                        ..*l
                    });
                    return self.product(context, right, left, &swapped.collect::<Vec<_>>());
                }
                self.product(context, left, right, &labels)
            }
            _ => refuse(format!("a product of {} tensors", context.inputs.len())),
        }
    }

    /// A product of one tensor: some axes are summed, the rest is permuted.
    fn sum_axes(
        &mut self,
        context: &Context<'_>,
        source: LayerId,
        labels: &[Label],
    ) -> Imported<LayerId> {
        let kept: Vec<&Label> = labels
            .iter()
            .filter(|l| l.left.is_some() && l.output.is_some())
            .collect();
        let steps = operand_steps(
            self.graph.shape(source),
            &kept.iter().filter_map(|l| l.left).collect_vec(),
        );
        let finish = output_steps(&kept, labels, &context.output_shape);
        Ok(self
            .graph
            .view(&context.origin, source, [steps, finish].concat())?)
    }

    /// A product of two tensors by the labels of their axes.
    pub(super) fn product(
        &mut self,
        context: &Context<'_>,
        left: LayerId,
        right: LayerId,
        labels: &[Label],
    ) -> Imported<LayerId> {
        let (left_shape, right_shape) = (
            self.graph.shape(left).to_vec(),
            self.graph.shape(right).to_vec(),
        );
        // Where an axis of one operand has length one and is broadcast along the other's, the first lacks the axis.
        let labels: Vec<Label> = labels
            .iter()
            .map(|l| match (l.left, l.right) {
                (Some(a), Some(b)) if left_shape[a] == 1 && right_shape[b] != 1 => {
                    Label { left: None, ..*l }
                }
                (Some(a), Some(b)) if left_shape[a] != 1 && right_shape[b] == 1 => {
                    Label { right: None, ..*l }
                }
                _ => *l,
            })
            .collect();
        let class = |in_left: bool, in_right: bool, in_output: bool| {
            let belongs = move |l: &&Label| {
                l.left.is_some() == in_left
                    && l.right.is_some() == in_right
                    && l.output.is_some() == in_output
            };
            labels.iter().filter(belongs).collect_vec()
        };
        let (shared, contracted) = (class(true, true, true), class(true, true, false));
        let (left_free, right_free) = (class(true, false, true), class(false, true, true));
        let axes = Axes {
            shared: shared.len(),
            left_free: left_free.len(),
            right_free: right_free.len(),
            contracted: contracted.len(),
        };
        let left_order = shared
            .iter()
            .chain(&left_free)
            .chain(&contracted)
            .filter_map(|l| l.left);
        let right_order = shared
            .iter()
            .chain(&right_free)
            .chain(&contracted)
            .filter_map(|l| l.right);
        let left_steps = operand_steps(&left_shape, &left_order.collect_vec());
        let right_steps = operand_steps(&right_shape, &right_order.collect_vec());
        let product: Vec<&Label> = [shared, left_free, right_free.clone()].concat();
        let finish = output_steps(&product, &labels, &context.output_shape);
        let right = self.graph.view(&context.origin, right, right_steps)?;
        let (left, factor) = match self.graph.constant(right) {
            Some(_) => self.without_factor(&context.origin, left)?,
            None => (left, 1.0),
        };
        let right = self.graph.scaled(&context.origin, factor, right, vec![])?;
        let left = self.graph.view(&context.origin, left, left_steps)?;
        if let ([channel], 0, Some(weights)) =
            (&right_free[..], axes.shared, self.graph.constant(right))
        {
            let foldable = Foldable {
                left,
                weights: weights.clone(),
                weights_shape: self.graph.shape(right).to_vec(),
                axes,
                finish,
                channel_axis: channel.output.unwrap_or_default(),
                bias: None,
            };
            return self.build(&context.origin, foldable);
        }
        let product = self.graph.contract(&context.origin, left, right, axes);
        Ok(self.graph.view(&context.origin, product, finish)?)
    }

    pub(super) fn convolution(&mut self, context: &Context<'_>, op: &Conv) -> Imported<LayerId> {
        let spec = &op.pool_spec;
        let format = spec.data_format;
        if op.q_params.is_some() {
            return refuse("quantized convolutions are not supported yet");
        }
        if op.kernel_fmt != KernelFormat::OIHW {
            return refuse(format!("a convolution of layout {:?}", op.kernel_fmt));
        }
        let batch = usize::from(format.has_n());
        let (spatial, mut steps) = channels_first(format, self.graph.shape(context.inputs[0]));
        for (i, pad) in spec.computed_padding(&spatial).iter().enumerate() {
            steps.push(Step::Window {
                axis: batch + 1 + 2 * i,
                source: spatial[i],
                positions: pad.convoluted,
                kernel: spec.kernel_shape[i],
                stride: spec.stride(i),
                dilation: spec.dilation(i),
                pad: pad.pad_before,
            });
        }
        self.windowed(context, spec, op.group, steps, Vec::new())
    }

    /// A convolution by its transpose: the input is spread out with zeros between its entries, and the kernel is reversed.
    pub(super) fn transposed_convolution(
        &mut self,
        context: &Context<'_>,
        op: &Deconv,
    ) -> Imported<LayerId> {
        let spec = &op.pool_spec;
        let format = spec.data_format;
        if op.kernel_format != KernelFormat::OIHW {
            let layout = op.kernel_format;
            return refuse(format!("a transposed convolution of layout {layout:?}"));
        }
        let batch = usize::from(format.has_n());
        let (spatial, mut steps) = channels_first(format, self.graph.shape(context.inputs[0]));
        let first = batch + usize::from(!format.c_is_last());
        let padding = spec.padding.compute_for_deconv(
            &spatial,
            &spec.kernel_shape,
            &spec.dilations(),
            &spec.strides(),
            &op.adjustments,
        );
        let padding = padding.map_err(|e| super::Refusal(e.to_string()))?;
        let mut kernel_steps = Vec::new();
        for (i, pad) in padding.iter().enumerate() {
            let (kernel, dilation, stride) =
                (spec.kernel_shape[i], spec.dilation(i), spec.stride(i));
            let reach = (kernel - 1) * dilation;
            let positions = context.output_shape[first + i];
            // Where the input's entry that stands at this place of the spread axis comes from.
            let entry = |place: usize| {
                let at = (place + pad.pad_before).checked_sub(reach)?;
                let inside = at % stride == 0 && at / stride < spatial[i];
                inside.then(|| u32::try_from(at / stride).ok()).flatten()
            };
            let axis = batch + 1 + 2 * i;
            steps.push(Step::Gather {
                axis,
                source: spatial[i],
                index: (0..positions + reach).map(entry).collect(),
            });
            steps.push(Step::Window {
                axis,
                source: positions + reach,
                positions,
                kernel,
                stride: 1,
                dilation,
                pad: 0,
            });
            kernel_steps.push(Step::Slice {
                axis: 2 + i,
                source: kernel,
                start: kernel as i64 - 1,
                step: -1,
                len: kernel,
            });
        }
        self.windowed(context, spec, op.group, steps, kernel_steps)
    }

    /// Windows of the input `[n, c, o0, k0, o1, k1, ..]`, by these steps, times the kernel.
    fn windowed(
        &mut self,
        context: &Context<'_>,
        spec: &PoolSpec,
        group: usize,
        steps: Vec<Step>,
        kernel_steps: Vec<Step>,
    ) -> Imported<LayerId> {
        let [source, kernel, bias] = context.inputs[..] else {
            return refuse("a convolution without kernel and bias");
        };
        let (mut steps, mut kernel_steps) = (steps, kernel_steps);
        let batch = usize::from(spec.data_format.has_n());
        let rank = spec.kernel_shape.len();
        let grouped = usize::from(group > 1);
        if grouped == 1 {
            let sizes = vec![group, spec.input_channels / group];
            steps.push(Step::Split { axis: batch, sizes });
        }
        // Now [n, (g), c, o0, k0, o1, k1, ..]; wanted [(g), n, o.., c, k..].
        let channel = batch + grouped;
        let positions = (0..rank).map(|i| channel + 1 + 2 * i);
        let offsets = (0..rank).map(|i| channel + 2 + 2 * i);
        let order = (batch..channel)
            .chain(0..batch)
            .chain(positions)
            .chain([channel])
            .chain(offsets);
        steps.push(Step::Permute(order.collect()));
        let (source, factor) = self.without_factor(&context.origin, source)?;
        let left = self.graph.view(&context.origin, source, steps)?;
        if grouped == 1 {
            let sizes = vec![group, spec.output_channels / group];
            kernel_steps.push(Step::Split { axis: 0, sizes });
        }
        let right = self
            .graph
            .scaled(&context.origin, factor, kernel, kernel_steps)?;
        let axes = Axes {
            shared: grouped,
            left_free: batch + rank,
            right_free: 1,
            contracted: 1 + rank,
        };
        // Now [(g), n, o.., c]; wanted [n, (g c), o..].
        let last = grouped + batch + rank;
        let order = (grouped..grouped + batch)
            .chain(0..grouped)
            .chain([last])
            .chain(grouped + batch..last);
        let mut finish = vec![Step::Permute(order.collect())];
        if grouped == 1 {
            let sizes = vec![group, spec.output_channels / group];
            finish.push(Step::Merge { axis: batch, sizes });
        }
        let mut channel_axis = batch;
        if spec.data_format.c_is_last() {
            let order = (0..batch).chain(batch + 1..=batch + rank).chain([batch]);
            finish.push(Step::Permute(order.collect()));
            channel_axis = batch + rank;
        }
        let (Some(weights), Some(bias)) = (self.graph.constant(right), self.graph.constant(bias))
        else {
            return refuse(
                "a convolution whose kernel or bias is computed; they must be constants",
            );
        };
        let per_channel = || {
            (0..spec.output_channels)
                .map(|c| bias[c % bias.len()])
                .collect()
        };
        let bias = bias.iter().any(|&b| b != 0.0).then(per_channel);
        let foldable = Foldable {
            left,
            weights: weights.clone(),
            weights_shape: self.graph.shape(right).to_vec(),
            axes,
            finish,
            channel_axis,
            bias,
        };
        self.build(&context.origin, foldable)
    }
}

/// The spatial axes of a tensor, and the steps that bring its channels before them.
fn channels_first(format: DataFormat, shape: &[usize]) -> (Vec<usize>, Vec<Step>) {
    let batch = usize::from(format.has_n());
    if !format.c_is_last() {
        return (shape[batch + 1..].to_vec(), Vec::new());
    }
    let channel = shape.len() - 1;
    let order = (0..batch).chain([channel]).chain(batch..channel);
    (
        shape[batch..channel].to_vec(),
        vec![Step::Permute(order.collect())],
    )
}

/// Where an axis of a product of tensors stands in the operands and in the output.
#[derive(Clone, Copy)]
pub(super) struct Label {
    pub left: Option<usize>,
    pub right: Option<usize>,
    pub output: Option<usize>,
}

impl Label {
    fn of(axis: &Axis) -> Imported<Self> {
        let single = |positions: Option<&[usize]>| match positions {
            None | Some([]) => Ok(None),
            Some([position]) => Ok(Some(*position)),
            Some(_) => refuse("an axis that occurs twice in one operand (a diagonal)"),
        };
        let side = |sides: &[_], i: usize| -> Imported<Option<usize>> {
            single(
                sides
                    .get(i)
                    .map(|positions: &tract_onnx::prelude::TVec<usize>| &positions[..]),
            )
        };
        Ok(Self {
            left: side(&axis.inputs, 0)?,
            right: side(&axis.inputs, 1)?,
            output: side(&axis.outputs, 0)?,
        })
    }
}

/// Sums all axes but these away, and brings these in this order.
fn operand_steps(shape: &[usize], order: &[usize]) -> Vec<Step> {
    let dropped = (0..shape.len()).rev().filter(|axis| !order.contains(axis));
    let mut steps: Vec<Step> = dropped
        .map(|axis| Step::Reduce {
            axis,
            source: shape[axis],
            weights: None,
        })
        .collect();
    let mut kept = order.to_vec();
    kept.sort_unstable();
    let rank_of = |axis: &usize| kept.iter().position(|k| k == axis);
    steps.push(Step::Permute(order.iter().filter_map(rank_of).collect()));
    steps
}

/// From the product's axes to the output's; what the product lacks is inserted.
fn output_steps(product: &[&Label], labels: &[Label], output: &[usize]) -> Vec<Step> {
    let mut order: Vec<usize> = product.iter().filter_map(|l| l.output).collect();
    let mut steps = Vec::new();
    for axis in labels.iter().filter_map(|l| l.output) {
        if !order.contains(&axis) {
            steps.push(Step::Insert {
                axis: order.len(),
                len: output[axis],
            });
            order.push(axis);
        }
    }
    let place = |axis: usize| order.iter().position(|&o| o == axis);
    steps.push(Step::Permute((0..order.len()).filter_map(place).collect()));
    steps
}
