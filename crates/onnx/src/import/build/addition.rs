//! Sums and differences of tensors.

use super::Place;
use super::broadcast::broadcast;
use super::contraction::Follow;
use crate::function::Function;
use crate::graph::{Graph, Kind, LayerId};
use crate::import::Importer;
use crate::import::refusal::Imported;

impl Importer<'_> {
    /// `left + sign * right`.
    pub fn add(
        &mut self,
        at: &Place<'_>,
        left: LayerId,
        sign: f64,
        right: LayerId,
    ) -> Imported<LayerId> {
        if self.graph.constant(left).is_some()
            && sign == 1.0
            && self.graph.constant(right).is_none()
        {
            return self.add(at, right, 1.0, left);
        }
        let to = at.to;
        // Nothing is added by zeros, which are left out; other numbers only if they are public.
        let public = self.public_number(right);
        let zeros = self.uniform(right).filter(|&value| value == 0.0);
        if let Some(value) = public.or(zeros)
            && self.graph.shape(left) == to
            && (value == 0.0 || !(self.foldable.contains_key(&left) && at.owns(left)))
        {
            if value == 0.0 {
                return Ok(left);
            }
            let terms = vec![
                self.graph.summand(1.0, left, vec![])?,
                Graph::fill(sign * value, to)?,
            ];
            return Ok(self.graph.sum(at.origin, terms));
        }
        let mut right = right;
        let mut sign = sign;
        if sign == -1.0
            && let Some(values) = self.graph.constant(right)
        {
            let negated = values.entries().iter().map(|v| -v).collect();
            let shape = self.graph.shape(right).to_vec();
            right = self.graph.add_constant(at.origin, shape, negated);
            sign = 1.0;
        }
        if sign == 1.0
            && self.graph.shape(left) == to
            && at.owns(left)
            && let Some(folded) = self.fold(at.origin, left, right, |c| Follow::Offset(c))?
        {
            return Ok(folded);
        }
        let left = self.exact_square(at, left);
        let right = self.exact_square(at, right);
        self.combined(at, left, sign, right)
    }

    /// A square that is added to something, as a product: a sum of products is exact, of a table's values it is not.
    fn exact_square(&mut self, at: &Place<'_>, id: LayerId) -> LayerId {
        let Kind::Apply {
            source,
            function: Function::Square,
        } = self.graph.layer(id).kind
        else {
            return id;
        };
        self.graph.entrywise(at.origin, source, source)
    }

    /// `left` broadcast to the output's shape plus `sign` times `right` so.
    pub fn combined(
        &mut self,
        at: &Place<'_>,
        left: LayerId,
        sign: f64,
        right: LayerId,
    ) -> Imported<LayerId> {
        let to = at.to;
        let left_steps = broadcast(self.graph.shape(left), to)?;
        let right_steps = broadcast(self.graph.shape(right), to)?;
        let terms = vec![
            self.graph.summand(1.0, left, left_steps)?,
            self.graph.summand(sign, right, right_steps)?,
        ];
        Ok(self.graph.sum(at.origin, terms))
    }

    /// The sum of multiples of layers of one shape, and a number.
    pub fn combination<const N: usize>(
        &mut self,
        origin: &str,
        parts: [(f64, LayerId); N],
        offset: f64,
    ) -> Imported<LayerId> {
        let mut terms = Vec::with_capacity(N + 1);
        for (factor, layer) in parts {
            terms.push(self.graph.summand(factor, layer, vec![])?);
        }
        if let (true, Some(first)) = (offset != 0.0, terms.first()) {
            let shape = first.view.target().to_vec();
            terms.push(Graph::fill(offset, &shape)?);
        }
        Ok(self.graph.sum(origin, terms))
    }
}
