//! Functions of one real number, and the expressions that several of them make: what a table is made of.
//!
//! A chain of operations that reads only one tensor, entry by entry, is one function, however many ONNX nodes it has: it is an expression,
//! which may hold functions in turn. The two are one recursive type, and stand here with what is said of both: their values, and whether these
//! are integers. What is said of expressions alone is in [`expression`].
//!
//! They are computed by `libm`, in software, so that a table has the same integers on every machine.

mod comparison;
mod expression;
mod inverse;
mod operation;
mod trigonometric;

pub use comparison::Comparison;
pub use inverse::Inverse;
pub use operation::Operation;
pub use trigonometric::Trigonometric;

use std::fmt;
use std::sync::Arc;

/// Intervals into which an argument's range is cut to see whether a function is defined there.
const POINTS: u32 = 256;

/// A function applied entry by entry.
#[derive(Clone, Debug, PartialEq)]
pub enum Function {
    /// `min(max(x, low), high)`; a ReLU is `low = 0` without `high`.
    Clamp {
        /// The lower bound.
        low: Option<f64>,
        /// The upper bound.
        high: Option<f64>,
    },
    /// `x` where it is positive, else `alpha * x`.
    LeakyRelu {
        /// The slope of the negative part.
        alpha: f64,
    },
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// `x * clamp(x / 6 + 1/2, 0, 1)`.
    HardSwish,
    /// `1 / x`.
    Reciprocal,
    /// `1 / sqrt(x)`.
    ReciprocalSqrt,
    /// The square root.
    Sqrt,
    /// `x * x`.
    Square,
    /// `|x|`.
    Abs,
    /// `exp(x)`.
    Exp,
    /// The natural logarithm.
    Ln,
    /// The error function.
    Erf,
    /// `x * sigmoid(x)`.
    Silu,
    /// `x * (1 + erf(x / sqrt 2)) / 2`.
    Gelu,
    /// The nearest integer towards zero: a cast from floats to integers.
    Truncate,
    /// The greatest integer not above.
    Floor,
    /// The least integer not below.
    Ceil,
    /// 1 where `x` is above zero, else 0: the decision of a branch.
    Positive,
    /// The nearest integer; halves to the even one.
    Round,
    /// -1, 0 or 1.
    Sign,
    /// The GELU by its approximation with a hyperbolic tangent.
    GeluTanh,
    /// A trigonometric or hyperbolic function.
    Trigonometric(Trigonometric),
    /// `x^exponent`.
    Power(f64),
    /// 1 where the comparison with zero holds, else 0. Its argument is compared exactly, however narrow activations are.
    Compare(Comparison),
    /// 1 where a value is missing (NaN), else 0.
    Missing,
    /// The value, or 0 where it is missing (NaN).
    Present,
    /// What several operations in a row make of one number.
    Composite(Arc<Expression>),
}

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

impl From<Expression> for Function {
    fn from(expression: Expression) -> Self {
        Self::Composite(Arc::new(expression))
    }
}

impl From<Trigonometric> for Function {
    fn from(function: Trigonometric) -> Self {
        Self::Trigonometric(function)
    }
}

impl Function {
    /// The ReLU.
    pub const RELU: Self = Self::Clamp {
        low: Some(0.0),
        high: None,
    };

