//! On which side of a run a tensor is.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Whether a tensor is an input or an output of the run: one tensor may be both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// It is given.
    Input,
    /// It is computed.
    Output,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Input => "input",
            Self::Output => "output",
        })
    }
}
