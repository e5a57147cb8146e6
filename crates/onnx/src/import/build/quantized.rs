//! What is known of layers that hold dequantized numbers, or the integers of a quantization.
//!
//! A dequantized tensor is a float layer like any other. Beside it stands what it was made of: integers with the zero point subtracted, and
//! scales. Products of two such are made as products of integers, with the product of the scales; `QuantizeLinear`, which uses up the scale,
//! looks here for integers behind what it reads, and is then one exact step from integers to integers.

use super::Place;
use crate::element::Element;
use crate::expression::{Expression, Operation};
use crate::graph::{Graph, Kind, LayerId};
use crate::import::Importer;
use crate::import::refusal::{Imported, refuse};
use crate::tensor::Dequantization;
use inferproof_view::{Step, View};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The greatest integer up to which single precision has all.
const MAX_EXACT: i64 = 1 << 24;

/// What the importer knows of quantized layers.
#[derive(Default)]
pub struct Quantized {
    /// Float layers that are integers times scales.
    dequantized: BTreeMap<LayerId, Dequantized>,
    /// Layers of integers without their zero points.
    integers: BTreeMap<LayerId, Width>,
    /// Layers of integers as the model has them.
    codes: BTreeMap<LayerId, Code>,
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

impl Importer<'_> {
    /// Remembers the integers behind a float layer.
    pub fn remember_dequantized(&mut self, layer: LayerId, known: Dequantized) {
        self.quantized.integers.insert(known.integers, known.width);
        self.quantized.dequantized.insert(layer, known);
    }

    /// Remembers a layer of integers of the model.
    pub fn remember_code(&mut self, layer: LayerId, code: Code) {
        self.quantized.integers.insert(code.integers, code.width);
        self.quantized.codes.insert(layer, code);
    }

    /// Remembers what the entries of a constant were dequantized from, if its scales are one for each entry of an axis at most.
    pub fn remember_constant(
        &mut self,
        origin: &str,
        layer: LayerId,
        of: &Dequantization,
    ) -> Imported<()> {
        let (Some(integers), Some(scales)) = (of.integers.integers(), of.scales.reals()) else {
            return Ok(());
        };
        let shape = of.integers.shape().to_vec();
        let Some(scales) = along_one_axis(&shape, &scales) else {
            return Ok(());
        };
        let greatest = integers.iter().map(|i| i.abs()).max().unwrap_or(0);
        if greatest > MAX_EXACT {
            return Ok(());
        }
        let values = integers.iter().map(|&i| i as f32).collect();
        let integers = self.graph.add_constant(origin, shape, values);
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
        Ok(())
    }

    /// The integers behind a float layer: as it was dequantized, or moved since, or the greater of two such.
    pub fn dequantized(&mut self, origin: &str, layer: LayerId) -> Imported<Option<Dequantized>> {
        if let Some(known) = self.quantized.dequantized.get(&layer) {
            return Ok(Some(known.clone()));
        }
        let found = match &self.graph.layer(layer).kind {
            Kind::Linear(terms) => {
                let [term] = &terms[..] else {
                    return Ok(None);
                };
                let (Some(source), view, factor) =
                    (term.source, term.view.clone(), term.coefficient)
                else {
                    return Ok(None);
                };
                self.moved_integers(origin, source, &view, factor)?
            }
            &Kind::Max { left, right } => {
                let (left, right) = (
                    self.dequantized(origin, left)?,
                    self.dequantized(origin, right)?,
                );
                match (left, right) {
                    (Some(left), Some(right))
                        if left.scales == right.scales
                            && matches!(left.scales, Scales::One(_))
                            && left.width == right.width =>
                    {
                        let integers = self.graph.max(origin, left.integers, right.integers);
                        Some(Dequantized { integers, ..left })
                    }
                    _ => None,
                }
            }
            _ => None,
        };
        if let Some(known) = &found {
            self.remember_dequantized(layer, known.clone());
        }
        Ok(found)
    }

