//! Sums of quantities with rational factors.

use crate::number::Number;
use crate::quantity::Quantity;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// A summand.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Summand {
    pub factor: Number,
    pub quantity: Quantity,
}

/// A sum in the making: of each quantity its factor, and where it stands in the text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sum {
    terms: BTreeMap<Quantity, (Number, Range<usize>)>,
    constant: Option<Number>,
}

impl Sum {
    pub fn of_number(number: Number) -> Self {
        Self {
            constant: Some(number),
            ..Self::default()
        }
    }

    pub fn of_quantity(quantity: Quantity, span: Range<usize>) -> Self {
        Self {
            terms: BTreeMap::from([(quantity, (Number::ONE, span))]),
            constant: None,
        }
    }

    pub fn constant(&self) -> Number {
        self.constant.unwrap_or(Number::ZERO)
    }

    /// The number, if it reads no tensor.
    pub fn number(&self) -> Option<Number> {
        self.terms.is_empty().then(|| self.constant())
    }

    /// The quantity, if it is nothing else.
    pub fn quantity(&self) -> Option<(&Quantity, &Range<usize>)> {
        let mut terms = self.terms.iter();
        match (terms.next(), terms.next(), self.constant().is_zero()) {
            (Some((quantity, (factor, span))), None, true) if *factor == Number::ONE => {
                Some((quantity, span))
            }
            _ => None,
        }
    }

    pub fn first_factor(&self) -> Option<Number> {
        self.terms.values().next().map(|(factor, _)| *factor)
    }

    /// What it reads, and where that stands in the text.
    pub fn quantities(&self) -> impl Iterator<Item = (&Quantity, &Range<usize>)> {
        self.terms
            .iter()
            .map(|(quantity, (_, span))| (quantity, span))
    }

    /// `None` if a number becomes too great.
    pub fn plus(mut self, other: Self) -> Option<Self> {
        self.constant = Some(self.constant().plus(other.constant())?);
        for (quantity, (factor, span)) in other.terms {
            let sum = match self.terms.get(&quantity) {
                Some((before, _)) => before.plus(factor)?,
                None => factor,
            };
            if sum.is_zero() {
                self.terms.remove(&quantity);
            } else {
                self.terms.insert(quantity, (sum, span));
            }
        }
        Some(self)
    }

    /// `None` if a number becomes too great.
    pub fn times(mut self, factor: Number) -> Option<Self> {
        if factor.is_zero() {
            return Some(Self::of_number(Number::ZERO));
        }
        for (before, _) in self.terms.values_mut() {
            *before = before.times(factor)?;
        }
        self.constant = Some(self.constant().times(factor)?);
        Some(self)
    }

    /// The summands, in the order of what they read.
    pub fn into_summands(self) -> Vec<Summand> {
        let terms = self.terms.into_iter();
        terms
            .map(|(quantity, (factor, _))| Summand { factor, quantity })
            .collect()
    }
}
