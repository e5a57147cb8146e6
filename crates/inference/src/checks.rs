//! Which revision of this code checks keys, and which keys it would accept from whom it trusts.

use crate::lower::LowerError;
use crate::rejection::KeyError;
use inferproof_argument::RelationsError;

/// The revision of all that decides whether a key is accepted: validation, lowering, range proofs, commitments. Whoever remembers that a
/// key passed remembers it for this revision, the format and the protocol. It is raised with every change after which a key that
/// passed before might not.
pub const CHECKS: u32 = 1;

impl KeyError {
    /// Whether nothing is wrong with the key but that it demands more than the limits allow.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        matches!(
            self,
            Self::Lower(LowerError::Relations(RelationsError::Limit { .. }))
        )
    }
}
