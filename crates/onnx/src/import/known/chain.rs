//! Layers that are functions of another one, entry by entry.

use crate::function::Expression;
use crate::graph::LayerId;
use std::sync::Arc;

/// A layer as an expression in another.
#[derive(Clone)]
pub struct Chain {
    pub root: LayerId,
    pub expression: Arc<Expression>,
}

impl Chain {
    /// The layer, and what is made of it.
    pub fn parts(&self) -> (LayerId, Arc<Expression>) {
        (self.root, self.expression.clone())
    }

    /// Whether it is made of factors and offsets.
    pub fn is_affine(&self) -> bool {
        self.expression.is_affine()
    }

    /// Whether a table makes it: it is more than factors, offsets and clamps.
    pub fn has_table(&self) -> bool {
        !self.expression.is_clamped_line()
    }
}
