//! Why an operation cannot be imported.

use crate::OnnxError;
use inferproof_view::ViewError;
use std::num::TryFromIntError;

/// What an import says: what it made, or why it cannot go on.
pub type Imported<T> = Result<T, Refusal>;

/// The reason, in words for whoever has the model: what is not supported, and what to do. The driver adds the node.
#[derive(Debug)]
pub struct Refusal(pub String);

impl From<ViewError> for Refusal {
    fn from(error: ViewError) -> Self {
        Self(match error {
            ViewError::Volume(shape) => {
                format!("an array of shape {shape:?} on the way is too large")
            }
            ViewError::Axes(axes) => {
                format!("an array of {axes} axes on the way; fewer are supported")
            }
            ViewError::Steps(_) => {
                "it rearranges a tensor in too many steps; split the model there".to_owned()
            }
            ViewError::Step { shape, .. } | ViewError::Shape { got: shape, .. } => {
                format!("its attributes do not fit a tensor of shape {shape:?}")
            }
        })
    }
}

impl From<TryFromIntError> for Refusal {
    fn from(_: TryFromIntError) -> Self {
        Self("a number of it is negative or too large".to_owned())
    }
}

impl From<OnnxError> for Refusal {
    fn from(error: OnnxError) -> Self {
        Self(error.to_string())
    }
}

/// Gives up with a reason.
pub fn refuse<T>(reason: impl Into<String>) -> Imported<T> {
    Err(Refusal(reason.into()))
}
