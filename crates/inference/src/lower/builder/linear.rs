//! Sums of views: chained, and committed where a chain gets too long or a claim would not factor.

use super::Builder;
use crate::lower::{LowerError, Product};
use inferproof_argument::{Contraction, Source, Term};
use inferproof_program::TensorId;
use inferproof_view::{MAX_STEPS, View};
use std::collections::HashMap;

impl Builder<'_> {
    /// Terms of an operand, which may not read a contraction.
    pub(super) fn operand(&mut self, id: TensorId) -> Result<Vec<Term>, LowerError> {
        if self
            .read(id)?
            .iter()
            .any(|t| matches!(t.source, Source::Contraction(_)))
        {
            self.materialize(id)?;
        }
        self.read(id)
    }

    /// The product of two operands, entry by entry, in the shape of a tensor that it is part of.
    pub(super) fn entrywise(
        &mut self,
        id: TensorId,
        what: &str,
        left: Vec<Term>,
        right: Vec<Term>,
    ) -> Result<Term, LowerError> {
        let tensor = self.tensor(id)?;
        self.contractions.push(Contraction {
            name: format!("{}, {what}", tensor.name),
            left,
            right,
            shared: tensor.shape.clone(),
            left_free: Vec::new(),
            right_free: Vec::new(),
            contracted: Vec::new(),
        });
        self.products.push(Product::Operands);
        Ok(Term {
            coefficient: 1,
            source: Source::Contraction(self.contractions.len() - 1),
            view: self.identity(id)?,
        })
    }

    /// Whether claims through a view still factor over the axes of every contraction that the tensor reads, and no chain of
    /// views gets too long. Otherwise the tensor has to be committed.
    pub(super) fn factors(&self, id: TensorId, view: &View) -> Result<bool, LowerError> {
        let none = Vec::new();
        let terms = self.terms.get(id.0 as usize).unwrap_or(&none);
        for term in terms {
            if term.view.steps().len() + view.steps().len() > MAX_STEPS {
                return Ok(false);
            }
            if let Source::Contraction(i) = term.source {
                self.copy([&term.view, view])?;
                let whole = term
                    .view
                    .clone()
                    .chain(view)
                    .map_err(|e| self.refuse(id, e.to_string()))?;
                if !self
                    .contractions
                    .get(i)
                    .is_some_and(|c| c.factors_through(&whole))
                {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Chains views; equal readings of one source are added up.
    pub(super) fn linear(
        &mut self,
        id: TensorId,
        terms: &[inferproof_program::Term],
    ) -> Result<Vec<Term>, LowerError> {
        // Where each reading stands among the terms: many terms of a hostile key would make a search quadratic.
        let mut places: HashMap<(Source, View), usize> = HashMap::new();
        let mut out: Vec<Term> = Vec::new();
        for term in terms {
            let sources = match term.source {
                None => vec![Term {
                    coefficient: 1,
                    source: Source::One,
                    view: self.view(id, &[], Vec::new())?,
                }],
                Some(source) => {
                    if !self.factors(source, &term.view)? {
                        self.materialize(source)?;
                    }
                    self.read(source)?
                }
            };
            self.copy(std::iter::repeat_n(&term.view, sources.len()))?;
            for source in sources {
                let view = source
                    .view
                    .chain(&term.view)
                    .map_err(|e| self.refuse(id, e.to_string()))?;
                let coefficient = source
                    .coefficient
                    .checked_mul(term.coefficient)
                    .ok_or_else(|| self.refuse(id, "a coefficient overflows"))?;
                let place = *places
                    .entry((source.source, view.clone()))
                    .or_insert(out.len());
                match out.get_mut(place) {
                    Some(same) => {
                        same.coefficient = same
                            .coefficient
                            .checked_add(coefficient)
                            .ok_or_else(|| self.refuse(id, "a coefficient overflows"))?
                    }
                    None => out.push(Term {
                        coefficient,
                        source: source.source,
                        view,
                    }),
                }
            }
        }
        Ok(out)
    }
}
