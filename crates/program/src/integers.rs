//! Weights, held as narrow as their values allow.

use crate::TensorId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The weights of a program, row-major each.
pub type Weights = BTreeMap<TensorId, Integers>;

/// An array of signed integers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Integers {
    /// 8 bits each.
    I8(Vec<i8>),
    /// 16 bits each.
    I16(Vec<i16>),
    /// 32 bits each.
    I32(Vec<i32>),
    /// 64 bits each.
    I64(Vec<i64>),
}

impl Integers {
    /// Holds values of a declared range in the narrowest type; `None` if a value is outside the range.
    #[must_use]
    pub fn narrowest(values: &[i64], low: i64, high: i64) -> Option<Self> {
        if !values.iter().all(|v| (low..=high).contains(v)) {
            return None;
        }
        fn all<T: TryFrom<i64>>(values: &[i64]) -> Option<Vec<T>> {
            values.iter().map(|&v| T::try_from(v).ok()).collect()
        }
        let fits = |l: i64, h: i64| l <= low && high <= h;
        Some(if fits(i8::MIN.into(), i8::MAX.into()) {
            Self::I8(all(values)?)
        } else if fits(i16::MIN.into(), i16::MAX.into()) {
            Self::I16(all(values)?)
        } else if fits(i32::MIN.into(), i32::MAX.into()) {
            Self::I32(all(values)?)
        } else {
            Self::I64(values.to_vec())
        })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::I8(v) => v.len(),
            Self::I16(v) => v.len(),
            Self::I32(v) => v.len(),
            Self::I64(v) => v.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Each in turn.
    pub fn iter(&self) -> Box<dyn Iterator<Item = i64> + '_> {
        match self {
            Self::I8(v) => Box::new(v.iter().map(|&v| v.into())),
            Self::I16(v) => Box::new(v.iter().map(|&v| v.into())),
            Self::I32(v) => Box::new(v.iter().map(|&v| v.into())),
            Self::I64(v) => Box::new(v.iter().copied()),
        }
    }

    /// All of them, 64 bits each.
    #[must_use]
    pub fn widen(&self) -> Vec<i64> {
        match self {
            Self::I8(v) => v.iter().map(|&v| v.into()).collect(),
            Self::I16(v) => v.iter().map(|&v| v.into()).collect(),
            Self::I32(v) => v.iter().map(|&v| v.into()).collect(),
            Self::I64(v) => v.clone(),
        }
    }

    /// The least and the greatest; `None` if there are none.
    #[must_use]
    pub fn extremes(&self) -> Option<(i64, i64)> {
        fn of<T: Copy + Ord + Into<i64>>(values: &[T]) -> Option<(i64, i64)> {
            let first = *values.first()?;
            let widen = |(low, high), &v: &T| (v.min(low), v.max(high));
            let (low, high) = values.iter().fold((first, first), widen);
            Some((low.into(), high.into()))
        }
        match self {
            Self::I8(v) => of(v),
            Self::I16(v) => of(v),
            Self::I32(v) => of(v),
            Self::I64(v) => of(v),
        }
    }
}

/// Weights are secret: only how many and how wide is printed.
impl std::fmt::Debug for Integers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let width = match self {
            Self::I8(_) => 8,
            Self::I16(_) => 16,
            Self::I32(_) => 32,
            Self::I64(_) => 64,
        };
        write!(f, "{} integers of {width} bits", self.len())
    }
}
