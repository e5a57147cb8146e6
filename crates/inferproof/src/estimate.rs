//! What proving will take, estimated from sizes. Proof lengths are exact but for public values, times and memory are not.
//!
//! The constants were fitted, so that the greatest relative error is least, to proofs of thirteen models of `bench/models` and
//! `bench/decoder.py`, with 26 thousand to 152 million committed integers, on 2 cores of a cloud machine with AVX2: time was within 15 %,
//! memory within 14 % of what was measured, while that machine's times vary by a tenth from hour to hour. With AVX-512 IFMA proofs are
//! quicker, with neither slower. The example `sizes` prints the sizes of compiled models.

use inferproof_inference::Forecast;
use serde::Serialize;

/// Seconds that every proof takes.
const PROOF: f64 = 0.025;
/// Seconds for a tuple looked up: a leaf of the tree, with the integers that are committed for it.
const LOOKUP: f64 = 0.345e-6;
/// Seconds for a tuple of a table: a leaf of the tree, a denominator, and a numerator that is committed and unlike its neighbours.
const ENTRY: f64 = 0.48e-6;
/// Seconds for a multiple of a generator in the closing protocol's folding.
const FOLDED: f64 = 7e-6;
/// Seconds for a byte of weights: each is folded once.
const WEIGHT: f64 = 1e-9;
/// Bytes of the process itself, with the generators of the commitments.
const BASE_BYTES: f64 = 19.2e6;
/// Bytes for a tuple looked up: its place in a table, its columns, and its share of the tree's upper layers.
const LOOKUP_BYTES: f64 = 44.0;
/// Bytes for a tuple of a table: a denominator and a numerator of 32 bytes each, and its share of the tree's layers.
const ENTRY_BYTES: f64 = 260.0;
/// Bytes for an entry of a tensor of the run.
const RUN_BYTES: f64 = 3.5;
/// Bytes for a byte of weights, which are mapped.
const WEIGHT_BYTES: f64 = 0.78;

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
        let [lookups, entries, folded, run, weights] = [
            forecast.lookups,
            forecast.table_entries,
            forecast.folded,
            forecast.run_entries,
            forecast.weight_bytes,
        ]
        .map(|count| count as f64);
        let proof = PROOF + FOLDED * folded;
        let seconds = proof + LOOKUP * lookups + ENTRY * entries + WEIGHT * weights;
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

// The memory of parts has constants of its own, fitted to 20 parts of ResNet-18 for images of 224 x 224, cut in six ways, on a machine with
// AVX-512: it was within 9 % of what was measured, in processes of 64 to 310 MB.

/// Bytes for a byte of weights of the whole model: of the file and the key, whose memory the process keeps after they were read.
const READ_BYTES: f64 = 1.3;
/// Bytes of the process that proves a part.
const PART_BASE_BYTES: f64 = 14.4e6;
/// Bytes for an entry of a tensor of a part's run.
const PART_RUN_BYTES: f64 = 1.4;
/// Bytes for a byte of a part's weights while they are laid out in rows.
const LAID_OUT_BYTES: f64 = 4.5;
/// Bytes for a tuple that a part looks up.
const PART_LOOKUP_BYTES: f64 = 48.2;
/// Bytes for a tuple of a table of a part.
const PART_ENTRY_BYTES: f64 = 208.0;
/// Bytes for a tuple of the part's greatest lookup: the few arrays of integers that are made for it.
const GREATEST_BYTES: f64 = 31.2;
/// Bytes for an entry of a boundary: the opening, as it is read and as the proof takes it.
const BOUNDARY_BYTES: f64 = 28.8;
/// Bytes for a byte of weights while the tree of lookups is there: the integers.
const HELD_WEIGHT_BYTES: f64 = 1.0;

impl Estimate {
    /// Of a part of a model. Its prover reads the file of all weights and keeps those of the part.
    #[must_use]
    pub fn of_part(part: &Forecast, whole: &Forecast) -> Self {
        let [lookups, greatest, entries, run, weights, boundary, all] = [
            part.lookups,
            part.greatest_lookup,
            part.table_entries,
            part.run_entries,
            part.weight_bytes,
            part.boundary_entries,
            whole.weight_bytes,
        ]
        .map(|count| count as f64);
        let proving = PART_LOOKUP_BYTES * lookups
            + GREATEST_BYTES * greatest
            + PART_ENTRY_BYTES * entries
            + PART_RUN_BYTES * run
            + BOUNDARY_BYTES * boundary
            + HELD_WEIGHT_BYTES * weights;
        // When the tree is made, what it took to lay out the weights in rows is gone.
        let most = proving.max(LAID_OUT_BYTES * weights);
        Self {
            memory_bytes: (PART_BASE_BYTES + READ_BYTES * all + most) as u64,
            ..Self::from(part)
        }
    }
}
