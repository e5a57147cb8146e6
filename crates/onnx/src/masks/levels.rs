//! Levels along the rows of a softmax, relative to the least in each row.

use super::separation::Separation;
use super::value::{Parts, Rows, Value};
use crate::function::{Comparison, Function};
use crate::graph::{Axes, Graph, Kind, LayerId, Real, Summand};
use inferproof_view::{Step, View, ViewError, volume};

/// Added to a mask as great as this, numbers as small as logits are lost in single precision: what it hides is all alike.
const ABSORBING: f64 = 2e7;

/// Levels that are told apart.
const MAX_LEVELS: usize = 8;

impl Separation<'_> {
    /// What a softmax reads: levels count relative to the least hidden entry of a row, which changes nothing.
    pub fn logits(&mut self, old: LayerId, source: LayerId) -> Result<Value, ViewError> {
        let layer = self.old.layer(old);
        let (origin, shape) = (&layer.origin, &layer.shape);
        let value = self.values[source.0].clone();
        let parts = self.parts(source);
        let rows = self.hidden_rows(origin, shape, &parts)?;
        let Some((rows, factor)) = rows else {
            let source = self.reading(source)?;
            let mut logits = self.push(old, Kind::Logits { source });
            logits.narrow = Some(logits.whole);
            (logits.whole, logits.parts) = (value.whole, value.parts);
            return Ok(logits);
        };
        let relative =
            |factor: f64, level: LayerId, separation: &Self| -> Result<Summand, ViewError> {
                let view = broadcast(separation.graph.shape(level), shape)?;
                Ok(Summand {
                    coefficient: factor,
                    source: Some(level),
                    view,
                })
            };
        let mut finite = parts.finite.map(|f| self.identity(f)).transpose()?;
        let is_absorbing = factor.abs() >= ABSORBING;
        let mut never = vec![relative(factor, rows.relative, self)?];
        let is_read_beyond = self.is_read_beyond[old.0];
        if is_absorbing && is_read_beyond {
            if let Some(part) = parts.finite {
                let part = self.unless_hidden(origin, part, rows.is_hidden)?;
                finite = Some(self.identity(part)?);
            }
        } else if is_absorbing {
            // Of a row that is hidden throughout, the least hidden entries are alike: all at one end, the others at the other.
            never = vec![
                relative(2.0 * factor, rows.relative, self)?,
                relative(-factor, rows.is_hidden, self)?,
            ];
        }
        let sum = self.masked(origin, shape, finite.into_iter().collect(), never)?;
        let logits = self.push(old, Kind::Logits { source: sum.whole });
        Ok(Value {
            whole: sum.whole,
            parts: sum.parts,
            narrow: Some(logits.whole),
        })
    }

    /// A tensor with zeros in the rows that are hidden throughout.
    fn unless_hidden(
        &mut self,
        origin: &str,
        source: LayerId,
        is_hidden: LayerId,
    ) -> Result<LayerId, ViewError> {
        let shape = self.graph.shape(source).to_vec();
        let rank = shape.len();
        let rows = &shape[..rank - 1];
        let hidden = Summand {
            coefficient: -1.0,
            source: Some(is_hidden),
            view: broadcast(self.graph.shape(is_hidden), &[rows, &[1]].concat())?,
        };
        let hidden = Summand {
            view: hidden.view.then(Step::Reduce {
                axis: rank - 1,
                source: 1,
                weights: None,
            })?,
            ..hidden
        };
        let terms = vec![hidden, Graph::fill(1.0, rows)?];
        let seen = self.graph.sum(origin, terms);
        let axes = Axes {
            shared: rank - 1,
            left_free: 1,
            right_free: 0,
            contracted: 0,
        };
        Ok(self.graph.contract(origin, source, seen, axes))
    }

    /// The levels of rows and the factor of a level, if all entries of a row may be hidden.
    fn hidden_rows(
        &mut self,
        origin: &str,
        shape: &[usize],
        parts: &Parts,
    ) -> Result<Option<(Rows, f64)>, ViewError> {
        let factors = parts.never.iter().map(|t| t.coefficient.abs());
        let least = factors.fold(f64::INFINITY, f64::min);
        if parts.never.is_empty() || shape.is_empty() {
            return Ok(None);
        }
        let levels: Vec<Summand> = self.weighed(&parts.never);
        let key = format!("{levels:?}");
        if !self.rows.contains_key(&key) {
            let rows = self.rows_of(origin, shape, levels)?;
            self.rows.insert(key.clone(), rows);
        }
        Ok(self
            .rows
            .get(&key)
            .copied()
            .flatten()
            .map(|rows| (rows, -least)))
    }

    /// Masks of several magnitudes as levels: any of a greater one is above all of the lesser ones together.
    fn weighed(&mut self, never: &[Summand]) -> Vec<Summand> {
        let mut magnitudes: Vec<f64> = never.iter().map(|t| t.coefficient.abs()).collect();
        magnitudes.sort_by(f64::total_cmp);
        magnitudes.dedup();
        let mut levels = Vec::new();
        let mut weight = 1.0;
        for magnitude in magnitudes {
            let of_these = never.iter().filter(|t| t.coefficient.abs() == magnitude);
            let of_these: Vec<Summand> = of_these
                .map(|t| Summand {
                    coefficient: -t.coefficient.signum() * weight,
                    ..t.clone()
                })
                .collect();
            let interval = self.intervals.of_sum(&self.graph, &of_these);
            weight += interval.map_or(f64::INFINITY, |(_, high)| high.max(0.0));
            levels.extend(of_these);
        }
        levels
    }

    fn rows_of(
        &mut self,
        origin: &str,
        shape: &[usize],
        levels: Vec<Summand>,
    ) -> Result<Option<Rows>, ViewError> {
        let Some((low, high)) = self.intervals.of_sum(&self.graph, &levels) else {
            return Ok(None);
        };
        let count = high - low;
        if high <= 0.0 || count > MAX_LEVELS as f64 {
            return Ok(None);
        }
        let row_axis = shape.len() - 1;
        let mut reduced = shape.to_vec();
        let mut levels = levels;
        for (axis, length) in reduced.iter_mut().enumerate().take(row_axis) {
            if levels.iter().all(|t| repeats(&t.view, axis)) && *length > 1 {
                let first = Step::Slice {
                    axis,
                    source: *length,
                    start: 0,
                    step: 1,
                    len: 1,
                };
                for term in &mut levels {
                    term.view = term.view.clone().then(first.clone())?;
                }
                *length = 1;
            }
        }
        if let Some(least) = self.constant_rows(&levels, reduced[row_axis])?
            && least.iter().all(|&least| least == 0.0)
        {
            return Ok(None);
        }
        let level = self
            .graph
            .push(origin, reduced.clone(), Kind::Linear(levels));
        let rows_shape = [&reduced[..row_axis], &[1]].concat();
        let len = reduced[row_axis];
        let mut least = vec![Graph::fill(low, &rows_shape)?];
        let mut is_hidden = None;
        for step in 0..count as usize {
            let floor = low + step as f64;
            let above = vec![self.identity(level)?, Graph::fill(-floor, &reduced)?];
            let mut above = self.graph.sum(origin, above);
            if count > 1.0 {
                let function = Function::Compare(Comparison::Greater);
                above = self.graph.apply(origin, above, function);
            }
            // All entries are above, if their number is that of the row.
            let view = View::identity(reduced.clone())?.then(Step::Reduce {
                axis: row_axis,
                source: len,
                weights: None,
            })?;
            let sum = Summand {
                coefficient: 1.0,
                source: Some(above),
                view: view.then(Step::Insert {
                    axis: row_axis,
                    len: 1,
                })?,
            };
            let terms = vec![sum, Graph::fill(-(len as f64), &rows_shape)?];
            let excess = self.graph.sum(origin, terms);
            let function = Function::Compare(Comparison::GreaterOrEqual);
            let all = self.graph.apply(origin, excess, function);
            if floor == 0.0 {
                is_hidden = Some(all);
            }
            least.push(self.identity(all)?);
        }
        let Some(is_hidden) = is_hidden else {
            return Ok(None);
        };
        let least = self.graph.sum(origin, least);
        let mut relative = vec![self.identity(level)?];
        relative.push(Summand {
            coefficient: -1.0,
            source: Some(least),
            view: broadcast(&rows_shape, &reduced)?,
        });
        Ok(Some(Rows {
            relative: self.graph.sum(origin, relative),
            is_hidden,
        }))
    }

    /// The least level of each row, where levels are constants.
    fn constant_rows(&self, levels: &[Summand], len: usize) -> Result<Option<Vec<f64>>, ViewError> {
        let mut sum: Vec<f64> = Vec::new();
        for term in levels {
            let values = match term.source {
                None => vec![Real(1.0)],
                Some(source) => match self.graph.constant(source) {
                    Some(values) => values.entries().iter().map(|&v| Real(v.into())).collect(),
                    None => return Ok(None),
                },
            };
            let viewed = term.view.apply(&values)?;
            sum.resize(viewed.len(), 0.0);
            for (sum, value) in sum.iter_mut().zip(viewed) {
                *sum += term.coefficient * value.0;
            }
        }
        let rows = sum.chunks(len.max(1));
        Ok(Some(
            rows.map(|row| row.iter().copied().fold(f64::INFINITY, f64::min))
                .collect(),
        ))
    }
}

