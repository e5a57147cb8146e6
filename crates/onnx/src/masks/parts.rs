//! Finite parts and levels through sums, products and maxima.

use super::Separation;
use crate::expression::{Expression, Operation};
use crate::function::{Comparison, Function};
use crate::graph::{Axes, Graph, Kind, LayerId, MASK, Masked, Summand};
use inferproof_view::ViewError;

/// Numbers as great as masks that a constant may have, each as often as it likes. With more, it is a table of great numbers.
const MAX_MASKS: usize = 4;

/// Beside a mask as great as this, what it hides is nothing even in double precision, so that it need not be left out.
const OVERWHELMING: f64 = 1e12;

/// What stands for a layer of the old graph.
#[derive(Clone)]
pub struct Value {
    /// The layer with all of it.
    pub whole: LayerId,
    /// The same in parts, where masks are in it.
    pub parts: Option<Parts>,
    /// The same for exponentials alone, where these need less of it.
    pub narrow: Option<LayerId>,
}

/// A sum of something finite and masks.
#[derive(Clone)]
pub struct Parts {
    /// The finite part, of the same shape; `None` is zero.
    pub finite: Option<LayerId>,
    /// Great numbers times small integers, of the same shape.
    pub never: Vec<Summand>,
}

impl Separation<'_> {
    /// A constant in which a few great numbers are masks.
    pub(super) fn constant(&mut self, old: LayerId, values: &[f32]) -> Result<Value, ViewError> {
        let kind = self.old.layer(old).kind.clone();
        let mut value = self.push(old, kind);
        let mut masks: Vec<f32> = Vec::new();
        for &v in values.iter().filter(|v| f64::from(v.abs()) >= MASK) {
            if !masks.contains(&v) {
                masks.push(v);
            }
            if masks.len() > MAX_MASKS {
                return Ok(value);
            }
        }
        if masks.is_empty() {
            return Ok(value);
        }
        let layer = self.old.layer(old);
        let is_great = |v: f32| f64::from(v.abs()) >= MASK;
        let rest: Vec<f32> = values
            .iter()
            .map(|&v| if is_great(v) { 0.0 } else { v })
            .collect();
        let mut never = Vec::new();
        for mask in masks {
            if values.iter().all(|&v| v == mask) {
                never.push(Graph::fill(mask.into(), &layer.shape)?);
                continue;
            }
            let bits = values.iter().map(|&v| f32::from(u8::from(v == mask)));
            let bits = self
                .graph
                .add_constant(&layer.origin, layer.shape.clone(), bits.collect());
            never.push(Summand {
                coefficient: mask.into(),
                ..self.identity(bits)?
            });
        }
        let finite = rest.iter().any(|&v| v != 0.0);
        let finite = finite.then(|| {
            self.graph
                .add_constant(&layer.origin, layer.shape.clone(), rest)
        });
        value.parts = Some(Parts { finite, never });
        Ok(value)
    }

    pub(super) fn linear(&mut self, old: LayerId, terms: &[Summand]) -> Result<Value, ViewError> {
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
        let Some(&[number]) = constant.map(|values| &values[..]) else {
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

    /// A finite sum and masks, as a layer of its own with one term for each magnitude of masks.
    pub(super) fn masked(
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

    /// A product with truth values is that of each part.
    pub(super) fn contract(
        &mut self,
        old: LayerId,
        left: LayerId,
        right: LayerId,
        axes: Axes,
    ) -> Result<Value, ViewError> {
        let layer = self.old.layer(old);
        let of = |id: LayerId| self.values[id.0].whole;
        let (whole_left, whole_right) = (of(left), of(right));
        let sides = [(left, whole_right, true), (right, whole_left, false)];
        for (side, bits, is_left) in sides {
            let Some(parts) = self.values[side.0].parts.clone() else {
                continue;
            };
            let is_hot = matches!(
                self.graph.layer(bits).kind,
                Kind::OneHot { .. } | Kind::Indicator { .. }
            );
            if !self.intervals.is_bits(&self.graph, bits) || (axes.contracted > 0 && !is_hot) {
                continue;
            }
            let product = |separation: &mut Self, part: LayerId| {
                let (left, right) = if is_left { (part, bits) } else { (bits, part) };
                let kind = Kind::Contract { left, right, axes };
                separation
                    .graph
                    .push(&layer.origin, layer.shape.clone(), kind)
            };
            let mut finite = Vec::new();
            if let Some(part) = parts.finite {
                let part = product(self, part);
                finite.push(self.identity(part)?);
            }
            let mut never = Vec::new();
            for term in parts.never {
                let shape = self.old.shape(side).to_vec();
                let is_everywhere = term.source.is_none()
                    && self
                        .intervals
                        .of_sum(&self.graph, std::slice::from_ref(&term))
                        == Some((term.coefficient, term.coefficient));
                let level = if is_everywhere && shape == layer.shape && axes.contracted == 0 {
                    bits
                } else {
                    let level = Summand {
                        coefficient: 1.0,
                        ..term.clone()
                    };
                    let level = match (level.source, level.view.steps()) {
                        (Some(source), []) => source,
                        _ => self
                            .graph
                            .push(&layer.origin, shape, Kind::Linear(vec![level])),
                    };
                    product(self, level)
                };
                never.push(Summand {
                    coefficient: term.coefficient,
                    ..self.identity(level)?
                });
            }
            return self.masked(&layer.origin, &layer.shape, finite, never);
        }
        let kind = Kind::Contract {
            left: whole_left,
            right: whole_right,
            axes,
        };
        Ok(self.push(old, kind))
    }

    /// A maximum. Of several in a row, the last one is made with all that goes into them.
    pub(super) fn max(
        &mut self,
        old: LayerId,
        left: LayerId,
        right: LayerId,
    ) -> Result<Value, ViewError> {
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
    pub(super) fn clamped(
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

/// Levels beyond this are no levels.
const MAX_LEVEL: f64 = 8.0;

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
