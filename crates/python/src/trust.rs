//! What is trusted of a key: that what was verified of it before still holds, and how much work it may demand.

use inferproof::{Cache, Limits};
use pyo3::prelude::*;
use std::path::PathBuf;

/// As Python hands it over.
#[derive(FromPyObject)]
pub struct Trust {
    /// Whether the user's cache remembers what was verified, unless there is a folder for that.
    user_cache: bool,
    folder: Option<PathBuf>,
    /// The most that the key may demand, in field operations, unless it is the library's own limit.
    max_work: Option<u64>,
}

impl Trust {
    pub fn cache(&self) -> Cache {
        match &self.folder {
            Some(folder) => Cache::at(folder.clone()),
            None if self.user_cache => Cache::of_user(),
            None => Cache::none(),
        }
    }

    pub fn limits(&self) -> Limits {
        self.max_work.map_or_else(Limits::default, Limits::of_work)
    }
}
