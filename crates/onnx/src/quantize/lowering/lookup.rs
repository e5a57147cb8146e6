//! Functions of one integer of up to 16 bits, or of two of 8, as tables of all arguments.

use super::state::Lowering;
use crate::OnnxError;
use crate::graph::{LayerId, Source};
use crate::integer_function::IntegerFunction;
use crate::quantize::scale::Format;
use inferproof_program::{Table, TensorId, Term};

/// Pairs of 8-bit integers.
const MAX_PAIRS: i128 = 1 << 16;

impl Lowering<'_> {
    /// Two integers are looked up as one: the first times the number of values that the second has, plus the second.
    pub(super) fn lookup(
        &mut self,
        id: LayerId,
        sources: &[Source],
        function: &IntegerFunction,
    ) -> Result<TensorId, OnnxError> {
        let graph = self.graph;
        let layer = graph.layer(id);
        let origin = &layer.origin;
        let mut terms = Vec::new();
        let mut bounds = Vec::new();
        for (source, &(low, high)) in sources.iter().zip(&function.domains) {
            let integers = Format {
                low,
                high,
                scale: 0,
            };
            let tensor = match graph.constant(source.layer) {
                // Of a constant, all that is public is its type.
                Some(_) => self.quantized(source.layer, integers)?,
                None => self.exact(source.layer)?,
            };
            let read = self.tensor(tensor);
            if read.scale_log2 != 0 {
                return Err(OnnxError::Model {
                    reason: format!("{origin}: it reads what is not integers"),
                });
            }
            bounds.push((read.low, read.high));
            terms.push(Term {
                coefficient: 1,
                source: Some(tensor),
                view: source.view.clone(),
            });
        }
        let counts = bounds.iter().map(|b| i128::from(b.1) - i128::from(b.0) + 1);
        let count = counts.fold(1, i128::saturating_mul);
        if count > MAX_PAIRS {
            return Err(OnnxError::Model {
                reason: format!(
                    "{origin}: its operands have {count} pairs of values; at most {MAX_PAIRS} are supported"
                ),
            });
        }
        if let ([first, _], [_, (low, high)]) = (&mut terms[..], &bounds[..]) {
            first.coefficient = high - low + 1;
        }
        let source = match &terms[..] {
            [term] if term.view.steps().is_empty() => term.source,
            _ => None,
        };
        let source = match source {
            Some(source) => source,
            None => self.linear(origin, 0, terms)?,
        };
        let values = function.table(&bounds);
        let (least, greatest) = (values.iter().min(), values.iter().max());
        let format = Format {
            low: least.copied().unwrap_or(function.low),
            high: greatest.copied().unwrap_or(function.high),
            scale: 0,
        };
        let low = self.tensor(source).low;
        let table = self.builder.table(Table { low, values })?;
        self.looked_up(origin, source, table, format)
    }
}
