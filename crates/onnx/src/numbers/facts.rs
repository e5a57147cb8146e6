//! What is known of numbers without reading them again.

use crate::range::Range;

/// Found out in one pass.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Of their little-endian bytes.
    pub digest: [u8; 32],
    /// The least and the greatest, as far as they are numbers.
    pub range: Range,
    /// Whether all are integers.
    pub are_whole: bool,
    /// Whether one is no number.
    pub has_nan: bool,
}

/// Numbers that are looked at together.
const RUN: usize = 1 << 14;

impl Facts {
    /// Those of numbers in memory.
    pub fn of(values: &[f32]) -> Self {
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        let (mut are_whole, mut has_nan) = (true, false);
        let digest = digest(values, |run| {
            for &v in run {
                low = low.min(v);
                high = high.max(v);
                are_whole &= v.fract() == 0.0;
                has_nan |= v.is_nan();
            }
        });
        Self {
            digest,
            range: Range {
                low: low.into(),
                high: high.into(),
            },
            are_whole,
            has_nan,
        }
    }

    /// Whether these are the numbers of which they are known.
    pub fn are_of(&self, values: &[f32]) -> bool {
        digest(values, |_| ()) == self.digest
    }
}

/// The digest of numbers; each run of them is shown while it is at hand.
fn digest(values: &[f32], mut show: impl FnMut(&[f32])) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    let mut bytes = Vec::with_capacity(4 * RUN);
    for run in values.chunks(RUN) {
        bytes.clear();
        bytes.extend(run.iter().flat_map(|v| v.to_le_bytes()));
        hasher.update(&bytes);
        show(run);
    }
    *hasher.finalize().as_bytes()
}
