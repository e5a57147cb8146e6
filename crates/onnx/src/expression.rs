//! Expressions in one number: what a chain of operations makes of each entry of a tensor.
//!
//! A chain that reads only one tensor, entry by entry, is one table, however many ONNX nodes it has.

use crate::function::{Comparison, Function};
use std::fmt;

/// An expression in one argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// The argument.
    Argument,
    /// A number.
    Number(f64),
    /// A function of an expression.
    Apply(Function, Box<Expression>),
    /// An operation on two expressions.
    Combine(Operation, Box<Expression>, Box<Expression>),
    /// The second where the first is not zero, else the third.
    Select(Box<Expression>, Box<Expression>, Box<Expression>),
}

/// The operations on two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `a + b`.
    Add,
    /// `a - b`.
    Subtract,
    /// `a * b`.
    Multiply,
    /// `a / b`.
    Divide,
    /// `a / b`, truncated.
    DivideIntegers,
    /// The greater.
    Maximum,
    /// The lesser.
    Minimum,
    /// `a^b`.
    Power,
    /// The remainder with the sign of the dividend.
    Remainder,
    /// The remainder with the sign of the divisor.
    Modulo,
    /// 1 if `a - b` compares so with zero, else 0.
    Compare(Comparison),
    /// Of truth values.
    And,
    /// Of truth values.
    Or,
    /// Of truth values.
    Xor,
}

impl Operation {
    /// The result for two numbers.
    #[must_use]
    pub fn evaluate(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::DivideIntegers => (a / b).trunc(),
            Self::Maximum => a.max(b),
            Self::Minimum => a.min(b),
            Self::Power => libm::pow(a, b),
            Self::Remainder => libm::fmod(a, b),
            Self::Modulo => libm::fmod(libm::fmod(a, b) + b, b),
            Self::Compare(comparison) => comparison.evaluate(a - b),
            Self::And => f64::from(u8::from(a != 0.0 && b != 0.0)),
            Self::Or => f64::from(u8::from(a != 0.0 || b != 0.0)),
            Self::Xor => f64::from(u8::from((a != 0.0) != (b != 0.0))),
        }
    }

    /// Whether integers give integers; whether anything does.
    fn is_integral(self) -> (bool, bool) {
        match self {
            Self::Add
            | Self::Subtract
            | Self::Multiply
            | Self::Maximum
            | Self::Minimum
            | Self::Remainder
            | Self::Modulo => (true, false),
            Self::DivideIntegers | Self::Compare(_) | Self::And | Self::Or | Self::Xor => {
                (true, true)
            }
            Self::Divide | Self::Power => (false, false),
        }
    }
}

impl From<f64> for Expression {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl std::ops::Add for Expression {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.with(Operation::Add, other)
    }
}

impl std::ops::Sub for Expression {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.with(Operation::Subtract, other)
    }
}

impl std::ops::Mul for Expression {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        self.with(Operation::Multiply, other)
    }
}

impl std::ops::Div for Expression {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        self.with(Operation::Divide, other)
    }
}

impl Expression {
    /// An operation on this expression and another.
    #[must_use]
    pub fn with(self, operation: Operation, other: Self) -> Self {
        Self::Combine(operation, Box::new(self), Box::new(other))
    }

    /// A function of this expression.
    #[must_use]
    pub fn then(self, function: Function) -> Self {
        Self::Apply(function, Box::new(self))
    }

    /// The natural logarithm of the argument, and 0 of zero.
    #[must_use]
    pub fn logarithm_or_zero() -> Self {
        let is_zero = Self::Argument.compares(Comparison::Equal, Self::Number(0.0));
        is_zero.choose(Self::Number(0.0), Self::Argument.then(Function::Ln))
    }

    /// The first where this expression is not zero, else the second.
    #[must_use]
    pub fn choose(self, yes: Self, no: Self) -> Self {
        Self::Select(Box::new(self), Box::new(yes), Box::new(no))
    }

    /// 1 where this expression compares so with another, else 0.
    #[must_use]
    pub fn compares(self, comparison: Comparison, other: Self) -> Self {
        self.with(Operation::Compare(comparison), other)
    }

