//! Filling a statement's fresh tensors: from the trace of a run, and from the terms of the very relations that constrain them.

use crate::lower::{Advice, Lowered, Product};
use inferproof_argument::{Contraction, Integers, Origin, ProveError, Source, Term};
use inferproof_program::{Linear, Op, Program, TensorId, Trace, Weights};
use rayon::prelude::*;
use std::borrow::Cow;

/// The values of a run: what the trace keeps, the weights, and what the interpreter dropped after use.
pub(crate) struct Run<'a> {
    pub program: &'a Program,
    pub weights: &'a Weights,
    pub trace: &'a Trace,
}

impl Run<'_> {
    /// A tensor's values.
    pub fn read(&self, id: TensorId) -> Result<Cow<'_, [i64]>, ProveError> {
        let missing = || ProveError::Witness {
            name: self
                .program
                .tensor(id)
                .map(|t| t.name.clone())
                .unwrap_or_default(),
            expected: 1,
            got: 0,
        };
        if let Some(values) = self.trace.get(id) {
            return Ok(Cow::Borrowed(values));
        }
        if let Some(weight) = self.weights.get(&id) {
            return Ok(Cow::Owned(weight.to_i64()));
        }
        let Some(Op::Linear(Linear { terms })) = self.program.node(id).map(|n| &n.op) else {
            return Err(missing());
        };
        let mut sum = vec![0i64; self.program.tensor(id).map_or(0, |t| t.volume())];
        for term in terms {
            let source = match term.source {
                Some(source) => self.read(source)?,
                None => Cow::Borrowed(&[1][..]),
            };
            let part = term.view.apply(&source).map_err(|_| missing())?;
            sum.iter_mut()
                .zip(part)
                .for_each(|(s, v)| *s += term.coefficient * v);
        }
        Ok(Cow::Owned(sum))
    }

    /// What the trace says of advice; `None` where it is computed from the relations' terms.
    fn advise(&self, advice: &Advice) -> Result<Option<Integers>, ProveError> {
        let values = match advice {
            Advice::Tensor(id) => self.read(*id)?.into_owned(),
            Advice::Digit(digit) => digit.values(self)?,
            Advice::Excess(excess) => excess.values(self)?,
            Advice::Rise(rise) => rise.values(self)?,
            Advice::Limb(_) => return Ok(None),
        };
        narrow(&values).map(Some)
    }

    /// Fresh tensors and contraction outputs of the inference; `external` has the integers of the tensors that were committed before,
    /// `publics` the public ones, each in the relations' order.
    pub fn fill(
        &self,
        lowered: &Lowered,
        external: &[&Integers],
        publics: &[Vec<i64>],
    ) -> Result<(Vec<Integers>, Vec<Vec<i64>>), ProveError> {
        let advice = lowered.advice.par_iter();
        let fresh = advice.map(|advice| self.advise(advice));
        let products = lowered.products.par_iter();
        let products = products.map(|product| -> Result<_, ProveError> {
            Ok(match product {
                Product::Tensor(id) => Some(self.read(*id)?.into_owned()),
                Product::Operands => None,
            })
        });
        let (fresh, products) = rayon::join(
            || fresh.collect::<Result<_, _>>(),
            || products.collect::<Result<_, _>>(),
        );
        Assignment::new(lowered, external, publics, fresh?, products?).complete(lowered)
    }
}

/// Fresh tensors of relations that stand for no run: those of a range proof, all of which are limbs of what is committed.
pub(crate) fn fill_range(
    lowered: &Lowered,
    external: &[&Integers],
) -> Result<Vec<Integers>, ProveError> {
    let fresh = vec![None; lowered.advice.len()];
    let (fresh, _) =
        Assignment::new(lowered, external, &[], fresh, Vec::new()).complete(lowered)?;
    Ok(fresh)
}

/// What relations read, as far as it is known.
pub(crate) struct Assignment<'a> {
    /// In the relations' order; `None` for a limb that has yet to be cut.
    committed: Vec<Option<Integers>>,
    /// The places of the fresh tensors among those.
    fresh: Vec<usize>,
    publics: &'a [Vec<i64>],
    contractions: Vec<Option<Vec<i64>>>,
}

impl<'a> Assignment<'a> {
    fn new(
        lowered: &Lowered,
        external: &[&Integers],
        publics: &'a [Vec<i64>],
        fresh: Vec<Option<Integers>>,
        contractions: Vec<Option<Vec<i64>>>,
    ) -> Self {
        let (mut external, mut fresh) = (external.iter(), fresh.into_iter());
        let mut assignment = Self {
            committed: Vec::new(),
            fresh: Vec::new(),
            publics,
            contractions,
        };
        let tensors = lowered.relations.parts().tensors.iter();
        for (place, tensor) in tensors.enumerate() {
            match tensor.origin {
                Origin::External => {
                    // Clones share their entries.
                    let values = external.next().map(|&values| values.clone());
                    assignment.committed.push(values);
                }
                // The multiplicities, which come last, are the argument's own.
                Origin::Fresh => {
                    let Some(values) = fresh.next() else {
                        break;
                    };
                    assignment.committed.push(values);
                    assignment.fresh.push(place);
                }
            }
        }
        assignment
    }

