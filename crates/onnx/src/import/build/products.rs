//! Products of tensors as a model means them: of integers, where both operands were dequantized from such, else of reals.

use super::Place;
use super::broadcast::reshape;
use super::contraction::Label;
use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::known::quantized::{Scales, Width};
use crate::import::refusal::Imported;
use inferproof_view::Step;

impl Importer<'_> {
    /// A product of two tensors by the labels of their axes; of integers, where both were dequantized from such.
    pub fn labelled_product(
        &mut self,
        at: &Place<'_>,
        left: LayerId,
        right: LayerId,
        labels: &[Label],
    ) -> Imported<LayerId> {
        let along = |operand: usize, axis: usize| {
            let of = |l: &&Label| [l.left, l.right][operand.min(1)] == Some(axis);
            labels.iter().find(of)?.output
        };
        let multiply = |this: &mut Self, [left, right]: [LayerId; 2]| {
            this.product_of_reals(at, left, right, labels)
        };
        match self.integer_product(at.origin, [left, right], along, multiply)? {
            Some(product) => Ok(product),
            None => self.product_of_reals(at, left, right, labels),
        }
    }

    /// Windows times a kernel, as [`Self::windows_of_reals`]; of integers, where both were dequantized from such.
    pub fn windows_times_kernel(
        &mut self,
        origin: &str,
        source: LayerId,
        steps: Vec<Step>,
        kernel: LayerId,
        bias: Option<LayerId>,
        group: i64,
    ) -> Imported<LayerId> {
        let along = |operand: usize, axis: usize| (operand == 1 && axis == 0).then_some(1);
        let own = steps.clone();
        let multiply = |this: &mut Self, [source, kernel]: [LayerId; 2]| {
            this.windows_of_reals(origin, source, own, kernel, None, group)
        };
        let product = self.integer_product(origin, [source, kernel], along, multiply)?;
        let Some(product) = product else {
            return self.windows_of_reals(origin, source, steps, kernel, bias, group);
        };
        match bias {
            None => Ok(product),
            Some(bias) => match self.with_integer_bias(origin, product, bias, 1)? {
                Some(sum) => Ok(sum),
                None => self.windows_of_reals(origin, source, steps, kernel, Some(bias), group),
            },
        }
    }

    /// A product of two dequantized tensors of 8 bits as one of integers, with the product of the scales; `None` if it has to be computed with
    /// reals. `along` says which axis of the product an axis of an operand (0 or 1) becomes, if it does; `multiply` makes the
    /// product of layers.
    fn integer_product(
        &mut self,
        origin: &str,
        operands: [LayerId; 2],
        along: impl Fn(usize, usize) -> Option<usize>,
        multiply: impl FnOnce(&mut Self, [LayerId; 2]) -> Imported<LayerId>,
    ) -> Imported<Option<LayerId>> {
        if operands.iter().all(|id| self.graph.constant(*id).is_some()) {
            return Ok(None);
        }
        let (left, right) = (
            self.dequantized(origin, operands[0])?,
            self.dequantized(origin, operands[1])?,
        );
        let (Some(left), Some(right)) = (left, right) else {
            return Ok(None);
        };
        if !left.width.is_narrow || !right.width.is_narrow {
            return Ok(None);
        }
        let scales = match (&left.scales, &right.scales) {
            (Scales::One(a), Scales::One(b)) => Scales::One(a * b),
            (Scales::One(one), Scales::Along { axis, scales })
            | (Scales::Along { axis, scales }, Scales::One(one)) => {
                let operand = usize::from(matches!(left.scales, Scales::One(_)));
                let Some(axis) = along(operand, *axis) else {
                    return Ok(None);
                };
                let scales = scales.iter().map(|s| one * s).collect();
                Scales::Along { axis, scales }
            }
            _ => return Ok(None),
        };
        let sums = multiply(self, [left.integers, right.integers])?;
        self.times_scales(origin, sums, scales, Width::SUM)
            .map(Some)
    }

    /// Integer sums plus a bias, one for each entry of an axis, that was dequantized with the same scales, as integers; `None` if it was not.
    pub fn with_integer_bias(
        &mut self,
        origin: &str,
        product: LayerId,
        bias: LayerId,
        axis: usize,
    ) -> Imported<Option<LayerId>> {
        let (sums, bias) = (
            self.dequantized(origin, product)?,
            self.dequantized(origin, bias)?,
        );
        let (Some(sums), Some(bias)) = (sums, bias) else {
            return Ok(None);
        };
        let [length] = *self.graph.shape(bias.integers) else {
            return Ok(None);
        };
        let shape = self.graph.shape(product).to_vec();
        if matches!(sums.scales, Scales::Along { axis: scaled, .. } if scaled != axis) {
            return Ok(None);
        }
        let near =
            |entry: usize| (bias.scales.at(entry) / sums.scales.at(entry) - 1.0).abs() < 1e-5;
        let is_constant = self.graph.constant(bias.integers).is_some();
        if !sums.width.is_sum
            || !is_constant
            || shape.get(axis) != Some(&length)
            || !(0..length).all(near)
        {
            return Ok(None);
        }
        let mut along = vec![1; shape.len()];
        along[axis] = length;
        let steps = reshape(0, &[length], &along);
        let bias = self.graph.view(origin, bias.integers, steps)?;
        let place = Place {
            origin,
            to: &shape,
            owned: &[sums.integers],
        };
        let sums_with_bias = self.add(&place, sums.integers, 1.0, bias)?;
        self.times_scales(origin, sums_with_bias, sums.scales, Width::SUM)
            .map(Some)
    }
}
