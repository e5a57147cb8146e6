//! The last few values that were made, by what they were made of.

use std::sync::{Arc, Mutex, PoisonError};

/// How many are remembered. Whoever verifies has a handful of statements; the relations of a large program take megabytes.
const REMEMBERED: usize = 8;

/// Values by their keys; the oldest one makes room.
pub(crate) struct Recent<K, V>(Mutex<Vec<(K, Arc<V>)>>);

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: PartialEq, V> Recent<K, V> {
    /// The value of a key, made if it is not remembered.
    pub fn get_or_make<E>(
        &self,
        key: K,
        make: impl FnOnce(&K) -> Result<V, E>,
    ) -> Result<Arc<V>, E> {
        // A thread that panicked while it held the lock left a list that is whole all the same.
        let list = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = list().iter().find(|(known, _)| *known == key) {
            return Ok(known.clone());
        }
        let made = Arc::new(make(&key)?);
        let mut list = list();
        if list.len() == REMEMBERED {
            list.remove(0);
        }
        list.push((key, made.clone()));
        Ok(made)
    }
}