    /// The integers behind a view of a layer times a factor, if the view only moves entries.
    fn moved_integers(
        &mut self,
        origin: &str,
        source: LayerId,
        view: &View,
        factor: f64,
    ) -> Imported<Option<Dequantized>> {
        if !view.steps().iter().all(moves) {
            return Ok(None);
        }
        let known = match self.quantized.integers.get(&source) {
            // A power of two was merged into the view of the integers.
            Some(&width) if factor > 0.0 => Dequantized {
                integers: source,
                scales: Scales::One(factor as f32),
                width,
            },
            None if factor == 1.0 => match self.dequantized(origin, source)? {
                Some(known) if matches!(known.scales, Scales::One(_)) => known,
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        let integers = self
            .graph
            .view(origin, known.integers, view.steps().to_vec())?;
        Ok(Some(Dequantized { integers, ..known }))
    }

    /// The integers of a layer of the model, less a zero point.
    pub fn integers_less(
        &mut self,
        origin: &str,
        layer: LayerId,
        zero: i64,
        element: Element,
    ) -> Imported<(LayerId, Width)> {
        if let Some(code) = self.code(origin, layer)? {
            let offset = code.zero - zero;
            let integers = self.offset(origin, code.integers, offset)?;
            let shifted = |(low, high)| (low + offset, high + offset);
            let width = Width {
                range: code.width.range.map(shifted),
                ..code.width
            };
            return Ok((integers, width));
        }
        let integers = self.offset(origin, layer, -zero)?;
        Ok((integers, Width::of(element, zero)))
    }

    /// A layer of the model's integers, as it was quantized or moved since without padding.
    fn code(&mut self, origin: &str, layer: LayerId) -> Imported<Option<Code>> {
        if let Some(code) = self.quantized.codes.get(&layer) {
            return Ok(Some(*code));
        }
        let Some((source, view)) = self.graph.viewed(layer) else {
            return Ok(None);
        };
        let steps = view.steps().to_vec();
        if !steps.iter().all(|step| moves(step) && !step.leaves_zeros()) {
            return Ok(None);
        }
        let Some(code) = self.code(origin, source)? else {
            return Ok(None);
        };
        let integers = self.graph.view(origin, code.integers, steps)?;
        let code = Code { integers, ..code };
        self.remember_code(layer, code);
        Ok(Some(code))
    }

    /// `x + offset`.
    fn offset(&mut self, origin: &str, source: LayerId, offset: i64) -> Imported<LayerId> {
        if offset == 0 {
            return Ok(source);
        }
        let shape = self.graph.shape(source).to_vec();
        let terms = vec![
            self.graph.summand(1.0, source, vec![])?,
            Graph::fill(offset as f64, &shape)?,
        ];
        Ok(self.graph.sum(origin, terms))
    }

    /// Integers plus their zero point, as the model has them.
    pub fn with_zero(
        &mut self,
        origin: &str,
        integers: LayerId,
        zero: i64,
        width: Width,
    ) -> Imported<LayerId> {
        let layer = self.offset(origin, integers, zero)?;
        let code = Code {
            integers,
            zero,
            width,
        };
        self.remember_code(layer, code);
        Ok(layer)
    }

    /// Integers times their scales, as a float layer behind which they are known to stand.
    pub fn times_scales(
        &mut self,
        origin: &str,
        integers: LayerId,
        scales: Scales,
        width: Width,
    ) -> Imported<LayerId> {
        let layer = match &scales {
            Scales::One(scale) => self
                .graph
                .scaled(origin, f64::from(*scale), integers, vec![])?,
            Scales::Along { axis, scales } => {
                let to = self.graph.shape(integers).to_vec();
                let mut shape = vec![1; to.len()];
                let Some(length) = shape.get_mut(*axis) else {
                    return refuse(format!("scales along axis {axis} of {} axes", to.len()));
                };
                *length = scales.len();
                if to.get(*axis) != Some(&scales.len()) {
                    return refuse(format!(
                        "{} scales for an axis of a tensor of shape {to:?}",
                        scales.len()
                    ));
                }
                let scales = self.graph.add_constant(origin, shape, scales.clone());
                let place = Place {
                    origin,
                    to: &to,
                    owned: &[],
                };
                self.multiply(&place, integers, scales)?
            }
        };
        let known = Dequantized {
            integers,
            scales,
            width,
        };
        self.remember_dequantized(layer, known);
        Ok(layer)
    }

    /// A layer as an expression in another, which may be the layer itself.
    pub fn chain_of(&self, layer: LayerId) -> (LayerId, Arc<Expression>) {
        match self.chains.get(&layer) {
            Some(chain) => chain.parts(),
            None => (layer, Arc::new(Expression::Argument)),
        }
    }
}

/// Whether a step only moves entries, or leaves zeros.
fn moves(step: &Step) -> bool {
    match step {
        Step::Reduce {
            source, weights, ..
        } => *source == 1 && weights.is_none(),
        Step::SuffixSum { .. } => false,
        _ => true,
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
