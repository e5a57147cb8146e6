//! Filling a statement's fresh tensors from a trace, by the recipes that lowering left.

use crate::lower::weights::RangePart;
use crate::lower::{Lowered, NonNegative, Product, Recipe};
use inferproof_argument::curve::Profile;
use inferproof_argument::{Integers, Opening, ProveError};
use inferproof_program::{Program, TensorId, Trace};

/// Fresh tensors and contraction outputs of an inference.
pub(crate) fn fill(program: &Program, lowered: &Lowered, trace: &Trace) -> Result<(Vec<Integers>, Vec<Vec<i64>>), ProveError> {
    let read = |id: TensorId| {
        let missing = || ProveError::Witness { name: program.tensor(id).map(|t| t.name.clone()).unwrap_or_default(), expected: 1, got: 0 };
        trace.get(id).ok_or_else(missing)
    };
    let fresh = lowered
        .recipes
        .iter()
        .map(|recipe| {
            let values = match recipe {
                Recipe::Tensor(id) => read(*id)?.to_vec(),
                Recipe::Excess { output, source, shift, bits, limb } => {
                    let half = if *shift == 0 { 0 } else { 1i64 << (shift - 1) };
                    let excess = |(x, y): (&i64, &i64)| {
                        let cut = ((x + half) >> shift) - y;
                        let digit = (cut.unsigned_abs() >> (bits * limb)) & ((1 << bits) - 1);
                        cut.signum() * digit as i64
                    };
                    read(*source)?.iter().zip(read(*output)?).map(excess).collect()
                }
                Recipe::Limb { of, bits, limb } => {
                    let digit = |v: i64| (v >> (bits * limb)) & ((1 << bits) - 1);
                    non_negative(program, of, &read)?.into_iter().map(digit).collect()
                }
                Recipe::Positive { left, right } => read(*left)?.iter().zip(read(*right)?).map(|(l, r)| (l - r).max(0)).collect(),
            };
            narrow(&values)
        })
        .collect::<Result<_, _>>()?;
    let products = lowered
        .products
        .iter()
        .map(|product| match product {
            Product::Tensor(id) => Ok(read(*id)?.to_vec()),
            Product::Maximum(source) => {
                let rows = read(*source)?.chunks(last_axis(program, *source));
                Ok(rows.filter_map(|row| row.iter().max().copied()).collect())
            }
        })
        .collect::<Result<_, ProveError>>()?;
    Ok((fresh, products))
}

fn last_axis(program: &Program, id: TensorId) -> usize {
    program.tensor(id).and_then(|t| t.shape.last().copied()).unwrap_or(1).max(1)
}

fn non_negative<'a>(program: &Program, of: &NonNegative, read: &impl Fn(TensorId) -> Result<&'a [i64], ProveError>) -> Result<Vec<i64>, ProveError> {
    Ok(match of {
        NonNegative::Remainder { source, shift } => {
            let half = 1i64 << (shift - 1);
            read(*source)?.iter().map(|x| (x + half) & ((1 << shift) - 1)).collect()
        }
        NonNegative::Gap { source } => read(*source)?
            .chunks(last_axis(program, *source))
            .flat_map(|row| {
                let maximum = row.iter().max().copied().unwrap_or(0);
                let first = row.iter().position(|&v| v == maximum).unwrap_or(0);
                row.iter().enumerate().map(move |(j, &v)| maximum - v - i64::from(j < first))
            })
            .collect(),
        NonNegative::Offset { tensor, start, sign, offset } => read(*tensor)?.iter().skip(*start).map(|x| sign * x + offset).collect(),
    })
}

fn narrow(values: &[i64]) -> Result<Integers, ProveError> {
    Integers::from_i64(values).map_err(|_| ProveError::Witness { name: "advice".into(), expected: values.len(), got: values.len() })
}

/// Where the range proofs' advice is computed from.
pub(crate) struct RangeSource<'a, P: Profile> {
    pub openings: &'a [Opening<P>],
}

/// Fresh tensors of a range proof: limbs of weights wider than the tables.
pub(crate) fn range_fresh<P: Profile>(program: &Program, part: &RangePart, source: &RangeSource<'_, P>) -> Result<Vec<Integers>, ProveError> {
    part.lowered
        .recipes
        .iter()
        .map(|recipe| {
            let Recipe::Limb { of: NonNegative::Offset { tensor, start, sign, offset }, bits, limb } = recipe else {
                return Err(ProveError::Witness { name: "range proof".into(), expected: 0, got: 1 });
            };
            let weight = program.weights().position(|w| w == *tensor);
            let entries = part.slices.iter().find(|s| Some(s.weight) == weight && s.entries.start == *start).map_or(0, |s| s.entries.len());
            let values = weight.and_then(|w| source.openings.get(w)).map(|o| &o.values);
            let values = values.into_iter().flat_map(|v| v.iter()).skip(*start).take(entries);
            let digits: Vec<i64> = values.map(|x| ((sign * x + offset) >> (bits * limb)) & ((1 << bits) - 1)).collect();
            narrow(&digits)
        })
        .collect()
}
