//! Masks through products with truth values.

use super::separation::Separation;
use super::value::Value;
use crate::graph::{Axes, Kind, LayerId, Summand};
use inferproof_view::ViewError;

impl Separation<'_> {
    /// A product with truth values is that of each part.
    pub fn contract(
        &mut self,
        old: LayerId,
        left: LayerId,
        right: LayerId,
        axes: Axes,
    ) -> Result<Value, ViewError> {
        let layer = self.old.layer(old);
        let of = |id: LayerId| self.values[id.0].whole;
        let (whole_left, whole_right) = (of(left), of(right));
        let sides = [(left, whole_right, true), (right, whole_left, false)];
        for (side, bits, is_left) in sides {
            let Some(parts) = self.values[side.0].parts.clone() else {
                continue;
            };
            let is_hot = matches!(
                self.graph.layer(bits).kind,
                Kind::OneHot { .. } | Kind::Indicator { .. }
            );
            if !self.intervals.is_bits(&self.graph, bits) || (axes.contracted > 0 && !is_hot) {
                continue;
            }
            let product = |separation: &mut Self, part: LayerId| {
                let (left, right) = if is_left { (part, bits) } else { (bits, part) };
                let kind = Kind::Contract { left, right, axes };
                separation
                    .graph
                    .push(&layer.origin, layer.shape.clone(), kind)
            };
            let mut finite = Vec::new();
            if let Some(part) = parts.finite {
                let part = product(self, part);
                finite.push(self.identity(part)?);
            }
            let mut never = Vec::new();
            for term in parts.never {
                let shape = self.old.shape(side).to_vec();
                let is_everywhere = term.source.is_none()
                    && self
                        .intervals
                        .of_sum(&self.graph, std::slice::from_ref(&term))
                        == Some((term.coefficient, term.coefficient));
                let level = if is_everywhere && shape == layer.shape && axes.contracted == 0 {
                    bits
                } else {
                    let level = Summand {
                        coefficient: 1.0,
                        ..term.clone()
                    };
                    let level = match (level.source, level.view.steps()) {
                        (Some(source), []) => source,
                        _ => self
                            .graph
                            .push(&layer.origin, shape, Kind::Linear(vec![level])),
                    };
                    product(self, level)
                };
                never.push(Summand {
                    coefficient: term.coefficient,
                    ..self.identity(level)?
                });
            }
            return self.masked(&layer.origin, &layer.shape, finite, never);
        }
        let kind = Kind::Contract {
            left: whole_left,
            right: whole_right,
            axes,
        };
        Ok(self.push(old, kind))
    }
}
