//! What proving will take, estimated from sizes. Proof lengths are exact but for public values, times and memory are not.
//!
//! The constants were fitted, so that the greatest relative error is least, to 21 proofs on 2 cores of a cloud machine with AVX-512, in a
//! release build: nine models of `docs/models.md` and two like them at widths from 8 to 16 bits. Memory was within 16 %, time within 25 %
//! of what was measured. The example `sizes` prints the sizes of compiled models.

use inferproof::Forecast;
use serde::Serialize;

/// Seconds that every proof takes.
const PROOF: f64 = 0.0135;
/// Seconds for a leaf of the lookup tree, with the integers that are committed for it.
const LEAF: f64 = 0.36e-6;
/// Seconds for a byte of weights: each is folded once.
const WEIGHT: f64 = 9.4e-9;
/// Bytes of the process itself, with the generators of the commitments.
const BASE_BYTES: f64 = 18.2e6;
/// Bytes for a tuple looked up: its place in a table, its columns, and its share of the tree's upper layers.
const LOOKUP_BYTES: f64 = 36.0;
/// Bytes for a tuple of a table: a denominator and a numerator of 32 bytes each, and its share of the tree's layers.
const ENTRY_BYTES: f64 = 186.0;
/// Bytes for an entry of a tensor of the run: eight in the trace, and what is made of it for sumchecks and commitments.
const RUN_BYTES: f64 = 30.0;
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
        let seconds = PROOF + LEAF * (lookups + entries) + WEIGHT * weights;
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