    /// Computes what the trace did not have: contractions from their operands, then limbs.
    fn complete(mut self, lowered: &Lowered) -> Result<(Vec<Integers>, Vec<Vec<i64>>), ProveError> {
        let parts = lowered.relations.parts();
        let open: Vec<usize> = (0..self.contractions.len())
            .filter(|&i| self.contractions.get(i).is_some_and(Option::is_none))
            .collect();
        let computed = open.par_iter().map(|&i| {
            let contraction = parts.contractions.get(i).ok_or_else(missing)?;
            Ok((i, self.contract(contraction)?))
        });
        let computed: Vec<_> = computed.collect::<Result<_, ProveError>>()?;
        for (i, values) in computed {
            if let Some(slot) = self.contractions.get_mut(i) {
                *slot = Some(values);
            }
        }
        let limbs = self.fresh.par_iter().zip(&lowered.advice);
        let limbs = limbs.filter_map(|(&place, advice)| match advice {
            Advice::Limb(limb) => Some((place, limb)),
            Advice::Tensor(_) | Advice::Digit(_) | Advice::Excess(_) | Advice::Rise(_) => None,
        });
        let limbs = limbs.map(|(place, limb)| Ok((place, narrow(&limb.values(&self)?)?)));
        let limbs: Vec<_> = limbs.collect::<Result<_, ProveError>>()?;
        for (place, values) in limbs {
            if let Some(slot) = self.committed.get_mut(place) {
                *slot = Some(values);
            }
        }
        let fresh = self.fresh.iter().map(|&place| {
            let values = self.committed.get_mut(place).and_then(Option::take);
            values.ok_or_else(missing)
        });
        let fresh = fresh.collect::<Result<_, _>>()?;
        let contractions = self.contractions.into_iter();
        let contractions = contractions.map(|values| values.ok_or_else(missing));
        Ok((fresh, contractions.collect::<Result<_, _>>()?))
    }

    /// The sum of terms, row-major over the shape that they share. Wrapping: sums that honest programs reach are bounded.
    pub fn sum(&self, terms: &[Term]) -> Result<Vec<i64>, ProveError> {
        let mut total: Vec<i64> = Vec::new();
        for term in terms {
            let source: Cow<'_, [i64]> = match term.source {
                Source::One => Cow::Borrowed(&[1]),
                // Programs have none: they compute with small integers.
                Source::Constant(_) => return Err(missing()),
                Source::Public(i) => self.publics.get(i).ok_or_else(missing)?.into(),
                Source::Contraction(i) => {
                    let values = self.contractions.get(i).and_then(Option::as_ref);
                    values.ok_or_else(missing)?.into()
                }
                Source::Committed(i) => {
                    let values = self.committed.get(i).and_then(Option::as_ref);
                    values.ok_or_else(missing)?.to_i64().into()
                }
            };
            let values = term.view.apply(&source).map_err(|_| missing())?;
            total.resize(values.len(), 0);
            let factor = term.coefficient;
            for (total, value) in total.iter_mut().zip(values) {
                *total = total.wrapping_add(factor.wrapping_mul(value));
            }
        }
        Ok(total)
    }

    /// `out[s, f, g] = sum_k left[s, f, k] * right[s, g, k]`.
    fn contract(&self, contraction: &Contraction) -> Result<Vec<i64>, ProveError> {
        let count = |axes: &[usize]| axes.iter().product::<usize>();
        let (left, right) = (self.sum(&contraction.left)?, self.sum(&contraction.right)?);
        let inner = count(&contraction.contracted).max(1);
        let rows = |free: &[usize]| (count(free) * inner).max(1);
        let (left_rows, right_rows) = (rows(&contraction.left_free), rows(&contraction.right_free));
        let shared = left.chunks(left_rows).zip(right.chunks(right_rows));
        let entries = shared.flat_map(|(left, right)| {
            left.chunks(inner).flat_map(move |row| {
                right.chunks(inner).map(move |column| {
                    let products = row.iter().zip(column).map(|(&a, &b)| a.wrapping_mul(b));
                    products.fold(0i64, i64::wrapping_add)
                })
            })
        });
        Ok(entries.collect())
    }
}

/// Relations that read what nothing makes.
fn missing() -> ProveError {
    ProveError::Witness {
        name: "advice".into(),
        expected: 1,
        got: 0,
    }
}

/// Digit `number` of `v` in base `2^bits`, two's complement.
pub(crate) fn digit(v: i64, bits: u32, number: u32) -> i64 {
    (v >> (bits * number)) & ((1 << bits) - 1)
}

fn narrow(values: &[i64]) -> Result<Integers, ProveError> {
    Integers::from_i64(values).map_err(|_| ProveError::Witness {
        name: "advice".into(),
        expected: values.len(),
        got: values.len(),
    })
}
