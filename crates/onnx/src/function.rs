//! Functions of one real number, and the tables made of them.
//!
//! They are computed by `libm`, in software, so that a table has the same integers on every machine.

use serde::Serialize;

/// A function applied entry by entry.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
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
}

impl Function {
    /// The ReLU.
    pub const RELU: Self = Self::Clamp {
        low: Some(0.0),
        high: None,
    };

    /// `f(x)`.
    #[must_use]
    pub fn evaluate(self, x: f64) -> f64 {
        match self {
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
        }
    }

    /// Beyond this magnitude the function is as good as constant, so that a table need not reach further.
    #[must_use]
    pub fn reach(self) -> Option<f64> {
        match self {
            Self::Sigmoid => Some(12.0),
            Self::Tanh => Some(6.0),
            Self::Erf => Some(4.0),
            _ => None,
        }
    }

    /// The part of an interval on which the function is defined; `None` if it is not defined throughout.
    #[must_use]
    pub fn is_defined_on(self, low: f64, high: f64) -> bool {
        match self {
            Self::Reciprocal => low > 0.0 || high < 0.0,
            Self::ReciprocalSqrt | Self::Ln => low > 0.0,
            Self::Sqrt => low >= 0.0,
            _ => true,
        }
    }
}
