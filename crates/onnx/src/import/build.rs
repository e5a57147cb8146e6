//! What imports are made of: pieces of float graph that more than one operation needs.

pub mod addition;
pub mod arithmetic;
pub mod around;
pub mod bits;
pub mod broadcast;
pub mod classical;
pub mod contraction;
pub mod division;
pub mod extremum;
pub mod fuse;
pub mod gates;
pub mod logic;
pub mod magnitudes;
pub mod missing;
pub mod movement;
pub mod normalized;
pub mod places;
pub mod pooled;
pub mod powers;
pub mod products;
pub mod quantization_parameters;
pub mod quantize;
pub mod quantized;
pub mod recurrence;
pub mod resampling;
pub mod rows;
pub mod sampling;
pub mod scaling;
pub mod selection;
pub mod steps;
pub mod strings;
pub mod trained_mask;
pub mod typed;
pub mod windows;
pub mod wrap;
pub mod written;

use crate::graph::LayerId;

/// Where an operation entry by entry takes place.
pub struct Place<'a> {
    /// The node, for messages.
    pub origin: &'a str,
    /// The shape of what it makes, to which operands are broadcast.
    pub to: &'a [usize],
    /// The operands that nothing but this operation reads, so that it may be folded into the weights behind them.
    pub owned: &'a [LayerId],
}

impl Place<'_> {
    /// Whether nothing else reads an operand.
    fn owns(&self, operand: LayerId) -> bool {
        self.owned.contains(&operand)
    }
}
