//! Comparisons of a number with zero.

/// How a number compares with zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `x == 0`.
    Equal,
    /// `x != 0`.
    NotEqual,
    /// `x < 0`.
    Less,
    /// `x <= 0`.
    LessOrEqual,
    /// `x > 0`.
    Greater,
    /// `x >= 0`.
    GreaterOrEqual,
}

impl Comparison {
    /// 1 if it holds, else 0.
    #[must_use]
    pub fn evaluate(self, x: f64) -> f64 {
        let holds = match self {
            Self::Equal => x == 0.0,
            Self::NotEqual => x != 0.0,
            Self::Less => x < 0.0,
            Self::LessOrEqual => x <= 0.0,
            Self::Greater => x > 0.0,
            Self::GreaterOrEqual => x >= 0.0,
        };
        f64::from(u8::from(holds))
    }
}
