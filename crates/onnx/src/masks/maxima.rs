//! Masks through maxima: what is hidden counts relative to the least hidden entry.

use super::separation::Separation;
use super::value::{Parts, Value};
use crate::function::{Comparison, Expression, Function, Operation};
use crate::graph::{Graph, Kind, LayerId, MASK, Summand};
use inferproof_view::ViewError;

impl Separation<'_> {
    /// A maximum. Of several in a row, the last one is made with all that goes into them.
    pub fn max(&mut self, old: LayerId, left: LayerId, right: LayerId) -> Result<Value, ViewError> {
        let mut leaves = Vec::new();
        for source in [left, right] {
            match self.leaves.get(&source) {
                Some(known) => leaves.extend(known.iter().copied()),
                None => leaves.push(source),
            }
        }
        let is_masked = leaves.iter().any(|leaf| {
            let is_logits = matches!(self.old.layer(*leaf).kind, Kind::Logits { .. });
            !is_logits && self.values[leaf.0].parts.is_some()
        });
        if is_masked && self.is_outermost[old.0] {
            return self.greatest(old, &leaves);
        }
        if is_masked {
            self.leaves.insert(old, leaves);
        }
        let side = |id: LayerId| match self.old.layer(id).kind {
            Kind::Logits { .. } => self.values[id.0].narrow.unwrap_or(self.values[id.0].whole),
            _ => self.values[id.0].whole,
        };
        let (left, right) = (side(left), side(right));
        Ok(self.push(old, Kind::Max { left, right }))
    }

    /// A masked tensor that is cut off at a mask: where several masks were added up, one is left.
    pub fn clamped(
        &mut self,
        old: LayerId,
        source: LayerId,
        function: &Function,
    ) -> Result<Option<Value>, ViewError> {
        let least = match function {
            Function::Clamp {
                low: Some(low),
                high: None,
            } => *low,
            Function::Composite(expression) => match &**expression {
                Expression::Combine(Operation::Maximum, left, right) => match (&**left, &**right) {
                    (Expression::Argument, Expression::Number(low))
                    | (Expression::Number(low), Expression::Argument) => *low,
                    _ => return Ok(None),
                },
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        if least > -MASK || self.values[source.0].parts.is_none() {
            return Ok(None);
        }
        let bound = Parts {
            finite: None,
            never: vec![Graph::fill(least, self.old.shape(old))?],
        };
        let parts = vec![self.parts(source), bound];
        self.greatest_of(old, parts)
    }

    /// The greatest of several tensors, each with what hides it relative to the least hidden.
    fn greatest(&mut self, old: LayerId, leaves: &[LayerId]) -> Result<Value, ViewError> {
        let parts: Vec<Parts> = leaves.iter().map(|&leaf| self.parts(leaf)).collect();
        match self.greatest_of(old, parts)? {
            Some(value) => Ok(value),
            None => self.plain_maximum(old, leaves),
        }
    }

    /// The greatest of several tensors in parts; `None` if their masks cannot be compared.
    fn greatest_of(&mut self, old: LayerId, parts: Vec<Parts>) -> Result<Option<Value>, ViewError> {
        let layer = self.old.layer(old);
        let (origin, shape) = (&layer.origin, &layer.shape);
        let factors = parts
            .iter()
            .flat_map(|p| p.never.iter().map(|t| t.coefficient.abs()));
        let factor = factors.clone().fold(0.0, f64::max);
        if factors.clone().any(|f| f != factor) {
            // Masks of several magnitudes.
            return Ok(None);
        }
        let levels = parts.iter().map(|part| -> Vec<Summand> {
            let levels = part.never.iter().map(|term| Summand {
                coefficient: -term.coefficient.signum(),
                ..term.clone()
            });
            levels.collect()
        });
        let levels: Vec<Vec<Summand>> = levels.collect();
        let mut bounds = Vec::new();
        for level in &levels {
            match self.intervals.of_sum(&self.graph, level) {
                Some(interval) => bounds.push(interval),
                None => return Ok(None),
            }
        }
        let least_high = bounds.iter().map(|b| b.1).fold(f64::INFINITY, f64::min);
        let least_low = bounds.iter().map(|b| b.0).fold(f64::INFINITY, f64::min);
        let kept: Vec<usize> = (0..parts.len())
            .filter(|&i| bounds[i].0 <= least_high)
            .collect();
        let known = kept.iter().copied().find(|&i| bounds[i].1 <= least_low);
        let least = match known {
            Some(i) => levels[i].clone(),
            None => {
                let kept: Vec<&[Summand]> = kept.iter().map(|&i| &levels[i][..]).collect();
                let are_bits = least_low >= 0.0
                    && kept.iter().all(|level| {
                        let whole =
                            |t: &Summand| t.source.is_none_or(|s| self.graph.is_integral(s));
                        level.iter().all(whole)
                    })
                    && bounds.iter().all(|b| b.1 <= 1.0);
                let least = self.least_level(origin, shape, &kept, are_bits)?;
                vec![self.identity(least)?]
            }
        };
        let mut terms = Vec::new();
        if kept.iter().any(|&i| parts[i].finite.is_some()) {
            let mut greatest: Option<LayerId> = None;
            for i in kept {
                let finite = parts[i].finite.map(|f| self.identity(f)).transpose()?;
                let hidden = levels[i].iter().map(|t| (t, -factor));
                let relative = hidden.chain(least.iter().map(|t| (t, factor)));
                let relative = relative.map(|(term, factor)| Summand {
                    coefficient: factor * term.coefficient,
                    ..term.clone()
                });
                let relative = cancelled(relative.collect());
                let leaf = self.masked(origin, shape, finite.into_iter().collect(), relative)?;
                greatest = Some(match greatest {
                    None => leaf.whole,
                    Some(left) => {
                        let right = leaf.whole;
                        self.graph
                            .push(origin, shape.clone(), Kind::Max { left, right })
                    }
                });
            }
            if let Some(greatest) = greatest {
                terms.push(self.identity(greatest)?);
            }
        }
        let never = least.into_iter().map(|term| Summand {
            coefficient: -factor * term.coefficient,
            ..term
        });
        self.masked(origin, shape, terms, never.collect()).map(Some)
    }

    /// The maximum of tensors as they are.
    fn plain_maximum(&mut self, old: LayerId, leaves: &[LayerId]) -> Result<Value, ViewError> {
        let layer = self.old.layer(old);
        let mut greatest: Option<LayerId> = None;
        for &leaf in leaves {
            let right = self.reading(leaf)?;
            greatest = Some(match greatest {
                None => right,
                Some(left) => {
                    let kind = Kind::Max { left, right };
                    self.graph.push(&layer.origin, layer.shape.clone(), kind)
                }
            });
        }
        Ok(Value {
            whole: greatest.unwrap_or(self.values[leaves[0].0].whole),
            parts: None,
            narrow: None,
        })
    }

    /// The least of several levels, entry by entry.
    fn least_level(
        &mut self,
        origin: &str,
        shape: &[usize],
        levels: &[&[Summand]],
        are_bits: bool,
    ) -> Result<LayerId, ViewError> {
        if are_bits {
            // All are one, if the sum is as great as their number.
            let mut terms: Vec<Summand> = levels.iter().copied().flatten().cloned().collect();
            terms.push(Graph::fill(-(levels.len() as f64), shape)?);
            let sum = self.graph.push(origin, shape.to_vec(), Kind::Linear(terms));
            let function = Function::Compare(Comparison::GreaterOrEqual);
            return Ok(self.graph.apply(origin, sum, function));
        }
        let mut greatest: Option<LayerId> = None;
        for level in levels {
            let negated = level.iter().map(|t| Summand {
                coefficient: -t.coefficient,
                ..t.clone()
            });
            let mut negated: Vec<Summand> = negated.collect();
            if negated.is_empty() {
                negated.push(Graph::fill(0.0, shape)?);
            }
            let negated = self
                .graph
                .push(origin, shape.to_vec(), Kind::Linear(negated));
            greatest = Some(match greatest {
                None => negated,
                Some(left) => self.graph.max(origin, left, negated),
            });
        }
        let greatest = greatest.map(|g| self.identity(g)).transpose()?;
        let terms = greatest.into_iter().map(|term| Summand {
            coefficient: -1.0,
            ..term
        });
        Ok(self
            .graph
            .push(origin, shape.to_vec(), Kind::Linear(terms.collect())))
    }
}

/// Terms without pairs that are each other's opposite.
fn cancelled(terms: Vec<Summand>) -> Vec<Summand> {
    let mut left: Vec<Summand> = Vec::new();
    for term in terms {
        let opposite = left.iter().position(|known| {
            known.coefficient == -term.coefficient
                && known.source == term.source
                && known.view == term.view
        });
        match opposite {
            Some(position) => {
                left.remove(position);
            }
            None => left.push(term),
        }
    }
    left
}
