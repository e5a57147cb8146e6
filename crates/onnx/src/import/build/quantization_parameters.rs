//! Scales and zero points as a node has them: one for all, one for each entry of an axis, or one for each block of an axis.

use super::broadcast::axis;
use super::typed::places;
use crate::element::Element;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::tensor::Tensor;
use inferproof_view::volume;

/// The scales and zero points of a tensor. Both have as many.
pub struct Parameters {
    pub scales: Vec<f32>,
    pub zeros: Vec<i64>,
    /// The shape of both, as an array that is repeated to the tensor's shape.
    shape: Vec<usize>,
    /// Entries of the axis for each block.
    block: Option<usize>,
    /// The axis.
    pub axis: usize,
    /// The type of the zero points, if there are any.
    pub element: Option<Element>,
}

impl Parameters {
    /// Those of a node: its scale and its zero point are these inputs, for a tensor of this shape.
    pub fn of(
        node: &Node<'_>,
        (scale, zero): (usize, usize),
        shape: &[usize],
        default_axis: i64,
    ) -> Imported<Self> {
        let given = node.constant(scale, "scale")?;
        let Some(scales) = given.reals().filter(|_| given.element().is_float()) else {
            return refuse("its scale is no real number");
        };
        let scales: Vec<f32> = scales.iter().map(|&s| s as f32).collect();
        if scales.is_empty() || !scales.iter().all(|s| s.is_normal() && *s > 0.0) {
            return refuse("its scale is not positive");
        }
        let mut element = None;
        let zeros = match node.optional_constant(zero, "zero point")? {
            None => vec![0; scales.len()],
            Some(tensor) => {
                element = Some(tensor.element());
                let Some(zeros) = tensor.integers() else {
                    return refuse(format!(
                        "its zero point is of type {}; integers are supported",
                        tensor.element()
                    ));
                };
                match zeros.len() {
                    n if n == scales.len() => zeros.to_vec(),
                    1 => vec![zeros[0]; scales.len()],
                    n => return refuse(format!("{n} zero points for {} scales", scales.len())),
                }
            }
        };
        let axis = match shape.len() {
            0 => 0,
            rank if scales.len() > 1 => axis(node.int_or("axis", default_axis), rank)?,
            _ => 0,
        };
        let block = usize::try_from(node.int_or("block_size", 0))
            .ok()
            .filter(|&b| b > 0);
        let of_all = match (scales.len(), block, given.shape().len()) {
            (1, None, _) => vec![1; shape.len()],
            (count, None, 0 | 1) => {
                if shape.get(axis) != Some(&count) {
                    return refuse(format!(
                        "{count} scales for axis {axis} of a tensor of shape {shape:?}"
                    ));
                }
                let mut along = vec![1; shape.len()];
                along[axis] = count;
                along
            }
            (_, Some(block), rank) if rank == shape.len() => {
                let mut blocks = shape.to_vec();
                blocks[axis] = shape[axis].div_ceil(block);
                if given.shape() != blocks {
                    return refuse(format!(
                        "scales of shape {:?} for blocks of {block} of a tensor of shape {shape:?}",
                        given.shape()
                    ));
                }
                blocks
            }
            _ => {
                return refuse(format!(
                    "scales of shape {:?} for a tensor of shape {shape:?}",
                    given.shape()
                ));
            }
        };
        Ok(Self {
            scales,
            zeros,
            shape: of_all,
            block,
            axis,
            element,
        })
    }

    /// A scale of one, with a node's zero points: one for all, or one for each entry of an axis.
    pub fn unscaled(node: &Node<'_>, zero: usize, shape: &[usize], along: i64) -> Imported<Self> {
        let zeros = node.optional_integers(zero, "zero point")?;
        let zeros = zeros.filter(|zeros| !zeros.is_empty()).unwrap_or(vec![0]);
        let mut parameters = Self {
            scales: vec![1.0; zeros.len()],
            shape: vec![1; shape.len()],
            zeros,
            block: None,
            axis: 0,
            element: None,
        };
        let count = parameters.zeros.len();
        if count > 1 {
            parameters.axis = axis(along, shape.len())?;
            if shape[parameters.axis] != count {
                return refuse(format!(
                    "{count} zero points for a tensor of shape {shape:?}"
                ));
            }
            parameters.shape[parameters.axis] = count;
        }
        Ok(parameters)
    }

    /// Whether there is one scale and one zero point for all entries.
    pub fn single(&self) -> Option<(f32, i64)> {
        let one = |v: &i64| *v == self.zeros[0];
        let same = |s: &f32| *s == self.scales[0];
        let is_single = self.zeros.iter().all(one) && self.scales.iter().all(same);
        is_single.then(|| (self.scales[0], self.zeros[0]))
    }

    /// The scales, one if all are the same.
    pub fn distinct_scales(&self) -> &[f32] {
        match self.scales.iter().all(|s| *s == self.scales[0]) {
            true => &self.scales[..1],
            false => &self.scales,
        }
    }

    /// The zero points, one if all are the same.
    pub fn distinct_zeros(&self) -> &[i64] {
        match self.zeros.iter().all(|z| *z == self.zeros[0]) {
            true => &self.zeros[..1],
            false => &self.zeros,
        }
    }

    /// Whether there are scales for blocks.
    pub fn is_blocked(&self) -> bool {
        self.block.is_some()
    }

    /// For each entry of a tensor of this shape, which scale and zero point it has.
    pub fn places(&self, shape: &[usize]) -> Vec<usize> {
        let Some(block) = self.block else {
            return places(&self.shape, shape).collect();
        };
        let inner: usize = shape.iter().skip(self.axis + 1).product();
        let (length, blocks) = (shape[self.axis].max(1), self.shape[self.axis]);
        let places = (0..volume(shape).unwrap_or(0)).map(|position| {
            let (outer, at) = (
                position / inner.max(1) / length,
                position / inner.max(1) % length,
            );
            (outer * blocks + at / block) * inner + position % inner.max(1)
        });
        places.collect()
    }

    /// The integers of a constant, less their zero points; and the scales, entry by entry.
    pub fn apart(&self, tensor: &Tensor) -> Option<(Vec<i64>, Vec<f64>)> {
        let places = self.places(tensor.shape());
        let integers = tensor.integers()?.iter().zip(&places);
        let integers = integers.map(|(v, &p)| v - self.zeros[p]).collect();
        let scales = places.iter().map(|&p| f64::from(self.scales[p])).collect();
        Some((integers, scales))
    }

    /// `clamp(round(x / scale) + zero)` of a constant, in single precision.
    pub fn quantize(&self, tensor: &Tensor, element: Element) -> Option<Tensor> {
        let (low, high) = element.bounds()?;
        let places = self.places(tensor.shape());
        let values = tensor.reals()?.into_iter().zip(&places);
        let values = values.map(|(x, &p)| {
            let steps = (x as f32 / self.scales[p]).round_ties_even() as i128;
            (steps + i128::from(self.zeros[p])).clamp(low, high) as i64
        });
        Tensor::of_integers(element, tensor.shape().to_vec(), values.collect())
    }
}
