//! Expressions in one number: how they are put together, and what is seen of them without an argument.

use super::{Comparison, Expression, Function, Operation};

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
