//! Arrays of signed integers: weights, and what a prover commits to.
//!
//! They are held as narrow as their range allows and are shared, so that interpreter, commitment and argument read one array; they may be
//! secret, so that they are zeroized when the last clone is dropped and never print themselves.
//!
//! ```
//! use inferproof_integers::Integers;
//!
//! let weights = Integers::narrowest(&[3, -4, 127], -127, 127).unwrap();
//! assert!(matches!(weights, Integers::I8(_)));
//! assert_eq!(weights.to_i64(), [3, -4, 127]);
//! assert_eq!(format!("{weights:?}"), "3 integers of 8 bits");
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable
    )
)]

mod shared;

pub use shared::{Bytes, Entry, Shared};

use serde::Serialize;
use std::borrow::Cow;
use std::ops::Range;
use zerocopy::IntoBytes;
use zeroize::Zeroizing;

/// An array of signed integers.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub enum Integers {
    /// 8 bits each.
    I8(Shared<i8>),
    /// 16 bits each.
    I16(Shared<i16>),
    /// 32 bits each.
    I32(Shared<i32>),
    /// 64 bits each.
    I64(Shared<i64>),
}

/// A value is outside of `[-2^31, 2^31)`. The value is secret, perhaps, so it is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("value {index} does not fit 32 bits")]
pub struct OutOfRange {
    /// Where the value stands.
    pub index: usize,
}

/// The same expression of an array of each width.
macro_rules! each {
    ($integers:expr, $values:ident => $body:expr) => {
        match $integers {
            Integers::I8($values) => $body,
            Integers::I16($values) => $body,
            Integers::I32($values) => $body,
            Integers::I64($values) => $body,
        }
    };
}

impl Integers {
    /// Values of a declared range in the narrowest type that holds all of the range; `None` if a value is outside it.
    #[must_use]
    pub fn narrowest(values: &[i64], low: i64, high: i64) -> Option<Self> {
        Self::of_range(values.iter().copied(), low, high)
    }

    /// As [`Self::narrowest`], of values that come one by one and are never all in memory as wide as they come.
    #[must_use]
    pub fn of_range(values: impl Iterator<Item = i64>, low: i64, high: i64) -> Option<Self> {
        fn all<T: Entry>(
            values: impl Iterator<Item = i64>,
            narrow: impl Fn(i64) -> Option<T>,
        ) -> Option<Shared<T>> {
            // An array that grew would leave copies behind: there is room for as many as are announced.
            let mut array = Zeroizing::new(Vec::with_capacity(values.size_hint().0));
            for value in values {
                array.push(narrow(value)?);
            }
            Some(std::mem::take(&mut *array).into())
        }
        let inside = |v: i64| (low..=high).contains(&v).then_some(v);
        let fits = |l: i64, h: i64| l <= low && high <= h;
        Some(if fits(i8::MIN.into(), i8::MAX.into()) {
            Self::I8(all(values, |v| inside(v).map(|v| v as i8))?)
        } else if fits(i16::MIN.into(), i16::MAX.into()) {
            Self::I16(all(values, |v| inside(v).map(|v| v as i16))?)
        } else if fits(i32::MIN.into(), i32::MAX.into()) {
            Self::I32(all(values, |v| inside(v).map(|v| v as i32))?)
        } else {
            Self::I64(all(values, inside)?)
        })
    }

    /// Values in the narrowest type that holds them, of at most 32 bits: what a commitment holds.
    ///
    /// # Errors
    /// If a value is wider.
    pub fn from_i64(values: &[i64]) -> Result<Self, OutOfRange> {
        let fits = |v: &i64| i32::try_from(*v).is_ok();
        if let Some(index) = values.iter().position(|v| !fits(v)) {
            return Err(OutOfRange { index });
        }
        let low = values.iter().copied().min().unwrap_or(0);
        let high = values.iter().copied().max().unwrap_or(0);
        Self::narrowest(values, low, high).ok_or(OutOfRange { index: 0 })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        each!(self, values => values.len())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bits each has.
    #[must_use]
    pub fn bits(&self) -> u32 {
        match self {
            Self::I8(_) => i8::BITS,
            Self::I16(_) => i16::BITS,
            Self::I32(_) => i32::BITS,
            Self::I64(_) => i64::BITS,
        }
    }

    /// The value at an index, or `None` beyond the end.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<i64> {
        each!(self, values => values.get(index).map(widen))
    }

