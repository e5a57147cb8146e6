//! A finite sum and masks, as one layer that says what is hidden.

use super::separation::Separation;
use super::value::{Parts, Value};
use crate::graph::{Graph, Kind, LayerId, Masked, Summand};
use inferproof_view::ViewError;

/// Beside a mask as great as this, what it hides is nothing even in double precision, so that it need not be left out.
const OVERWHELMING: f64 = 1e12;

impl Separation<'_> {
    /// A finite sum and masks, as a layer of its own with one term for each magnitude of masks.
    pub fn masked(
        &mut self,
        origin: &str,
        shape: &[usize],
        finite: Vec<Summand>,
        never: Vec<Summand>,
    ) -> Result<Value, ViewError> {
        let mut groups: Vec<(f64, Vec<Summand>)> = Vec::new();
        for term in never {
            let factor = -term.coefficient.abs();
            let level = Summand {
                coefficient: term.coefficient / factor,
                ..term
            };
            match groups.iter_mut().find(|(known, _)| *known == factor) {
                Some((_, levels)) => levels.push(level),
                None => groups.push((factor, vec![level])),
            }
        }
        let mut finite = finite;
        let mut masks = Vec::new();
        let mut varies: Option<Masked> = None;
        for (factor, levels) in groups {
            let (low, high) = match self.intervals.of_sum(&self.graph, &levels) {
                Some((low, high)) if low == high => {
                    if low != 0.0 {
                        masks.push(Graph::fill(factor * low, shape)?);
                    }
                    continue;
                }
                Some(interval) => interval,
                None => (f64::NEG_INFINITY, f64::INFINITY),
            };
            if factor <= -OVERWHELMING {
                self.uncover(&mut finite, &levels);
            }
            masks.push(self.level(origin, shape, factor, levels)?);
            let threshold = -factor / 2.0;
            let known = varies.get_or_insert(Masked {
                threshold,
                below: false,
                above: false,
            });
            known.threshold = known.threshold.min(threshold);
            known.below |= high > 0.0;
            known.above |= low < 0.0;
        }
        let finite = self.finite(origin, shape, finite)?;
        if masks.is_empty() {
            let zero = Graph::fill(0.0, shape)?;
            let whole = finite.unwrap_or_else(|| {
                self.graph
                    .push(origin, shape.to_vec(), Kind::Linear(vec![zero]))
            });
            return Ok(Value {
                whole,
                parts: None,
                narrow: None,
            });
        }
        let mut terms = Vec::new();
        match finite {
            Some(finite) => terms.push(self.identity(finite)?),
            None => terms.push(Graph::fill(0.0, shape)?),
        }
        terms.extend(masks.iter().cloned());
        let whole = self.graph.push(origin, shape.to_vec(), Kind::Linear(terms));
        if let Some(masked) = varies {
            self.graph.masked.insert(whole, masked);
        }
        Ok(Value {
            whole,
            parts: Some(Parts {
                finite,
                never: masks,
            }),
            narrow: None,
        })
    }

    /// The finite part as one layer; `None` if there is none.
    fn finite(
        &mut self,
        origin: &str,
        shape: &[usize],
        terms: Vec<Summand>,
    ) -> Result<Option<LayerId>, ViewError> {
        if let [term] = &terms[..]
            && let Some(source) = term.source
        {
            let steps = term.view.steps().to_vec();
            return Ok(Some(self.graph.scaled(
                origin,
                term.coefficient,
                source,
                steps,
            )?));
        }
        Ok((!terms.is_empty())
            .then(|| self.graph.push(origin, shape.to_vec(), Kind::Linear(terms))))
    }

    /// A factor times a sum of levels, as one term.
    fn level(
        &mut self,
        origin: &str,
        shape: &[usize],
        factor: f64,
        levels: Vec<Summand>,
    ) -> Result<Summand, ViewError> {
        if let [level] = &levels[..] {
            return Ok(Summand {
                coefficient: factor * level.coefficient,
                ..level.clone()
            });
        }
        let sum = self
            .graph
            .push(origin, shape.to_vec(), Kind::Linear(levels));
        Ok(Summand {
            coefficient: factor,
            ..self.identity(sum)?
        })
    }

    /// Where all of `c x` is hidden but for the entries that `c` chooses, `x` does as well: the product is spared.
    fn uncover(&self, finite: &mut [Summand], levels: &[Summand]) {
        let [first, second] = levels else { return };
        let (one, chosen) = if first.source.is_none() {
            (first, second)
        } else {
            (second, first)
        };
        if one.source.is_some() || one.coefficient != 1.0 || chosen.coefficient != -1.0 {
            return;
        }
        for term in finite.iter_mut().filter(|t| t.view == chosen.view) {
            let Some(Kind::Contract { left, right, axes }) =
                term.source.map(|s| &self.graph.layer(s).kind)
            else {
                continue;
            };
            let other = match chosen.source {
                Some(source) if source == *right => *left,
                Some(source) if source == *left => *right,
                _ => continue,
            };
            if axes.left_free + axes.right_free + axes.contracted == 0 {
                term.source = Some(other);
            }
        }
    }

    /// The layer that tells what is hidden, where something is: a constant with a mask in it becomes a sum.
    pub fn reading(&mut self, old: LayerId) -> Result<LayerId, ViewError> {
        let value = self.values[old.0].clone();
        match value.parts {
            Some(parts) if self.graph.constant(value.whole).is_some() => {
                let layer = self.old.layer(old);
                let finite = parts.finite.map(|f| self.identity(f)).transpose()?;
                let terms = finite.into_iter().collect();
                let sum = self.masked(&layer.origin, &layer.shape, terms, parts.never)?;
                Ok(sum.whole)
            }
            _ => Ok(value.whole),
        }
    }
}
