//! Why relations are refused.

use inferproof_view::ViewError;

/// The relations do not make sense. They come from a key, so this is a defect of the key, not of a proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelationsError {
    /// A view does not fit.
    #[error("{place}: {error}")]
    View {
        /// Which relation.
        place: String,
        /// What does not fit.
        error: ViewError,
    },
    /// A relation names something that does not exist or has another shape.
    #[error("{place}: {what}")]
    Malformed {
        /// Which relation.
        place: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Something reads field elements that may not, for it would take a fraction for an integer.
    #[error(
        "{place}: field elements are read by {what}; only linear claims, products entry by entry and unscaled range lookups may"
    )]
    FieldReader {
        /// Which relation.
        place: String,
        /// What reads them.
        what: &'static str,
    },
    /// Verification would take more than [`crate::Limits`] allow.
    #[error("too large: {needed} {what}; at most {allowed} are allowed")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much the relations need.
        needed: u64,
        /// How much is allowed.
        allowed: u64,
    },
}

pub(crate) fn malformed(place: &str, what: &'static str) -> RelationsError {
    RelationsError::Malformed {
        place: place.to_owned(),
        what,
    }
}
