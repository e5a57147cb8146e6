//! Secret arrays that their clones share.

use serde::{Serialize, Serializer};
use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};
use zeroize::{Zeroize, Zeroizing};

/// Bytes that are somewhere else, in a mapped file for one, and stay as they are.
pub type Bytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// The integers that arrays are made of.
pub trait Entry: Copy + Zeroize + FromBytes + IntoBytes + Immutable + KnownLayout {}

impl Entry for i8 {}
impl Entry for i16 {}
impl Entry for i32 {}
impl Entry for i64 {}

/// An array of integers of one width. Clones share it; when the last of them is dropped, its memory is zeroized, unless the array lies in
/// bytes of others.
#[derive(Clone)]
pub struct Shared<T: Entry>(Place<T>);

#[derive(Clone)]
enum Place<T: Entry> {
    Own(Arc<Zeroizing<Vec<T>>>),
    Within { bytes: Bytes, range: Range<usize> },
}

impl<T: Entry> Shared<T> {
    /// An array that lies in bytes of others, in the order of this machine; `None` if the range is beyond their end, cuts an entry, or does not
    /// begin where an entry can be read.
    #[must_use]
    pub fn within(bytes: Bytes, range: Range<usize>) -> Option<Self> {
        let part = (*bytes).as_ref().get(range.clone())?;
        <[T]>::ref_from_bytes(part).ok()?;
        Some(Self(Place::Within { bytes, range }))
    }

    /// A run of the entries; `None` if it goes beyond the end. Of what lies in bytes of others nothing is copied.
    #[must_use]
    pub fn slice(&self, run: Range<usize>) -> Option<Self> {
        match &self.0 {
            Place::Own(values) => Some(values.get(run)?.to_vec().into()),
            Place::Within { bytes, range } => {
                self.get(run.clone())?;
                let byte =
                    |entry: usize| range.start.checked_add(entry.checked_mul(size_of::<T>())?);
                Self::within(bytes.clone(), byte(run.start)?..byte(run.end)?)
            }
        }
    }
}

impl<T: Entry> Deref for Shared<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match &self.0 {
            Place::Own(values) => values,
            Place::Within { bytes, range } => {
                let part = (**bytes).as_ref().get(range.clone());
                // They have been read like this before.
                let entries = part.and_then(|part| <[T]>::ref_from_bytes(part).ok());
                entries.unwrap_or_default()
            }
        }
    }
}

impl<T: Entry + PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Entry + Eq> Eq for Shared<T> {}

impl<T: Entry> From<Vec<T>> for Shared<T> {
    fn from(values: Vec<T>) -> Self {
        Self(Place::Own(Arc::new(Zeroizing::new(values))))
    }
}

/// As many are expected as the iterator is known to have: an array that grew would leave copies behind.
impl<T: Entry> FromIterator<T> for Shared<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Vec::from_iter(values).into()
    }
}

impl<T: Entry + Serialize> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.deref().serialize(serializer)
    }
}

/// Only how many there are is printed.
impl<T: Entry> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} integers", self.len())
    }
}
