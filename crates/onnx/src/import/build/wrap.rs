//! Integers that leave their type: ONNX computes modulo its size, and so does the program, wherever the operands' bounds do not rule it out.
//!
//! Types of 32 and 64 bits are taken to be wide enough for what a model computes, as long as nothing becomes negative in a type without
//! signs: then integers of 32 bits wrap around, and those of 64 are refused, whose integers are beyond those of a proof.

use crate::element::Element;
use crate::function::{Expression, Function};
use crate::graph::{Divisor, Kind, LayerId};
use crate::import::Importer;
use crate::import::refusal::{Imported, refuse};
use inferproof_view::Step;

/// Integers of this many bits at most can be the arguments of an exact table.
pub const TABLE_BITS: u32 = 16;

/// Types of more bits are not left, but below zero.
const NARROW_BITS: usize = 16;

/// The greatest integer of the widest type that integers are brought back into.
const GREATEST: i128 = u32::MAX as i128;

/// The least and the greatest value of an integer tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub low: i128,
    pub high: i128,
}

impl Bounds {
    /// From the least to the greatest of these.
    fn hull(values: impl IntoIterator<Item = i128>) -> Option<Self> {
        let mut values = values.into_iter();
        let first = values.next()?;
        let start = Self {
            low: first,
            high: first,
        };
        Some(values.fold(start, |bounds, value| Self {
            low: bounds.low.min(value),
            high: bounds.high.max(value),
        }))
    }

    /// Of sums.
    pub fn plus(self, other: Self) -> Self {
        Self {
            low: self.low.saturating_add(other.low),
            high: self.high.saturating_add(other.high),
        }
    }

    /// Of negations.
    pub fn negated(self) -> Self {
        Self {
            low: self.high.saturating_neg(),
            high: self.low.saturating_neg(),
        }
    }

    /// Of products.
    pub fn times(self, other: Self) -> Self {
        let ends =
            [self.low, self.high].map(|a| [other.low, other.high].map(|b| a.saturating_mul(b)));
        Self::hull(ends.into_iter().flatten()).unwrap_or(self)
    }

    /// Of quotients, truncated, by what is not zero.
    pub fn divided(self, other: Self) -> Self {
        let divisors = [other.low, other.high, -1, 1];
        let within = divisors
            .into_iter()
            .filter(|d| *d != 0 && (other.low..=other.high).contains(d));
        let ends = within.flat_map(|d| [self.low / d, self.high / d]);
        Self::hull(ends).unwrap_or(self)
    }

    /// Of magnitudes.
    pub fn magnitude(self) -> Self {
        let ends = [self.low.saturating_abs(), self.high.saturating_abs()];
        let contains_zero = (self.low..=self.high).contains(&0);
        let least = if contains_zero {
            0
        } else {
            ends[0].min(ends[1])
        };
        Self {
            low: least,
            high: ends[0].max(ends[1]),
        }
    }
}

