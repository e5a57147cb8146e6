//! The integer tensor program: the definition of a model.
//!
//! A [`Program`] is a chain of a few core operations on tensors of small integers. It knows nothing of floats (an importer
//! chooses the scales) and nothing of proofs (a prover shows that [`BoundWeights::run`] was followed, bit for bit). Its serialized
//! form is the *architecture* that a model commitment binds; the weights stand beside it, as [`Weights`].
//!
//! Tensors are of two kinds. *Committed* ones (made by [`Op::Input`], [`Op::Weight`], [`Op::Rescale`], [`Op::Map`],
//! [`Op::OneHot`], [`Op::Indicator`], [`Op::Root`], [`Op::Quotient`]) hold values of a declared range, which a prover commits to and looks up. *Virtual* ones (made by
//! [`Op::Linear`], [`Op::Contract`], [`Op::Max`]) are public linear or bilinear functions of committed values; their range is the
//! static bound of what they are made of.
//!
//! [`Program::validated`] makes a [`ValidProgram`], [`ValidProgram::bind`] gives it weights, [`BoundWeights::run`] runs it: each is checked
//! once.
//!
//! [`Builder`] makes programs, and has an example of all of it.
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

mod batch;
#[cfg(feature = "interpreter")]
mod bound_weights;
mod bounds;
mod builder;
mod derive;
#[cfg(feature = "interpreter")]
mod entries;
mod error;
mod feed;
#[cfg(feature = "interpreter")]
#[allow(
    clippy::indexing_slicing,
    reason = "kernels on operands whose lengths their caller has checked, and which no verifier runs"
)]
mod matrix_product;
mod meaning;
mod ops;
mod program;
#[cfg(feature = "interpreter")]
mod run;
mod saturation;
mod slice;
mod table;
#[cfg(feature = "testing")]
#[allow(
    clippy::expect_used,
    reason = "a random program that is not valid is a mistake of this module, which only tests use"
)]
pub mod testing;
mod valid;
mod validate;

#[cfg(feature = "interpreter")]
pub use bound_weights::{BoundWeights, Weights};
pub use bounds::Interval;
pub use builder::Builder;
pub use derive::{ComposeError, Derived};
pub use error::ProgramError;
pub use feed::Feed;
#[cfg(feature = "interpreter")]
pub use inferproof_integers::{Bytes, Integers};
pub use meaning::Meaning;
pub use ops::{
    Contract, Indicator, Linear, Map, Max, OneHot, Op, Quotient, Rescale, Root, Term, indicator,
};
pub use program::{Node, Program, TableId, Tensor, TensorId};
#[cfg(feature = "interpreter")]
pub use run::{Answer, RunError, Trace};
pub use saturation::{Limit, Saturation};
pub use table::Table;
pub use valid::ValidProgram;
pub use validate::MAX_BOUND;
