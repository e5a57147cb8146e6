//! From a calibrated float graph to an integer program.

mod full;
mod lowering;
mod plan;
mod powers;
mod roles;
mod scale;
mod shifts;
mod wide;

pub use lowering::lower;
pub use plan::{InputWidths, Plan};
pub use scale::Format;

use crate::OnnxError;
use serde::Serialize;

/// How many bits weights and activations have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Widths {
    /// Weights lie in `[-(2^(bits-1) - 1), 2^(bits-1) - 1]`.
    pub weights: u32,
    /// Activations lie in `[0, 2^bits - 1]` where they cannot be negative, else in `[-2^(bits-1), 2^(bits-1) - 1]`.
    pub activations: u32,
}

impl Widths {
    /// The widths of weights and of activations.
    #[must_use]
    pub const fn new(weights: u32, activations: u32) -> Self {
        Self {
            weights,
            activations,
        }
    }

    /// Checks that both are supported.
    pub fn check(self) -> Result<(), OnnxError> {
        for (what, got) in [("weights", self.weights), ("activations", self.activations)] {
            if !(2..=16).contains(&got) {
                return Err(OnnxError::Bits { what, got });
            }
        }
        Ok(())
    }
}
