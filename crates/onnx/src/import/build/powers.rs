//! Powers whose exponents are weights: `x^y = exp(y ln x)`.
//!
//! Exponents that are whole numbers were chosen by a person, and are defined for bases below zero as well: each of them becomes a function of
//! its own, and is public. Others are what training found. Of zero every power with a positive exponent is zero, whatever the logarithm.

use super::Place;
use super::broadcast::broadcast;
use crate::function::{Expression, Function};
use crate::graph::{Kind, LayerId};
use crate::import::Importer;
use crate::import::refusal::Imported;

impl Importer<'_> {
    /// Whether exponents can be weights, given the base.
    pub fn is_secret_exponent(&self, base: LayerId, exponents: LayerId) -> bool {
        let Some(numbers) = self.graph.constant(exponents) else {
            return false;
        };
        let are_fractions = || numbers.entries().iter().all(|y| y.fract() != 0.0);
        // A whole number among them may be there for a base below zero, and zero is the exponent of one.
        let is_positive = || numbers.entries().iter().all(|&y| y > 0.0);
        self.trained.contains(&exponents)
            && self.graph.constant(base).is_none()
            && (are_fractions()
                || (is_positive()
                    && numbers.entries().iter().any(|y| y.fract() != 0.0)
                    && self.is_never_negative(base)))
    }

    /// The powers of a base with exponents that are weights.
    pub fn power_by_weights(
        &mut self,
        at: &Place<'_>,
        base: LayerId,
        exponents: LayerId,
    ) -> Imported<LayerId> {
        let rank = at.to.len();
        let base = self.of_rank(at.origin, base, rank)?;
        let exponents = self.of_rank(at.origin, exponents, rank)?;
        let numbers = self.graph.constant(exponents).cloned();
        let has_zero = numbers.is_some_and(|numbers| numbers.entries().iter().all(|&y| y > 0.0));
        let logarithm = match has_zero {
            true => Function::from(Expression::logarithm_or_zero()),
            false => Function::Ln,
        };
        let logarithm = self.graph.apply(at.origin, base, logarithm);
        let place = Place { owned: &[], ..*at };
        let product = self.multiply(&place, logarithm, exponents)?;
        let power = self.graph.apply(at.origin, product, Function::Exp);
        if !has_zero {
            return Ok(power);
        }
        let is_positive = self.graph.apply(at.origin, base, Function::Positive);
        let steps = broadcast(self.graph.shape(is_positive), at.to)?;
        let is_positive = self.graph.view(at.origin, is_positive, steps)?;
        Ok(self.graph.entrywise(at.origin, power, is_positive))
    }

    /// Whether a layer cannot be negative, by how it is made.
    fn is_never_negative(&self, layer: LayerId) -> bool {
        match &self.graph.layer(layer).kind {
            Kind::Apply { function, .. } => match function {
                Function::Clamp { low: Some(low), .. } => *low >= 0.0,
                Function::Abs
                | Function::Exp
                | Function::Sigmoid
                | Function::Sqrt
                | Function::Square => true,
                _ => false,
            },
            _ => false,
        }
    }
}
