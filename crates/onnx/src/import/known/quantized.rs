//! Layers that hold dequantized numbers, or the integers of a quantization, and what they were made of.

use crate::element::Element;
use crate::function::Operation;
use crate::graph::{Graph, LayerId};
use crate::tensor::Dequantization;
use std::collections::BTreeMap;

/// The greatest integer up to which single precision has all.
const MAX_EXACT: i64 = 1 << 24;

/// What the importer knows of quantized layers.
#[derive(Default)]
pub struct Quantized {
    /// Float layers that are integers times scales.
    pub dequantized: BTreeMap<LayerId, Dequantized>,
    /// Layers of integers without their zero points.
    pub integers: BTreeMap<LayerId, Width>,
    /// Layers of integers as the model has them.
    pub codes: BTreeMap<LayerId, Code>,
    /// Layers that are an operation on two others, entry by entry.
    pub pairs: BTreeMap<LayerId, Pair>,
    /// Layers that are others one after the other along an axis.
    pub joins: BTreeMap<LayerId, (Vec<LayerId>, usize)>,
    /// Layers that the model takes for integers, but that hold the real numbers these stand for, and the scale of the integers.
    pub reals: BTreeMap<LayerId, f32>,
}

/// A float layer as integers times scales.
#[derive(Clone, Debug)]
pub struct Dequantized {
    /// The integers, less their zero points.
    pub integers: LayerId,
    pub scales: Scales,
    pub width: Width,
}

/// What integers are multiplied by.
#[derive(Clone, Debug, PartialEq)]
pub enum Scales {
    /// All by the same number.
    One(f32),
    /// Those of each entry of an axis by one.
    Along { axis: usize, scales: Vec<f32> },
}

/// How large integers may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Width {
    /// Whether they have at most 8 bits (9 with a zero point), so that ONNX multiplies them as integers.
    pub is_narrow: bool,
    /// Whether they are sums of products: onnxruntime then scales by one factor, else by a product and a quotient.
    pub is_sum: bool,
    /// Their bounds, where these are certain.
    pub range: Option<(i64, i64)>,
}

/// Integers of the model, and those without the zero point.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    pub integers: LayerId,
    pub zero: i64,
    pub width: Width,
}

/// An operation on two layers.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    pub operation: Operation,
    pub operands: [LayerId; 2],
}

impl Width {
    /// Of integers of a type, less a zero point.
    pub fn of(element: Element, zero: i64) -> Self {
        let range = element
            .bounds()
            .filter(|_| element.bits().is_some_and(|b| b <= 16));
        let shifted = |(low, high): (i128, i128)| (low as i64 - zero, high as i64 - zero);
        Self {
            is_narrow: element.bits().is_some_and(|bits| bits <= 8),
            is_sum: false,
            range: range.map(shifted),
        }
    }

    /// Of sums of products.
    pub const SUM: Self = Self {
        is_narrow: false,
        is_sum: true,
        range: None,
    };
}

impl Scales {
    /// The scale of an entry of the axis.
    pub fn at(&self, entry: usize) -> f32 {
        match self {
            Self::One(scale) => *scale,
            Self::Along { scales, .. } => scales.get(entry).copied().unwrap_or(0.0),
        }
    }

    /// All of them, and their axis.
    pub fn all(&self) -> (Vec<f32>, usize) {
        match self {
            Self::One(scale) => (vec![*scale], 0),
            Self::Along { axis, scales } => (scales.clone(), *axis),
        }
    }
}

impl Quantized {
    /// Remembers the integers behind a float layer.
    pub fn remember_dequantized(&mut self, layer: LayerId, known: Dequantized) {
        self.integers.insert(known.integers, known.width);
        self.dequantized.insert(layer, known);
    }

    /// Remembers a layer of integers of the model.
    pub fn remember_code(&mut self, layer: LayerId, code: Code) {
        self.integers.insert(code.integers, code.width);
        self.codes.insert(layer, code);
    }

    /// Remembers what the entries of a constant were dequantized from, if its scales are one for each entry of an axis at most.
    pub fn remember_constant(
        &mut self,
        graph: &mut Graph,
        origin: &str,
        layer: LayerId,
        of: &Dequantization,
    ) {
        let (Some(integers), Some(scales)) = (of.integers.integers(), of.scales.reals()) else {
            return;
        };
        let shape = of.integers.shape().to_vec();
        let Some(scales) = along_one_axis(&shape, &scales) else {
            return;
        };
        let greatest = integers.iter().map(|i| i.abs()).max().unwrap_or(0);
        if greatest > MAX_EXACT {
            return;
        }
        let values = integers.iter().map(|&i| i as f32).collect();
        let integers = graph.add_constant(origin, shape, values);
        let width = Width {
            is_narrow: greatest < 1 << 9,
            is_sum: false,
            range: of.bounds,
        };
        let known = Dequantized {
            integers,
            scales,
            width,
        };
        self.remember_dequantized(layer, known);
    }
}

/// Scales by entries as scales along an axis, if they change along one at most.
fn along_one_axis(shape: &[usize], scales: &[f64]) -> Option<Scales> {
    let first = *scales.first()?;
    if scales.iter().all(|s| *s == first) {
        return Some(Scales::One(first as f32));
    }
    (0..shape.len()).find_map(|axis| {
        let inner: usize = shape.iter().skip(axis + 1).product();
        let length = shape[axis];
        let own: Vec<f64> = (0..length).map(|i| scales[i * inner]).collect();
        let same = |(position, scale): (usize, &f64)| own[(position / inner) % length] == *scale;
        scales.iter().enumerate().all(same).then(|| Scales::Along {
            axis,
            scales: own.iter().map(|&s| s as f32).collect(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_stand_along_one_axis_or_none() {
        let one = along_one_axis(&[2, 2], &[0.5; 4]);
        assert_eq!(one, Some(Scales::One(0.5)));
        let rows = along_one_axis(&[2, 3], &[1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
        let expected = Scales::Along {
            axis: 0,
            scales: vec![1.0, 2.0],
        };
        assert_eq!(rows, Some(expected));
        let columns = along_one_axis(&[2, 2], &[1.0, 2.0, 1.0, 2.0]);
        assert!(matches!(columns, Some(Scales::Along { axis: 1, .. })));
        assert_eq!(along_one_axis(&[2, 2], &[1.0, 2.0, 3.0, 4.0]), None);
    }
}
