//! Small signed integers, the values that commitments hold.

#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

use zeroize::{Zeroize, ZeroizeOnDrop};

/// Small signed integers in the narrowest type that holds them all; zeroized when dropped, for they may be secret.
#[derive(Clone, PartialEq, Eq)]
pub enum Integers {
    /// All values are in `[-2^7, 2^7)`.
    I8(Vec<i8>),
    /// All values are in `[-2^15, 2^15)`.
    I16(Vec<i16>),
    /// All values are in `[-2^31, 2^31)`.
    I32(Vec<i32>),
}

/// A value is outside of `[-2^31, 2^31)`. The value is secret, perhaps, so it is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("value {index} does not fit 32 bits")]
pub struct OutOfRange {
    /// Where the value stands.
    pub index: usize,
}

impl Integers {
    /// Packs values into the narrowest of the three types.
    pub fn from_i64(values: &[i64]) -> Result<Self, OutOfRange> {
        let fits = |bits: u32| {
            let bound = 1i64 << (bits - 1);
            move |value: &i64| (-bound..bound).contains(value)
        };
        if values.iter().all(fits(8)) {
            Ok(Self::I8(values.iter().map(|&value| value as i8).collect()))
        } else if values.iter().all(fits(16)) {
            Ok(Self::I16(
                values.iter().map(|&value| value as i16).collect(),
            ))
        } else if let Some(index) = values.iter().position(|value| !fits(32)(value)) {
            Err(OutOfRange { index })
        } else {
            Ok(Self::I32(
                values.iter().map(|&value| value as i32).collect(),
            ))
        }
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        match self {
            Self::I8(values) => values.len(),
            Self::I16(values) => values.len(),
            Self::I32(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at an index, or `None` beyond the end.
    pub fn get(&self, index: usize) -> Option<i64> {
        match self {
            Self::I8(values) => values.get(index).map(|&value| value.into()),
            Self::I16(values) => values.get(index).map(|&value| value.into()),
            Self::I32(values) => values.get(index).map(|&value| value.into()),
        }
    }

    /// All values in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = i64> + '_ {
        (0..self.len()).map(|index| self.get(index).unwrap_or_default())
    }

    /// All values in order, in a vector that the caller has to zeroize if they are secret.
    pub fn to_i64(&self) -> Vec<i64> {
        match self {
            Self::I8(values) => values.iter().map(|&value| value.into()).collect(),
            Self::I16(values) => values.iter().map(|&value| value.into()).collect(),
            Self::I32(values) => values.iter().map(|&value| value.into()).collect(),
        }
    }

    /// Adds a multiple of each value to the sum in its place, wrapping around.
    #[cfg(feature = "prover")]
    pub(crate) fn add_multiple(&self, sums: &mut [i64], factor: i64) {
        fn add<T: Copy + Into<i64>>(sums: &mut [i64], values: &[T], factor: i64) {
            for (sum, &value) in sums.iter_mut().zip(values) {
                *sum = sum.wrapping_add(factor.wrapping_mul(value.into()));
            }
        }
        match self {
            Self::I8(values) => add(sums, values, factor),
            Self::I16(values) => add(sums, values, factor),
            Self::I32(values) => add(sums, values, factor),
        }
    }

    /// Feeds all values to a hash, in the bytes of their type.
    #[cfg(feature = "prover")]
    pub(crate) fn hash_into(&self, hasher: &mut blake3::Hasher) {
        fn hash<T: Copy, const N: usize>(
            hasher: &mut blake3::Hasher,
            values: &[T],
            bytes: impl Fn(T) -> [u8; N],
        ) {
            // So many at a time that the hash works on several blocks at once.
            for values in values.chunks(1 << 14) {
                let bytes = values.iter().flat_map(|&value| bytes(value)).collect();
                let bytes: zeroize::Zeroizing<Vec<u8>> = zeroize::Zeroizing::new(bytes);
                hasher.update(&bytes);
            }
        }
        match self {
            Self::I8(values) => hash(hasher, values, i8::to_le_bytes),
            Self::I16(values) => hash(hasher, values, i16::to_le_bytes),
            Self::I32(values) => hash(hasher, values, i32::to_le_bytes),
        }
    }
}

impl Zeroize for Integers {
    fn zeroize(&mut self) {
        match self {
            Self::I8(values) => values.zeroize(),
            Self::I16(values) => values.zeroize(),
            Self::I32(values) => values.zeroize(),
        }
    }
}

impl Drop for Integers {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for Integers {}

impl std::fmt::Debug for Integers {
    /// Shows the type and the count, never the values.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match self {
            Self::I8(_) => "I8",
            Self::I16(_) => "I16",
            Self::I32(_) => "I32",
        };
        f.debug_struct(name)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
