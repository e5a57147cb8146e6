//! What is known of numbers without reading them again.

use crate::range::Range;
use inferproof_view::View;

/// Found out in one pass.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Of their little-endian bytes, or of how they are made from such.
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
                has_nan |= v.is_nan();
            }
            // Of most tensors the first number says it.
            are_whole = are_whole && run.iter().all(|v| v.fract() == 0.0);
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

    /// Those of numbers that are assumed for a tensor, which reach so far either way.
    pub fn assumed(tensor: &str, count: usize, reach: f32) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("inferproof assumed numbers 1");
        hasher.update(&(count as u64).to_le_bytes());
        hasher.update(tensor.as_bytes());
        Self {
            digest: *hasher.finalize().as_bytes(),
            range: Range {
                low: (-reach).into(),
                high: reach.into(),
            },
            are_whole: false,
            has_nan: false,
        }
    }

    /// Those of the same numbers in another order, which a view makes.
    pub fn rearranged(&self, view: &View) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("inferproof rearranged numbers 1");
        hasher.update(&self.digest);
        hasher.update(format!("{:?}{:?}", view.source(), view.steps()).as_bytes());
        Self {
            digest: *hasher.finalize().as_bytes(),
            ..*self
        }
    }
}

/// The digest of numbers; each run of them is shown while it is at hand.
pub(super) fn digest(values: &[f32], mut show: impl FnMut(&[f32])) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    let mut bytes = vec![[0; 4]; RUN.min(values.len())];
    for run in values.chunks(RUN) {
        let bytes = &mut bytes[..run.len()];
        for (bytes, v) in bytes.iter_mut().zip(run) {
            *bytes = v.to_le_bytes();
        }
        hasher.update(bytes.as_flattened());
        show(run);
    }
    *hasher.finalize().as_bytes()
}
