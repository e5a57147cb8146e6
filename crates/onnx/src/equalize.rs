//! Cross-layer equalization: factors that make the channels of a tensor alike, moved into the weights around it.
//!
//! All entries of a tensor share one scale, so a channel that is a thousandth of the greatest has ten bits less. Between two layers
//! with constant weights that does not have to be: `relu(W1 x) W2 = relu(c W1 x) W2 / c` for each channel's own `c > 0`, and so
//! through everything that is linear from zero on (Nagel et al., *Data-Free Quantization Through Weight Equalization and Bias Correction*,
//! arXiv 1906.04721). The factors here are powers of two, so the float model stays the same to the last bit.
//!
//! Inputs and outputs have their meaning and keep it. But an input that only contractions with constant weights read is first
//! brought to one size, column by column, by powers of two, and its columns are moved to where zero is in their middle
//! if that is far away: `W x = (W / c) (c (x - m)) + W m`. An output of columns of different sizes is made with all
//! of its rows of weights alike, and divided by powers of two at the end, exactly.

mod reading;
mod rebuild;
mod solve;
mod symbols;
#[cfg(test)]
mod tests;

pub use rebuild::Equalized;

use crate::OnnxError;
use crate::calibrate::Sample;
use crate::float::{Activations, evaluate};
use crate::graph::{Graph, Kind, LayerId};
use reading::{is_view, readers};
use solve::{Observed, Solution};
use std::collections::BTreeSet;
use symbols::Symbols;

/// What is observed of a graph while it is calibrated, to equalize it afterwards.
pub struct Equalization {
    symbols: Symbols,
    observed: Observed,
    free: Vec<LayerId>,
    realigned: Vec<LayerId>,
}

impl Equalization {
    /// Prepares a graph, of whose inputs and outputs some are described by others than calibration.
    pub fn of(graph: &Graph, laid_down: &BTreeSet<LayerId>) -> Result<Self, OnnxError> {
        let is_own = |id: &LayerId| !laid_down.contains(id);
        let mut free = free_inputs(graph);
        free.retain(is_own);
        let mut realigned = sums_that_are_outputs(graph);
        realigned.retain(is_own);
        let symbols = Symbols::of(graph, &free, &realigned)?;
        let observed = Observed::new(graph, &symbols);
        Ok(Self {
            symbols,
            observed,
            free,
            realigned,
        })
    }

    /// Takes what the model computes for a layer of one sample.
    pub fn observe(&mut self, id: LayerId, activations: &Activations<'_>) {
        self.observed
            .add(id, activations.get(id).unwrap_or_default());
    }

    /// The equalized graph; `None` if that would change little.
    pub fn apply(&self, graph: &Graph) -> Result<Option<Equalized>, OnnxError> {
        let solution = Solution::of(
            graph,
            &self.symbols,
            &self.observed,
            &self.free,
            &self.realigned,
        );
        if !solution.is_worthwhile() {
            return Ok(None);
        }
        let moved = self.moved(graph, &solution)?;
        let moved = moved.as_ref();
        rebuild::rebuild(graph, &self.symbols, &solution, moved, &self.realigned).map(Some)
    }

    /// What the graph makes of the middles of its inputs' columns: the contractions that read them are wanted.
    fn moved<'a>(
        &self,
        graph: &'a Graph,
        solution: &Solution,
    ) -> Result<Option<Activations<'a>>, OnnxError> {
        if solution.middles.is_empty() {
            return Ok(None);
        }
        let inputs = graph.inputs.iter().map(|&id| -> Vec<f64> {
            let entries = graph.shape(id).iter().product();
            match solution.middles.get(&id) {
                Some(middles) => middles.iter().map(|&middle| middle.into()).collect(),
                None => vec![0.0; entries],
            }
        });
        let inputs: Sample = inputs.collect();
        let is_wanted = |id: LayerId| matches!(graph.layer(id).kind, Kind::Contract { .. });
        Ok(Some(evaluate(graph, &inputs, is_wanted)?))
    }
}

/// Inputs of real numbers that are read, perhaps rearranged, by contractions with constant weights and by nothing else.
fn free_inputs(graph: &Graph) -> Vec<LayerId> {
    let readers = readers(graph);
    let is_free = |&input: &LayerId| {
        let is_real = matches!(
            graph.layer(input).kind,
            Kind::Input {
                integral: false,
                bounds: None
            }
        );
        let mut open = vec![input];
        let mut read = false;
        while let Some(id) = open.pop() {
            if graph.outputs.contains(&id) {
                return false;
            }
            for &reader in &readers[id.0] {
                read = true;
                match &graph.layer(reader).kind {
                    Kind::Contract { left, right, axes }
                        if *left == id
                            && axes.contracted > 0
                            && graph.constant(*right).is_some() => {}
                    Kind::Linear(_) if is_view(graph, reader) => open.push(reader),
                    _ => return false,
                }
            }
        }
        is_real && read
    };
    graph.inputs.iter().copied().filter(is_free).collect()
}

/// Outputs that nothing else reads and that are sums.
fn sums_that_are_outputs(graph: &Graph) -> Vec<LayerId> {
    let readers = readers(graph);
    let is_sum = |id: &LayerId| {
        readers[id.0].is_empty()
            && matches!(
                graph.layer(*id).kind,
                Kind::Linear(_) | Kind::Contract { .. }
            )
            && !graph.is_integral(*id)
    };
    graph.outputs.iter().copied().filter(is_sum).collect()
}
