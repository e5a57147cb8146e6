//! Ctrl-C: the first one asks the work to stop at its next step, a second one stops it at once.
//!
//! What is being written lies under a temporary name until it is whole; a second Ctrl-C removes it.

use crate::error::Error;
use inferproof::Unfinished;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);
static UNFINISHED: LazyLock<Unfinished> = LazyLock::new(Unfinished::default);

/// What this process is writing.
pub fn unfinished() -> &'static Unfinished {
    &UNFINISHED
}

/// Listens for Ctrl-C, SIGTERM and SIGHUP.
pub fn listen() {
    let handler = || {
        if ASKED.swap(true, Ordering::SeqCst) {
            UNFINISHED.remove_all();
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