    /// The value at an argument.
    #[must_use]
    pub fn evaluate(&self, x: f64) -> f64 {
        match self {
            Self::Argument => x,
            Self::Number(number) => *number,
            Self::Apply(function, inner) => function.evaluate(inner.evaluate(x)),
            Self::Combine(operation, left, right) => {
                operation.evaluate(left.evaluate(x), right.evaluate(x))
            }
            Self::Select(condition, yes, no) => {
                let chosen = if condition.evaluate(x) != 0.0 {
                    yes
                } else {
                    no
                };
                chosen.evaluate(x)
            }
        }
    }

    /// The value at an argument, with every step rounded to single precision, as a model in that precision computes it.
    #[must_use]
    pub fn evaluate_single(&self, x: f32) -> f32 {
        match self {
            Self::Argument => x,
            Self::Number(number) => *number as f32,
            Self::Apply(function, inner) => {
                function.evaluate(inner.evaluate_single(x).into()) as f32
            }
            Self::Combine(operation, left, right) => {
                let (left, right) = (left.evaluate_single(x), right.evaluate_single(x));
                operation.evaluate(left.into(), right.into()) as f32
            }
            Self::Select(condition, yes, no) => match condition.evaluate_single(x) != 0.0 {
                true => yes.evaluate_single(x),
                false => no.evaluate_single(x),
            },
        }
    }

    /// Whether all values are integers, if the argument is an integer or not.
    #[must_use]
    pub fn is_integral(&self, argument: bool) -> bool {
        match self {
            Self::Argument => argument,
            Self::Number(number) => number.fract() == 0.0,
            Self::Apply(function, inner) => {
                function.is_integral() || (function.keeps_integers() && inner.is_integral(argument))
            }
            Self::Combine(Operation::Power, left, right) => {
                let is_whole = |exponent: &Self| matches!(exponent, Self::Number(n) if *n >= 0.0 && n.fract() == 0.0);
                left.is_integral(argument) && is_whole(right)
            }
            Self::Combine(operation, left, right) => {
                let (of_integers, always) = operation.is_integral();
                always || (of_integers && left.is_integral(argument) && right.is_integral(argument))
            }
            Self::Select(_, yes, no) => yes.is_integral(argument) && no.is_integral(argument),
        }
    }

    /// The least and the greatest value, if they are seen without its argument or from that one's interval.
    #[must_use]
    pub fn interval(&self, argument: Option<(f64, f64)>) -> Option<(f64, f64)> {
        match self {
            Self::Argument => argument,
            Self::Number(number) => Some((*number, *number)),
            Self::Apply(Function::Compare(_) | Function::Positive, _)
            | Self::Combine(
                Operation::Compare(_) | Operation::And | Operation::Or | Operation::Xor,
                ..,
            ) => Some((0.0, 1.0)),
            Self::Combine(Operation::Add, left, right) => {
                let (left, right) = (left.interval(argument)?, right.interval(argument)?);
                Some((left.0 + right.0, left.1 + right.1))
            }
            Self::Combine(Operation::Subtract, left, right) => {
                let (left, right) = (left.interval(argument)?, right.interval(argument)?);
                Some((left.0 - right.1, left.1 - right.0))
            }
            Self::Select(_, yes, no) => {
                let (yes, no) = (yes.interval(argument)?, no.interval(argument)?);
                Some((yes.0.min(no.0), yes.1.max(no.1)))
            }
            Self::Apply(..) | Self::Combine(..) => None,
        }
    }

    /// Whether it is `a x + b`.
    #[must_use]
    pub fn is_affine(&self) -> bool {
        match self {
            Self::Argument | Self::Number(_) => true,
            Self::Combine(Operation::Add | Operation::Subtract, left, right) => {
                left.is_affine() && right.is_affine()
            }
            Self::Combine(Operation::Multiply, left, right) => {
                let number = |e: &Self| matches!(e, Self::Number(_));
                (number(left) && right.is_affine()) || (number(right) && left.is_affine())
            }
            Self::Combine(Operation::Divide, left, right) => {
                matches!(**right, Self::Number(_)) && left.is_affine()
            }
            Self::Combine(..) | Self::Apply(..) | Self::Select(..) => false,
        }
    }

