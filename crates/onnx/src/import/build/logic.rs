//! Comparisons and truth values, which are numbers that are 0 or 1.

use super::Place;
use crate::function::{Comparison, Function, Operation};
use crate::graph::{Graph, LayerId};
use crate::import::Importer;
use crate::import::refusal::{Imported, refuse};
use inferproof_view::Step;

impl Importer<'_> {
    /// How two tensors compare: an exact function of their difference.
    pub fn compare(
        &mut self,
        at: &Place<'_>,
        left: LayerId,
        right: LayerId,
        comparison: Comparison,
    ) -> Imported<LayerId> {
        if let (Comparison::Equal, Some(indicator)) =
            (comparison, self.indicator_of(at, left, right)?)
        {
            return Ok(indicator);
        }
        let difference = self.combined(at, left, -1.0, right)?;
        Ok(self
            .graph
            .apply(at.origin, difference, Function::Compare(comparison)))
    }

    /// `x == 0, 1, 2, ..` along a last axis, of which `x` has one entry: a one-hot code.
    fn indicator_of(
        &mut self,
        at: &Place<'_>,
        left: LayerId,
        right: LayerId,
    ) -> Imported<Option<LayerId>> {
        let (source, numbers) = match (self.graph.constant(left), self.graph.constant(right)) {
            (None, Some(numbers)) => (left, numbers.clone()),
            (Some(numbers), None) => (right, numbers.clone()),
            _ => return Ok(None),
        };
        let Some((&classes, rows)) = at.to.split_last() else {
            return Ok(None);
        };
        let counts = numbers.len() == classes
            && numbers
                .entries()
                .iter()
                .enumerate()
                .all(|(i, &number)| number == i as f32);
        let shape = self.graph.shape(source);
        let one_each = shape
            .split_last()
            .is_some_and(|(&last, before)| last == 1 && before == rows);
        if !counts || !one_each || classes < 2 || !self.graph.is_integral(source) {
            return Ok(None);
        }
        let axis = rows.len();
        let entry = Step::Reduce {
            axis,
            source: 1,
            weights: None,
        };
        let source = self.graph.view(at.origin, source, vec![entry])?;
        let codes = self.graph.indicator(at.origin, source, classes, false);
        Ok(Some(codes))
    }

    /// Both, either, or just one of two truth values.
    pub fn logical(
        &mut self,
        at: &Place<'_>,
        left: LayerId,
        right: LayerId,
        operation: Operation,
    ) -> Imported<LayerId> {
        let (sign, comparison) = match operation {
            // Both, or either, or just one of two numbers that are 0 or 1.
            Operation::And => (1.0, Comparison::Greater),
            Operation::Or => (1.0, Comparison::GreaterOrEqual),
            Operation::Xor => (-1.0, Comparison::NotEqual),
            _ => return refuse("this operation has no import"),
        };
        let sum = self.combined(at, left, sign, right)?;
        let shape = self.graph.shape(sum).to_vec();
        let less_one = |graph: &mut Graph| -> Imported<LayerId> {
            let terms = vec![graph.summand(1.0, sum, vec![])?, Graph::fill(-1.0, &shape)?];
            Ok(graph.sum(at.origin, terms))
        };
        let argument = match operation {
            Operation::Xor => sum,
            _ => less_one(&mut self.graph)?,
        };
        Ok(self
            .graph
            .apply(at.origin, argument, Function::Compare(comparison)))
    }

    /// The other truth value.
    pub fn not(&mut self, at: &Place<'_>, source: LayerId) -> Imported<LayerId> {
        let shape = self.graph.shape(source).to_vec();
        let terms = vec![
            self.graph.summand(-1.0, source, vec![])?,
            Graph::fill(1.0, &shape)?,
        ];
        Ok(self.graph.sum(at.origin, terms))
    }
}
