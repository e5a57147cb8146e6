//! Operations on two numbers.

use super::comparison::Comparison;

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
    pub fn is_integral(self) -> (bool, bool) {
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
