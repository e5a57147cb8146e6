//! What is being written lies under a temporary name until it is whole. All such names are known, so that a process that has to end
//! at once can clean up.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A file or folder that is removed when dropped, unless it was given its final name before.
pub struct Unfinished(PathBuf);

impl Unfinished {
    /// Registers a path that is about to be made.
    pub fn new(path: PathBuf) -> Self {
        if let Ok(mut unfinished) = UNFINISHED.lock() {
            unfinished.push(path.clone());
        }
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        remove(&self.0);
        if let Ok(mut unfinished) = UNFINISHED.lock() {
            unfinished.retain(|path| *path != self.0);
        }
    }
}

/// Removes all that is unfinished in this process, which is about to end.
pub fn remove_unfinished() {
    if let Ok(unfinished) = UNFINISHED.lock() {
        for path in unfinished.iter() {
            remove(path);
        }
    }
}

fn remove(path: &Path) {
    // It is gone already if it was given its final name.
    let _ = if path.is_dir() {
        std::fs::remove_dir_all(path)
    } else {
        std::fs::remove_file(path)
    };
}
