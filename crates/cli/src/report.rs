//! What reports are made of: short aligned lines, and numbers as people read them.

pub use inferproof::{Bytes, Count, Seconds, Shape};

use inferproof::{Visible, printable};
use std::fmt;

/// How wide the first column is.
pub const LABEL_WIDTH: usize = 12;

/// One line: a label and what stands behind it, in two columns. Whatever the value, it stays one line, and nothing in it moves the cursor.
pub fn row(f: &mut fmt::Formatter<'_>, label: &str, value: impl fmt::Display) -> fmt::Result {
    let value = value.to_string();
    writeln!(f, "{label:<LABEL_WIDTH$} {}", printable(&value))
}

/// Whether verifiers see something.
pub fn is_public(visible: Visible) -> bool {
    visible == Visible::Public
}

/// The most memory that this process has held, where the system tells.
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
