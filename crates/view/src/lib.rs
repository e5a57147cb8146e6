//! Public linear views of tensors.
//!
//! A [`View`] reads a *source* array and gives a *target* array, each of whose entries is a small public integer
//! combination of source entries: reshape, transpose, slice, pad, broadcast, sum, the windows of a convolution.
//! Two things are done with it:
//!
//! * [`View::apply`] computes the target from the source (interpreter, prover);
//! * [`View::pull_back`] turns a linear functional on the target into the functional on the source that has the same
//!   value (prover and verifier): for `T = V S`, `<w, T> = <V^T w, S>`. It costs neither a sumcheck nor advice.
//!
//! A [`Functional`] is a coefficient times a tensor product of one weight vector per group of axes, so that its cost is the
//! sum, not the product, of the axis lengths.
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

mod apply;
mod axis_map;
mod batch;
mod functional;
mod permute;
mod ring;
mod rows;
mod step;
mod view;

pub use functional::{Foreseen, Functional, Group};
pub use ring::Ring;
pub use step::Step;
pub use view::{MAX_STEPS, View, ViewError};

/// The number of entries of an array of this shape; `None` if it overflows.
#[must_use]
pub fn volume(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d))
}
