//! Masks in constants.

use super::separation::Separation;
use super::value::{Parts, Value};
use crate::graph::{Graph, LayerId, MASK, Summand};
use crate::numbers::Numbers;
use crate::range::Range;
use inferproof_view::ViewError;

/// Numbers as great as masks that a constant may have, each as often as it likes. With more, it is a table of great numbers.
const MAX_MASKS: usize = 4;

impl Separation<'_> {
    /// A constant in which a few great numbers are masks.
    pub fn constant(&mut self, old: LayerId, values: &Numbers) -> Result<Value, ViewError> {
        let kind = self.old.layer(old).kind.clone();
        let mut value = self.push(old, kind);
        let Range { low, high } = values.range();
        if low.abs().max(high.abs()) < MASK {
            return Ok(value);
        }
        let values = values.entries();
        let mut masks: Vec<f32> = Vec::new();
        for &v in values.iter().filter(|v| f64::from(v.abs()) >= MASK) {
            if !masks.contains(&v) {
                masks.push(v);
            }
            if masks.len() > MAX_MASKS {
                return Ok(value);
            }
        }
        if masks.is_empty() {
            return Ok(value);
        }
        let layer = self.old.layer(old);
        let is_great = |v: f32| f64::from(v.abs()) >= MASK;
        let rest: Vec<f32> = values
            .iter()
            .map(|&v| if is_great(v) { 0.0 } else { v })
            .collect();
        let mut never = Vec::new();
        for mask in masks {
            if values.iter().all(|&v| v == mask) {
                never.push(Graph::fill(mask.into(), &layer.shape)?);
                continue;
            }
            let bits = values.iter().map(|&v| f32::from(u8::from(v == mask)));
            let bits = self
                .graph
                .add_constant(&layer.origin, layer.shape.clone(), bits.collect());
            never.push(Summand {
                coefficient: mask.into(),
                ..self.identity(bits)?
            });
        }
        let finite = rest.iter().any(|&v| v != 0.0);
        let finite = finite.then(|| {
            self.graph
                .add_constant(&layer.origin, layer.shape.clone(), rest)
        });
        value.parts = Some(Parts { finite, never });
        Ok(value)
    }
}
