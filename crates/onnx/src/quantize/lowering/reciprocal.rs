//! Reciprocals of numbers of both signs: of their magnitudes, times their signs.

use super::state::{Lowering, MAX_ARGUMENT_BITS};
use crate::OnnxError;
use crate::function::Function;
use crate::graph::LayerId;
use crate::quantize::scale::{Format, scaled};
use crate::range::Range;
use inferproof_program::{Contract, Limit, Table, TensorId, Term};
use inferproof_view::{Step, View};

/// Steps that the least magnitude has, at least: with fewer, its reciprocal would be off by more than one in a hundred.
const LEAST_STEPS: f64 = 64.0;

impl Lowering<'_> {
    /// `1 / x` where calibration has seen numbers on both sides of zero, but none so near that a table would not tell it from zero.
    pub(super) fn signed_reciprocal(
        &mut self,
        id: LayerId,
        source_layer: LayerId,
    ) -> Result<TensorId, OnnxError> {
        let layer = self.graph.layer(id);
        let (origin, shape) = (&layer.origin, &layer.shape);
        let (argument, results) = (self.range(source_layer), self.range(id));
        let greatest_result = results.high.max(-results.low);
        let magnitudes = Range {
            low: greatest_result.recip(),
            high: argument.high.max(-argument.low),
        };
        let bits = MAX_ARGUMENT_BITS;
        let format = Format::activation(
            Range {
                low: 0.0,
                ..magnitudes
            },
            bits,
        );
        if scaled(magnitudes.low, format.scale) < LEAST_STEPS {
            return Err(OnnxError::Domain {
                origin: origin.clone(),
                function: Function::Reciprocal.to_string(),
                low: argument.low,
                high: argument.high,
            });
        }
        let mut exact = self.exact(source_layer)?;
        if self.virtuals[exact.0 as usize].bilinear {
            exact = self.at_width(source_layer, bits)?;
        }
        let scale = self.tensor(exact).scale_log2;
        let read = |coefficient, source| -> Result<Term, OnnxError> {
            Ok(Term {
                coefficient,
                source: Some(source),
                view: View::identity(shape.clone())?,
            })
        };
        let terms = vec![read(-1, exact)?];
        let opposite = self.linear(origin, scale, terms)?;
        let magnitude = self.maximum(origin, scale, exact, opposite)?;
        let magnitude = self.rescale(origin, magnitude, format)?;
        let domain = self.tensor(magnitude).clone();
        let values = Format::unsigned(greatest_result, bits);
        let reals = (domain.low..=domain.high)
            .map(|x| Function::Reciprocal.evaluate(scaled(x as f64, -domain.scale_log2)));
        let reals: Vec<f64> = reals.collect();
        let integers = reals.iter().map(|&real| values.quantize(real)).collect();
        let table = self.builder.table(Table {
            low: domain.low,
            values: integers,
        })?;
        let reciprocal = self.looked_up(origin, magnitude, table, values)?;
        self.limit_table(reciprocal, &domain, magnitudes, &reals);
        let is_negative = self.rescaled(origin, opposite, 0, Format::BIT)?;
        self.builder.limit(Limit::none(is_negative));
        let axes = shape.iter().enumerate();
        let ones = axes.map(|(axis, &len)| Step::Insert { axis, len });
        let one = Term {
            coefficient: 1,
            source: None,
            view: View::new(vec![], ones.collect())?,
        };
        let terms = vec![read(-2, is_negative)?, one];
        let sign = self.linear(origin, 0, terms)?;
        self.contraction(
            origin,
            values.scale,
            Contract {
                left: reciprocal,
                right: sign,
                shared: shape.len(),
                left_free: 0,
                right_free: 0,
                contracted: 0,
            },
        )
    }
}
