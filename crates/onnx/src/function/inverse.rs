//! Functions that are an inverse of their argument or of its square root: what a normalization divides by.

use super::{Expression, Function, Operation};

/// `numerator / (x + offset)`, or of the square root of `x + offset`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inverse {
    /// Positive.
    pub numerator: f64,
    /// Not negative.
    pub offset: f64,
    /// Whether it is an inverse of the square root.
    pub is_of_root: bool,
}

/// `slope * x + offset`.
struct Affine {
    slope: f64,
    offset: f64,
}

impl Function {
    /// The function as an inverse, if it is one.
    #[must_use]
    pub fn as_inverse(&self) -> Option<Inverse> {
        Inverse::of(self, &Expression::Argument)
    }
}

impl Inverse {
    /// A function of an expression.
    fn of(function: &Function, inner: &Expression) -> Option<Self> {
        match function {
            Function::Reciprocal => inner.inverted(1.0),
            Function::Power(exponent) if *exponent == -1.0 => inner.inverted(1.0),
            Function::ReciprocalSqrt => Self::new(1.0, inner.as_affine()?, true),
            Function::Power(exponent) if *exponent == -0.5 => {
                Self::new(1.0, inner.as_affine()?, true)
            }
            Function::Composite(outer) if *inner == Expression::Argument => match &**outer {
                Expression::Apply(function, inner) => Self::of(function, inner),
                Expression::Combine(Operation::Divide, left, right) => {
                    right.inverted(left.as_number()?)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// `numerator / argument`, or of its root, if it has the form.
    fn new(numerator: f64, argument: Affine, is_of_root: bool) -> Option<Self> {
        let Affine { slope, offset } = argument;
        let inverse = Self {
            numerator: match is_of_root {
                true => numerator / libm::sqrt(slope),
                false => numerator / slope,
            },
            offset: offset / slope,
            is_of_root,
        };
        let fits = slope > 0.0
            && inverse.numerator > 0.0
            && inverse.numerator.is_finite()
            && inverse.offset >= 0.0
            && inverse.offset.is_finite();
        fits.then_some(inverse)
    }
}

impl Expression {
    /// `numerator` over the expression.
    fn inverted(&self, numerator: f64) -> Option<Inverse> {
        match self {
            Self::Apply(Function::Sqrt, inner) => Inverse::new(numerator, inner.as_affine()?, true),
            Self::Apply(Function::Power(exponent), inner) if *exponent == 0.5 => {
                Inverse::new(numerator, inner.as_affine()?, true)
            }
            Self::Combine(Operation::Power, inner, exponent)
                if exponent.as_number() == Some(0.5) =>
            {
                Inverse::new(numerator, inner.as_affine()?, true)
            }
            other => Inverse::new(numerator, other.as_affine()?, false),
        }
    }

    fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn as_affine(&self) -> Option<Affine> {
        let moved = |part: &Self, by: f64| {
            let Affine { slope, offset } = part.as_affine()?;
            Some(Affine {
                slope,
                offset: offset + by,
            })
        };
        let times = |part: &Self, by: f64| {
            let Affine { slope, offset } = part.as_affine()?;
            Some(Affine {
                slope: slope * by,
                offset: offset * by,
            })
        };
        match self {
            Self::Argument => Some(Affine {
                slope: 1.0,
                offset: 0.0,
            }),
            Self::Combine(operation, left, right) => {
                match (operation, left.as_number(), right.as_number()) {
                    (Operation::Add, _, Some(number)) => moved(left, number),
                    (Operation::Add, Some(number), _) => moved(right, number),
                    (Operation::Subtract, _, Some(number)) => moved(left, -number),
                    (Operation::Multiply, _, Some(number)) => times(left, number),
                    (Operation::Multiply, Some(number), _) => times(right, number),
                    (Operation::Divide, _, Some(number)) => times(left, 1.0 / number),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: f64) -> Box<Expression> {
        Box::new(Expression::Number(value))
    }

    fn combined(
        operation: Operation,
        left: Box<Expression>,
        right: Box<Expression>,
    ) -> Box<Expression> {
        Box::new(Expression::Combine(operation, left, right))
    }

    fn applied(function: Function, inner: Box<Expression>) -> Box<Expression> {
        Box::new(Expression::Apply(function, inner))
    }

    #[test]
    fn what_is_an_inverse_has_the_function_s_values() {
        let x = || Box::new(Expression::Argument);
        let shifted = || combined(Operation::Add, x(), number(0.001));
        let scaled = || combined(Operation::Multiply, number(2.5), shifted());
        let functions: Vec<Function> = vec![
            Function::Reciprocal,
            Function::ReciprocalSqrt,
            Function::Power(-1.0),
            Function::Power(-0.5),
            (*applied(Function::Reciprocal, applied(Function::Sqrt, scaled()))).into(),
            (*combined(Operation::Divide, number(3.0), scaled())).into(),
            (*combined(
                Operation::Divide,
                number(3.0),
                combined(Operation::Power, shifted(), number(0.5)),
            ))
            .into(),
            (*applied(Function::ReciprocalSqrt, scaled())).into(),
        ];
        for function in functions {
            let inverse = function.as_inverse().unwrap();
            for x in [0.01, 0.5, 1.0, 7.0, 1e6] {
                let below = match inverse.is_of_root {
                    true => (x + inverse.offset).sqrt(),
                    false => x + inverse.offset,
                };
                let (value, expected) = (inverse.numerator / below, function.evaluate(x));
                assert!(
                    (value / expected - 1.0).abs() < 1e-12,
                    "{function}: {value}, {expected}"
                );
            }
        }
    }

    #[test]
    fn what_is_none_is_not_taken_for_one() {
        let x = || Box::new(Expression::Argument);
        let functions: Vec<Function> = vec![
            Function::Sqrt,
            Function::Exp,
            Function::Power(-2.0),
            (*combined(Operation::Divide, x(), x())).into(),
            (*combined(Operation::Divide, number(-1.0), x())).into(),
            (*applied(
                Function::Reciprocal,
                combined(Operation::Subtract, x(), number(1.0)),
            ))
            .into(),
            (*applied(
                Function::Reciprocal,
                combined(Operation::Multiply, x(), number(-1.0)),
            ))
            .into(),
            (*applied(Function::Reciprocal, applied(Function::Exp, x()))).into(),
        ];
        for function in functions {
            assert_eq!(function.as_inverse(), None, "{function}");
        }
    }
}
