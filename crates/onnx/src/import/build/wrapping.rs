//! Integers brought into the range of a narrower type.

use crate::expression::{Expression, Operation};
use crate::function::Function;

/// `x - n floor((x - low) / n)`, where there are `n` integers from `low` to `high`: an integer modulo the size of its type.
pub fn wrapped(x: Expression, low: i128, high: i128) -> Expression {
    let combine = |operation, left: Expression, right: Expression| {
        Expression::Combine(operation, Box::new(left), Box::new(right))
    };
    let count = Expression::Number((high - low + 1) as f64);
    let above = combine(
        Operation::Subtract,
        x.clone(),
        Expression::Number(low as f64),
    );
    let turns = combine(Operation::Divide, above, count.clone());
    let turns = Expression::Apply(Function::Floor, Box::new(turns));
    let excess = combine(Operation::Multiply, count, turns);
    combine(Operation::Subtract, x, excess)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::element::Element;

    #[test]
    fn integers_wrap_around_in_a_narrower_type() {
        for element in [Element::Uint8, Element::Int8, Element::Int16, Element::Int4] {
            let (low, high) = element.bounds().unwrap();
            let wrap = wrapped(Expression::Argument, low, high);
            assert!(wrap.is_integral(true));
            for x in -70_000..70_000 {
                assert_eq!(wrap.evaluate(f64::from(x)), element.wrap(x.into()) as f64);
            }
        }
    }
}
