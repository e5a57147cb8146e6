//! Integers as magnitudes and signs: division is exact on what is not negative.
//!
//! An array that the model was given stays a weight. Whether one of its entries is negative decides which operations follow, and is thereby
//! public; which of them are, and what they are, is not.

use super::broadcast::broadcast;
use super::wrap::Bounds;
use crate::element::Element;
use crate::function::Function;
use crate::graph::{Graph, LayerId, MASK};
use crate::import::Importer;
use crate::import::refusal::Imported;

/// Integers that are divided, or divided by, and are weights are below this number: a table of reciprocals has an entry for each divisor of
/// their width, and greater numbers are taken for masks.
const MAX_SECRET: f64 = MASK;

/// The greatest number that is divided by a tensor in a proof.
const MAX_DIVIDED: i128 = 1 << 29;

/// A tensor of integers, entry by entry its magnitude times its sign.
#[derive(Clone, Copy, Debug)]
pub struct Signed {
    pub magnitude: LayerId,
    /// 1 (of zero, too) or -1; there is none where all are 1.
    pub sign: Option<LayerId>,
}

impl Importer<'_> {
    /// Of computed integers.
    pub fn signed(
        &mut self,
        origin: &str,
        source: LayerId,
        may_be_negative: bool,
    ) -> Imported<Signed> {
        if !may_be_negative {
            return Ok(Signed {
                magnitude: source,
                sign: None,
            });
        }
        let opposite = self.graph.scaled(origin, -1.0, source, vec![])?;
        let magnitude = self.graph.max(origin, source, opposite);
        let is_negative = self.graph.apply(origin, opposite, Function::Positive);
        let shape = self.graph.shape(source).to_vec();
        let terms = vec![
            self.graph.summand(-2.0, is_negative, vec![])?,
            Graph::fill(1.0, &shape)?,
        ];
        let sign = Some(self.graph.sum(origin, terms));
        Ok(Signed { magnitude, sign })
    }

    /// Of a weight, repeated to a shape; `with_signs` even if no entry is negative.
    pub fn signed_weight(
        &mut self,
        origin: &str,
        weight: LayerId,
        to: &[usize],
        with_signs: bool,
    ) -> Imported<Signed> {
        let values = self.graph.constant(weight).cloned().unwrap_or_default();
        let values = values.entries();
        let shape = self.graph.shape(weight).to_vec();
        let magnitudes = values.iter().map(|v| v.abs()).collect();
        let magnitude = self.repeated_weight(origin, &shape, magnitudes, to)?;
        let has_signs = with_signs || values.iter().any(|&v| v < 0.0);
        let sign = match has_signs {
            true => {
                let signs = values.iter().map(|&v| if v < 0.0 { -1.0 } else { 1.0 });
                Some(self.repeated_weight(origin, &shape, signs.collect(), to)?)
            }
            false => None,
        };
        Ok(Signed { magnitude, sign })
    }

    /// A weight that is read again and again, and committed once.
    fn repeated_weight(
        &mut self,
        origin: &str,
        shape: &[usize],
        values: Vec<f32>,
        to: &[usize],
    ) -> Imported<LayerId> {
        let weight = self.graph.add_constant(origin, shape.to_vec(), values);
        let repeated = self.graph.summand(1.0, weight, broadcast(shape, to)?)?;
        let repeated = self.graph.sum(origin, vec![repeated]);
        self.graph.keep(repeated);
        Ok(repeated)
    }

    /// What the program tells of the bounds of integers that are divided, or divided by: of a weight but its signs and its type.
    pub fn told_bounds(&self, layer: LayerId, element: Element) -> Option<Bounds> {
        let known = self.bounds(layer, element)?;
        let (low, high) = element.bounds()?;
        if !self.trained.contains(&layer) || known.magnitude().high >= MAX_SECRET as i128 {
            return Some(known);
        }
        let greatest = MAX_SECRET as i128;
        Some(Bounds {
            low: match known.low.signum() {
                -1 => low.max(-greatest),
                sign => sign,
            },
            high: match known.high.signum() {
                1 => high.min(greatest),
                sign => sign,
            },
        })
    }

    /// Whether integers can be divided by a constant that stays a weight, though they may be as great as this.
    pub fn is_secret_divisor(&self, divisor: LayerId, dividend: i128) -> bool {
        let Some(values) = self.graph.constant(divisor) else {
            return false;
        };
        let is_divisor =
            |v: &f32| v.fract() == 0.0 && (1.0..MAX_SECRET).contains(&f64::from(v.abs()));
        // Only by powers of two more can be divided as long as these are public.
        let is_power = |v: &f32| (v.abs() as u32).is_power_of_two();
        self.trained.contains(&divisor)
            && values.entries().iter().all(is_divisor)
            && (dividend < MAX_DIVIDED || !values.entries().iter().all(is_power))
    }

    /// Whether a constant that is divided by computed integers can stay a weight.
    pub fn is_secret_dividend(&self, dividend: LayerId) -> bool {
        let values = self.graph.constant(dividend);
        let is_dividend = |v: &f32| v.fract() == 0.0 && f64::from(v.abs()) < MAX_SECRET;
        self.trained.contains(&dividend)
            && values.is_some_and(|v| v.entries().iter().all(is_dividend))
    }
}
