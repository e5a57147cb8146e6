//! Whether verifiers see the weights.

use serde::{Deserialize, Serialize};

/// Whether a model's weights are shown. It belongs to the model: what is shown of a run is said by each [`crate::Statement`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visible {
    /// The commitment has no blinding, so that whoever has the weights can recompute it.
    Public,
    /// The verifier sees a hiding commitment.
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
