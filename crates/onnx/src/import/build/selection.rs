//! Selections: of two tensors, one or the other by a truth value for each entry.

use super::Place;
use super::broadcast::broadcast;
use crate::graph::{Graph, Kind, LayerId, Summand};
use crate::import::refusal::Imported;
use crate::import::{INFINITY, Importer};
use inferproof_view::Step;

impl Importer<'_> {
    /// `yes` where the condition holds, else `no`.
    pub fn select(
        &mut self,
        at: &Place<'_>,
        [condition, yes, no]: [LayerId; 3],
    ) -> Imported<LayerId> {
        let to = at.to;
        if let Some(truth) = self.uniform(condition) {
            let chosen = if truth != 0.0 { yes } else { no };
            let steps = broadcast(self.graph.shape(chosen), to)?;
            return Ok(self.graph.view(at.origin, chosen, steps)?);
        }
        if let Some(chain) = self.chain_of_selection(&[condition, yes, no], to) {
            return Ok(self.fused(at.origin, chain));
        }
        if self.is_trained_mask(condition, [yes, no]) {
            return self.select_by_weights(at, condition, [yes, no]);
        }
        if let Some(mask) = self.graph.constant(condition).cloned() {
            let shape = self.graph.shape(condition).to_vec();
            let mut terms = Vec::new();
            for (source, keep) in [(yes, true), (no, false)] {
                let masking = masking(&mask.entries(), &shape, to, keep)?;
                terms.push(self.masked(source, masking, to)?);
            }
            return Ok(self.graph.sum(at.origin, terms));
        }
        // Beside infinity the other tensor is nothing, so that it need not be left out. Where a softmax follows, this is a mask.
        for (infinity, other) in [(no, yes), (yes, no)] {
            let number = self.uniform(infinity);
            if let Some(number) = number.filter(|n| n.abs() >= INFINITY.into()) {
                let hidden = match infinity == no {
                    true => self.not(at, condition)?,
                    false => condition,
                };
                let steps = broadcast(self.graph.shape(other), to)?;
                let other = self.graph.summand(1.0, other, steps)?;
                let steps = broadcast(self.graph.shape(hidden), to)?;
                let hidden = self.graph.summand(number, hidden, steps)?;
                return Ok(self.graph.sum(at.origin, vec![other, hidden]));
            }
        }
        // What is given stays what it is, and a difference from it would be as large: condition * yes + (1 - condition) * no
        let is_cache = |given, other| self.is_given(given) && !self.is_known(other);
        if is_cache(yes, no) || is_cache(no, yes) {
            let otherwise = self.not(at, condition)?;
            let mut terms = vec![];
            for (tensor, chosen) in [(yes, condition), (no, otherwise)] {
                let steps = broadcast(self.graph.shape(tensor), to)?;
                let tensor = self.graph.view(at.origin, tensor, steps)?;
                let steps = broadcast(self.graph.shape(chosen), to)?;
                let chosen = self.graph.view(at.origin, chosen, steps)?;
                let product = self.graph.entrywise(at.origin, tensor, chosen);
                terms.push(self.graph.summand(1.0, product, vec![])?);
            }
            return Ok(self.graph.sum(at.origin, terms));
        }
        // condition * (yes - no) + no
        let difference = self.combined(at, yes, -1.0, no)?;
        let steps = broadcast(self.graph.shape(condition), to)?;
        let condition = self.graph.view(at.origin, condition, steps)?;
        let product = self.graph.entrywise(at.origin, difference, condition);
        let steps = broadcast(self.graph.shape(no), to)?;
        let terms = vec![
            self.graph.summand(1.0, product, vec![])?,
            self.graph.summand(1.0, no, steps)?,
        ];
        Ok(self.graph.sum(at.origin, terms))
    }

    /// Whether a tensor is an input of the model, or entries of one: an old cache.
    fn is_given(&self, mut id: LayerId) -> bool {
        while let Some((source, _)) = self.graph.viewed(id) {
            id = source;
        }
        matches!(self.graph.layer(id).kind, Kind::Input { .. })
    }

    /// Whether a tensor is made of the model's numbers alone.
    fn is_known(&self, mut id: LayerId) -> bool {
        while let Some((source, _)) = self.graph.viewed(id) {
            id = source;
        }
        self.graph.constant(id).is_some()
            || self.graph.layer(id).kind.sources().is_empty() && !self.is_given(id)
    }

    /// A tensor, broadcast, with zeros where a mask says so.
    fn masked(&mut self, source: LayerId, masking: Vec<Step>, to: &[usize]) -> Imported<Summand> {
        let public = self
            .uniform(source)
            .filter(|_| !self.is_secret_level(source));
        if let Some(value) = public {
            let fill = Graph::fill(value, to)?;
            let view = masking
                .into_iter()
                .try_fold(fill.view, |view, step| view.then(step))?;
            return Ok(Summand { view, ..fill });
        }
        let steps = [broadcast(self.graph.shape(source), to)?, masking].concat();
        Ok(self.graph.summand(1.0, source, steps)?)
    }
}

