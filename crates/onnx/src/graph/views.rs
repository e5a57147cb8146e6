//! Layers that are read through views: rearranged, repeated or summed up, perhaps times a number.

use super::{Graph, Kind, LayerId, Real, Summand};
use inferproof_view::{Step, View, ViewError};

impl Graph {
    /// A tensor read through a chain of steps. Constants are rearranged at once, chains of views become one view, and the
    /// identity makes no layer.
    pub fn view(
        &mut self,
        origin: &str,
        source: LayerId,
        steps: Vec<Step>,
    ) -> Result<LayerId, ViewError> {
        self.scaled(origin, 1.0, source, steps)
    }

    /// `coefficient * view(source)`, with the shortcuts of [`Graph::view`].
    pub fn scaled(
        &mut self,
        origin: &str,
        coefficient: f64,
        source: LayerId,
        steps: Vec<Step>,
    ) -> Result<LayerId, ViewError> {
        let shape = self.shape(source);
        if coefficient == 1.0 && steps.iter().all(|step| is_identity(step, shape)) {
            return Ok(source);
        }
        let term = self.summand(coefficient, source, steps)?;
        if let Some(source) = term.source
            && term.coefficient == 1.0
            && term.view.steps().is_empty()
        {
            return Ok(source);
        }
        if let Some(values) = term.source.and_then(|s| self.constant(s)) {
            if term.coefficient == 1.0
                && let Some(moved) = values.moved(&term.view)
            {
                let shape = term.view.target().to_vec();
                return Ok(self.push(origin, shape, Kind::Constant(moved)));
            }
            let reals: Vec<Real> = values.entries().iter().map(|&v| Real(v.into())).collect();
            let viewed = term.view.apply(&reals)?;
            let values = viewed.iter().map(|v| (v.0 * term.coefficient) as f32);
            let values = values.collect();
            return Ok(self.add_constant(origin, term.view.target().to_vec(), values));
        }
        let shape = term.view.target().to_vec();
        Ok(self.push(origin, shape, Kind::Linear(vec![term])))
    }

    /// A term of a sum, reading through a source that is itself but a view.
    pub fn summand(
        &self,
        coefficient: f64,
        source: LayerId,
        steps: Vec<Step>,
    ) -> Result<Summand, ViewError> {
        let mut view = View::identity(self.shape(source).to_vec())?;
        for step in steps {
            if !is_identity(&step, view.target()) {
                view = view.then(step)?;
            }
        }
        let view = merged_permutations(view)?;
        match &self.layer(source).kind {
            // Other factors stay where they are: a window of what they scale would have to be rescaled entry by entry.
            Kind::Linear(terms)
                if terms.len() == 1
                    && !self.kept.contains(&source)
                    && power_of_two(terms[0].coefficient).is_some() =>
            {
                Ok(Summand {
                    coefficient: coefficient * terms[0].coefficient,
                    source: terms[0].source,
                    view: merged_permutations(terms[0].view.clone().chain(&view)?)?,
                })
            }
            _ => Ok(Summand {
                coefficient,
                source: Some(source),
                view,
            }),
        }
    }

    /// What a layer is a view of, and the view, if it is nothing else.
    pub fn viewed(&self, id: LayerId) -> Option<(LayerId, &View)> {
        let Kind::Linear(terms) = &self.layer(id).kind else {
            return None;
        };
        match &terms[..] {
            [term] if term.coefficient == 1.0 => Some((term.source?, &term.view)),
            _ => None,
        }
    }
}

/// `(sign, exponent)` of a coefficient that is plus or minus a power of two.
pub fn power_of_two(coefficient: f64) -> Option<(i64, i32)> {
    let exponent = coefficient.abs().log2().round() as i32;
    let is_exact = coefficient.is_normal() && 2f64.powi(exponent) == coefficient.abs();
    let exponent = is_exact.then_some(exponent)?;
    Some((if coefficient < 0.0 { -1 } else { 1 }, exponent))
}

/// Whether a step changes nothing of an array of this shape.
fn is_identity(step: &Step, shape: &[usize]) -> bool {
    match step {
        Step::Permute(permutation) => permutation.iter().enumerate().all(|(i, &p)| i == p),
        Step::Slice {
            axis,
            start,
            step,
            len,
            ..
        } => *start == 0 && *step == 1 && shape.get(*axis) == Some(len),
        Step::Split { sizes, .. } | Step::Merge { sizes, .. } => sizes.len() == 1,
        _ => false,
    }
}

/// The same view with neighbouring permutations made one, and dropped where they cancel.
fn merged_permutations(view: View) -> Result<View, ViewError> {
    let mut steps: Vec<Step> = Vec::new();
    for step in view.steps() {
        if let (Some(Step::Permute(first)), Step::Permute(second)) = (steps.last_mut(), step) {
            *first = second.iter().map(|&i| first[i]).collect();
            if first.iter().enumerate().all(|(i, &p)| i == p) {
                steps.pop();
            }
        } else {
            steps.push(step.clone());
        }
    }
    if steps.len() == view.steps().len() {
        return Ok(view);
    }
    View::new(view.source().to_vec(), steps)
}

#[cfg(test)]
mod tests {
    use super::{Graph, Kind, Step};

    /// A second layer for the same tensor would hide that it is a function of what the first is one of.
    #[test]
    fn reading_a_layer_as_it_is_makes_no_other() {
        let mut graph = Graph::default();
        let kind = Kind::Input {
            integral: false,
            bounds: None,
        };
        let x = graph.push("x", vec![2, 3], kind);
        let half = graph.scaled("half", 0.5, x, vec![]).unwrap();
        let permuted = graph.view("p", x, vec![Step::Permute(vec![1, 0])]).unwrap();
        let same = vec![Step::Permute(vec![0, 1])];
        assert_eq!(graph.view("again", half, same.clone()).unwrap(), half);
        assert_eq!(graph.view("again", permuted, same).unwrap(), permuted);
        assert_eq!(graph.layers.len(), 3);
    }
}
