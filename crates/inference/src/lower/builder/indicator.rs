//! One-hot codes of indices.

use super::{Builder, scaled};
use crate::lower::{Code, LowerError};
use inferproof_argument::{Linear, Source, Term};
use inferproof_program::TensorId;
use inferproof_view::Step;

impl Builder<'_> {
    /// Commits a tensor of the trace whose entries are 0 or 1.
    pub(super) fn commit_bits(&mut self, id: TensorId) -> Result<Term, LowerError> {
        let bit = self.commit_tensor(id)?;
        let table = self.tables.range(0, 2);
        let name = format!("{}, bits", self.tensor(id)?.name);
        self.lookup(&name, table, vec![vec![bit.clone()]])?;
        Ok(bit)
    }

    /// One-hot codes of indices: bits, of which one is set, at the index.
    pub(super) fn indicator(&mut self, id: TensorId, source: TensorId) -> Result<Term, LowerError> {
        if let Some(public) = self.public_indicator(id, source)? {
            return Ok(public);
        }
        let tensor = self.tensor(id)?;
        let shape = tensor.shape.clone();
        let Some((&classes, rest)) = shape.split_last() else {
            return Err(self.refuse(id, "it needs at least one axis"));
        };
        let places = i64::try_from(classes).map_err(|_| self.refuse(id, "too many places"))?;
        let bit = self.commit_bits(id)?;
        let index = self.read(source)?;
        for (what, weights, value) in [
            ("one bit is set", None, vec![self.constant(id, rest, 1)?]),
            ("it is at the index", Some((0..places).collect()), index),
        ] {
            let step = Step::Reduce {
                axis: rest.len(),
                source: classes,
                weights,
            };
            let mut terms = vec![Term {
                view: self.view(id, &shape, vec![step])?,
                ..bit.clone()
            }];
            for term in value {
                terms.push(scaled(term, -1)?);
            }
            self.linears.push(Linear {
                name: format!("{}, {what}", tensor.name),
                shape: rest.to_vec(),
                terms,
            });
        }
        Ok(bit)
    }

    /// The codes of a public input's entries, however arranged: everybody computes them.
    fn public_indicator(
        &mut self,
        id: TensorId,
        source: TensorId,
    ) -> Result<Option<Term>, LowerError> {
        let [
            Term {
                coefficient: 1,
                source: Source::Public(input),
                view,
            },
        ] = &self.read(source)?[..]
        else {
            return Ok(None);
        };
        let Some(classes) = self.tensor(id)?.shape.last().copied() else {
            return Ok(None);
        };
        let mut steps = Vec::new();
        for step in view.steps() {
            steps.push(match step {
                Step::Permute(order) => {
                    Step::Permute(order.iter().copied().chain([order.len()]).collect())
                }
                Step::Split { .. } | Step::Merge { .. } | Step::Insert { .. } => step.clone(),
                Step::Reduce {
                    source: 1,
                    weights: None,
                    ..
                } => step.clone(),
                // Whatever leaves entries out or fills in zeros, which are an index too.
                Step::Reduce { .. }
                | Step::Slice { .. }
                | Step::Gather { .. }
                | Step::Window { .. }
                | Step::SuffixSum { .. } => return Ok(None),
            });
        }
        let mut shape = view.source().to_vec();
        shape.push(classes);
        let code = Code {
            input: *input,
            classes,
        };
        let inputs = self.publics.len() - self.codes.len();
        let known = self.codes.iter().position(|c| *c == code);
        let place = known.unwrap_or(self.codes.len());
        if known.is_none() {
            self.publics.push(shape.clone());
            self.codes.push(code);
        }
        Ok(Some(Term {
            coefficient: 1,
            source: Source::Public(inputs + place),
            view: self.view(id, &shape, steps)?,
        }))
    }
}
