//! What is known of layers that hold dequantized numbers, or the integers of a quantization.
//!
//! A dequantized tensor is a float layer like any other. Beside it stands what it was made of: integers with the zero point subtracted, and
//! scales. Products of two such are made as products of integers, with the product of the scales; `QuantizeLinear`, which uses up the scale,
//! looks here for integers behind what it reads, and is then one exact step from integers to integers.

use super::Place;
use crate::element::Element;
use crate::graph::{Graph, Kind, LayerId};
use crate::import::Importer;
use crate::import::known::quantized::{Code, Dequantized, Scales, Width};
use crate::import::refusal::{Imported, refuse};
use inferproof_view::{Step, View};

impl Importer<'_> {
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
            self.quantized.remember_dequantized(layer, known.clone());
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
        self.quantized.remember_code(layer, code);
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
        self.quantized.remember_code(layer, code);
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
                self.times_reals(&place, integers, scales)?
            }
        };
        let known = Dequantized {
            integers,
            scales,
            width,
        };
        self.quantized.remember_dequantized(layer, known);
        Ok(layer)
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
