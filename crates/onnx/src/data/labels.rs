//! The right answers of samples.

use super::entry::{Entry, Wrong, quoted};
use super::fit::MAX_SAMPLES;
use crate::OnnxError;

/// The array, column or key of the right answers.
pub const LABEL: &str = "label";

/// Beyond this an integer may not be a float.
const GREATEST: f64 = (1u64 << 53) as f64;

/// One answer: the position of a class, or a class's number.
pub fn take(entry: Entry<'_>) -> Result<i64, Wrong> {
    let value = match entry {
        Entry::Number(number) if number.fract() == 0.0 && number.abs() <= GREATEST => {
            return Ok(number as i64);
        }
        Entry::Number(number) => number.to_string(),
        Entry::Text(text) => quoted(text),
        Entry::Missing => "missing".into(),
    };
    Err(Wrong::new(
        value,
        "the number of the right class, an integer",
    ))
}

/// There are no more than there can be samples.
pub fn check_count(file: &str, count: usize) -> Result<(), OnnxError> {
    if count <= MAX_SAMPLES {
        return Ok(());
    }
    Err(OnnxError::Shape {
        file: file.into(),
        tensor: LABEL.into(),
        expected: format!("at most {MAX_SAMPLES} entries"),
        got: format!("{count} entries"),
    })
}

/// There is one for each sample.
pub fn check(file: &str, count: usize, samples: usize) -> Result<(), OnnxError> {
    if count == samples {
        return Ok(());
    }
    Err(OnnxError::Shape {
        file: file.into(),
        tensor: LABEL.into(),
        expected: format!("{samples} entries, one for each sample"),
        got: format!("{count} entries"),
    })
}
