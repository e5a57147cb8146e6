//! Why a statement is refused before anything is proven of it.

use crate::execution::{BoundaryError, ExecutionError};

/// Why a statement cannot be read, or does not speak of a program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// It is no such document.
    #[error("not a statement: {0}")]
    Format(String),
    /// The model cannot be run as it says.
    #[error(transparent)]
    Execution(#[from] ExecutionError),
    /// It names no tensor of the program.
    #[error(transparent)]
    Boundary(#[from] BoundaryError),
    /// A tensor is named that is neither an input nor an output.
    #[error("the model has no input or output `{name}`; it has {}", known.join(", "))]
    Unknown {
        /// The name.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// An input and an output have the same name.
    #[error("`{name}` is an input and an output; say `input:{name}` or `output:{name}`")]
    Ambiguous {
        /// The name.
        name: String,
    },
    /// An input or output is not listed.
    #[error(
        "{role} `{name}` is not listed; say \"public\", \"private\", \"commit\" or {{\"committed\": ID}}"
    )]
    Missing {
        /// Input or output.
        role: &'static str,
        /// Its name.
        name: String,
    },
    /// An input or output is listed twice.
    #[error("{role} `{name}` is listed twice")]
    Twice {
        /// Input or output.
        role: &'static str,
        /// Its name.
        name: String,
    },
}
