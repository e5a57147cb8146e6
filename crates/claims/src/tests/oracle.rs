//! What a claim means, from its value and the real numbers that a run's integers stand for, in fractions of any size.

use crate::claim::{Claim, Comparison, Node, Relation};
use crate::quantity::{Function, Place, Quantity};
use crate::scope::Scope;
use crate::sum::Summand;
use crate::{Role, number::Number};
use num_bigint::BigInt;
use std::cmp::Ordering;

/// A fraction with a positive denominator.
#[derive(Clone, Debug)]
pub(crate) struct Fraction {
    pub numerator: BigInt,
    pub denominator: BigInt,
}

impl Fraction {
    pub fn new(numerator: impl Into<BigInt>, denominator: impl Into<BigInt>) -> Self {
        Self {
            numerator: numerator.into(),
            denominator: denominator.into(),
        }
    }

    pub fn of(number: Number) -> Self {
        Self::new(number.numerator(), number.denominator())
    }

    pub fn plus(&self, other: &Self) -> Self {
        Self::new(
            &self.numerator * &other.denominator + &other.numerator * &self.denominator,
            &self.denominator * &other.denominator,
        )
    }

    pub fn times(&self, other: &Self) -> Self {
        Self::new(
            &self.numerator * &other.numerator,
            &self.denominator * &other.denominator,
        )
    }

    pub fn cmp(&self, other: &Self) -> Ordering {
        (&self.numerator * &other.denominator).cmp(&(&other.numerator * &self.denominator))
    }
}

/// The inputs and outputs of a run.
pub(crate) struct Run<'a> {
    pub scope: Scope<'a>,
    pub inputs: &'a [Vec<i64>],
    pub outputs: &'a [Vec<i64>],
}

impl Run<'_> {
    /// The integers under a place: those whose indices begin with its own.
    fn integers(&self, place: &Place) -> Vec<i64> {
        let values = match place.role {
            Role::Input => self.inputs,
            Role::Output => self.outputs,
        };
        let shape = &self.scope.tensor(place).unwrap().shape;
        let all = values[place.position as usize].iter().enumerate();
        all.filter(|(position, _)| {
            let mut rest = *position;
            let mut index = vec![0; shape.len()];
            for axis in (0..shape.len()).rev() {
                index[axis] = (rest % shape[axis]) as u32;
                rest /= shape[axis];
            }
            index.starts_with(&place.index)
        })
        .map(|(_, value)| *value)
        .collect()
    }

    pub fn value(&self, quantity: &Quantity) -> Fraction {
        let integers = self.integers(&quantity.of);
        let scale = self.scope.tensor(&quantity.of).unwrap().scale_log2;
        let two = BigInt::from(2).pow(scale.unsigned_abs());
        let unit = match scale >= 0 {
            true => Fraction::new(1, two),
            false => Fraction::new(two, 1),
        };
        let reals: Vec<Fraction> = integers
            .iter()
            .map(|&n| Fraction::new(n, 1).times(&unit))
            .collect();
        let sum = || {
            let zero = Fraction::new(0, 1);
            reals.iter().fold(zero, |sum, real| sum.plus(real))
        };
        let extreme = |wanted: Ordering| {
            let mut best = 0;
            for (position, real) in reals.iter().enumerate() {
                if real.cmp(&reals[best]) == wanted {
                    best = position;
                }
            }
            best
        };
        match quantity.function {
            Function::Entry => reals[0].clone(),
            Function::Max => reals[extreme(Ordering::Greater)].clone(),
            Function::Min => reals[extreme(Ordering::Less)].clone(),
            Function::Sum => sum(),
            Function::Mean => sum().times(&Fraction::new(1, reals.len())),
            Function::Argmax => Fraction::new(extreme(Ordering::Greater), 1),
        }
    }

    pub fn sum(&self, summands: &[Summand]) -> Fraction {
        let terms = summands.iter();
        terms.fold(Fraction::new(0, 1), |sum, Summand { factor, quantity }| {
            sum.plus(&Fraction::of(*factor).times(&self.value(quantity)))
        })
    }

    fn is_missing(&self, place: &Place) -> bool {
        let missing = self.scope.missing(place);
        missing.is_some_and(|missing| self.integers(place) == [missing as i64])
    }

    fn compare(&self, comparison: &Comparison) -> bool {
        if comparison
            .sum()
            .iter()
            .any(|s| self.is_missing(&s.quantity.of))
        {
            return false;
        }
        let value = self.sum(comparison.sum());
        let against = |number: &Number| value.cmp(&Fraction::of(*number));
        match comparison {
            Comparison::Relation {
                relation, number, ..
            } => {
                let found = against(number);
                match relation {
                    Relation::Less => found.is_lt(),
                    Relation::AtMost => found.is_le(),
                    Relation::Greater => found.is_gt(),
                    Relation::AtLeast => found.is_ge(),
                    Relation::Equal => found.is_eq(),
                    Relation::Unequal => found.is_ne(),
                }
            }
            Comparison::Range { low, high, .. } => against(low).is_ge() && against(high).is_le(),
            Comparison::Among { numbers, .. } => numbers.iter().any(|n| against(n).is_eq()),
            Comparison::Texts { entry, texts } => {
                let value = self.value(&Quantity {
                    of: entry.clone(),
                    function: Function::Entry,
                });
                let categories = &self.scope.meaning(entry).unwrap().categories;
                // Rounded, halves away from zero; the sign is that of the numerator.
                let doubled = &value.numerator * 2;
                let half: BigInt = match value.numerator < BigInt::from(0) {
                    true => -value.denominator.clone(),
                    false => value.denominator.clone(),
                };
                let rounded = (doubled + half) / (&value.denominator * 2);
                let position = usize::try_from(rounded);
                let text = position.ok().and_then(|position| categories.get(position));
                text.is_some_and(|text| texts.contains(text))
            }
            Comparison::Missing { entry } => self.is_missing(entry),
        }
    }

    pub fn holds(&self, claim: &Claim) -> bool {
        let mut stack: Vec<bool> = Vec::new();
        for node in &claim.0 {
            let value = match node {
                Node::Comparison(comparison) => self.compare(comparison),
                Node::Not => !stack.pop().unwrap(),
                Node::And(members) => {
                    let rest = stack.len() - *members as usize;
                    stack.drain(rest..).fold(true, |all, one| all & one)
                }
                Node::Or(members) => {
                    let rest = stack.len() - *members as usize;
                    stack.drain(rest..).fold(false, |any, one| any | one)
                }
            };
            stack.push(value);
        }
        assert_eq!(stack.len(), 1);
        stack[0]
    }
}
