//! The integers that relations read, as the prover has them.

use crate::integers::Integers;
use crate::relations::{Source, Term};
use std::borrow::Cow;

/// Every source's array.
pub(crate) struct Arrays<'a> {
    /// Committed tensors in order, without multiplicities.
    pub committed: Vec<Cow<'a, Integers>>,
    pub publics: &'a [Vec<i64>],
    pub contractions: &'a [Vec<i64>],
}

impl Arrays<'_> {
    pub fn committed(&self, tensor: usize) -> &Integers {
        &self.committed[tensor]
    }

    fn read(&self, source: Source) -> Cow<'_, [i64]> {
        match source {
            Source::One => Cow::Borrowed(&[1]),
            Source::Public(i) => Cow::Borrowed(&self.publics[i]),
            Source::Committed(i) => Cow::Owned(self.committed[i].to_i64()),
            Source::Contraction(i) => Cow::Borrowed(&self.contractions[i]),
        }
    }

    /// The sum of terms, row-major over the shape they share.
    pub fn sum(&self, terms: &[Term]) -> Vec<i64> {
        let mut total: Vec<i64> = Vec::new();
        for term in terms {
            let mut values = term
                .view
                .apply(&self.read(term.source))
                .expect("relations checked the views");
            if term.coefficient != 1 {
                // Wrapping: sums that honest programs reach are bounded; a cheating one gets some other false proof.
                values
                    .iter_mut()
                    .for_each(|v| *v = v.wrapping_mul(term.coefficient));
            }
            if total.is_empty() {
                total = values;
            } else {
                total
                    .iter_mut()
                    .zip(values)
                    .for_each(|(t, v)| *t = t.wrapping_add(v));
            }
        }
        total
    }
}
