//! Arithmetic entry by entry, with broadcasting, and functions of one number.

use super::Place;
use super::broadcast::broadcast;
use super::contraction::Follow;
use super::places::flat_gather;
use crate::function::{Expression, Function, Operation};
use crate::graph::{Kind, LayerId};
use crate::import::Importer;
use crate::import::known::quantized::{Dequantized, Pair, Scales};
use crate::import::refusal::{Imported, refuse};
use inferproof_view::Step;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many tables an operation with a constant may become.
const MAX_NUMBERS: usize = 16;

/// What is added to the base of a power before its logarithm is taken.
const NEXT_TO_NOTHING: f64 = 1e-30;

const BY_TENSOR: &str =
    "an integer division or a remainder by a computed tensor; the divisor must be constant";

impl Importer<'_> {
    /// An operation on two tensors, entry by entry, which are broadcast to the place's shape. Division of integers is one of
    /// its own.
    pub fn binary(
        &mut self,
        at: &Place<'_>,
        operation: Operation,
        left: LayerId,
        right: LayerId,
    ) -> Imported<LayerId> {
        let to = at.to;
        let left = self.of_rank(at.origin, left, to.len())?;
        let right = self.of_rank(at.origin, right, to.len())?;
        let chain = self.chain_of_two(operation, left, right, to);
        let is_number = |id| self.uniform(id).is_some();
        // What is affine in one tensor costs nothing as it is; the rest of these needs a table in any case.
        let native = match operation {
            Operation::Add
            | Operation::Subtract
            | Operation::Multiply
            | Operation::Maximum
            | Operation::Minimum => is_number(left) || is_number(right) || left == right,
            Operation::Divide => is_number(right),
            _ => false,
        };
        if let Some(chain) = chain.clone().filter(|c| !native && !c.is_affine()) {
            return Ok(self.fused(at.origin, chain));
        }
        let result = match operation {
            Operation::Add => self.add(at, left, 1.0, right)?,
            Operation::Subtract => self.add(at, left, -1.0, right)?,
            Operation::Multiply => self.multiply(at, left, right)?,
            Operation::Divide => self.divide(at, left, right)?,
            Operation::Maximum => self.extremum(at, left, right, 1.0)?,
            Operation::Minimum => self.extremum(at, left, right, -1.0)?,
            Operation::Compare(comparison) => self.compare(at, left, right, comparison)?,
            Operation::And | Operation::Or | Operation::Xor => {
                self.logical(at, left, right, operation)?
            }
            Operation::Power => match self.by_numbers(at, operation, left, right)? {
                Some(result) => result,
                None => self.power(at, left, right)?,
            },
            Operation::DivideIntegers | Operation::Remainder | Operation::Modulo => {
                match self.by_numbers(at, operation, left, right)? {
                    Some(result) => result,
                    None => return refuse(BY_TENSOR),
                }
            }
        };
        if result != left && result != right {
            let operands = [left, right];
            let pair = Pair {
                operation,
                operands,
            };
            self.quantized.pairs.insert(result, pair);
            self.remember(result, chain);
        }
        Ok(result)
    }

    /// The same tensor with axes of length one before its own. What it was dequantized from is known of the result, too.
    pub fn of_rank(&mut self, origin: &str, source: LayerId, rank: usize) -> Imported<LayerId> {
        let missing = rank.saturating_sub(self.graph.shape(source).len());
        let steps = vec![Step::Insert { axis: 0, len: 1 }; missing];
        let layer = self.graph.view(origin, source, steps.clone())?;
        if self.trained.contains(&source) {
            self.trained.insert(layer);
        }
        if layer != source
            && let Some(known) = self.dequantized(origin, source)?
        {
            let known = Dequantized {
                integers: self.graph.view(origin, known.integers, steps)?,
                scales: match known.scales {
                    Scales::One(scale) => Scales::One(scale),
                    Scales::Along { axis, scales } => Scales::Along {
                        axis: axis + missing,
                        scales,
                    },
                },
                ..known
            };
            self.quantized.remember_dequantized(layer, known);
        }
        Ok(layer)
    }

    /// An operation with a constant whose entries differ: a table for each number among them, of the entries that meet it.
    fn by_numbers(
        &mut self,
        at: &Place<'_>,
        operation: Operation,
        left: LayerId,
        right: LayerId,
    ) -> Imported<Option<LayerId>> {
        let is_left = self.graph.constant(left).is_some();
        let (constant, computed) = if is_left {
            (left, right)
        } else {
            (right, left)
        };
        if self.graph.constant(constant).is_none() {
            return Ok(None);
        }
        let applied = |importer: &mut Self, number: f64, read: LayerId| {
            let number = Expression::Number(number).into();
            let expression = match is_left {
                true => Expression::Combine(operation, number, Expression::Argument.into()),
                false => Expression::Combine(operation, Expression::Argument.into(), number),
            };
            let function = Function::Composite(Arc::new(expression));
            Ok(importer.graph.apply(at.origin, read, function))
        };
        self.by_each_number(at, constant, computed, applied)
            .map(Some)
    }

    /// For each number in a constant, what is made of it and of the entries of a tensor that meet it.
    pub fn by_each_number(
        &mut self,
        at: &Place<'_>,
        constant: LayerId,
        computed: LayerId,
        mut make: impl FnMut(&mut Self, f64, LayerId) -> Imported<LayerId>,
    ) -> Imported<LayerId> {
        let to = at.to;
        let steps = broadcast(self.graph.shape(constant), to)?;
        let constant = self.graph.view(at.origin, constant, steps)?;
        let steps = broadcast(self.graph.shape(computed), to)?;
        let computed = self.graph.view(at.origin, computed, steps)?;
        let Some(entries) = self.graph.constant(constant).cloned() else {
            return refuse(BY_TENSOR);
        };
        // By their bits, which order them somehow.
        let mut members: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (place, number) in (0u32..).zip(entries.entries().iter()) {
            members.entry(number.to_bits()).or_default().push(place);
        }
        if members.len() > MAX_NUMBERS {
            return refuse(format!(
                "a constant with {} different numbers; at most {MAX_NUMBERS} are supported",
                members.len()
            ));
        }
        if let (1, Some(&number)) = (members.len(), entries.entries().first()) {
            return make(self, number.into(), computed);
        }
        let mut terms = Vec::new();
        for (number, places) in members {
            let own: Vec<_> = places.iter().copied().map(Some).collect();
            let mut back = vec![None; entries.len()];
            for (position, &place) in (0u32..).zip(&places) {
                back[place as usize] = Some(position);
            }
            let read = flat_gather(to, own, &[places.len()]);
            let read = self.graph.view(at.origin, computed, read)?;
            let applied = make(self, f32::from_bits(number).into(), read)?;
            let back = flat_gather(&[places.len()], back, to);
            terms.push(self.graph.summand(1.0, applied, back)?);
        }
        Ok(self.graph.sum(at.origin, terms))
    }

    /// `x^y = exp(y ln x)` of two computed tensors. Zero counts as next to nothing; below it no power is defined.
    pub fn power(&mut self, at: &Place<'_>, base: LayerId, exponent: LayerId) -> Imported<LayerId> {
        if self.graph.is_integral(base) {
            return refuse("a power of integers with a computed exponent, which must be constant");
        }
        let nearly = Expression::Argument + Expression::Number(NEXT_TO_NOTHING);
        let logarithm = self.apply(at.origin, base, nearly.then(Function::Ln).into());
        let product = self.multiply(at, logarithm, exponent)?;
        Ok(self.apply(at.origin, product, Function::Exp))
    }

    pub fn divide(&mut self, at: &Place<'_>, left: LayerId, right: LayerId) -> Imported<LayerId> {
        let inverse = match self.graph.constant(right) {
            Some(values) if values.entries().iter().all(|&v| v != 0.0) => {
                let inverse = values.entries().iter().map(|v| 1.0 / v).collect();
                let shape = self.graph.shape(right).to_vec();
                let inverse = self.graph.add_constant(at.origin, shape, inverse);
                if self.trained.contains(&right) {
                    self.trained.insert(inverse);
                }
                inverse
            }
            Some(_) => return refuse("a division by a constant zero"),
            None => self.apply(at.origin, right, Function::Reciprocal),
        };
        self.multiply(at, left, inverse)
    }

    /// The number that a constant holds everywhere.
    fn scalar(&self, id: LayerId) -> Option<f64> {
        match self.graph.constant(id)?.entries()[..] {
            [value] => Some(value.into()),
            _ => None,
        }
    }

    /// `left * right`.
    pub fn multiply(&mut self, at: &Place<'_>, left: LayerId, right: LayerId) -> Imported<LayerId> {
        if self.graph.constant(left).is_some() && self.graph.constant(right).is_none() {
            return self.multiply(at, right, left);
        }
        let to = at.to;
        if self.graph.shape(left) == to
            && at.owns(left)
            && let Some(folded) = self.fold(at.origin, left, right, |c| Follow::Scale(c))?
        {
            return Ok(folded);
        }
        if let Some(scaled) = self.times_public(at, left, right)? {
            return Ok(scaled);
        }
        if left == right {
            return Ok(self.apply(at.origin, left, Function::Square));
        }
        if let Some(squared) = self.scaled_square(at, left, right)? {
            return Ok(squared);
        }
        let labels = self.labels_by_entry(at, left, right)?;
        self.labelled_product(at, left, right, &labels)
    }

    /// A tensor times a number; the weights of a contraction take the number over.
    pub fn times_number(
        &mut self,
        at: &Place<'_>,
        source: LayerId,
        number: f64,
    ) -> Imported<LayerId> {
        let number = self
            .graph
            .add_constant(at.origin, vec![1; at.to.len()], vec![number as f32]);
        self.multiply(at, source, number)
    }

    /// The greater (`sign` 1) or the lesser (`sign` -1) of two tensors.
    pub fn extremum(
        &mut self,
        at: &Place<'_>,
        left: LayerId,
        right: LayerId,
        sign: f64,
    ) -> Imported<LayerId> {
        if self.scalar(left).is_some() && self.scalar(right).is_none() {
            return self.extremum(at, right, left, sign);
        }
        let to = at.to;
        if let Some(bound) = self.scalar(right)
            && self.graph.shape(left) == to
        {
            let bound_of = |keep: bool| keep.then_some(bound);
            return Ok(self.clamp(at, left, bound_of(sign > 0.0), bound_of(sign < 0.0)));
        }
        let left_steps = broadcast(self.graph.shape(left), to)?;
        let right_steps = broadcast(self.graph.shape(right), to)?;
        let left = self.graph.scaled(at.origin, sign, left, left_steps)?;
        let right = self.graph.scaled(at.origin, sign, right, right_steps)?;
        let greater = self.graph.max(at.origin, left, right);
        Ok(self.graph.scaled(at.origin, sign, greater, vec![])?)
    }

    /// A clamp, joined with the one before it if that has the other bound.
    pub fn clamp(
        &mut self,
        at: &Place<'_>,
        source: LayerId,
        low: Option<f64>,
        high: Option<f64>,
    ) -> LayerId {
        let (mut source, mut low, mut high) = (source, low, high);
        if let Kind::Apply {
            source: before,
            function: Function::Clamp { low: l, high: h },
        } = self.graph.layer(source).kind
        {
            let complementary = l.is_some() == low.is_none() && h.is_some() == high.is_none();
            let (joined_low, joined_high) = (low.or(l), high.or(h));
            if complementary && joined_low <= joined_high && joined_high.is_some() {
                (source, low, high) = (before, joined_low, joined_high);
            }
        }
        let function = Function::Clamp { low, high };
        let shape = self.graph.shape(source).to_vec();
        let chain = self.chain(&[source], &shape, |operands| {
            let inner = operands.into_iter().next().unwrap_or(Expression::Argument);
            Expression::Apply(function.clone(), Box::new(inner))
        });
        let clamped = self.graph.apply(at.origin, source, function);
        self.remember(clamped, chain);
        clamped
    }

    /// A function of a tensor, entry by entry; of what it is a function of, where that saves a table.
    pub fn function(
        &mut self,
        origin: &str,
        source: LayerId,
        function: Function,
    ) -> Imported<LayerId> {
        if function == Function::Ln
            && let Some(result) = self.log_sum_exp(origin, source)?
        {
            return Ok(result);
        }
        Ok(self.apply(origin, source, function))
    }
}
