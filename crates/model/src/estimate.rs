//! What proving will take, estimated from sizes. Proof lengths are exact, times and memory are not.
//!
//! The constants were measured on 2 cores of a cloud machine with AVX-512, in a release build, on the models of `docs/models.md`.

use inferproof::Forecast;
use serde::Serialize;

/// Seconds that every proof takes.
const PROOF: f64 = 0.015;
/// Seconds to commit to an integer and to fold it for the opening.
const COMMITTED: f64 = 0.25e-6;
/// Seconds for a leaf of the lookup tree.
const LEAF: f64 = 0.4e-6;
/// Seconds for a weight in a proof.
const WEIGHT: f64 = 4e-9;
/// Bytes of the process itself.
const BASE_BYTES: f64 = 20e6;
/// Bytes that a leaf takes at most at a time.
const LEAF_BYTES: f64 = 140.0;
/// Bytes that a weight takes.
const WEIGHT_BYTES: f64 = 12.0;

/// What one proof takes.
#[derive(Debug, Serialize)]
pub struct Estimate {
    /// On 2 cores.
    pub seconds: f64,
    /// At most at a time.
    pub memory_bytes: u64,
    /// Of the argument; the public values come on top.
    pub proof_bytes: usize,
}

impl Estimate {
    /// From the sizes of a proof and the number of weights.
    #[must_use]
    pub fn new(forecast: &Forecast, weights: usize) -> Self {
        let (committed, leaves, weights) = (
            forecast.committed as f64,
            forecast.leaves as f64,
            weights as f64,
        );
        Self {
            seconds: PROOF + COMMITTED * committed + LEAF * leaves + WEIGHT * weights,
            memory_bytes: (BASE_BYTES + LEAF_BYTES * leaves + WEIGHT_BYTES * weights) as u64,
            proof_bytes: forecast.argument_bytes,
        }
    }
}
