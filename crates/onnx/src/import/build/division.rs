//! Quotients and remainders of integers of any size, as exact as ONNX has them.

use super::Place;
use super::magnitudes::Signed;
use super::wrap::{Bounds, TABLE_BITS};
use crate::function::{Comparison, Function, Operation};
use crate::graph::{Divisor, LayerId};
use crate::import::Importer;
use crate::import::refusal::{Imported, refuse};

/// Integers up to here are the same in single precision.
const EXACT: f64 = 16_777_216.0;

impl Importer<'_> {
    /// Whether a division of integers is a quotient: of few integers a table tells it, unless both are computed or one is a weight.
    pub fn has_quotient(&self, [left, right]: [LayerId; 2], dividend: Bounds) -> bool {
        if self.graph.constant(left).is_some() {
            return self.is_secret_dividend(left);
        }
        self.graph.constant(right).is_none()
            || dividend.high - dividend.low >= 1 << TABLE_BITS
            || self.is_secret_divisor(right, dividend.magnitude().high)
    }

    /// A quotient towards zero, a remainder with the sign of the dividend, or one with the sign of the divisor, as the operation says.
    pub fn divide_integers(
        &mut self,
        at: &Place<'_>,
        operation: Operation,
        [left, right]: [LayerId; 2],
        [dividend, divisor]: [Bounds; 2],
    ) -> Imported<LayerId> {
        let origin = at.origin;
        let has_weight = [left, right].map(|layer| self.graph.constant(layer).is_some());
        let may_be_negative = [dividend, divisor].map(|bounds| bounds.low < 0);
        if has_weight[1] && !self.is_secret_divisor(right, dividend.magnitude().high) {
            let left = self.broadcast_to(origin, left, at.to)?;
            let divided = |importer: &mut Self, number: f64, read: LayerId| {
                importer.divide_by_number(origin, operation, read, number, may_be_negative[0])
            };
            return self.by_each_number(at, right, left, divided);
        }
        // The sign of one decides with that of the other what is missing.
        let either = operation == Operation::Modulo && may_be_negative.contains(&true);
        let mut signed = |layer, is_weight, is_negative: bool| match is_weight {
            true => self.signed_weight(origin, layer, at.to, either),
            false => {
                let layer = self.broadcast_to(origin, layer, at.to)?;
                self.signed(origin, layer, is_negative || either)
            }
        };
        let Signed {
            magnitude: dividend,
            sign: is_positive,
        } = signed(left, has_weight[0], may_be_negative[0])?;
        let Signed {
            magnitude: divisor,
            sign: has_positive,
        } = signed(right, has_weight[1], may_be_negative[1])?;
        let quotient = self
            .graph
            .quotient(origin, dividend, Divisor::Layer(divisor));
        let signed = |importer: &mut Self, layer, sign: Option<LayerId>| match sign {
            Some(sign) => importer.graph.entrywise(origin, layer, sign),
            None => layer,
        };
        if operation == Operation::DivideIntegers {
            let quotient = signed(self, quotient, is_positive);
            return Ok(signed(self, quotient, has_positive));
        }
        let multiples = self.graph.entrywise(origin, quotient, divisor);
        let rest = self.combination(origin, [(1.0, dividend), (-1.0, multiples)], 0.0)?;
        if operation == Operation::Remainder {
            return Ok(signed(self, rest, is_positive));
        }
        // Where the signs differ and something is left, that much is missing from the next multiple.
        let (Some(is_positive), Some(has_positive)) = (is_positive, has_positive) else {
            return Ok(rest);
        };
        let differ = self.graph.entrywise(origin, is_positive, has_positive);
        let is_less = Function::Compare(Comparison::Less);
        let differ = self.graph.apply(origin, differ, is_less);
        let is_left = Function::Compare(Comparison::Greater);
        let is_left = self.graph.apply(origin, rest, is_left);
        let misses = self.graph.entrywise(origin, differ, is_left);
        let missing = self.combination(origin, [(1.0, divisor), (-2.0, rest)], 0.0)?;
        let missing = self.graph.entrywise(origin, missing, misses);
        let rest = self.combination(origin, [(1.0, rest), (1.0, missing)], 0.0)?;
        Ok(self.graph.entrywise(origin, rest, has_positive))
    }

    fn divide_by_number(
        &mut self,
        origin: &str,
        operation: Operation,
        left: LayerId,
        number: f64,
        may_be_negative: bool,
    ) -> Imported<LayerId> {
        if number == 0.0 || number.fract() != 0.0 || number.abs() > EXACT {
            return refuse(format!("a division of integers by {number}"));
        }
        if number < 0.0 {
            // A quotient changes its sign with the divisor; a remainder of the divisor's sign does so with both.
            let (left, sign) = match operation {
                Operation::DivideIntegers => (left, -1.0),
                Operation::Remainder => (left, 1.0),
                _ => (self.graph.scaled(origin, -1.0, left, vec![])?, -1.0),
            };
            let result = self.divide_by_number(origin, operation, left, -number, true)?;
            return Ok(self.graph.scaled(origin, sign, result, vec![])?);
        }
        // Less than nothing is rounded up.
        let moved = match operation {
            Operation::Modulo => left,
            _ if !may_be_negative => left,
            _ => {
                let opposite = self.graph.scaled(origin, -1.0, left, vec![])?;
                let is_negative = self.graph.apply(origin, opposite, Function::Positive);
                self.combination(origin, [(1.0, left), (number - 1.0, is_negative)], 0.0)?
            }
        };
        let divisor = Divisor::Number(number as i64);
        let quotient = self.graph.quotient(origin, moved, divisor);
        match operation {
            Operation::DivideIntegers => Ok(quotient),
            _ => self.combination(origin, [(1.0, left), (-number, quotient)], 0.0),
        }
    }
}
