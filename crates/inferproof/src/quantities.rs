//! Numbers as people read them.

use std::fmt;
use std::time::Duration;

/// A number of bytes, with three digits.
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0 as f64;
        match self.0 {
            0..1_000 => write!(f, "{} B", self.0),
            1_000..10_000 => write!(f, "{:.1} kB", bytes / 1e3),
            10_000..1_000_000 => write!(f, "{:.0} kB", bytes / 1e3),
            1_000_000..10_000_000 => write!(f, "{:.1} MB", bytes / 1e6),
            _ => write!(f, "{:.0} MB", bytes / 1e6),
        }
    }
}

/// A duration in seconds or milliseconds.
pub struct Seconds(pub f64);

impl From<Duration> for Seconds {
    fn from(duration: Duration) -> Self {
        Self(duration.as_secs_f64())
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            s if s < 0.1 => write!(f, "{:.1} ms", s * 1e3),
            s if s < 10.0 => write!(f, "{s:.2} s"),
            s => write!(f, "{s:.0} s"),
        }
    }
}

/// A number with its thousands set apart.
pub struct Count(pub usize);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (position, digit) in digits.chars().enumerate() {
            if position > 0 && (digits.len() - position).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

/// A tensor's shape: `1x28x28`.
pub struct Shape<'a>(pub &'a [usize]);

impl fmt::Display for Shape<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("scalar");
        }
        for (position, length) in self.0.iter().enumerate() {
            write!(f, "{}{length}", if position > 0 { "x" } else { "" })?;
        }
        Ok(())
    }
}
