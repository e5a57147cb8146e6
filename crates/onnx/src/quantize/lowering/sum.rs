//! Sums with constant factors, at a scale that is fine enough for each of them.

use super::constants::PICKED_BITS;
use super::state::{Lowering, MAX_INTEGER_BITS, WIDEST_PART};
use crate::OnnxError;
use crate::graph::{LayerId, Summand, power_of_two};
use crate::quantize::scale::{Format, round, scaled};
use inferproof_program::{TensorId, Term};
use inferproof_view::{Step, View};

/// Bits below the scale of activations that a sum keeps for constants added to them.
const GUARD_BITS: i32 = 4;

/// A dynamic term of a sum, in integers.
struct Part<'a> {
    coefficient: f64,
    source: TensorId,
    view: &'a View,
}

impl Lowering<'_> {
    pub(super) fn sum(&mut self, id: LayerId, terms: &[Summand]) -> Result<TensorId, OnnxError> {
        let graph = self.graph;
        let mut parts = Vec::new();
        // Terms that read other entries of one source each repeat nothing.
        let masks = terms.iter().filter(|t| is_mask(&t.view)).count().max(1);
        for term in terms {
            let Some(source) = term.source.filter(|&s| graph.constant(s).is_none()) else {
                continue;
            };
            let exact = self.exact(source)?;
            // A sum that is read again and again is committed once, or every reader would repeat all that it is made of.
            let repeated = self.readers[source.0] > masks
                && self.virtuals[exact.0 as usize].compound
                && !self.wide[id.0];
            let is_wide = self.tensor(exact).range().magnitude() >= WIDEST_PART;
            // Integers stay what they are, however wide.
            let bits = self.plan.widths.activations;
            let is_rounded =
                graph.is_integral(source) && self.format(source, bits, MAX_INTEGER_BITS).scale < 0;
            let tensor = if (repeated || is_wide) && !is_rounded {
                self.at_width(source, self.plan.widths.activations)?
            } else {
                exact
            };
            parts.push(Part {
                coefficient: term.coefficient,
                source: tensor,
                view: &term.view,
            });
        }
        let layer = graph.layer(id);
        let has_constants = parts.len() < terms.len();
        if let ([part], false) = (&parts[..], has_constants)
            && let Some((sign, exponent)) = power_of_two(part.coefficient)
        {
            let scale = self.tensor(part.source).scale_log2 - exponent;
            let term = Term {
                coefficient: sign,
                source: Some(part.source),
                view: part.view.clone(),
            };
            return self.linear(&layer.origin, scale, vec![term]);
        }
        let scale = if self.wide[id.0] && !parts.is_empty() {
            // Rounded as what they are compared with, equal numbers stay equal.
            self.common_scale(&parts)
        } else {
            self.sum_scale(id, terms, &parts)
        };
        let mut integer_terms = Vec::new();
        for part in &parts {
            let finer = scale - self.tensor(part.source).scale_log2;
            let coefficient = round(scaled(part.coefficient, finer));
            integer_terms.push(Term {
                coefficient,
                source: Some(part.source),
                view: part.view.clone(),
            });
        }
        for term in terms {
            let (coefficient, source) = match term.source {
                None => (round(scaled(term.coefficient, scale)), None),
                Some(source) if graph.constant(source).is_some() => {
                    // A power of two in front moves the scale at which the constant is rounded.
                    match power_of_two(term.coefficient) {
                        Some((sign, exponent)) => {
                            let (factor, constant) = self.constant_at(source, scale + exponent)?;
                            (sign * factor, Some(constant))
                        }
                        None => {
                            let (factor, constant) = self.constant_at(source, scale - 12)?;
                            let coefficient = round(scaled(term.coefficient, 12));
                            (coefficient.saturating_mul(factor), Some(constant))
                        }
                    }
                }
                Some(_) => continue,
            };
            integer_terms.push(Term {
                coefficient,
                source,
                view: term.view.clone(),
            });
        }
        self.linear(&layer.origin, scale, integer_terms)
    }

    /// The scale of a sum that is as fine as its finest part.
    fn common_scale(&self, parts: &[Part<'_>]) -> i32 {
        let precision = self.plan.widths.activations as i32 + 2;
        let needed = parts.iter().map(|part| {
            self.tensor(part.source).scale_log2 + coefficient_scale(part.coefficient, precision)
        });
        needed.max().unwrap_or(0)
    }

    /// The scale of a sum: fine enough for each coefficient.
    fn sum_scale(&self, id: LayerId, terms: &[Summand], parts: &[Part<'_>]) -> i32 {
        if parts.is_empty() {
            // Constants alone: as fine as weights.
            let ranges = terms.iter().filter_map(|t| t.source.map(|s| self.range(s)));
            let scales = ranges.map(|r| Format::weight(r, self.plan.widths.weights).scale);
            return scales.max().unwrap_or(self.plan.widths.weights as i32);
        }
        let mut scale = self.common_scale(parts);
        if self.graph.is_integral(id) {
            // Even factors alone would do with less than the constants beside them need.
            scale = scale.max(0);
        }
        let is_contraction = parts
            .iter()
            .any(|p| self.virtuals[p.source.0 as usize].bilinear);
        if parts.len() < terms.len() && !self.graph.is_integral(id) {
            if !is_contraction {
                scale += GUARD_BITS;
            }
            // Sums of integers are coarse, and yet a number beside them may be a fraction.
            let sources = terms.iter().filter_map(|t| t.source);
            let mut read = sources.filter(|&s| self.graph.constant(s).is_none());
            let bits = match read.all(|s| self.graph.is_integral(s)) {
                true => PICKED_BITS,
                false => self.plan.widths.activations,
            };
            let result = Format::activation(self.range(id), bits);
            scale = scale.max(result.scale + GUARD_BITS);
        }
        scale
    }
}

/// Whether a view leaves some entries of a tensor where they are and makes the others zero.
fn is_mask(view: &View) -> bool {
    let is_part = |step: &Step| match step {
        Step::Gather { index, .. } => (0u32..)
            .zip(index)
            .all(|(place, entry)| entry.is_none_or(|entry| entry == place)),
        Step::Merge { .. } | Step::Split { .. } => true,
        _ => false,
    };
    let gathers = |step: &Step| matches!(step, Step::Gather { .. });
    view.steps().iter().all(is_part) && view.steps().iter().any(gathers)
}

/// The least number of bits after the point with which a coefficient is exact, or has this relative precision.
fn coefficient_scale(coefficient: f64, precision: i32) -> i32 {
    if coefficient == 0.0 {
        return 0;
    }
    let fits = |bits: i32| {
        let integer = scaled(coefficient, bits);
        (integer.fract() == 0.0 && integer != 0.0) || integer.abs() >= 2f64.powi(precision)
    };
    let greatest = precision - coefficient.abs().log2().floor() as i32;
    (greatest.min(0) - 40..=greatest)
        .find(|&bits| fits(bits))
        .unwrap_or(greatest)
}
