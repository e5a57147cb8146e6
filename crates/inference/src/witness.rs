//! Filling a statement's fresh tensors from a trace, by the recipes that lowering left.

use crate::lower::weights::RangePart;
use crate::lower::{Lowered, NonNegative, Product, Recipe};
use inferproof_argument::curve::Profile;
use inferproof_argument::{Integers, Opening, ProveError};
use inferproof_program::{Linear, Op, Program, TensorId, Trace, Weights};
use rayon::prelude::*;
use std::borrow::Cow;

/// The values of a run: what the trace keeps, the weights, and what the interpreter dropped after use.
pub(crate) struct Values<'a> {
    pub program: &'a Program,
    pub weights: &'a Weights,
    pub trace: &'a Trace,
}

impl Values<'_> {
    fn read(&self, id: TensorId) -> Result<Cow<'_, [i64]>, ProveError> {
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

    fn last_axis(&self, id: TensorId) -> usize {
        self.program
            .tensor(id)
            .and_then(|t| t.shape.last().copied())
            .unwrap_or(1)
            .max(1)
    }

    fn rises(&self, left: TensorId, right: TensorId) -> Result<Vec<i64>, ProveError> {
        let pairs = self.pairs(left, right)?;
        Ok(pairs.map(|(l, r)| (l - r).max(0)).collect())
    }

    /// The entries of two tensors of one shape, side by side.
    fn pairs(
        &self,
        left: TensorId,
        right: TensorId,
    ) -> Result<impl Iterator<Item = (i64, i64)>, ProveError> {
        let (left, right) = (
            self.read(left)?.into_owned(),
            self.read(right)?.into_owned(),
        );
        Ok(left.into_iter().zip(right))
    }

    fn non_negative(&self, of: &NonNegative) -> Result<Vec<i64>, ProveError> {
        Ok(match of {
            NonNegative::Remainder { source, shift } => {
                let half = 1i64 << (shift - 1);
                self.read(*source)?
                    .iter()
                    .map(|x| (x + half) & ((1 << shift) - 1))
                    .collect()
            }
            NonNegative::Gap { source } => self
                .read(*source)?
                .chunks(self.last_axis(*source))
                .flat_map(|row| {
                    let maximum = row.iter().max().copied().unwrap_or(0);
                    let first = row.iter().position(|&v| v == maximum).unwrap_or(0);
                    row.iter()
                        .enumerate()
                        .map(move |(j, &v)| maximum - v - i64::from(j < first))
                })
                .collect(),
            NonNegative::Positive { left, right } => self.rises(*left, *right)?,
            NonNegative::AboveSquare { root, source } => {
                let pairs = self.pairs(*root, *source)?;
                pairs.map(|(y, x)| x - y * y).collect()
            }
            NonNegative::BelowNextSquare { root, source } => {
                let pairs = self.pairs(*root, *source)?;
                pairs.map(|(y, x)| y * y + 2 * y - x).collect()
            }
            NonNegative::Offset {
                tensor,
                start,
                sign,
                offset,
            } => self
                .read(*tensor)?
                .iter()
                .skip(*start)
                .map(|x| sign * x + offset)
                .collect(),
        })
    }

    fn fresh(&self, recipe: &Recipe) -> Result<Vec<i64>, ProveError> {
        Ok(match recipe {
            Recipe::Tensor(id) => self.read(*id)?.into_owned(),
            Recipe::Excess {
                output,
                source,
                shift,
                bits,
                limb,
            } => {
                let half = if *shift == 0 { 0 } else { 1i64 << (shift - 1) };
                let excess = |(x, y): (&i64, &i64)| {
                    let cut = ((x + half) >> shift) - y;
                    let digit = (cut.unsigned_abs() >> (bits * limb)) & ((1 << bits) - 1);
                    cut.signum() * digit as i64
                };
                self.read(*source)?
                    .iter()
                    .zip(self.read(*output)?.iter())
                    .map(excess)
                    .collect()
            }
            Recipe::Limb { of, bits, limb } => self
                .non_negative(of)?
                .into_iter()
                .map(|v| digit(v, *bits, *limb))
                .collect(),
            Recipe::Positive { left, right } => self.rises(*left, *right)?,
            Recipe::Digit {
                tensor,
                bits,
                digit: number,
                last,
            } => {
                let values = self.read(*tensor)?;
                let part = |&v: &i64| {
                    if *last {
                        v >> (bits * number)
                    } else {
                        digit(v, *bits, *number)
                    }
                };
                values.iter().map(part).collect()
            }
        })
    }

    fn product(&self, product: &Product) -> Result<Vec<i64>, ProveError> {
        Ok(match product {
            Product::Tensor(id) => self.read(*id)?.into_owned(),
            Product::Maximum(source) => {
                let values = self.read(*source)?;
                values
                    .chunks(self.last_axis(*source))
                    .filter_map(|row| row.iter().max().copied())
                    .collect()
            }
            Product::Square(id) => self.read(*id)?.iter().map(|y| y * y).collect(),
            Product::Zero(id) => vec![0; self.program.tensor(*id).map_or(0, |t| t.volume())],
        })
    }

    /// Fresh tensors and contraction outputs of the inference.
    pub fn fill(&self, lowered: &Lowered) -> Result<(Vec<Integers>, Vec<Vec<i64>>), ProveError> {
        let recipes = lowered.recipes.par_iter();
        let fresh = recipes.map(|recipe| narrow(&self.fresh(recipe)?));
        let products = lowered.products.par_iter();
        let products = products.map(|product| self.product(product));
        let (fresh, products) = rayon::join(
            || fresh.collect::<Result<_, _>>(),
            || products.collect::<Result<_, _>>(),
        );
        Ok((fresh?, products?))
    }
}

/// Digit `number` of `v` in base `2^bits`, two's complement.
fn digit(v: i64, bits: u32, number: u32) -> i64 {
    (v >> (bits * number)) & ((1 << bits) - 1)
}

fn narrow(values: &[i64]) -> Result<Integers, ProveError> {
    Integers::from_i64(values).map_err(|_| ProveError::Witness {
        name: "advice".into(),
        expected: values.len(),
        got: values.len(),
    })
}

/// Where the range proofs' advice is computed from.
pub(crate) struct RangeSource<'a, P: Profile> {
    pub openings: &'a [Opening<P>],
}

/// Fresh tensors of a range proof: limbs of weights wider than the tables.
pub(crate) fn range_fresh<P: Profile>(
    program: &Program,
    part: &RangePart,
    source: &RangeSource<'_, P>,
) -> Result<Vec<Integers>, ProveError> {
    part.lowered
        .recipes
        .iter()
        .map(|recipe| {
            let Recipe::Limb {
                of:
                    NonNegative::Offset {
                        tensor,
                        start,
                        sign,
                        offset,
                    },
                bits,
                limb,
            } = recipe
            else {
                return Err(ProveError::Witness {
                    name: "range proof".into(),
                    expected: 0,
                    got: 1,
                });
            };
            let weight = program.weights().position(|w| w == *tensor);
            let entries = part
                .slices
                .iter()
                .find(|s| Some(s.weight) == weight && s.entries.start == *start)
                .map_or(0, |s| s.entries.len());
            let values = weight
                .and_then(|w| source.openings.get(w))
                .map(|o| &o.values);
            let values = values
                .into_iter()
                .flat_map(|v| v.iter())
                .skip(*start)
                .take(entries);
            let digits: Vec<i64> = values
                .map(|x| digit(sign * x + offset, *bits, *limb))
                .collect();
            narrow(&digits)
        })
        .collect()
}
