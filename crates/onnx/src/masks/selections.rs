//! Masks that are selected entry by entry.

use super::separation::Separation;
use super::value::Value;
use crate::function::{Comparison, Expression, Function, Operation};
use crate::graph::{Graph, LayerId, MASK, Summand};
use inferproof_view::ViewError;
use std::sync::Arc;

impl Separation<'_> {
    /// A mask that is selected entry by entry, as truth values times great numbers.
    pub fn selection(
        &mut self,
        old: LayerId,
        source: LayerId,
        function: &Function,
    ) -> Result<Option<Value>, ViewError> {
        let Function::Composite(expression) = function else {
            return Ok(None);
        };
        let Expression::Select(condition, yes, no) = &**expression else {
            return Ok(None);
        };
        let (Expression::Number(yes), Expression::Number(no)) = (&**yes, &**no) else {
            return Ok(None);
        };
        if yes.abs().max(no.abs()) < MASK {
            return Ok(None);
        }
        let layer = self.old.layer(old);
        let holds = Expression::Combine(
            Operation::Compare(Comparison::NotEqual),
            condition.clone(),
            Box::new(Expression::Number(0.0)),
        );
        let source = self.reading(source)?;
        let function = Function::Composite(Arc::new(holds));
        let holds = self.graph.apply(&layer.origin, source, function);
        let (mut finite, mut never) = (vec![], vec![]);
        for (number, is_yes) in [(*yes, true), (*no, false)] {
            let part = if number.abs() >= MASK {
                &mut never
            } else {
                &mut finite
            };
            if number == 0.0 {
                continue;
            }
            let sign = if is_yes { number } else { -number };
            part.push(Summand {
                coefficient: sign,
                ..self.identity(holds)?
            });
            if !is_yes {
                part.push(Graph::fill(number, &layer.shape)?);
            }
        }
        self.masked(&layer.origin, &layer.shape, finite, never)
            .map(Some)
    }
}