/// The view of a tensor of as many axes, of which those of length one are repeated.
fn broadcast(from: &[usize], to: &[usize]) -> Result<View, ViewError> {
    let mut view = View::identity(from.to_vec())?;
    for (axis, (&from, &to)) in from.iter().zip(to).enumerate() {
        if from == 1 && to > 1 {
            let one = Step::Reduce {
                axis,
                source: 1,
                weights: None,
            };
            view = view.then(one)?.then(Step::Insert { axis, len: to })?;
        }
    }
    Ok(view)
}

/// Whether a view has the same entries all along an axis of its target, as far as its steps show.
fn repeats(view: &View, axis: usize) -> bool {
    let mut repeated: Vec<bool> = view.source().iter().map(|&len| len == 1).collect();
    for step in view.steps() {
        match step {
            Step::Permute(order) => repeated = order.iter().map(|&from| repeated[from]).collect(),
            Step::Slice {
                axis,
                source,
                start,
                step,
                len,
            } => {
                let last = start + step * (*len as i64 - 1);
                let is_inside = *start.min(&last) >= 0 && *start.max(&last) < *source as i64;
                repeated[*axis] &= is_inside;
            }
            Step::Gather { axis, index, .. } => {
                repeated[*axis] &= index.iter().all(Option::is_some) || index.len() == 1;
            }
            Step::Window { axis, .. } => {
                repeated[*axis] = false;
                repeated.insert(axis + 1, false);
            }
            Step::Insert { axis, .. } => repeated.insert(*axis, true),
            Step::Reduce { axis, .. } => {
                repeated.remove(*axis);
            }
            Step::Split { axis, sizes } => {
                let whole = repeated.remove(*axis);
                let parts = sizes.iter().map(|&len| whole || len == 1);
                repeated.splice(*axis..*axis, parts.collect::<Vec<_>>());
            }
            Step::Merge { axis, sizes } => {
                let parts = repeated.splice(*axis..axis + sizes.len(), [false]);
                let whole = parts
                    .zip(sizes)
                    .all(|(repeated, &len)| repeated || len == 1);
                repeated[*axis] = whole;
            }
            Step::SuffixSum { axis, .. } => repeated[*axis] = false,
        }
    }
    let len = view.target().get(axis).copied().unwrap_or(0);
    len == 1 || repeated.get(axis).copied().unwrap_or(false) || volume(view.target()) == Some(0)
}