    /// All values in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = i64> + '_ {
        (0..self.len()).map(|index| self.get(index).unwrap_or_default())
    }

    /// All values in order, in a vector that the caller has to zeroize if they are secret.
    #[must_use]
    pub fn to_i64(&self) -> Vec<i64> {
        each!(self, values => values.iter().map(widen).collect())
    }

    /// A run of them, as wide; `None` if it goes beyond the end.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Option<Self> {
        Some(match self {
            Self::I8(values) => Self::I8(values.slice(range)?),
            Self::I16(values) => Self::I16(values.slice(range)?),
            Self::I32(values) => Self::I32(values.slice(range)?),
            Self::I64(values) => Self::I64(values.slice(range)?),
        })
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
        each!(self, values => of(values))
    }

    /// Adds a multiple of each value to the sum in its place, wrapping around.
    pub fn add_multiple(&self, sums: &mut [i64], factor: i64) {
        fn add<T: Copy + Into<i64>>(sums: &mut [i64], values: &[T], factor: i64) {
            for (sum, &value) in sums.iter_mut().zip(values) {
                *sum = sum.wrapping_add(factor.wrapping_mul(value.into()));
            }
        }
        each!(self, values => add(sums, values, factor));
    }

    /// Values of as many bits that lie as little-endian bytes somewhere else, in a mapped file for one, and are read there; `None` where they
    /// would have to be copied: if they do not begin where this machine can read them, or it has another order of bytes.
    #[must_use]
    pub fn within(bits: u32, bytes: Bytes, range: Range<usize>) -> Option<Self> {
        if cfg!(target_endian = "big") {
            return None;
        }
        Some(match bits {
            i8::BITS => Self::I8(Shared::within(bytes, range)?),
            i16::BITS => Self::I16(Shared::within(bytes, range)?),
            i32::BITS => Self::I32(Shared::within(bytes, range)?),
            i64::BITS => Self::I64(Shared::within(bytes, range)?),
            _ => return None,
        })
    }

    /// All values in order, as little-endian bytes: those that they are in memory, where this machine has that order.
    #[must_use]
    pub fn as_bytes(&self) -> Cow<'_, [u8]> {
        if cfg!(target_endian = "little") {
            return each!(self, values => values.as_bytes().into());
        }
        let mut bytes = Vec::with_capacity(self.len() * self.bits() as usize / 8);
        self.for_bytes(|run| bytes.extend_from_slice(run));
        bytes.into()
    }

    /// Shows all values in order, in the little-endian bytes of their type, a run of many at a time.
    pub fn for_bytes(&self, mut show: impl FnMut(&[u8])) {
        fn runs<T: Copy, const N: usize>(
            values: &[T],
            bytes: impl Fn(T) -> [u8; N],
            show: &mut dyn FnMut(&[u8]),
        ) {
            const RUN: usize = 1 << 14;
            let mut run = Zeroizing::new(Vec::with_capacity(RUN * N));
            for values in values.chunks(RUN) {
                run.clear();
                values
                    .iter()
                    .for_each(|&value| run.extend_from_slice(&bytes(value)));
                show(&run);
            }
        }
        match self {
            Self::I8(values) => runs(values, i8::to_le_bytes, &mut show),
            Self::I16(values) => runs(values, i16::to_le_bytes, &mut show),
            Self::I32(values) => runs(values, i32::to_le_bytes, &mut show),
            Self::I64(values) => runs(values, i64::to_le_bytes, &mut show),
        }
    }
}

fn widen<T: Copy + Into<i64>>(value: &T) -> i64 {
    (*value).into()
}

