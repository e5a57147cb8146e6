//! Maxima: `right + r` with `r = max(left - right, 0)`.

use super::{Builder, scaled};
use crate::lower::tables::{WIDE_SPAN, bits, max_span};
use crate::lower::{Advice, LowerError};
#[cfg(feature = "prover")]
use crate::witness::{Run, digit};
#[cfg(feature = "prover")]
use inferproof_argument::ProveError;
use inferproof_argument::{Linear, Term};
use inferproof_program::TensorId;

/// `max(left - right, 0)`, or a limb of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rise {
    left: TensorId,
    right: TensorId,
    /// Bits of a limb, and which one.
    limb: Option<(u32, u32)>,
}

impl Rise {
    fn whole(left: TensorId, right: TensorId) -> Self {
        Self {
            left,
            right,
            limb: None,
        }
    }

    fn limb(left: TensorId, right: TensorId, bits: u32, number: u32) -> Self {
        Self {
            left,
            right,
            limb: Some((bits, number)),
        }
    }

    /// How far the left is above the right, entry by entry.
    #[cfg(feature = "prover")]
    pub fn values(&self, run: &Run<'_>) -> Result<Vec<i64>, ProveError> {
        let (left, right) = (run.read(self.left)?, run.read(self.right)?);
        let rises = left.iter().zip(right.iter()).map(|(l, r)| (l - r).max(0));
        Ok(match self.limb {
            None => rises.collect(),
            Some((bits, number)) => rises.map(|rise| digit(rise, bits, number)).collect(),
        })
    }
}

impl Builder<'_> {
    /// The largest difference of two tensors' values, either way.
    pub(super) fn span(&self, left: TensorId, right: TensorId) -> Result<i64, LowerError> {
        max_span(self.program, left, right)
            .ok_or_else(|| self.refuse(left, "its range is not known"))
    }

    /// `right + r` with `r = relu(left - right)`.
    pub(super) fn maximum(
        &mut self,
        id: TensorId,
        left: TensorId,
        right: TensorId,
    ) -> Result<Vec<Term>, LowerError> {
        let tensor = self.tensor(id)?;
        let span = self.span(left, right)?;
        if span > WIDE_SPAN {
            return self.wide_maximum(id, left, right, bits(span.unsigned_abs().into()));
        }
        let users = self.clamps.get(&(0, span)).copied().unwrap_or_default();
        let table = self.tables.clamp(0, span, users);
        let source = self.commit(
            format!("{}, rise", tensor.name),
            tensor.shape.clone(),
            Advice::Rise(Rise::whole(left, right)),
        )?;
        let rise = Term {
            coefficient: 1,
            source,
            view: self.identity(id)?,
        };
        let mut fall = self.read(left)?;
        for term in self.read(right)? {
            fall.push(scaled(term, -1)?);
        }
        fall.push(scaled(rise.clone(), -1)?);
        self.lookup(&tensor.name, table, vec![fall, vec![rise.clone()]])?;
        let mut terms = self.read(right)?;
        terms.push(rise);
        Ok(terms)
    }

    /// The same where no table is large enough: r and the fall `r - (left - right)` are not negative, and their product is zero.
    fn wide_maximum(
        &mut self,
        id: TensorId,
        left: TensorId,
        right: TensorId,
        width: u32,
    ) -> Result<Vec<Term>, LowerError> {
        let tensor = self.tensor(id)?;
        let shape = tensor.shape.clone();
        let limb = self.limb_bits();
        let mut rise = Vec::new();
        for number in 0..width.div_ceil(limb) {
            let advice = Advice::Rise(Rise::limb(left, right, limb, number));
            let name = format!("{}, rise", tensor.name);
            let width = limb.min(width - number * limb);
            rise.push(self.commit_limb(&name, &shape, advice, number, width)?);
        }
        let mut fall = rise.clone();
        fall.extend(self.operand(right)?);
        for term in self.operand(left)? {
            fall.push(scaled(term, -1)?);
        }
        let product = self.entrywise(id, "rise times fall", rise.clone(), fall.clone())?;
        self.linears.push(Linear {
            name: format!("{}, rise or fall is zero", tensor.name),
            shape,
            terms: vec![product],
        });
        self.check_integer_bits(&format!("{}, fall", tensor.name), fall, width)?;
        let mut terms = self.read(right)?;
        terms.extend(rise);
        Ok(terms)
    }
}