impl Importer<'_> {
    /// The bounds of an integer tensor of this type, from what is known of how it was made.
    pub fn bounds(&self, layer: LayerId, element: Element) -> Option<Bounds> {
        let (low, high) = element.bounds()?;
        let of_type = Bounds { low, high };
        let known = match &self.graph.layer(layer).kind {
            Kind::Constant(values) => Bounds::hull(values.entries().iter().map(|&v| v as i128)),
            Kind::Input {
                bounds: Some((low, high)),
                ..
            } => Bounds::hull([i128::from(*low), i128::from(*high)]),
            Kind::Apply {
                function: Function::Compare(_) | Function::Positive,
                ..
            }
            | Kind::OneHot { .. }
            | Kind::Indicator { .. } => Some(Bounds { low: 0, high: 1 }),
            Kind::Apply {
                function:
                    Function::Clamp {
                        low: Some(low),
                        high: Some(high),
                    },
                ..
            } => Bounds::hull([low.floor() as i128, high.ceil() as i128]),
            Kind::Linear(terms) => match &terms[..] {
                [term] => {
                    let sums = |step: &Step| match step {
                        Step::Reduce { source, .. } => *source > 1,
                        Step::SuffixSum { .. } => true,
                        _ => false,
                    };
                    let is_view = term.coefficient == 1.0 && !term.view.steps().iter().any(sums);
                    let source = term.source.filter(|_| is_view);
                    source.and_then(|source| match &self.graph.layer(source).kind {
                        // Views read zeros where they reach beyond a tensor. One step is enough: chains of views are one view.
                        Kind::Linear(_) => None,
                        _ => {
                            let Bounds { low, high } = self.bounds(source, element)?;
                            Bounds::hull([low, high, 0])
                        }
                    })
                }
                _ => None,
            },
            _ => None,
        };
        Some(match known {
            Some(known) => Bounds {
                low: known.low.max(low),
                high: known.high.min(high),
            },
            None => of_type,
        })
    }

    /// The value of a computation with integers whose results have these bounds, in the type's own arithmetic.
    pub fn wrapped(
        &mut self,
        origin: &str,
        layer: LayerId,
        element: Element,
        bounds: Bounds,
    ) -> Imported<LayerId> {
        let (Some((low, high)), Some(bits)) = (element.bounds(), element.bits()) else {
            return Ok(layer);
        };
        if element == Element::Bool || (low <= bounds.low && bounds.high <= high) {
            return Ok(layer);
        }
        if bits > NARROW_BITS && (low < 0 || bounds.low >= 0) {
            return Ok(layer);
        }
        if bits <= NARROW_BITS && bounds.high - bounds.low < 1 << TABLE_BITS {
            let wrapped = modulo(Expression::Argument, low, high);
            return Ok(self.apply(origin, layer, wrapped.into()));
        }
        if high > GREATEST {
            return refuse(format!(
                "its results may be negative, which {element} does not hold: cast to int64 before it"
            ));
        }
        self.wrapped_by_quotient(origin, layer, (low, high))
    }

    /// An integer less as many times the size of a type as bring it into the type's range.
    pub fn wrapped_by_quotient(
        &mut self,
        origin: &str,
        layer: LayerId,
        (low, high): (i128, i128),
    ) -> Imported<LayerId> {
        let size = high - low + 1;
        let above = self.combination(origin, [(1.0, layer)], -low as f64)?;
        let turns = self
            .graph
            .quotient(origin, above, Divisor::Number(i64::try_from(size)?));
        self.combination(origin, [(1.0, layer), (-size as f64, turns)], 0.0)
    }
}

/// An integer brought into the range of a type, from `low` to `high`, modulo its size.
pub fn modulo(x: Expression, low: i128, high: i128) -> Expression {
    let size = Expression::from((high - low + 1) as f64);
    let above = x.clone() - Expression::from(low as f64);
    let turns = (above / size.clone()).then(Function::Floor);
    x - turns * size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_wrap_around_in_a_narrower_type() {
        for element in [Element::Uint8, Element::Int8, Element::Int16, Element::Int4] {
            let (low, high) = element.bounds().unwrap();
            let wrap = modulo(Expression::Argument, low, high);
            assert!(wrap.is_integral(true));
            for x in -70_000..70_000 {
                assert_eq!(wrap.evaluate(f64::from(x)), element.wrap(x.into()) as f64);
            }
        }
    }

    #[test]
    fn bounds_follow_the_operations() {
        let a = Bounds { low: -3, high: 5 };
        let b = Bounds { low: 2, high: 4 };
        assert_eq!(a.plus(b), Bounds { low: -1, high: 9 });
        assert_eq!(a.times(b), Bounds { low: -12, high: 20 });
        assert_eq!(a.negated(), Bounds { low: -5, high: 3 });
        assert_eq!(a.magnitude(), Bounds { low: 0, high: 5 });
        assert_eq!(a.divided(b), Bounds { low: -1, high: 2 });
        assert_eq!(
            b.divided(Bounds { low: -1, high: 3 }),
            Bounds { low: -4, high: 4 }
        );
    }
}
