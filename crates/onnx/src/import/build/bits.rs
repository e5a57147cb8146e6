//! The bits of integers, as functions of one number.

use crate::function::{Expression, Function};
use crate::import::refusal::{Imported, refuse};

/// Bits of integers of which each has its own entry in a table.
pub const TABLE_BITS: usize = 16;

/// Bits that a table of one operand takes apart, at most.
const MAX_BITS: u32 = 24;

/// `floor(x / 2^by)`.
pub fn floor_of_quotient(x: Expression, by: f64) -> Expression {
    let quotient = x / Expression::Number(by.exp2());
    Expression::Apply(Function::Floor, Box::new(quotient))
}

/// The bit of the argument at a place, in two's complement.
pub fn bit(place: u32) -> Expression {
    let here = floor_of_quotient(Expression::Argument, place.into());
    let above = floor_of_quotient(Expression::Argument, f64::from(place) + 1.0);
    let above = above * Expression::Number(2.0);
    here - above
}

/// The bits that the argument has in common with a number. Of a negative number they are those that its complement does not have.
pub fn common_bits(number: i64) -> Imported<Expression> {
    let bits = if number < 0 { !number } else { number };
    if 64 - bits.leading_zeros() > MAX_BITS {
        return refuse(format!(
            "the constant {number}, which has more than {MAX_BITS} bits"
        ));
    }
    let mut sum = Expression::Number(0.0);
    for place in (0..MAX_BITS).filter(|place| bits >> place & 1 == 1) {
        let weight = Expression::Number(f64::from(1u32 << place));
        sum = sum + bit(place) * weight;
    }
    Ok(match number < 0 {
        true => Expression::Argument - sum,
        false => sum,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_in_common_are_those_of_integers() {
        for number in [0, 1, 7, 12, 255, 4096, -1, -2, -128] {
            let common = common_bits(number).unwrap();
            assert!(common.is_integral(true));
            for x in (-300..300).chain([65_535, -65_536]) {
                assert_eq!(
                    common.evaluate(x as f64),
                    (x & number) as f64,
                    "{x} & {number}"
                );
            }
        }
        assert!(common_bits(1 << 30).is_err());
    }
}
