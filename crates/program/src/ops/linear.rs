//! Sums of views with public factors.

use super::{Before, Op, Operation, bounded, within};
use crate::batch::Batch;
#[cfg(feature = "interpreter")]
use crate::entries::add_multiple;
#[cfg(feature = "interpreter")]
use crate::run::Run;
#[cfg(feature = "testing")]
use crate::testing::{Random, fit};
use crate::{Builder, Interval, Program, ProgramError, Tensor, TensorId};
use inferproof_view::{Step, View, ViewError};
use serde::{Deserialize, Serialize};

/// Virtual: `sum of coefficient * view(source)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linear {
    /// The summands; each view ends in the output's shape.
    pub terms: Vec<Term>,
}

/// A summand of [`Linear`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// A public factor.
    pub coefficient: i64,
    /// What is read; `None` is the constant 1 of shape `[]`.
    pub source: Option<TensorId>,
    /// How it is read.
    pub view: View,
}

impl Builder {
    /// A multiple of a tensor, read through these steps.
    ///
    /// # Errors
    /// If there is no such tensor, or the steps do not fit its shape.
    pub fn term(
        &self,
        coefficient: i64,
        source: TensorId,
        steps: Vec<Step>,
    ) -> Result<Term, ProgramError> {
        let shape = self.before().tensor(source).map(|t| t.shape.clone());
        let view = shape.and_then(|shape| View::new(shape, steps).map_err(|e| e.to_string()));
        Ok(Term {
            coefficient,
            source: Some(source),
            view: view.map_err(|reason| self.refusal(reason))?,
        })
    }

    /// The same number in every entry of a shape.
    ///
    /// # Errors
    /// If the shape is not allowed.
    pub fn constant(&self, value: i64, shape: &[usize]) -> Result<Term, ProgramError> {
        let axes = shape.iter().enumerate();
        let steps = axes.map(|(axis, &len)| Step::Insert { axis, len });
        let view = View::new(vec![], steps.collect());
        Ok(Term {
            coefficient: value,
            source: None,
            view: view.map_err(|e| self.refusal(e.to_string()))?,
        })
    }

    /// A sum. Its scale is that of the first tensor in it.
    ///
    /// # Errors
    /// If the terms' shapes differ, or values could be too great.
    pub fn linear(&mut self, terms: Vec<Term>) -> Result<TensorId, ProgramError> {
        let shape = terms.first().map(|t| t.view.target().to_vec());
        let mut sources = terms.iter().filter_map(|t| t.source);
        let scale = sources.next().map_or(0, |id| self.scale_of(id));
        let op = Op::Linear(Linear { terms });
        self.virtual_tensor(op, shape.unwrap_or_default(), scale)
    }

    /// A tensor read through these steps.
    ///
    /// # Errors
    /// If there is no such tensor, or the steps do not fit its shape.
    pub fn read(&mut self, source: TensorId, steps: Vec<Step>) -> Result<TensorId, ProgramError> {
        let term = self.term(1, source, steps)?;
        self.linear(vec![term])
    }
}

impl Operation for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn is_committed(&self) -> bool {
        false
    }

    fn sources(&self) -> Vec<TensorId> {
        self.terms.iter().filter_map(|t| t.source).collect()
    }

    fn redirect(&mut self, to: &mut dyn FnMut(TensorId) -> TensorId) {
        for term in &mut self.terms {
            term.source = term.source.map(&mut *to);
        }
    }

    fn check(&self, before: &Before<'_>, output: &Tensor) -> Result<(), String> {
        let mut sum = Interval::point(0);
        let mut reach = 0i128;
        if self.terms.is_empty() {
            return Err("a sum has no terms".into());
        }
        for term in &self.terms {
            let (shape, range): (&[usize], _) = match term.source {
                None => (&[], Interval::point(1)),
                Some(source) => {
                    let source = before.tensor(source)?;
                    (&source.shape, source.range())
                }
            };
            let wrong = |expected: &[usize], got: &[usize]| {
                ViewError::Shape {
                    expected: expected.to_vec(),
                    got: got.to_vec(),
                }
                .to_string()
            };
            if term.view.source() != shape {
                return Err(wrong(term.view.source(), shape));
            }
            if term.view.target() != output.shape {
                return Err(wrong(&output.shape, term.view.target()));
            }
            let (value, peak) = range.through(&term.view);
            let coefficient = Interval::point(term.coefficient.into());
            sum = sum.plus(value.times(coefficient));
            let peak = Interval::point(peak)
                .times(coefficient)
                .magnitude()
                .max(peak);
            reach = reach.saturating_add(peak);
        }
        bounded(reach)?;
        within(sum, output)
    }

    fn bound(&self, program: &Program) -> Option<Interval> {
        let mut sum = Interval::point(0);
        for term in &self.terms {
            let source = match term.source {
                Some(source) => program.tensor(source)?.range(),
                None => Interval::point(1),
            };
            let (value, _) = source.through(&term.view);
            sum = sum.plus(value.times(Interval::point(term.coefficient.into())));
        }
        Some(sum)
    }

    /// A weight or a constant is repeated for every sample.
    fn batched(&self, batch: &mut Batch<'_>, _: &Tensor) -> Result<TensorId, ProgramError> {
        let mut terms = Vec::with_capacity(self.terms.len());
        for term in &self.terms {
            let is_shared = term.source.is_none_or(|source| batch.is_shared(source));
            let view = match is_shared {
                true => term.view.clone().then(batch.repeat()),
                false => term.view.batched(batch.samples),
            };
            terms.push(Term {
                coefficient: term.coefficient,
                source: term.source.map(|source| batch.of(source)),
                view: view.map_err(|e| batch.builder.refusal(e.to_string()))?,
            });
        }
        batch.builder.linear(terms)
    }

    #[cfg(feature = "interpreter")]
    fn run(&self, run: &Run<'_>, output: &Tensor) -> Result<Vec<i64>, String> {
        let mut sum: Option<Vec<i64>> = None;
        for term in &self.terms {
            let value = match term.source {
                None => term.view.apply(&[1i64]),
                Some(source) => term.view.apply(&run.read(source)),
            };
            let mut value = value.map_err(|e| e.to_string())?;
            match &mut sum {
                None => {
                    if term.coefficient != 1 {
                        value.iter_mut().for_each(|v| *v *= term.coefficient);
                    }
                    sum = Some(value);
                }
                Some(sum) => add_multiple(sum, &value, term.coefficient),
            }
        }
        Ok(sum.unwrap_or_else(|| vec![0; output.volume()]))
    }
}

/// A sum of up to three terms.
#[cfg(feature = "testing")]
pub(crate) fn random(random: &mut Random<'_>) -> Option<TensorId> {
    let source = random.any_tensor();
    let view = random.view(random.tensor(source).shape)?;
    let target = view.target().to_vec();
    let coefficient = random.number(-3, 5);
    let mut terms = vec![Term {
        coefficient,
        source: Some(source),
        view,
    }];
    for _ in 0..random.choose(3) {
        let coefficient = random.number(-9, 9);
        let source = (random.choose(4) > 0).then(|| random.any_tensor());
        let shape = source.map_or_else(Vec::new, |s| random.tensor(s).shape);
        let start = random.number(-2, 2);
        terms.push(Term {
            coefficient,
            source,
            view: fit(shape, &target, start)?,
        });
    }
    random.linear(terms)
}
