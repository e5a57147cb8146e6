//! Products of tensors: matrix products of any shape, and convolutions.
//!
//! Both become views that bring the operands to `[S.., F.., K..]` and `[S.., G.., K..]`, a contraction, and a view of the result. A
//! constant operand is rearranged at import, and always stands on the right. Scales and offsets per output channel that
//! follow (a bias, a batch normalization) are folded into the constant and a bias.

use super::Place;
use crate::graph::{Axes, Kind, LayerId, Summand};
use crate::import::Importer;
use crate::import::known::foldable::Foldable;
use crate::import::refusal::{Imported, refuse};
use inferproof_view::{Step, View};

/// What follows a contraction: `x * scale + offset`, with one number for each channel.
pub enum Follow<'a> {
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
    pub fn fold(
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
        let per_channel: Vec<f32> = {
            let values = values.entries();
            (0..channels).map(|c| values[c % values.len()]).collect()
        };
        match follow(&per_channel) {
            Follow::Scale(scale) => {
                let row = folded.weights.len() / channels;
                let weights = folded.weights.entries();
                let rows = weights.chunks(row.max(1)).zip(scale);
                let scaled = rows.flat_map(|(row, s)| row.iter().map(move |w| w * s));
                folded.weights = scaled.collect();
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

    /// A product of two tensors by the labels of their axes.
    pub fn product_of_reals(
        &mut self,
        at: &Place<'_>,
        left: LayerId,
        right: LayerId,
        labels: &[Label],
    ) -> Imported<LayerId> {
        if self.graph.constant(left).is_some() && self.graph.constant(right).is_none() {
            let swapped = labels.iter().map(|l| Label {
                left: l.right,
                right: l.left,
                ..*l
            });
            let swapped: Vec<Label> = swapped.collect();
            return self.product_of_reals(at, right, left, &swapped);
        }
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
            labels.iter().filter(belongs).collect::<Vec<_>>()
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
        let left_steps = operand_steps(&left_shape, &left_order.collect::<Vec<_>>());
        let right_steps = operand_steps(&right_shape, &right_order.collect::<Vec<_>>());
        let product: Vec<&Label> = [shared, left_free, right_free.clone()].concat();
        let finish = output_steps(&product, &labels, at.to);
        let right = self.graph.view(at.origin, right, right_steps)?;
        let (left, factor) = match self.graph.constant(right) {
            Some(_) => self.without_factor(at.origin, left)?,
            None => (left, 1.0),
        };
        let right = self.graph.scaled(at.origin, factor, right, vec![])?;
        let left = self.graph.view(at.origin, left, left_steps)?;
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
            return self.build(at.origin, foldable);
        }
        let product = self.graph.contract(at.origin, left, right, axes);
        Ok(self.graph.view(at.origin, product, finish)?)
    }

    /// Windows of a tensor `[n, c, ..]`, which these steps read as `[n, c, o0, k0, o1, k1, ..]`, times a kernel `[g, c, k0, k1, ..]` whose output
    /// channels come in groups, plus a bias.
    pub fn windows_of_reals(
        &mut self,
        origin: &str,
        source: LayerId,
        steps: Vec<Step>,
        kernel: LayerId,
        bias: Option<LayerId>,
        group: i64,
    ) -> Imported<LayerId> {
        let shape = self.graph.shape(kernel).to_vec();
        let channels = self.graph.shape(source).get(1).copied().unwrap_or(0);
        let Some(group) = usize::try_from(group).ok().filter(|&group| {
            group > 0
                && shape.len() > 2
                && shape[0].is_multiple_of(group)
                && shape[1] * group == channels
        }) else {
            return refuse(format!(
                "a kernel of shape {shape:?} in {group} groups for {channels} channels"
            ));
        };
        let mut steps = steps;
        let mut kernel_steps = Vec::new();
        let outputs = shape[0];
        let rank = shape.len() - 2;
        let grouped = usize::from(group > 1);
        if grouped == 1 {
            let sizes = vec![group, channels / group];
            steps.push(Step::Split { axis: 1, sizes });
        }
        // Now [n, (g), c, o0, k0, o1, k1, ..]; wanted [(g), n, o.., c, k..].
        let channel = 1 + grouped;
        let positions = (0..rank).map(|i| channel + 1 + 2 * i);
        let offsets = (0..rank).map(|i| channel + 2 + 2 * i);
        let order = (1..channel)
            .chain(0..1)
            .chain(positions)
            .chain([channel])
            .chain(offsets);
        steps.push(Step::Permute(order.collect()));
        if grouped == 1 {
            let sizes = vec![group, outputs / group];
            kernel_steps.push(Step::Split { axis: 0, sizes });
        }
        let axes = Axes {
            shared: grouped,
            left_free: 1 + rank,
            right_free: 1,
            contracted: 1 + rank,
        };
        // Now [(g), n, o.., c]; wanted [n, (g c), o..].
        let last = grouped + 1 + rank;
        let order = (grouped..=grouped)
            .chain(0..grouped)
            .chain([last])
            .chain(grouped + 1..last);
        let mut finish = vec![Step::Permute(order.collect())];
        if grouped == 1 {
            let sizes = vec![group, outputs / group];
            finish.push(Step::Merge { axis: 1, sizes });
        }
        if let Some(bias) = bias {
            let found = self.graph.shape(bias);
            if found != [outputs] {
                return refuse(format!("a bias of shape {found:?} for {outputs} channels"));
            }
        }
        let known_bias = bias.map(|bias| self.graph.constant(bias).cloned());
        if self.graph.constant(kernel).is_some()
            && let None | Some(Some(_)) = known_bias
        {
            let (source, factor) = self.without_factor(origin, source)?;
            let left = self.graph.view(origin, source, steps)?;
            let right = self.graph.scaled(origin, factor, kernel, kernel_steps)?;
            let bias = known_bias.flatten().map(|bias| bias.entries().to_vec());
            let foldable = Foldable {
                left,
                weights: self.graph.constant(right).cloned().unwrap_or_default(),
                weights_shape: self.graph.shape(right).to_vec(),
                axes,
                finish,
                channel_axis: 1,
                bias: bias.filter(|bias| bias.iter().any(|&b| b != 0.0)),
            };
            return self.build(origin, foldable);
        }
        let left = self.graph.view(origin, source, steps)?;
        let right = self.graph.view(origin, kernel, kernel_steps)?;
        let product = self.graph.contract(origin, left, right, axes);
        let mut result = self.graph.view(origin, product, finish)?;
        if let Some(bias) = bias {
            let shape = self.graph.shape(result).to_vec();
            let others = shape.iter().enumerate().filter(|(axis, _)| *axis != 1);
            let steps = others.map(|(axis, &len)| Step::Insert { axis, len });
            let terms = vec![
                self.graph.summand(1.0, result, vec![])?,
                self.graph.summand(1.0, bias, steps.collect())?,
            ];
            result = self.graph.sum(origin, terms);
        }
        Ok(result)
    }
}

/// Where an axis of a product of tensors stands in the operands and in the output.
#[derive(Clone, Copy)]
pub struct Label {
    pub left: Option<usize>,
    pub right: Option<usize>,
    pub output: Option<usize>,
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
