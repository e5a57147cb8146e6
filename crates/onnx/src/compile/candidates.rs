//! The widths that are tried for a program, from the cheapest on.

use super::options::QuantizeOptions;
use crate::OnnxError;
use crate::calibrate::Calibration;
use crate::graph::Graph;
use crate::quantize::{InputWidths, Plan, Widths};

/// How the widths of a program are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Candidate {
    /// One width for all weights.
    Uniform(Widths),
    /// Activations of this width, weights as [`Plan::by_use`] has them.
    ByUse(u32),
}

/// The widths of activations that are tried, from the cheapest on.
const ACTIVATION_BITS: [u32; 8] = [8, 9, 10, 11, 12, 13, 14, 16];

/// The narrowest weights that are tried, and the widest.
const WEIGHT_BITS: [u32; 2] = [8, 16];

/// A graph of so few numbers begins at a width beyond the least: the proof stays small (28 kB instead of 13 for a product of 12 weights), and
/// entries that are small beside their column keep some digits.
const FEW_NUMBERS: usize = 2048;

/// Bits of weights and activations of such a graph.
const FEW_BITS: u32 = 12;

/// The least and the greatest share of the tolerance that chosen widths may take up.
const SHARES: [f64; 2] = [0.6, 0.75];

/// The widest integers that can be committed.
const MAX_INPUT_BITS: u32 = 31;

impl Candidate {
    /// What is tried for a graph, from the cheapest on. The last one is the most precise.
    pub fn all(options: &QuantizeOptions, graph: &Graph) -> Result<Vec<Candidate>, OnnxError> {
        let [least, most] = WEIGHT_BITS;
        let uniform = |weights, activations| Candidate::Uniform(Widths::new(weights, activations));
        let all = ACTIVATION_BITS.iter();
        let candidates: Vec<Candidate> = match (options.weight_bits, options.activation_bits) {
            (None, None) if graph.entries() <= FEW_NUMBERS => vec![
                uniform(FEW_BITS, FEW_BITS),
                Candidate::ByUse(FEW_BITS),
                uniform(most, most),
            ],
            (None, None) => {
                let by_use = all.map(|&bits| Candidate::ByUse(bits));
                [uniform(least, least)]
                    .into_iter()
                    .chain(by_use)
                    .chain([uniform(most, most)])
                    .collect()
            }
            (Some(weights), Some(activations)) => vec![uniform(weights, activations)],
            (Some(weights), None) => all.map(|&bits| uniform(weights, bits)).collect(),
            (None, Some(bits)) => vec![
                uniform(least, bits),
                Candidate::ByUse(bits),
                uniform(most, bits),
            ],
        };
        for candidate in &candidates {
            let widths = match *candidate {
                Candidate::Uniform(widths) => widths,
                Candidate::ByUse(activations) => Widths::new(least, activations),
            };
            widths.check()?;
        }
        if let Some(got) = options
            .input_bits
            .filter(|b| !(2..=MAX_INPUT_BITS).contains(b))
        {
            return Err(OnnxError::InputBits { got });
        }
        Ok(candidates)
    }

    /// How much of the tolerance it may take up, where so many rows of each output are compared. Other data than those that chose the
    /// widths err more, above all where these were few.
    pub fn share(self, rows: usize) -> f64 {
        let [least, most] = SHARES;
        match self {
            Self::Uniform(_) => 1.0,
            Self::ByUse(_) => (1.0 - 1.0 / (rows as f64).sqrt()).clamp(least, most),
        }
    }

    /// Its plan for a graph.
    pub fn plan(self, graph: &Graph, calibration: &Calibration, inputs: &InputWidths) -> Plan {
        match self {
            Self::Uniform(widths) => Plan::uniform(widths, inputs),
            Self::ByUse(bits) => Plan::by_use(graph, calibration, bits, inputs),
        }
    }
}