    /// Whether it is affine but for clamps.
    #[must_use]
    pub fn is_clamped_line(&self) -> bool {
        let number = |e: &Self| matches!(e, Self::Number(_));
        match self {
            Self::Argument | Self::Number(_) => true,
            Self::Apply(Function::Clamp { .. }, inner) => inner.is_clamped_line(),
            Self::Combine(Operation::Divide, left, right) => {
                number(right) && left.is_clamped_line()
            }
            Self::Combine(
                Operation::Add
                | Operation::Subtract
                | Operation::Multiply
                | Operation::Maximum
                | Operation::Minimum,
                left,
                right,
            ) => {
                (number(left) && right.is_clamped_line())
                    || (number(right) && left.is_clamped_line())
            }
            Self::Combine(..) | Self::Apply(..) | Self::Select(..) => false,
        }
    }

    /// The functions in it.
    pub fn functions(&self) -> Box<dyn Iterator<Item = &Function> + '_> {
        match self {
            Self::Argument | Self::Number(_) => Box::new(std::iter::empty()),
            Self::Apply(function, inner) => {
                Box::new(std::iter::once(function).chain(inner.functions()))
            }
            Self::Combine(_, left, right) => Box::new(left.functions().chain(right.functions())),
            Self::Select(condition, yes, no) => Box::new(
                condition
                    .functions()
                    .chain(yes.functions())
                    .chain(no.functions()),
            ),
        }
    }

    /// How many operations it has.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Argument | Self::Number(_) => 1,
            Self::Apply(_, inner) => 1 + inner.size(),
            Self::Combine(_, left, right) => 1 + left.size() + right.size(),
            Self::Select(condition, yes, no) => 1 + condition.size() + yes.size() + no.size(),
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument => write!(f, "x"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Apply(function, inner) => write!(f, "{function}({inner})"),
            Self::Combine(operation, left, right) => write!(f, "{operation:?}({left}, {right})"),
            Self::Select(condition, yes, no) => write!(f, "Where({condition}, {yes}, {no})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(function: Function, inner: Expression) -> Expression {
        Expression::Apply(function, Box::new(inner))
    }

    fn combine(operation: Operation, left: Expression, right: Expression) -> Expression {
        Expression::Combine(operation, Box::new(left), Box::new(right))
    }

    /// The exponential linear unit, as the front end writes it.
    #[test]
    fn expressions_are_evaluated() {
        let number = Expression::Number;
        let negative = combine(
            Operation::Compare(Comparison::Less),
            Expression::Argument,
            number(0.0),
        );
        let exponential = combine(
            Operation::Subtract,
            apply(Function::Exp, Expression::Argument),
            number(1.0),
        );
        let elu = Expression::Select(
            Box::new(negative.clone()),
            Box::new(exponential),
            Box::new(Expression::Argument),
        );
        assert_eq!(elu.evaluate(2.0), 2.0);
        assert!((elu.evaluate(-1.0) - ((-1f64).exp() - 1.0)).abs() < 1e-15);
        assert_eq!(elu.size(), 9);
        assert!(!elu.is_affine() && !elu.is_integral(true) && !elu.is_clamped_line());
        let square = combine(
            Operation::Multiply,
            Expression::Argument,
            Expression::Argument,
        );
        assert!(!square.is_clamped_line());
        let clamped = combine(
            Operation::Subtract,
            apply(Function::RELU, Expression::Argument),
            number(2.0),
        );
        assert!(clamped.is_clamped_line());
        assert!(negative.is_integral(false));
        assert_eq!(elu.functions().count(), 1);
        let affine = combine(
            Operation::Divide,
            combine(Operation::Add, Expression::Argument, number(3.0)),
            number(6.0),
        );
        assert!(affine.is_affine());
        assert_eq!(affine.to_string(), "Divide(Add(x, 3), 6)");
    }
}
