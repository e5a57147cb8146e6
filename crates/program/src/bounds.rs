//! Static bounds: the range of a virtual value, from the declared ranges of what it is made of.

use inferproof_view::{Step, View};
use serde::{Deserialize, Serialize};

/// The integers from `low` to `high`, inclusive. Arithmetic saturates, far above any bound that is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// The least.
    pub low: i128,
    /// The greatest.
    pub high: i128,
}

impl Interval {
    /// One value.
    #[must_use]
    pub fn point(value: i128) -> Self {
        Self {
            low: value,
            high: value,
        }
    }

    /// From `low` to `high`.
    #[must_use]
    pub fn new(low: i64, high: i64) -> Self {
        Self {
            low: low.into(),
            high: high.into(),
        }
    }

    /// The greatest absolute value.
    #[must_use]
    pub fn magnitude(self) -> i128 {
        self.low.saturating_abs().max(self.high.saturating_abs())
    }

    /// The least interval that contains both.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
        }
    }

    /// Whether `other` lies within.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.low <= other.low && other.high <= self.high
    }

    /// All sums of one value of each.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            low: self.low.saturating_add(other.low),
            high: self.high.saturating_add(other.high),
        }
    }

    /// All products of one value of each lie within.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        let corners = [
            self.low.saturating_mul(other.low),
            self.low.saturating_mul(other.high),
            self.high.saturating_mul(other.low),
            self.high.saturating_mul(other.high),
        ];
        corners
            .into_iter()
            .map(Self::point)
            .fold(Self::point(corners[0]), Self::hull)
    }

    /// The squares of its values lie within.
    #[must_use]
    pub fn square(self) -> Self {
        let [low, high] = [self.low, self.high].map(|end| end.saturating_mul(end));
        let least = if self.contains(Self::point(0)) {
            0
        } else {
            low.min(high)
        };
        Self {
            low: least,
            high: low.max(high),
        }
    }

    /// The greatest of one value of each.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            low: self.low.max(other.low),
            high: self.high.max(other.high),
        }
    }

    /// The values of a view's target where those of its source lie in this interval, and the greatest magnitude on the way.
    #[must_use]
    pub fn through(self, view: &View) -> (Self, i128) {
        let mut peak = self.magnitude();
        let mut interval = self;
        for step in view.steps() {
            interval = interval.through_step(step);
            peak = peak.max(interval.magnitude());
        }
        (interval, peak)
    }

    fn through_step(self, step: &Step) -> Self {
        let count = |n: usize| Self::point(i128::try_from(n).unwrap_or(i128::MAX));
        let zero = Self::point(0);
        match step {
            Step::Permute(_) | Step::Insert { .. } | Step::Split { .. } | Step::Merge { .. } => {
                self
            }
            Step::Slice {
                source,
                start,
                step,
                len,
                ..
            } => {
                let (start, step) = (i128::from(*start), i128::from(*step));
                let last = count(len.saturating_sub(1)).high.saturating_mul(step) + start;
                let inside = 0..count(*source).high;
                if inside.contains(&start) && inside.contains(&last) {
                    self
                } else {
                    self.hull(zero)
                }
            }
            Step::Gather { index, .. } => {
                if index.iter().all(Option::is_some) {
                    self
                } else {
                    self.hull(zero)
                }
            }
            Step::Window {
                source,
                positions,
                kernel,
                stride,
                dilation,
                pad,
                ..
            } => {
                let reach = positions.saturating_sub(1).saturating_mul(*stride)
                    + kernel.saturating_sub(1).saturating_mul(*dilation);
                if *pad == 0 && reach < *source {
                    self
                } else {
                    self.hull(zero)
                }
            }
            Step::Reduce {
                source,
                weights: None,
                ..
            } => self.times(count(*source)),
            Step::Reduce {
                weights: Some(weights),
                ..
            } => weights
                .iter()
                .fold(zero, |sum, &w| sum.plus(self.times(Self::point(w.into())))),
            Step::SuffixSum { len, .. } => self.times(count(len.saturating_sub(1))).hull(zero),
        }
    }
}
