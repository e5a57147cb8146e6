//! Functions that are steep near zero, of arguments over many decades: one table for each band of the argument.
//!
//! A table has one step for all of its arguments, so that of a power spectrum or of a sum of squares it sees the great ones alone. Here the
//! argument `v` is rescaled several times, each time finer by [`STEP`] bits, and saturates at the end `b_i` of the band `i` that so many steps
//! reach. With `v_i = min(v, b_i)`, from the coarsest band 0 to the finest one `n`, the function is a sum that telescopes:
//!
//! ```text
//! f(v) = f(v_n) + sum_{i < n} (f(max(v_i, b_{i+1})) - f(b_{i+1}))
//! ```
//!
//! In the band where `v` lies its term is as fine as that band's steps; finer bands give constants, coarser ones zero.

use super::state::Lowering;
use crate::OnnxError;
use crate::function::Function;
use crate::graph::LayerId;
use crate::quantize::scale::{Format, round, scaled};
use crate::range::Range;
use inferproof_program::{Table, TensorId, Term};
use inferproof_view::View;

/// How many times finer a band's steps are than those of the next greater one, as a power of two.
const STEP: i32 = 8;

/// Bands, at most.
const MAX_BANDS: usize = 5;

/// One table will do where at the least argument it is right to this part of the greatest value, as a power of two: of activations of few
/// bits to less.
const ENOUGH: u32 = 8;

/// A value of a table, at most.
const GREATEST: i64 = 1 << 30;

impl Lowering<'_> {
    /// The function's values by bands; `None` if one table is fine enough, or the argument itself is no finer.
    pub(super) fn by_bands(
        &mut self,
        id: LayerId,
        source: TensorId,
        function: &Function,
        argument: Range,
        bits: u32,
    ) -> Result<Option<TensorId>, OnnxError> {
        let tensor = self.tensor(source).clone();
        if argument.low < 0.0 || !function.is_steep() || function.is_integral() {
            return Ok(None);
        }
        let range = self.range(id);
        let few = self.plan.widths.activations.saturating_sub(2).min(ENOUGH);
        let allowed = range.high.max(-range.low) * 2f64.powi(-(few as i32));
        // How far half a step moves the value of the least argument.
        let error = |scale: i32| {
            let moved = argument.low + 2f64.powi(-scale - 1);
            (function.evaluate(moved) - function.evaluate(argument.low)).abs()
        };
        let widest = Format::activation(argument.with_headroom(self.headroom), bits);
        let mut scales = vec![widest.at_most(tensor.scale_log2).scale];
        if error(scales[0]) <= allowed {
            return Ok(None);
        }
        while let Some(&finest) = scales.last()
            && finest < tensor.scale_log2
            && error(finest) > allowed / 4.0
            && scales.len() < MAX_BANDS
        {
            scales.push((finest + STEP).min(tensor.scale_log2));
        }
        if scales.len() == 1 {
            return Ok(None);
        }
        let layer = self.graph.layer(id);
        let values = Format::activation(range, bits);
        let end = |scale: i32| scaled(widest.high as f64, -scale);
        let mut terms = Vec::with_capacity(scales.len());
        for (band, &scale) in scales.iter().enumerate() {
            let format = Format { scale, ..widest };
            let rescaled = self.rescale(&layer.origin, source, format)?;
            let finer = scales.get(band + 1).copied();
            // What lies in another band is meant to saturate.
            self.limit_rescale(rescaled, finer.is_some(), band > 0);
            let domain = self.tensor(rescaled).clone();
            let start = finer.map(end);
            let before = start.map_or(0.0, |start| function.evaluate(start));
            let reals = (domain.low..=domain.high).map(|x| {
                let real = scaled(x as f64, -domain.scale_log2);
                function.evaluate(start.map_or(real, |start| real.max(start))) - before
            });
            let reals: Vec<f64> = reals.collect();
            let integers = reals.iter().map(|&real| match finer {
                None => values.quantize(real),
                Some(_) => round(scaled(real, values.scale)).clamp(-GREATEST, GREATEST),
            });
            let integers: Vec<i64> = integers.collect();
            let (low, high) = integers
                .iter()
                .fold((i64::MAX, i64::MIN), |(l, h), &v| (l.min(v), h.max(v)));
            let table = self.builder.table(Table {
                low: domain.low,
                values: integers,
            })?;
            let format = Format {
                low,
                high,
                scale: values.scale,
            };
            let made = self.looked_up(&layer.origin, rescaled, table, format)?;
            if finer.is_none() {
                let calibrated = Range {
                    high: argument.high.min(end(scale)),
                    ..argument
                };
                self.limit_table(made, &domain, calibrated, &reals);
            }
            terms.push(Term {
                coefficient: 1,
                source: Some(made),
                view: View::identity(layer.shape.clone())?,
            });
        }
        self.linear(&layer.origin, values.scale, terms).map(Some)
    }
}
