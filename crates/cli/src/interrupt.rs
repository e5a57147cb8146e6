//! Ctrl-C: the first one asks the work to stop at its next step, a second one stops it at once.
//!
//! What is being written lies under a temporary name until it is whole; a second Ctrl-C removes it.

use crate::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Listens for Ctrl-C, SIGTERM and SIGHUP.
pub fn listen() {
    let handler = || {
        if ASKED.swap(true, Ordering::SeqCst) {
            if let Ok(unfinished) = UNFINISHED.lock() {
                for path in unfinished.iter() {
                    remove(path);
                }
            }
            std::process::exit(130);
        }
    };
    // Without a handler the process ends at once, and leaves a temporary file or folder behind at worst.
    let _ = ctrlc::set_handler(handler);
}

/// Whether to stop.
pub fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// An error if asked to stop, for use between steps.
pub fn check() -> Result<(), Error> {
    if asked() {
        Err(Error::Interrupted)
    } else {
        Ok(())
    }
}

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

fn remove(path: &Path) {
    // It is gone already if it was given its final name.
    let _ = if path.is_dir() {
        std::fs::remove_dir_all(path)
    } else {
        std::fs::remove_file(path)
    };
}
