//! Secret arrays that their clones share.

use serde::{Serialize, Serializer};
use std::ops::Deref;
use std::sync::Arc;
use zeroize::{Zeroize, Zeroizing};

/// An array of integers of one width. Clones share it; when the last of them is dropped, its memory is zeroized.
#[derive(Clone, PartialEq, Eq)]
pub struct Shared<T: Zeroize>(Arc<Zeroizing<Vec<T>>>);

impl<T: Zeroize> Deref for Shared<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Zeroize> From<Vec<T>> for Shared<T> {
    fn from(values: Vec<T>) -> Self {
        Self(Arc::new(Zeroizing::new(values)))
    }
}

/// As many are expected as the iterator is known to have: an array that grew would leave copies behind.
impl<T: Zeroize> FromIterator<T> for Shared<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Vec::from_iter(values).into()
    }
}

impl<T: Zeroize + Serialize> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.deref().serialize(serializer)
    }
}