    /// `f(x)`.
    #[must_use]
    pub fn evaluate(&self, x: f64) -> f64 {
        match *self {
            Self::Clamp { low, high } => {
                let x = low.map_or(x, |low| x.max(low));
                high.map_or(x, |high| x.min(high))
            }
            Self::LeakyRelu { alpha } => {
                if x < 0.0 {
                    alpha * x
                } else {
                    x
                }
            }
            Self::Sigmoid => 1.0 / (1.0 + libm::exp(-x)),
            Self::Tanh => libm::tanh(x),
            Self::HardSwish => x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
            Self::Reciprocal => 1.0 / x,
            Self::ReciprocalSqrt => 1.0 / libm::sqrt(x),
            Self::Sqrt => libm::sqrt(x),
            Self::Square => x * x,
            Self::Abs => x.abs(),
            Self::Exp => libm::exp(x),
            Self::Ln => libm::log(x),
            Self::Erf => libm::erf(x),
            Self::Silu => x / (1.0 + libm::exp(-x)),
            Self::Gelu => x * 0.5 * (1.0 + libm::erf(x * std::f64::consts::FRAC_1_SQRT_2)),
            Self::Truncate => x.trunc(),
            Self::Floor => x.floor(),
            Self::Ceil => x.ceil(),
            Self::Positive => f64::from(u8::from(x > 0.0)),
            Self::Round => x.round_ties_even(),
            Self::Sign => Comparison::Greater.evaluate(x) - Comparison::Less.evaluate(x),
            Self::GeluTanh => {
                let inner = libm::sqrt(2.0 / std::f64::consts::PI) * (x + 0.044715 * x * x * x);
                0.5 * x * (1.0 + libm::tanh(inner))
            }
            Self::Trigonometric(function) => function.evaluate(x),
            Self::Power(exponent) => libm::pow(x, exponent),
            Self::Compare(comparison) => comparison.evaluate(x),
            Self::Missing => f64::from(u8::from(x.is_nan())),
            Self::Present => match x.is_nan() {
                true => 0.0,
                false => x,
            },
            Self::Composite(ref expression) => expression.evaluate(x),
        }
    }

    /// The arguments at whose ends the function is as good as constant, so that a table need not reach further; `greatest` is
    /// the greatest argument that occurs.
    #[must_use]
    pub fn reach(&self, greatest: f64) -> (f64, f64) {
        match self {
            Self::Sigmoid => (-12.0, 12.0),
            Self::Tanh => (-6.0, 6.0),
            Self::Erf => (-4.0, 4.0),
            // What is 2^-23 of the greatest value is nothing beside it.
            Self::Exp => (greatest - 16.0, f64::INFINITY),
            _ => (f64::NEG_INFINITY, f64::INFINITY),
        }
    }

    /// Whether all values are integers, whatever the arguments.
    #[must_use]
    pub fn is_integral(&self) -> bool {
        match self {
            Self::Truncate
            | Self::Floor
            | Self::Ceil
            | Self::Round
            | Self::Sign
            | Self::Positive
            | Self::Missing
            | Self::Compare(_) => true,
            Self::Composite(expression) => expression.is_integral(false),
            _ => false,
        }
    }

    /// Whether integers are mapped to integers.
    #[must_use]
    pub fn keeps_integers(&self) -> bool {
        let whole = |bound: Option<f64>| bound.is_none_or(|b| b.fract() == 0.0);
        match self {
            Self::Clamp { low, high } => whole(*low) && whole(*high),
            Self::Square | Self::Abs | Self::Present => true,
            Self::Power(exponent) => *exponent >= 0.0 && exponent.fract() == 0.0,
            Self::Composite(expression) => expression.is_integral(true),
            other => other.is_integral(),
        }
    }

    /// Whether the function is steep near zero, so that an argument's relative precision matters: its table is made wider.
    #[must_use]
    pub fn is_steep(&self) -> bool {
        match self {
            Self::Reciprocal | Self::ReciprocalSqrt | Self::Sqrt | Self::Ln => true,
            Self::Power(exponent) => *exponent < 1.0,
            Self::Composite(expression) => expression.functions().any(Self::is_steep),
            _ => false,
        }
    }

    /// Whether the function is defined on an interval.
    #[must_use]
    pub fn is_defined_on(&self, low: f64, high: f64) -> bool {
        match self {
            Self::Reciprocal => low > 0.0 || high < 0.0,
            Self::ReciprocalSqrt | Self::Ln => low > 0.0,
            Self::Sqrt => low >= 0.0,
            Self::Trigonometric(_) | Self::Power(_) | Self::Composite(_) => {
                // Neither the ends nor any of these points; what lies between may still be a pole, where a table saturates.
                let points =
                    (0..=POINTS).map(|i| low + (high - low) * f64::from(i) / f64::from(POINTS));
                points.map(|x| self.evaluate(x)).all(f64::is_finite)
            }
            _ => true,
        }
    }
}

impl Expression {
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
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Composite(expression) => write!(f, "{expression}"),
            Self::Trigonometric(function) => write!(f, "{function:?}"),
            other => write!(f, "{other:?}"),
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
