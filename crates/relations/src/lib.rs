//! What the argument proves, as data that prover and verifier share: committed tensors, lookups, contractions, linear claims.
//!
//! Everything that is not committed is a public linear function of committed and public tensors (a [`Term`] reads one of
//! them through a view), or a contraction of two such functions (`docs/protocol.md`, must 6). [`Relations::new`] checks that all parts
//! fit together and are within [`Limits`]; nothing here depends on a curve, and nothing is secret.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented,
        clippy::wildcard_enum_match_arm
    )
)]

mod bits;
mod blocks;
mod check;
mod error;
mod field;
mod folding;
mod layout;
mod limits;
mod parts;
mod readings;
mod relations;
mod table;

pub use bits::{bits_of, bits_of_shape};
pub use blocks::{Block, Leaves};
pub use error::RelationsError;
pub use folding::Folding;
pub use layout::Layout;
pub use limits::Limits;
pub use parts::{
    CommittedTensor, Constant, Contraction, FieldParts, Linear, Lookup, Origin, Parts, Source, Term,
};
pub use readings::{Place, Pullback, PullbackId, Reading, ReadingId, Readings};
pub use relations::Relations;
pub use table::Table;
