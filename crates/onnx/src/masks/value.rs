//! What stands for the layers of the old graph: a finite part, and masks.

use crate::graph::{LayerId, Summand};

/// What stands for a layer of the old graph.
#[derive(Clone)]
pub struct Value {
    /// The layer with all of it.
    pub whole: LayerId,
    /// The same in parts, where masks are in it.
    pub parts: Option<Parts>,
    /// The same for exponentials alone, where these need less of it.
    pub narrow: Option<LayerId>,
}

/// A sum of something finite and masks.
#[derive(Clone)]
pub struct Parts {
    /// The finite part, of the same shape; `None` is zero.
    pub finite: Option<LayerId>,
    /// Great numbers times small integers, of the same shape.
    pub never: Vec<Summand>,
}

/// The levels of rows whose entries may all be hidden.
#[derive(Clone, Copy)]
pub struct Rows {
    /// By how much each entry is more hidden than the least hidden one of its row, of the softmax's shape but for axes along which nothing
    /// varies: they have one entry.
    pub relative: LayerId,
    /// Whether a row is hidden throughout: one entry for each row.
    pub is_hidden: LayerId,
}
