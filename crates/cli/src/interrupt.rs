//! Ctrl-C: the first one asks the work to stop at its next step, a second one stops it at once.
//!
//! What is being written lies under a temporary name until it is whole; a second Ctrl-C removes it.

use crate::error::Error;
use inferproof::remove_unfinished;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Listens for Ctrl-C, SIGTERM and SIGHUP.
pub fn listen() {
    let handler = || {
        if ASKED.swap(true, Ordering::SeqCst) {
            remove_unfinished();
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