/// Only how many and how wide is printed.
impl std::fmt::Debug for Integers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} integers of {} bits", self.len(), self.bits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_decides_how_wide() {
        for (bits, half) in [(8, 1i64 << 7), (16, 1 << 15), (32, 1 << 31)] {
            let narrow = Integers::narrowest(&[0, 1], -half, half - 1).unwrap();
            assert_eq!(narrow.bits(), bits);
            let wider = Integers::narrowest(&[0, 1], -half, half).unwrap();
            assert_eq!(wider.bits(), 2 * bits);
            assert_eq!(Integers::from_i64(&[-half, half - 1]).unwrap().bits(), bits);
        }
        assert_eq!(Integers::narrowest(&[4], -3, 3), None);
        let error = Integers::from_i64(&[0, 1 << 31]).unwrap_err();
        assert_eq!(error, OutOfRange { index: 1 });
    }

    #[test]
    fn arrays_are_read_in_every_width() {
        let wide = [-1i64 << 40, 7, 1 << 40];
        for (values, bound) in [
            (&[-5, 7, 3], 10),
            (&[-500, 7, 300], 500),
            (&[-70_000, 7, 9], 70_000),
            (&wide, 1 << 40),
        ] {
            let integers = Integers::narrowest(values, -bound, bound).unwrap();
            assert_eq!(integers.to_i64(), values);
            assert_eq!(integers.iter().collect::<Vec<_>>(), values);
            assert_eq!(
                (integers.get(1), integers.get(3)),
                (Some(7), None),
                "{integers:?}"
            );
            let extremes = (values.iter().copied().min(), values.iter().copied().max());
            assert_eq!(integers.extremes(), extremes.0.zip(extremes.1));
            assert_eq!(integers.slice(1..3).unwrap().to_i64(), values[1..]);
            assert_eq!(integers.slice(1..3).unwrap().bits(), integers.bits());
            assert_eq!(integers.slice(2..4), None);
            let mut sums = [1, 1, 1];
            integers.add_multiple(&mut sums, 2);
            assert_eq!(sums.map(|sum| (sum - 1) / 2), *values);
            let mut bytes = vec![];
            integers.for_bytes(|run| bytes.extend_from_slice(run));
            assert_eq!(bytes.len() * 8, 3 * integers.bits() as usize);
            assert_eq!(i64::from(bytes[0] as i8) & 0xff, values[0] & 0xff);
        }
    }

    #[test]
    fn arrays_lie_in_bytes_of_others() {
        for (values, bound) in [
            (&[-5, 7, 3], 10),
            (&[-500, 7, 300], 500),
            (&[-70_000, 7, 9], 70_000),
            (&[-1i64 << 40, 7, 1 << 40], 1 << 40),
        ] {
            let own = Integers::narrowest(values, -bound, bound).unwrap();
            // Vectors of 64 bits begin where any width can be read.
            let bytes = own.as_bytes().into_owned();
            let mut aligned = vec![0u64; 4];
            aligned.as_mut_bytes()[8..8 + bytes.len()].copy_from_slice(&bytes);
            let place = 8..8 + bytes.len();
            struct Held(Vec<u64>);
            impl AsRef<[u8]> for Held {
                fn as_ref(&self) -> &[u8] {
                    self.0.as_bytes()
                }
            }
            let held: Bytes = std::sync::Arc::new(Held(aligned));
            let within = Integers::within(own.bits(), held.clone(), place.clone()).unwrap();
            assert_eq!(within, own);
            assert_eq!(within.as_bytes(), own.as_bytes());
            assert_eq!(within.slice(1..3), own.slice(1..3));
            assert_eq!(within.slice(2..4), None);
            assert!(Integers::within(own.bits(), held.clone(), 8..40).is_none());
            if own.bits() > 8 {
                assert!(Integers::within(own.bits(), held.clone(), 9..9 + bytes.len()).is_none());
                assert!(Integers::within(own.bits(), held, 8..7 + bytes.len()).is_none());
            }
        }
    }

    #[test]
    fn clones_share_one_array() {
        let integers = Integers::narrowest(&[1, 2, 3], -3, 3).unwrap();
        let Integers::I8(values) = &integers else {
            panic!("{integers:?}")
        };
        let clone = integers.clone();
        let Integers::I8(same) = &clone else {
            panic!("{clone:?}")
        };
        assert!(std::ptr::eq(&**values, &**same));
    }
}
