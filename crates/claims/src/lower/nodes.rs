//! Nodes for entries, maxima and bits.

use super::{Clamp, Sum};
use crate::Role;
use crate::quantity::{Function, Place, Quantity};
use inferproof_program::{Builder, Limit, ProgramError, TensorId, Term};
use inferproof_view::Step;
use std::collections::BTreeMap;

/// One entry, as shape `[1]`, of a tensor; or a public sum of its entries.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    tensor: TensorId,
    steps: Vec<Step>,
}

/// A bit as a sum of multiples of what is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Bit {
    constant: i64,
    terms: Vec<(i64, Reading)>,
}

impl Bit {
    fn of(reading: Reading) -> Self {
        Self {
            constant: 0,
            terms: vec![(1, reading)],
        }
    }

    pub fn negated(mut self) -> Self {
        self.constant = 1 - self.constant;
        self.terms
            .iter_mut()
            .for_each(|(factor, _)| *factor = -*factor);
        self
    }

    fn add(&mut self, other: Self) {
        self.constant += other.constant;
        self.terms.extend(other.terms);
    }
}

/// Nodes behind a program.
pub(super) struct Nodes<'a> {
    builder: &'a mut Builder,
    inputs: Vec<TensorId>,
    outputs: Vec<TensorId>,
    /// Maxima of these places' entries, or of their negatives.
    maxima: BTreeMap<(Place, i64), TensorId>,
    /// Codes along the last axis.
    codes: BTreeMap<Place, TensorId>,
}

impl<'a> Nodes<'a> {
    pub fn new(builder: &'a mut Builder) -> Self {
        builder.at("claim");
        Self {
            inputs: builder.inputs.clone(),
            outputs: builder.outputs.clone(),
            builder,
            maxima: BTreeMap::new(),
            codes: BTreeMap::new(),
        }
    }

    /// The bits of these clamps, which one tensor holds.
    pub fn clamps(&mut self, stack: &[Clamp]) -> Result<Vec<Bit>, ProgramError> {
        let mut terms = Vec::new();
        for (position, clamp) in stack.iter().enumerate() {
            let place = |mut steps: Vec<Step>| {
                if stack.len() > 1 {
                    steps.push(Step::Slice {
                        axis: 0,
                        source: 1,
                        start: -i64::try_from(position).unwrap_or(i64::MAX),
                        step: 1,
                        len: stack.len(),
                    });
                }
                steps
            };
            for (factor, quantity) in &clamp.form.terms {
                let (sign, reading) = self.quantity(quantity)?;
                let sign = if clamp.is_negated { -sign } else { sign };
                let steps = place(reading.steps);
                terms.push(self.builder.term(sign * factor, reading.tensor, steps)?);
            }
            if clamp.offset != 0 {
                let mut term = self.builder.constant(clamp.offset, &[1])?;
                for step in place(Vec::new()) {
                    // A view of one entry at a place of so many is allowed, as those above are.
                    if let Ok(view) = term.view.clone().then(step) {
                        term.view = view;
                    }
                }
                terms.push(term);
            }
        }
        let bits = self.clamp(terms)?;
        let of = |position| {
            Bit::of(Reading {
                tensor: bits,
                steps: cut(0, stack.len(), position, 1),
            })
        };
        Ok((0..stack.len()).map(of).collect())
    }

    /// A sum's entries, clamped to 0 and 1.
    fn clamp(&mut self, terms: Vec<Term>) -> Result<TensorId, ProgramError> {
        let sum = self.builder.linear(terms)?;
        let bits = self.builder.rescale(sum, 0, 0..=1)?;
        self.builder.set_scale(bits, 0);
        // What is cut off is no loss: nobody is to be told of it.
        self.builder.limit(Limit::none(bits));
        Ok(bits)
    }

