//! Why a claim is refused.

use inferproof_program::ProgramError;
use std::fmt;
use std::ops::Range;

/// What is wrong with a claim.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimProblem {
    /// A character that no part of a claim begins with.
    #[error("unexpected {found}{hint}")]
    Character {
        /// It, quoted.
        found: String,
        /// What may have been meant; may be empty.
        hint: &'static str,
    },
    /// Something else should stand here.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What should.
        expected: &'static str,
        /// What does.
        found: String,
    },
    /// A number whose numerator or denominator is beyond 2^62, here or in a sum.
    #[error("the number has too many digits: numerators and denominators may reach 2^62")]
    Digits,
    /// A tensor is named that is neither an input nor an output.
    #[error("the model has no input or output `{name}`; it has {known}")]
    Unknown {
        /// The name.
        name: String,
        /// What there is.
        known: String,
    },
    /// An input and an output have the same name.
    #[error("`{name}` is an input and an output; say `input:{name}` or `output:{name}`")]
    Ambiguous {
        /// The name.
        name: String,
    },
    /// An index beyond an axis.
    #[error(
        "index {index} is out of range: axis {axis} of `{tensor}` has {length} entries, from 0"
    )]
    Index {
        /// The tensor's name.
        tensor: String,
        /// Which axis.
        axis: usize,
        /// The index.
        index: String,
        /// The axis's length.
        length: usize,
    },
    /// Too few or too many indices.
    #[error("`{tensor}` has shape {shape:?}: {expected}")]
    Indices {
        /// The tensor's name.
        tensor: String,
        /// Its shape.
        shape: Vec<usize>,
        /// How many are needed.
        expected: String,
    },
    /// Texts are compared with numbers, or the other way round.
    #[error("`{what}` holds {holds}: {instead}")]
    Unit {
        /// What is compared.
        what: String,
        /// `texts` or `numbers`.
        holds: &'static str,
        /// What it can be compared with.
        instead: String,
    },
    /// A text that the tensor never holds.
    #[error("{text} is none of the texts that `{tensor}` can be told to hold: {known}")]
    Text {
        /// The text, quoted.
        text: String,
        /// The tensor's name.
        tensor: String,
        /// Those that there are.
        known: String,
    },
    /// Values of the tensor may be missing, or may not.
    #[error("{0}")]
    Missing(String),
    /// A product or a quotient that is not linear.
    #[error("{0}")]
    NotLinear(&'static str),
    /// A comparison that is the same for all values in the declared ranges.
    #[error("`{comparison}` is {answer} whatever the run, so it says nothing: {reason}")]
    Empty {
        /// The comparison.
        comparison: String,
        /// `true` or `false`.
        answer: bool,
        /// Why.
        reason: String,
    },
    /// It is larger than a claim may be.
    #[error("a claim may have {limit}; split it into several claims")]
    Limit {
        /// What it may have.
        limit: String,
    },
    /// The integers of a comparison could be too great.
    #[error(
        "in whole numbers, the two sides of `{comparison}` may reach 2^60 or more; use shorter numbers, or compare fewer entries"
    )]
    Great {
        /// The comparison.
        comparison: String,
    },
    /// What was decoded is no claim that the parser makes.
    #[error("not the canonical form of a claim: {0}")]
    NotCanonical(&'static str),
    /// Values that are not those of a run.
    #[error("{0}")]
    Values(String),
    /// Its nodes do not fit behind the program.
    #[error("the nodes that compute the claim: {0}")]
    Program(#[from] ProgramError),
}

/// Why a claim is refused, and where in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimError {
    problem: Box<ClaimProblem>,
    text: String,
    span: Option<Range<usize>>,
}

impl ClaimError {
    /// That something is wrong with these bytes of a text.
    pub(crate) fn at(problem: ClaimProblem, text: &str, span: Range<usize>) -> Self {
        Self {
            problem: Box::new(problem),
            text: text.to_owned(),
            span: Some(span),
        }
    }

    /// That something is wrong with a part of a claim that was not read from text, which this is the text of.
    pub(crate) fn of(problem: ClaimProblem, text: String) -> Self {
        Self {
            problem: Box::new(problem),
            text,
            span: None,
        }
    }

    /// What is wrong.
    #[must_use]
    pub fn problem(&self) -> &ClaimProblem {
        &self.problem
    }

    /// Which bytes of the text that was parsed; `None` if the claim was not read from text.
    #[must_use]
    pub fn span(&self) -> Option<Range<usize>> {
        self.span.clone()
    }
}

/// The line of a claim's text that an error speaks of, in three pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkedLine<'a> {
    /// What stands before the place.
    pub before: &'a str,
    /// The place; may be empty.
    pub marked: &'a str,
    /// What stands behind it.
    pub after: &'a str,
}

impl ClaimError {
    /// The line of the text with the place in it; `None` if the claim was not read from text.
    #[must_use]
    pub fn line(&self) -> Option<MarkedLine<'_>> {
        let span = self.span.as_ref()?;
        let before = self.text.get(..span.start).unwrap_or(&self.text);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = self.text.get(start..).and_then(|rest| rest.lines().next());
        let line = line.unwrap_or_default();
        let place = before.len().saturating_sub(start).min(line.len());
        let end = span.end.saturating_sub(start).clamp(place, line.len());
        Some(MarkedLine {
            before: line.get(..place).unwrap_or_default(),
            marked: line.get(place..end).unwrap_or_default(),
            after: line.get(end..).unwrap_or_default(),
        })
    }
}

impl fmt::Display for ClaimError {
    /// What is wrong; then the line of the text, and under it carets below the place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.problem)?;
        let Some(line) = self.line() else {
            return match self.text.as_str() {
                "" => Ok(()),
                text => write!(f, "\n    {text}"),
            };
        };
        let MarkedLine {
            before,
            marked,
            after,
        } = line;
        // A tab has the width that the terminal gives it: it is repeated as it is.
        let ahead = before.chars().map(|c| if c == '\t' { c } else { ' ' });
        let ahead: String = ahead.collect();
        let carets = "^".repeat(marked.chars().count().max(1));
        write!(f, "\n    {before}{marked}{after}\n    {ahead}{carets}")
    }
}

impl std::error::Error for ClaimError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.problem.source()
    }
}
