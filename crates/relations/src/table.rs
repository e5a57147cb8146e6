//! Tables of integer tuples that lookups are into.

use serde::Serialize;

/// A table of integer tuples. Its tag in the argument is its place in [`Parts::tables`](crate::Parts::tables) plus one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Table {
    /// `(v)` for `low <= v < low + size`.
    Range {
        /// The least value.
        low: i64,
        /// How many values.
        size: usize,
    },
    /// Saturation (`docs/protocol.md`, must 5): `(0, y)` for `low <= y <= high`, `(e, high)` for `0 < e <= above`, and `(-e, low)` for
    /// `0 < e <= below`.
    Clamp {
        /// The least value.
        low: i64,
        /// The greatest value.
        high: i64,
        /// The largest excess below.
        below: usize,
        /// The largest excess above.
        above: usize,
    },
    /// `(x, values[x - low])`.
    Function {
        /// The least argument.
        low: i64,
        /// The values at `low`, `low + 1`, ...
        values: Vec<i64>,
    },
}

impl Table {
    /// How many tuples it has.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Range { size, .. } => *size,
            Self::Clamp {
                low,
                high,
                below,
                above,
            } => usize::try_from(high.saturating_sub(*low))
                .map_or(0, |n| n.saturating_add(1))
                .saturating_add(*below)
                .saturating_add(*above),
            Self::Function { values, .. } => values.len(),
        }
    }

    /// Whether it has no tuple.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many entries a tuple has.
    #[must_use]
    pub fn arity(&self) -> usize {
        match self {
            Self::Range { .. } => 1,
            Self::Clamp { .. } | Self::Function { .. } => 2,
        }
    }

    /// The tuples in order, those of arity one with a zero behind.
    pub fn tuples(&self) -> Box<dyn Iterator<Item = (i64, i64)> + '_> {
        match self {
            Self::Range { low, size } => Box::new((0..*size as i64).map(move |i| (low + i, 0))),
            Self::Clamp {
                low,
                high,
                below,
                above,
            } => Box::new(
                (*low..=*high)
                    .map(|y| (0, y))
                    .chain((1..=*above as i64).map(|e| (e, *high)))
                    .chain((1..=*below as i64).map(|e| (-e, *low))),
            ),
            Self::Function { low, values } => {
                Box::new(values.iter().zip(*low..).map(|(&v, x)| (x, v)))
            }
        }
    }

    /// The place of a tuple in [`Self::tuples`]; `None` if it has none.
    #[must_use]
    pub fn position(&self, first: i64, second: i64) -> Option<usize> {
        let index = |i: i64, n: usize| usize::try_from(i).ok().filter(|&i| i < n);
        match self {
            Self::Range { low, size } => index(first.checked_sub(*low)?, *size),
            Self::Clamp {
                low,
                high,
                below,
                above,
            } => {
                let values = usize::try_from(high - low).ok()? + 1;
                match first {
                    0 => index(second.checked_sub(*low)?, values),
                    1.. if second == *high => Some(values + index(first - 1, *above)?),
                    ..=-1 if second == *low => Some(values + above + index(-1 - first, *below)?),
                    _ => None,
                }
            }
            Self::Function { low, values } => {
                let i = index(first.checked_sub(*low)?, values.len())?;
                (values.get(i) == Some(&second)).then_some(i)
            }
        }
    }
}
