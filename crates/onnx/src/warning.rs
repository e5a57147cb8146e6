//! What a user should know of a compiled model before trusting it.

use crate::accuracy::{Accuracy, Agreement, ColumnError};
use crate::compile::CompileReport;
use serde::{Serialize, Serializer, ser::SerializeStruct};
use std::fmt;

/// So many calibration samples are enough: of `n` samples, a further one of the same kind goes beyond the range of a value with a
/// probability of `2 / (n + 1)`, which is 6 % here.
pub const ENOUGH_SAMPLES: usize = 32;

/// Evaluation data chose neither scales nor widths: they may be off by so many times the tolerance.
const EVALUATION: f64 = 2.0;

/// A reason not to trust a compiled model as it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// There are too few calibration samples to know ranges from.
    FewSamples {
        /// How many there are.
        samples: usize,
    },
    /// A column's error is beyond the tolerance.
    Error {
        /// On which data: `calibration` or `evaluation`.
        data: &'static str,
        /// The worst column.
        column: ColumnError,
        /// What was asked for.
        tolerance: f64,
    },
    /// The greatest entry is not where the float model has it.
    Answers {
        /// On which data: `calibration` or `evaluation`.
        data: &'static str,
        /// In how many rows it is.
        same: usize,
        /// Of how many.
        of: usize,
    },
}

impl Warning {
    /// All that there is to say of a compiled model.
    #[must_use]
    pub fn all(report: &CompileReport, evaluation: Option<&Accuracy>, tolerance: f64) -> Vec<Self> {
        let mut warnings = vec![];
        if report.samples < ENOUGH_SAMPLES {
            let samples = report.samples;
            warnings.push(Self::FewSamples { samples });
        }
        warnings.extend(Self::of("calibration", &report.agreement, tolerance));
        if let Some(evaluation) = evaluation {
            let tolerance = EVALUATION * tolerance;
            warnings.extend(Self::of("evaluation", &evaluation.agreement, tolerance));
        }
        warnings
    }

    fn of(data: &'static str, agreement: &Agreement, tolerance: f64) -> Vec<Self> {
        let beyond = agreement.worst.iter();
        let beyond = beyond.filter(|column| column.relative_error > tolerance);
        let mut warnings: Vec<Self> = beyond
            .map(|column| Self::Error {
                data,
                column: column.clone(),
                tolerance,
            })
            .collect();
        if !agreement.has_answers(tolerance) {
            warnings.push(Self::Answers {
                data,
                same: agreement.top1,
                of: agreement.top1_of,
            });
        }
        warnings
    }

    /// A word for programs.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::FewSamples { .. } => "few_samples",
            Self::Error { .. } => "error_beyond_tolerance",
            Self::Answers { .. } => "other_answers",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FewSamples { samples } => write!(
                f,
                "calibration has {samples} sample{}, too few to know the range of every value; {ENOUGH_SAMPLES} are enough",
                if *samples == 1 { "" } else { "s" }
            ),
            Self::Error {
                data,
                column,
                tolerance,
            } => {
                write!(f, "on the {data} data output `{}`", column.output)?;
                if let Some(place) = column.column {
                    write!(f, ", column {place},")?;
                }
                write!(
                    f,
                    " is off by up to {} where its size is {}: {:.2} %, more than the {:.2} % that are tolerated",
                    Short(column.max_abs_error),
                    Short(column.size),
                    100.0 * column.relative_error,
                    100.0 * tolerance
                )
            }
            Self::Answers { data, same, of } => write!(
                f,
                "on the {data} data the answer (the place of the greatest entry) is the float model's {same} of {of} times only"
            ),
        }
    }
}

/// A kind for programs, and the message for people.
impl Serialize for Warning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Warning", 2)?;
        object.serialize_field("kind", self.kind())?;
        object.serialize_field("message", &self.to_string())?;
        object.end()
    }
}

/// A number with three digits.
struct Short(f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.abs();
        if magnitude != 0.0 && !(1e-3..1e6).contains(&magnitude) {
            return write!(f, "{:.2e}", self.0);
        }
        let digits = match magnitude {
            m if m >= 100.0 || m == 0.0 => 0,
            m if m >= 10.0 => 1,
            m if m >= 1.0 => 2,
            _ => 4,
        };
        write!(f, "{:.digits$}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        let shown =
            [0.0, 0.0123, 1.234, 12.34, 123.4, 1.23e7, 1.2e-5].map(|n| Short(n).to_string());
        assert_eq!(
            shown,
            ["0", "0.0123", "1.23", "12.3", "123", "1.23e7", "1.20e-5"]
        );
    }
}
