//! The program as a drawing: boxes of nodes, one above the other, and lines between them.

mod draw;
mod gather;
mod layers;

pub use draw::drawing;
