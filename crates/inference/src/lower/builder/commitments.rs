//! What a proof commits to, and how outputs are tied.

use super::{Builder, MAX_COMMITTED, scaled};
use crate::lower::tables::bits;
use crate::lower::{Advice, LowerError};
#[cfg(feature = "prover")]
use crate::witness::{Run, digit};
#[cfg(feature = "prover")]
use inferproof_argument::ProveError;
use inferproof_argument::{CommittedTensor, Layout, Linear, Origin, Source, Term};
use inferproof_program::TensorId;

/// Bits of a digit of a tensor that is too wide to be committed in one piece.
const DIGIT_BITS: u32 = 24;

/// A digit in base `2^bits` of a tensor that is too wide to be committed in one piece; the last one has the sign and all that is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Digit {
    pub tensor: TensorId,
    pub bits: u32,
    pub number: u32,
    pub is_last: bool,
}

#[cfg(feature = "prover")]
impl Digit {
    /// The digits, entry by entry.
    pub fn values(&self, run: &Run<'_>) -> Result<Vec<i64>, ProveError> {
        let part = |&v: &i64| match self.is_last {
            true => v >> (self.bits * self.number),
            false => digit(v, self.bits, self.number),
        };
        Ok(run.read(self.tensor)?.iter().map(part).collect())
    }
}

impl Builder<'_> {
    pub(super) fn commit(
        &mut self,
        name: String,
        shape: Vec<usize>,
        advice: Advice,
    ) -> Result<Source, LowerError> {
        let layout = Layout::packed(shape, self.c).ok_or_else(|| LowerError::Op {
            origin: String::new(),
            tensor: name.clone(),
            reason: "it is empty or too large to commit".into(),
        })?;
        self.tensors.push(CommittedTensor {
            name,
            layout,
            origin: Origin::Fresh,
        });
        self.advice.push(advice);
        Ok(Source::Committed(self.tensors.len() - 1))
    }

    /// Commits a tensor of the trace and reads it as it is.
    pub(super) fn commit_tensor(&mut self, id: TensorId) -> Result<Term, LowerError> {
        let tensor = self.tensor(id)?;
        if tensor.low < -MAX_COMMITTED || tensor.high > MAX_COMMITTED {
            return Err(self.refuse(
                id,
                "its values may be wider than 32 bits, which cannot be committed",
            ));
        }
        let source = self.commit(
            tensor.name.clone(),
            tensor.shape.clone(),
            Advice::Tensor(id),
        )?;
        Ok(Term {
            coefficient: 1,
            source,
            view: self.identity(id)?,
        })
    }

    /// Makes a virtual tensor a committed one: a copy, and the claim that it is the sum. A sum of bounded integers needs no
    /// range check.
    pub fn materialize(&mut self, id: TensorId) -> Result<(), LowerError> {
        let mut terms = self.read(id)?;
        if let [
            Term {
                coefficient: 1,
                source: Source::Committed(_),
                view,
            },
        ] = terms.as_slice()
            && view.steps().is_empty()
        {
            return Ok(());
        }
        let copies = self.commit_digits(id)?;
        for copy in &copies {
            terms.push(scaled(copy.clone(), -1)?);
        }
        let tensor = self.tensor(id)?;
        self.linears.push(Linear {
            name: format!("{} is committed", tensor.name),
            shape: tensor.shape.clone(),
            terms,
        });
        if let Some(slot) = self.terms.get_mut(id.0 as usize) {
            *slot = copies;
        }
        Ok(())
    }

    /// Commits a tensor of the trace, in digits where its values may be too wide for one committed integer. The digits need no
    /// range check: only their sum is ever read.
    pub(super) fn commit_digits(&mut self, id: TensorId) -> Result<Vec<Term>, LowerError> {
        let tensor = self.tensor(id)?;
        let widest = bits(
            tensor
                .low
                .unsigned_abs()
                .max(tensor.high.unsigned_abs())
                .into(),
        );
        if widest <= DIGIT_BITS {
            return Ok(vec![self.commit_tensor(id)?]);
        }
        let count = widest.div_ceil(DIGIT_BITS);
        (0..count)
            .map(|digit| {
                let part = Digit {
                    tensor: id,
                    bits: DIGIT_BITS,
                    number: digit,
                    is_last: digit + 1 == count,
                };
                let source = self.commit(
                    format!("{}, digit {digit}", tensor.name),
                    tensor.shape.clone(),
                    Advice::Digit(part),
                )?;
                Ok(Term {
                    coefficient: 1 << (digit * DIGIT_BITS),
                    source,
                    view: self.identity(id)?,
                })
            })
            .collect()
    }

    /// A bit is one, of every sample.
    pub fn claim(&mut self, id: TensorId) -> Result<(), LowerError> {
        let shape = self.shape(id)?;
        let mut terms = self.read(id)?;
        terms.push(self.constant(id, &shape, -1)?);
        self.linears.push(Linear {
            name: format!("claim {}", self.tensor(id)?.name),
            shape,
            terms,
        });
        Ok(())
    }

    /// The verifier knows an output, entry by entry.
    pub fn publish(&mut self, id: TensorId) -> Result<(), LowerError> {
        let shape = self.shape(id)?;
        let mut terms = self.read(id)?;
        let source = Source::Public(self.publics.len());
        self.publics.push(shape.clone());
        terms.push(Term {
            coefficient: -1,
            source,
            view: self.identity(id)?,
        });
        self.linears.push(Linear {
            name: format!("output {}", self.tensor(id)?.name),
            shape,
            terms,
        });
        Ok(())
    }

    /// An output is what the commitment holds. The claim determines each entry, so that no range check is needed: the output is an integer
    /// of its static bound already.
    pub fn tie_to_commitment(&mut self, place: usize, id: TensorId) -> Result<(), LowerError> {
        let standing = self.committed_outputs.get(&place).copied();
        let standing =
            standing.ok_or_else(|| self.refuse(id, "its commitment was not foreseen"))?;
        let mut terms = self.read(id)?;
        terms.push(scaled(self.read_standing(id, standing)?, -1)?);
        self.linears.push(Linear {
            name: format!("output {} is what is committed", self.tensor(id)?.name),
            shape: self.shape(id)?,
            terms,
        });
        Ok(())
    }
}
