//! Functions of one number, by their tables.

use super::state::{Lowering, MAX_ARGUMENT_BITS, MAX_INTEGER_BITS};
use crate::OnnxError;
use crate::function::Function;
use crate::graph::LayerId;
use crate::quantize::scale::{Format, scaled};
use crate::quantize::{full, powers};
use crate::range::Range;
use inferproof_program::{Table, TensorId};

impl Lowering<'_> {
    /// A function by its table.
    pub(super) fn map(
        &mut self,
        id: LayerId,
        source_layer: LayerId,
        function: &Function,
    ) -> Result<TensorId, OnnxError> {
        let layer = self.graph.layer(id);
        let ends = self.ends(id, source_layer);
        let argument = match ends {
            Some(_) => self.seen[&source_layer],
            None => self.range(source_layer),
        };
        let is_crossed = ends.is_none() && argument.low < 0.0 && argument.high > 0.0;
        if *function == Function::Reciprocal && is_crossed {
            return self.signed_reciprocal(id, source_layer);
        }
        if !function.is_defined_on(argument.low, argument.high) {
            return Err(OnnxError::Domain {
                origin: layer.origin.clone(),
                function: function.to_string(),
                low: argument.low,
                high: argument.high,
            });
        }
        let is_score = self.full.scores.contains(&id);
        let mut bits = match function.is_steep() || is_score {
            true => self.steep_bits(),
            false => self.plan.widths.activations,
        };
        if let Some(&count) = self.full.sums.get(&source_layer) {
            bits = bits.max(full::sum_bits(count)).min(MAX_ARGUMENT_BITS);
        }
        let is_logarithm = self.powers.logarithms.contains(&id);
        if is_logarithm {
            bits = MAX_ARGUMENT_BITS;
        } else if self.powers.exponentials.contains(&id) {
            bits = (bits + powers::FINER_BITS).min(MAX_ARGUMENT_BITS);
        }
        let exact = self.argument(id, source_layer)?;
        let tensor = self.tensor(exact).clone();
        let argument = match is_score {
            // All that it can be, whatever calibration saw.
            true => Range {
                low: scaled(tensor.low as f64, -tensor.scale_log2),
                high: scaled(tensor.high as f64, -tensor.scale_log2),
            },
            false => argument,
        };
        let width = tensor.high.saturating_sub(tensor.low);
        // A wider table costs less than committing to a narrower argument, where there are as many arguments as entries.
        let is_narrow = ends.is_none()
            && (width < 1 << bits
                || (width < 2 << bits
                    && bits < MAX_ARGUMENT_BITS
                    && width <= 2 * tensor.volume() as i64));
        if *function == Function::Sqrt && !is_narrow && tensor.low >= 0 {
            return self.root(id, exact, bits);
        }
        let value_bits = match is_score && layer.shape.iter().product::<usize>() <= full::FEW {
            true => MAX_ARGUMENT_BITS,
            false => bits,
        };
        let mut format = self.format(id, value_bits, MAX_INTEGER_BITS);
        if let Some(common) = self.common.get(&id) {
            format = format.at_most(common.value);
        }
        if ends.is_none()
            && !self.graph.is_integral(id)
            && let Some(inverse) = function.as_inverse()
            && let Some(made) = self.inverse(id, exact, &inverse, argument, format, bits)?
        {
            return Ok(made);
        }
        if !is_narrow
            && !is_score
            && !is_logarithm
            && ends.is_none()
            && let Some(made) = self.by_bands(id, exact, function, argument, bits)?
        {
            return Ok(made);
        }
        let source = if is_narrow {
            exact
        } else if let Function::Compare(_) = function {
            // Only the sign matters, and must be exact.
            let sign = Format {
                low: -1,
                high: 1,
                scale: tensor.scale_log2,
            };
            let sign = self.rescale(&layer.origin, exact, sign)?;
            self.limit_rescale(sign, true, true);
            sign
        } else {
            let (low, high) = function.reach(argument.high);
            let clipped = self.clipped(function, argument, is_score);
            let clipped = ends.map_or(clipped, |ends| ends.beside(clipped, bits));
            let integers = self
                .graph
                .is_integral(source_layer)
                .then(|| Format::integers(clipped, bits, MAX_ARGUMENT_BITS));
            let format = integers
                .flatten()
                .unwrap_or_else(|| match function.is_integral() {
                    true => Format::unsaturated(clipped, bits),
                    false => Format::activation(clipped, bits),
                });
            let finest = match self.common.get(&id) {
                Some(common) => tensor.scale_log2.min(common.argument),
                None => tensor.scale_log2,
            };
            let argument = self.rescale(&layer.origin, exact, format.at_most(finest))?;
            // Beyond its reach the function is as good as constant.
            let real = |end: i64| scaled(end as f64, -self.tensor(argument).scale_log2);
            let masks = ends.unwrap_or_default();
            let is_low = masks.below.is_some() || real(format.low) <= low;
            let is_high = masks.above.is_some() || real(format.high) >= high;
            self.limit_rescale(argument, is_low, is_high);
            argument
        };
        let domain = self.tensor(source).clone();
        if self.graph.is_integral(id) && self.graph.is_integral(source_layer) && format.scale < 0 {
            return Err(OnnxError::Model {
                reason: format!(
                    "{}: its integers reach {:e}; up to 2^{MAX_INTEGER_BITS} they can be proven",
                    layer.origin,
                    self.range(id).high.max(-self.range(id).low)
                ),
            });
        }
        let real = |x: i64| {
            let ends = ends.unwrap_or_default();
            match (ends.below, ends.above) {
                (Some(mask), _) if x == domain.low => mask,
                (_, Some(mask)) if x == domain.high => mask,
                _ => scaled(x as f64, -domain.scale_log2),
            }
        };
        // What a power makes of the logarithm of nothing is multiplied by zero, or should have been next to nothing.
        let least = self.range(id).low;
        let reals = (domain.low..=domain.high).map(|x| match is_logarithm && x == 0 {
            true => least,
            false => function.evaluate(real(x)),
        });
        let reals: Vec<f64> = reals.collect();
        let values: Vec<i64> = reals.iter().map(|&real| format.quantize(real)).collect();
        let (low, high) = values
            .iter()
            .fold((i64::MAX, i64::MIN), |(l, h), &v| (l.min(v), h.max(v)));
        let table = self.builder.table(Table {
            low: domain.low,
            values,
        })?;
        let format = Format {
            low,
            high,
            scale: format.scale,
        };
        let made = self.looked_up(&layer.origin, source, table, format)?;
        self.limit_table(made, &domain, argument, &reals);
        Ok(made)
    }

    /// What a function's argument may be where values count.
    pub(super) fn clipped(&self, function: &Function, argument: Range, is_score: bool) -> Range {
        let (low, high) = function.reach(argument.high);
        let free = match is_score || function.is_integral() {
            true => argument,
            false => argument.with_headroom(self.headroom),
        };
        Range {
            low: free.low.clamp(low, high),
            high: free.high.clamp(low, high),
        }
    }
}