    /// The bit of a comparison, whose clamps are there.
    pub fn comparison(
        &mut self,
        sum: Sum,
        clamped: &BTreeMap<Clamp, Bit>,
    ) -> Result<Bit, ProgramError> {
        let of = |clamp| clamped.get(clamp).cloned().unwrap_or_default();
        let mut bit = Bit {
            constant: sum.constant,
            terms: Vec::new(),
        };
        sum.clamps.iter().for_each(|clamp| bit.add(of(clamp)));
        if let Some((place, mask)) = sum.classes {
            bit.add(Bit::of(self.classes(&place, mask)?));
        }
        if sum.present.is_empty() {
            return Ok(bit);
        }
        let mut all: Vec<Bit> = sum.present.iter().map(of).collect();
        // Where the comparison is true of all numbers, only that none is missing is left of it.
        if !bit.terms.is_empty() {
            all.push(bit);
        }
        self.all(all)
    }

    /// Whether all are 1.
    pub fn all(&mut self, members: Vec<Bit>) -> Result<Bit, ProgramError> {
        let others = i64::try_from(members.len()).unwrap_or(i64::MAX) - 1;
        self.counted(members, -others)
    }

    /// Whether one is 1.
    pub fn any(&mut self, members: Vec<Bit>) -> Result<Bit, ProgramError> {
        self.counted(members, 0)
    }

    /// The number of bits that are 1 and another number, clamped to 0 and 1.
    fn counted(&mut self, mut members: Vec<Bit>, constant: i64) -> Result<Bit, ProgramError> {
        if members.len() == 1 {
            return Ok(members.pop().unwrap_or_default());
        }
        let mut sum = Bit {
            constant,
            terms: Vec::new(),
        };
        members.into_iter().for_each(|member| sum.add(member));
        let terms = self.terms(sum)?;
        Ok(Bit::of(Reading {
            tensor: self.clamp(terms)?,
            steps: Vec::new(),
        }))
    }

    /// The tensor of a bit.
    pub fn finish(&mut self, bit: Bit) -> Result<TensorId, ProgramError> {
        if let ([(1, reading)], 0) = (bit.terms.as_slice(), bit.constant)
            && reading.steps.is_empty()
            && usize::try_from(reading.tensor.0).ok() == self.builder.nodes.len().checked_sub(1)
        {
            return Ok(reading.tensor);
        }
        let terms = self.terms(bit)?;
        let tensor = self.builder.linear(terms)?;
        self.builder.set_scale(tensor, 0);
        Ok(tensor)
    }

    fn terms(&self, bit: Bit) -> Result<Vec<Term>, ProgramError> {
        let mut terms = Vec::with_capacity(bit.terms.len() + 1);
        for (factor, reading) in bit.terms {
            terms.push(self.builder.term(factor, reading.tensor, reading.steps)?);
        }
        if bit.constant != 0 {
            terms.push(self.builder.constant(bit.constant, &[1])?);
        }
        Ok(terms)
    }

    fn tensor(&self, place: &Place) -> TensorId {
        let list = match place.role {
            Role::Input => &self.inputs,
            Role::Output => &self.outputs,
        };
        let position = usize::try_from(place.position).unwrap_or(usize::MAX);
        // Of a claim that was checked, every place is there.
        list.get(position).copied().unwrap_or(TensorId(u32::MAX))
    }

    fn shape(&self, id: TensorId) -> Vec<usize> {
        let tensor = self.builder.tensor(id);
        tensor.map(|t| t.shape.clone()).unwrap_or_default()
    }

    /// A quantity up to its sign.
    fn quantity(&mut self, quantity: &Quantity) -> Result<(i64, Reading), ProgramError> {
        let place = &quantity.of;
        let (sign, maximum) = match quantity.function {
            Function::Entry => return Ok((1, self.sum(place))),
            // A mean's divisor is in the factors.
            Function::Sum | Function::Mean => return Ok((1, self.sum(place))),
            Function::Argmax => {
                let classes = self.shape(self.tensor(place)).last().copied().unwrap_or(1);
                let indices = (0..).take(classes).collect();
                return Ok((1, self.classes(place, indices)?));
            }
            Function::Max => (1, self.maximum(place, 1)?),
            // The least is what the greatest of the negatives is the negative of.
            Function::Min => (-1, self.maximum(place, -1)?),
        };
        let reading = Reading {
            tensor: maximum,
            steps: Vec::new(),
        };
        Ok((sign, reading))
    }