/// Steps that leave zeros where the mask is not as wanted: the axes along which the mask varies become one, of which entries
/// are gathered or left out.
pub fn masking(mask: &[f32], shape: &[usize], to: &[usize], keep: bool) -> Imported<Vec<Step>> {
    let shape = [
        vec![1; to.len() - shape.len().min(to.len())],
        shape.to_vec(),
    ]
    .concat();
    let varying: Vec<usize> = (0..to.len()).filter(|&axis| shape[axis] > 1).collect();
    let first = varying.first().copied().unwrap_or(0);
    let last = varying.last().map_or(first, |&axis| axis + 1);
    let sizes = to[first..last].to_vec();
    let count: usize = sizes.iter().product();
    let mut index = Vec::with_capacity(count);
    for position in 0..count {
        // The mask's entry at this position: axes of length one are repeated.
        let (mut rest, mut at, mut stride) = (position, 0, 1);
        for axis in (first..last).rev() {
            let coordinate = rest % to[axis];
            rest /= to[axis];
            if shape[axis] > 1 {
                at += coordinate * stride;
                stride *= shape[axis];
            }
        }
        let holds = mask[at] != 0.0;
        index.push((holds == keep).then_some(u32::try_from(position)?));
    }
    if varying.is_empty() {
        // One truth value for all: a gather of an inserted axis keeps or drops everything.
        let holds = mask.first().is_some_and(|&v| v != 0.0);
        return Ok(vec![
            Step::Insert { axis: 0, len: 1 },
            Step::Gather {
                axis: 0,
                source: 1,
                index: vec![(holds == keep).then_some(0)],
            },
            Step::Reduce {
                axis: 0,
                source: 1,
                weights: None,
            },
        ]);
    }
    let mut steps = vec![Step::Gather {
        axis: first,
        source: count,
        index,
    }];
    if sizes.len() > 1 {
        steps.insert(
            0,
            Step::Merge {
                axis: first,
                sizes: sizes.clone(),
            },
        );
        steps.push(Step::Split { axis: first, sizes });
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Real;
    use inferproof_view::View;

    #[test]
    fn masks_leave_zeros() {
        let mask = [1.0, 0.0, 1.0, 1.0, 0.0, 0.0];
        let to = [2, 2, 3];
        for (keep, expected) in [
            (true, [0., 0., 2., 3., 0., 0., 6., 0., 8., 9., 0., 0.]),
            (false, [0., 1., 0., 0., 4., 5., 0., 7., 0., 0., 10., 11.]),
        ] {
            let steps = masking(&mask, &[2, 3], &to, keep).unwrap_or_default();
            let values: Vec<Real> = (0..12).map(|i| Real(f64::from(i))).collect();
            let view = View::new(to.to_vec(), steps).unwrap();
            let got: Vec<f64> = view.apply(&values).unwrap().iter().map(|v| v.0).collect();
            assert_eq!(got, expected);
        }
    }
}
