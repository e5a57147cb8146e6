//! What proving will take, estimated from sizes. Proof lengths are exact but for public values, times and memory are not.
//!
//! The constants were fitted, so that the greatest relative error is least, to proofs of ten models of `bench/run` and `bench/models` on 2
//! cores of a cloud machine with AVX-512, in a release build. Memory was within 17 %, time within 25 % of what was measured; the same machine
//! was up to 1.3 times slower at other hours. The example `sizes` prints the sizes of compiled models.

use inferproof_inference::Forecast;
use serde::Serialize;

/// Seconds that every proof takes.
const PROOF: f64 = 0.0149;
/// Seconds for a tuple looked up: a leaf of the tree, with the integers that are committed for it.
const LOOKUP: f64 = 0.24e-6;
/// Seconds for a tuple of a table: a leaf of the tree, a denominator, and a numerator that is committed and unlike its neighbours.
const ENTRY: f64 = 1.55e-6;
/// Seconds for a byte of weights: each is folded once.
const WEIGHT: f64 = 8.4e-9;
/// Bytes of the process itself, with the generators of the commitments.
const BASE_BYTES: f64 = 14.4e6;
/// Bytes for a tuple looked up: its place in a table, its columns, and its share of the tree's upper layers.
const LOOKUP_BYTES: f64 = 57.0;
/// Bytes for a tuple of a table: a denominator and a numerator of 32 bytes each, and its share of the tree's layers.
const ENTRY_BYTES: f64 = 143.0;
/// Bytes for an entry of a tensor of the run: most are gone when the tree is made, which takes most memory.
const RUN_BYTES: f64 = 1.4;
/// Bytes for a byte of weights: as read from the file, as integers, and as laid out in rows.
const WEIGHT_BYTES: f64 = 4.5;

/// What one proof takes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Estimate {
    /// On 2 cores.
    pub seconds: f64,
    /// At most at a time.
    pub memory_bytes: u64,
    /// Of the proof file, with public inputs and outputs.
    pub proof_bytes: usize,
}

impl From<&Forecast> for Estimate {
    fn from(forecast: &Forecast) -> Self {
        let [lookups, entries, run, weights] = [
            forecast.lookups,
            forecast.table_entries,
            forecast.run_entries,
            forecast.weight_bytes,
        ]
        .map(|count| count as f64);
        let seconds = PROOF + LOOKUP * lookups + ENTRY * entries + WEIGHT * weights;
        let memory = BASE_BYTES
            + LOOKUP_BYTES * lookups
            + ENTRY_BYTES * entries
            + RUN_BYTES * run
            + WEIGHT_BYTES * weights;
        Self {
            seconds,
            memory_bytes: memory as u64,
            proof_bytes: forecast.argument_bytes + forecast.public_bytes,
        }
    }
}

/// Bytes for a byte of weights that a part of a model does not read: as read from the file, and as integers.
const OTHER_WEIGHT_BYTES: f64 = 2.0;

impl Estimate {
    /// Of a part of a model, whose prover holds all weights of the model and reads those of the part.
    #[must_use]
    pub fn of_part(part: &Forecast, whole: &Forecast) -> Self {
        let others = whole.weight_bytes.saturating_sub(part.weight_bytes);
        let mut estimate = Self::from(part);
        estimate.memory_bytes += (OTHER_WEIGHT_BYTES * others as f64) as u64;
        estimate
    }
}