    /// The sum of all entries of a place.
    fn sum(&self, place: &Place) -> Reading {
        let tensor = self.tensor(place);
        let shape = self.shape(tensor);
        let mut steps = cuts(place, &shape);
        let fixed = place.index.len();
        for &source in shape.iter().skip(fixed) {
            steps.push(Step::Reduce {
                axis: fixed,
                source,
                weights: None,
            });
        }
        steps.extend(one_axis(&vec![1; fixed]));
        Reading { tensor, steps }
    }

    /// The codes of a row's greatest entry, along the last axis.
    fn codes(&mut self, place: &Place) -> Result<TensorId, ProgramError> {
        if let Some(&codes) = self.codes.get(place) {
            return Ok(codes);
        }
        let tensor = self.tensor(place);
        let steps = cuts(place, &self.shape(tensor));
        let row = match steps.is_empty() {
            true => tensor,
            false => self.builder.read(tensor, steps)?,
        };
        let codes = self.builder.one_hot(row)?;
        self.codes.insert(place.clone(), codes);
        Ok(codes)
    }

    /// The codes of a row's greatest entry, each times a factor.
    fn classes(&mut self, place: &Place, factors: Vec<i64>) -> Result<Reading, ProgramError> {
        let tensor = self.codes(place)?;
        let axis = place.index.len();
        let set: Vec<usize> = (0..)
            .zip(&factors)
            .filter(|&(_, &f)| f != 0)
            .map(|(i, _)| i)
            .collect();
        let mut steps = match (set.as_slice(), factors.len()) {
            (&[only], classes) if factors.get(only) == Some(&1) => cut(axis, classes, only, 1),
            (_, source) => vec![
                Step::Reduce {
                    axis,
                    source,
                    weights: Some(factors),
                },
                Step::Insert { axis, len: 1 },
            ],
        };
        steps.extend(one_axis(&vec![1; axis + 1]));
        Ok(Reading { tensor, steps })
    }

    /// The greatest entry of a place times 1 or -1: of two halves, which may overlap, the greater entries, and so on.
    fn maximum(&mut self, place: &Place, factor: i64) -> Result<TensorId, ProgramError> {
        let key = (place.clone(), factor);
        if let Some(&maximum) = self.maxima.get(&key) {
            return Ok(maximum);
        }
        let source = self.tensor(place);
        let shape = self.shape(source);
        let mut steps = cuts(place, &shape);
        let left: Vec<usize> = std::iter::repeat_n(1, place.index.len())
            .chain(shape.into_iter().skip(place.index.len()))
            .collect();
        let mut length = left.iter().product();
        steps.extend(one_axis(&left));
        let mut greatest = match (steps.is_empty(), factor) {
            (true, 1) => source,
            _ => {
                let term = self.builder.term(factor, source, steps)?;
                self.builder.linear(vec![term])?
            }
        };
        while length > 1 {
            let half = usize::div_ceil(length, 2);
            let front = self.builder.read(greatest, cut(0, length, 0, half))?;
            let back = self
                .builder
                .read(greatest, cut(0, length, length - half, half))?;
            greatest = self.builder.max(front, back)?;
            length = half;
        }
        self.maxima.insert(key, greatest);
        Ok(greatest)
    }
}

/// So many entries of an axis from one on; nothing where those are all.
fn cut(axis: usize, source: usize, start: usize, len: usize) -> Vec<Step> {
    if source == len {
        return Vec::new();
    }
    vec![Step::Slice {
        axis,
        source,
        start: i64::try_from(start).unwrap_or(i64::MAX),
        step: 1,
        len,
    }]
}

/// Cuts the first axes to the indices of a place.
fn cuts(place: &Place, shape: &[usize]) -> Vec<Step> {
    let fixed = (0..).zip(place.index.iter().zip(shape));
    fixed
        .flat_map(|(axis, (&index, &source))| {
            cut(
                axis,
                source,
                usize::try_from(index).unwrap_or(usize::MAX),
                1,
            )
        })
        .collect()
}

/// Reads all axes as one.
fn one_axis(shape: &[usize]) -> Option<Step> {
    match shape {
        [] => Some(Step::Insert { axis: 0, len: 1 }),
        [_] => None,
        sizes => Some(Step::Merge {
            axis: 0,
            sizes: sizes.to_vec(),
        }),
    }
}
