//! Ranges of numbers.

use crate::graph::{LOGIT_REACH, Real};

/// The least and the greatest value of a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    pub low: f64,
    pub high: f64,
}

impl Range {
    /// Contains nothing yet.
    pub const EMPTY: Self = Self {
        low: f64::INFINITY,
        high: f64::NEG_INFINITY,
    };

    pub fn of(values: impl Iterator<Item = f64>) -> Self {
        values.fold(Self::EMPTY, |range, v| Self {
            low: range.low.min(v),
            high: range.high.max(v),
        })
    }

    /// The range with this share more on either side of zero.
    pub fn with_headroom(self, share: f64) -> Self {
        Self {
            low: self.low + share * self.low.min(0.0),
            high: self.high + share * self.high.max(0.0),
        }
    }

    pub fn hull(self, other: Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
        }
    }
}

impl Range {
    /// The range of the entries that a softmax sees, of those below a threshold of either sign. Beside what is hidden it reaches as far down
    /// as a softmax does.
    pub fn of_logits(values: &[Real], shape: &[usize], threshold: f64) -> Self {
        let width = shape.last().copied().unwrap_or(1).max(1);
        let is_seen = |v: &f64| v.abs() < threshold;
        let whole = Self::of(values.iter().map(|v| v.0).filter(is_seen));
        // Of a row that is hidden throughout nothing is left to see.
        let rows = values.chunks(width).filter_map(|row| {
            let row = Self::of(row.iter().map(|v| v.0));
            is_seen(&row.high).then_some(row.high)
        });
        let greatest = Self::of(rows);
        if greatest == Self::EMPTY {
            return Self::EMPTY;
        }
        let reach = greatest.low - LOGIT_REACH;
        Self {
            low: if threshold.is_finite() {
                reach
            } else {
                whole.low.max(reach)
            },
            high: greatest.high,
        }
    }
}
