//! Who sees what.

use serde::{Deserialize, Serialize};

/// Whether something is shown to the verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visible {
    /// The verifier is given it.
    Public,
    /// The verifier sees a hiding commitment to it.
    Private,
}

impl std::fmt::Display for Visible {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Public => "public",
            Self::Private => "private",
        })
    }
}

/// The visibility of each part of a statement. It is fixed when the model is committed, and bound by the model id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visibility {
    /// With public weights the commitment has no blinding, so that whoever has the weights can recompute it.
    pub weights: Visible,
    /// Inputs of the program.
    pub input: Visible,
    /// Outputs of the program.
    pub output: Visible,
}

impl Default for Visibility {
    /// Weights private, input and output public.
    fn default() -> Self {
        Self {
            weights: Visible::Private,
            input: Visible::Public,
            output: Visible::Public,
        }
    }
}
