//! Function tables.

use crate::Interval;
use crate::validate::MAX_COMMITTED;
use serde::{Deserialize, Serialize};

/// The most entries a table may have.
const MAX_TABLE: usize = 1 << 24;

/// A function on the integers `low .. low + values.len()`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Table {
    /// The least argument.
    pub low: i64,
    /// `f(low + i) = values[i]`.
    pub values: Vec<i64>,
}

impl Table {
    /// The range of its values, if it is a table that a program may have.
    pub(crate) fn range(&self) -> Result<Interval, String> {
        if self.values.is_empty() || self.values.len() > MAX_TABLE {
            return Err(format!(
                "{} values; expected 1 to {MAX_TABLE}",
                self.values.len()
            ));
        }
        let inside = |v: i64| (-MAX_COMMITTED..=MAX_COMMITTED).contains(&v);
        if !inside(self.low) || !self.values.iter().all(|&v| inside(v)) {
            return Err(format!("a key or value beyond {MAX_COMMITTED}"));
        }
        let least = self.values.iter().copied().min().unwrap_or(0);
        let greatest = self.values.iter().copied().max().unwrap_or(0);
        Ok(Interval::new(least, greatest))
    }

    /// The greatest argument.
    #[must_use]
    pub fn high(&self) -> i64 {
        let last = i64::try_from(self.values.len()).unwrap_or(i64::MAX) - 1;
        self.low.saturating_add(last)
    }

    /// `f(x)`; `None` outside the domain.
    #[must_use]
    pub fn get(&self, x: i64) -> Option<i64> {
        let position = usize::try_from(x.checked_sub(self.low)?).ok()?;
        self.values.get(position).copied()
    }
}
