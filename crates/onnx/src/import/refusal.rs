//! Why an operation cannot be imported.

/// What an import says: what it made, or why it cannot go on.
pub type Imported<T> = Result<T, Refusal>;

/// The reason, in words for whoever has the model: what is not supported, and what to do. The driver adds the node.
#[derive(Debug)]
pub struct Refusal(pub String);

impl<E: std::error::Error> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Gives up with a reason.
pub fn refuse<T>(reason: impl Into<String>) -> Imported<T> {
    Err(Refusal(reason.into()))
}
