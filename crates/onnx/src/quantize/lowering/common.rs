//! Scales that applications of one function have in common, so that they share a table.
//!
//! The layers of a transformer apply one function to arguments of nearly the same size. With a scale each, each has a table of its own, and
//! a table of `2^16` entries takes a prover as long as some hundred thousand lookups. At the coarsest of their scales they share one.

use super::state::{Lowering, Scales};
use crate::function::Function;
use crate::graph::{Kind, LayerId};
use crate::quantize::scale::Format;
use std::collections::BTreeMap;

/// Tables of fewer bits are small beside the activations that are looked up in them.
const LEAST_BITS: u32 = 14;

/// How many bits coarser than its own the scale may be that an argument or a value has in common with others.
const MOST_COARSER: i32 = 2;

/// An application of a function.
struct Application<'a> {
    id: LayerId,
    function: &'a Function,
    is_signed: bool,
    scales: Scales,
}

impl Lowering<'_> {
    /// For each application of a function that shares a table, the scales of that.
    pub(super) fn common_scales(&self) -> BTreeMap<LayerId, Scales> {
        let bits = self.plan.widths.activations;
        let mut open: Vec<Application<'_>> = Vec::new();
        if bits < LEAST_BITS {
            return BTreeMap::new();
        }
        for (position, layer) in self.graph.layers.iter().enumerate() {
            let id = LayerId(position);
            let Kind::Apply { source, function } = &layer.kind else {
                continue;
            };
            // Steep functions have tables of their own widths, or none.
            let is_plain = !function.is_integral()
                && !function.is_steep()
                && !self.graph.is_integral(*source)
                && !self.graph.is_integral(id)
                && !self.full.scores.contains(&id)
                && !self.powers.logarithms.contains(&id)
                && !self.powers.exponentials.contains(&id)
                && self.ends(id, *source).is_none();
            if !is_plain {
                continue;
            }
            let clipped = self.clipped(function, self.range(*source), false);
            open.push(Application {
                id,
                function,
                is_signed: clipped.low < 0.0,
                scales: Scales {
                    argument: Format::activation(clipped, bits).scale,
                    value: self.format(id, bits, bits).scale,
                },
            });
        }
        // From the coarsest on, each takes those with it that are little finer.
        open.sort_by_key(|one| (one.scales.argument, one.scales.value));
        let mut common = BTreeMap::new();
        while !open.is_empty() {
            let first = open.remove(0);
            let Scales { argument, value } = first.scales;
            let (alike, others): (Vec<_>, Vec<_>) = open.into_iter().partition(|other| {
                other.function == first.function
                    && other.is_signed == first.is_signed
                    && other.scales.argument - argument <= MOST_COARSER
                    && (other.scales.value - value).abs() <= MOST_COARSER
            });
            open = others;
            let values = alike.iter().map(|one| one.scales.value);
            let value = values.fold(value, i32::min);
            for one in alike.iter().chain([&first]) {
                common.insert(one.id, Scales { argument, value });
            }
        }
        common
    }
}
