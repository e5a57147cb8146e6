//! Masks through sums: which terms are levels times a great number, and which are finite.

use super::separation::Separation;
use super::value::Value;
use crate::graph::{Graph, Kind, LayerId, MASK, Summand};
use inferproof_view::ViewError;

/// Levels beyond this are no levels.
const MAX_LEVEL: f64 = 8.0;

impl Separation<'_> {
    /// A sum in parts.
    pub fn linear(&mut self, old: LayerId, terms: &[Summand]) -> Result<Value, ViewError> {
        let layer = self.old.layer(old);
        if let [term] = terms
            && let Some(source) = term.source
            && let Kind::Logits { .. } = self.old.layer(source).kind
        {
            // Greatest entries are searched among what exponentials are made of.
            return Ok(self.push(old, Kind::Linear(vec![self.narrow(term)])));
        }
        let terms = terms.iter().map(|term| self.counted(term));
        let terms = &terms.collect::<Result<Vec<_>, _>>()?[..];
        let (mut finite, mut never) = (vec![], vec![]);
        for term in terms {
            let Some(source) = term.source else {
                let is_great = term.coefficient.abs() >= MASK;
                if is_great { &mut never } else { &mut finite }.push(term.clone());
                continue;
            };
            let value = self.values[source.0].clone();
            let read = |source| Summand {
                source: Some(source),
                ..term.clone()
            };
            match value.parts {
                Some(parts) if term.view.magnitude(1) == 1 => {
                    finite.extend(parts.finite.map(read));
                    for part in parts.never {
                        let part = Summand {
                            coefficient: term.coefficient * part.coefficient,
                            source: part.source,
                            view: part.view.chain(&term.view)?,
                        };
                        let is_great = part.coefficient.abs() >= MASK;
                        if is_great { &mut never } else { &mut finite }.push(part);
                    }
                }
                _ if self.is_level(value.whole, term) => never.push(read(value.whole)),
                _ => finite.push(read(value.whole)),
            }
        }
        let mut value = match never.is_empty() {
            true => {
                let whole = |t: &Summand| Summand {
                    source: t.source.map(|s| self.values[s.0].whole),
                    ..t.clone()
                };
                let terms = terms.iter().map(whole).collect();
                self.push(old, Kind::Linear(terms))
            }
            false => self.masked(&layer.origin, &layer.shape, finite, never)?,
        };
        let is_narrow = |term: &Summand| {
            term.source.is_some_and(|source| {
                let is_logits = matches!(self.old.layer(source).kind, Kind::Logits { .. });
                is_logits || (terms.len() == 1 && self.values[source.0].narrow.is_some())
            })
        };
        if terms.iter().any(is_narrow) {
            let terms = terms.iter().map(|term| self.narrow(term)).collect();
            value.narrow = Some(self.push(old, Kind::Linear(terms)).whole);
        }
        Ok(value)
    }

    /// A term that is a small whole number of the model, as that number: levels are counted with it.
    fn counted(&self, term: &Summand) -> Result<Summand, ViewError> {
        let constant = term.source.and_then(|source| self.old.constant(source));
        let Some(values) = constant.filter(|values| values.len() == 1) else {
            return Ok(term.clone());
        };
        let [number] = values.entries()[..] else {
            return Ok(term.clone());
        };
        let number = f64::from(number);
        if number.fract() != 0.0 || number.abs() > MAX_LEVEL {
            return Ok(term.clone());
        }
        let one = Graph::fill(term.coefficient * number, term.view.source())?;
        Ok(Summand {
            view: one.view.chain(&term.view)?,
            ..one
        })
    }

    /// A term as exponentials read it.
    fn narrow(&self, term: &Summand) -> Summand {
        let narrow = |source: LayerId| {
            let value = &self.values[source.0];
            value.narrow.unwrap_or(value.whole)
        };
        Summand {
            source: term.source.map(narrow),
            ..term.clone()
        }
    }

    /// Whether a term of a sum is a mask by its factor: a great number times truth values or small integers, or times an input that says what is
    /// hidden, perhaps less one.
    fn is_level(&mut self, source: LayerId, term: &Summand) -> bool {
        if term.coefficient.abs() < MASK {
            return false;
        }
        let is_small = |(low, high): (f64, f64)| low >= -MAX_LEVEL && high <= MAX_LEVEL;
        let counts = self.graph.is_integral(source) || self.is_shifted_input(source);
        counts && self.intervals.of(&self.graph, source).is_some_and(is_small)
    }

    /// Whether a layer is an input, or one less an input.
    fn is_shifted_input(&self, id: LayerId) -> bool {
        let mut id = id;
        loop {
            match &self.graph.layer(id).kind {
                Kind::Input { .. } => return true,
                Kind::Linear(terms) => {
                    let is_computed =
                        |t: &&Summand| t.source.is_some_and(|s| self.graph.constant(s).is_none());
                    let mut computed = terms.iter().filter(is_computed);
                    let (Some(term), None) = (computed.next(), computed.next()) else {
                        return false;
                    };
                    let (Some(source), 1.0) = (term.source, term.coefficient.abs()) else {
                        return false;
                    };
                    id = source;
                }
                _ => return false,
            }
        }
    }
}
