//! The integers that relations read, as the prover has them.

use crate::relations::{Source, Term};
use inferproof_integers::Integers;
use inferproof_view::View;
use std::borrow::Cow;

/// Views fit what they read.
const CHECKED: &str = "relations checked the views";

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

    /// A source through a view.
    fn read(&self, source: Source, view: &View) -> Cow<'_, [i64]> {
        let whole = match source {
            Source::One => &[1],
            Source::Public(i) => &self.publics[i][..],
            Source::Contraction(i) => &self.contractions[i],
            Source::Committed(i) => return Cow::Owned(through(view, &self.committed[i])),
        };
        match view.steps() {
            [] => Cow::Borrowed(whole),
            _ => Cow::Owned(view.apply(whole).expect(CHECKED)),
        }
    }

    /// The sum of terms, row-major over the shape they share.
    ///
    /// Wrapping: sums that honest programs reach are bounded; a cheating one gets some other false proof.
    pub fn sum(&self, terms: &[Term]) -> Vec<i64> {
        let mut total: Vec<i64> = Vec::new();
        for term in terms {
            let factor = term.coefficient;
            if let (Source::Committed(i), [], false) =
                (term.source, term.view.steps(), total.is_empty())
            {
                self.committed[i].add_multiple(&mut total, factor);
                continue;
            }
            let values = self.read(term.source, &term.view);
            if total.is_empty() {
                total = values.into_owned();
                if factor != 1 {
                    for value in &mut total {
                        *value = value.wrapping_mul(factor);
                    }
                }
            } else {
                for (total, &value) in total.iter_mut().zip(values.iter()) {
                    *total = total.wrapping_add(factor.wrapping_mul(value));
                }
            }
        }
        total
    }
}

fn through(view: &View, values: &Integers) -> Vec<i64> {
    let target = match values {
        Integers::I8(values) => view.apply_widening(values),
        Integers::I16(values) => view.apply_widening(values),
        Integers::I32(values) => view.apply_widening(values),
        Integers::I64(values) => view.apply_widening(values),
    };
    target.expect(CHECKED)
}
