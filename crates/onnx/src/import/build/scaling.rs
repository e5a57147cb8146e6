//! A tensor times real numbers of the model, entry by entry.

use super::Place;
use super::broadcast::broadcast;
use super::contraction::Label;
use crate::function::Function;
use crate::graph::{Kind, LayerId};
use crate::import::Importer;
use crate::import::refusal::{Imported, refuse};

impl Importer<'_> {
    /// A tensor times constant factors, which are no multiples of integers.
    pub fn times_reals(
        &mut self,
        at: &Place<'_>,
        source: LayerId,
        factors: LayerId,
    ) -> Imported<LayerId> {
        if let Some(scaled) = self.times_public(at, source, factors)? {
            return Ok(scaled);
        }
        if let Some(squared) = self.scaled_square(at, source, factors)? {
            return Ok(squared);
        }
        let labels = self.labels_by_entry(at, source, factors)?;
        self.product_of_reals(at, source, factors, &labels)
    }

    /// A tensor times a constant that is one public number everywhere, or one; `None` if it is something else.
    pub fn times_public(
        &mut self,
        at: &Place<'_>,
        source: LayerId,
        factor: LayerId,
    ) -> Imported<Option<LayerId>> {
        let public = self.public_number(factor);
        let Some(number) = public.or(self.uniform(factor).filter(|&number| number == 1.0)) else {
            return Ok(None);
        };
        let steps = broadcast(self.graph.shape(source), at.to)?;
        Ok(Some(self.graph.scaled(at.origin, number, source, steps)?))
    }

    /// The labels of a product entry by entry.
    pub fn labels_by_entry(
        &self,
        at: &Place<'_>,
        left: LayerId,
        right: LayerId,
    ) -> Imported<Vec<Label>> {
        let rank = at.to.len();
        if self.graph.shape(left).len() != rank || self.graph.shape(right).len() != rank {
            return refuse("operands of different rank");
        }
        let place = |axis| Label {
            left: Some(axis),
            right: Some(axis),
            output: Some(axis),
        };
        Ok((0..rank).map(place).collect())
    }

    /// `x^2 c` as `(x sqrt c)^2`: where features differ by orders of magnitude, so do these factors, and the squares of the features
    /// alone would need twice as many bits (the likelihood of a normal distribution).
    pub fn scaled_square(
        &mut self,
        at: &Place<'_>,
        left: LayerId,
        right: LayerId,
    ) -> Imported<Option<LayerId>> {
        let Kind::Apply {
            source,
            function: Function::Square,
        } = self.graph.layer(left).kind
        else {
            return Ok(None);
        };
        let factors = self.graph.constant(right);
        let Some(factors) = factors.filter(|f| f.entries().iter().all(|&factor| factor > 0.0))
        else {
            return Ok(None);
        };
        let roots = factors
            .entries()
            .iter()
            .map(|factor| factor.sqrt())
            .collect();
        let shape = self.graph.shape(right).to_vec();
        let roots = self.graph.add_constant(at.origin, shape, roots);
        let place = Place { owned: &[], ..*at };
        let scaled = self.times_reals(&place, source, roots)?;
        Ok(Some(self.apply(at.origin, scaled, Function::Square)))
    }
}
