//! The public linear maps of which views are made.

use serde::{Deserialize, Serialize};

/// One public linear map between arrays. The map acts on the axes from `axis` on and leaves the others alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Step {
    /// Target axis `i` is source axis `permutation[i]`.
    Permute(Vec<usize>),
    /// Target index `i` reads source index `start + i * step`, or is zero where that is outside: slice, flip, zero padding,
    /// and the embedding of one part of a concatenation.
    Slice {
        /// The axis acted on (the first, where there are several).
        axis: usize,
        /// The source axis's length.
        source: usize,
        /// What target index 0 reads.
        start: i64,
        /// How far apart the indices read are.
        step: i64,
        /// The target axis's length.
        len: usize,
    },
    /// Target index `i` reads source index `index[i]`, or is zero: any public gather, nearest-neighbour resize.
    Gather {
        /// The axis acted on (the first, where there are several).
        axis: usize,
        /// The source axis's length.
        source: usize,
        /// What each target index reads.
        index: Vec<Option<u32>>,
    },
    /// One source axis becomes the two target axes (position `o`, kernel offset `k`), reading
    /// `o * stride + k * dilation - pad`, zero where that is outside.
    Window {
        /// The axis acted on (the first, where there are several).
        axis: usize,
        /// The source axis's length.
        source: usize,
        /// How many window positions.
        positions: usize,
        /// How many entries a window has.
        kernel: usize,
        /// From one position to the next.
        stride: usize,
        /// From one window entry to the next.
        dilation: usize,
        /// Zeros before the source.
        pad: usize,
    },
    /// A target axis that the source lacks: the source is repeated along it.
    Insert {
        /// The axis acted on (the first, where there are several).
        axis: usize,
        /// The target axis's length.
        len: usize,
    },
    /// A source axis is summed away, with public integer weights (all one if `None`).
    Reduce {
        /// The axis acted on (the first, where there are several).
        axis: usize,
        /// The source axis's length.
        source: usize,
        /// One factor for each source index.
        weights: Option<Vec<i64>>,
    },
    /// One source axis of length `product(sizes)` is read as several target axes.
    Split {
        /// The axis acted on (the first, where there are several).
        axis: usize,
        /// The axes' lengths.
        sizes: Vec<usize>,
    },
    /// Several source axes of these sizes are read as one target axis.
    Merge {
        /// The axis acted on (the first, where there are several).
        axis: usize,
        /// The axes' lengths.
        sizes: Vec<usize>,
    },
    /// Target index `i` is the sum of the source from index `i + 1` on.
    SuffixSum {
        /// The axis acted on (the first, where there are several).
        axis: usize,
        /// The target axis's length.
        len: usize,
    },
}

impl Step {
    /// Whether an entry of the target may be zero because it reads nothing of the source.
    #[must_use]
    pub fn leaves_zeros(&self) -> bool {
        let is_outside = |first: i128, last: i128, source: usize| {
            first.min(last) < 0 || first.max(last) >= source as i128
        };
        match self {
            Self::Slice {
                source,
                start,
                step,
                len,
                ..
            } => {
                let last = i128::from(*start) + i128::from(*step) * (*len as i128 - 1);
                *len > 0 && is_outside((*start).into(), last, *source)
            }
            Self::Gather { index, .. } => index.iter().any(Option::is_none),
            Self::Window {
                source,
                positions,
                kernel,
                stride,
                dilation,
                pad,
                ..
            } => {
                let reach = |count: usize, step: usize| (count as i128 - 1) * step as i128;
                let first = -(*pad as i128);
                let last = first + reach(*positions, *stride) + reach(*kernel, *dilation);
                *positions > 0 && *kernel > 0 && is_outside(first, last, *source)
            }
            // Nothing comes after the last entry.
            Self::SuffixSum { len, .. } => *len > 0,
            Self::Permute(_)
            | Self::Insert { .. }
            | Self::Reduce { .. }
            | Self::Split { .. }
            | Self::Merge { .. } => false,
        }
    }

    /// How many numbers describe the step.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Permute(list) => list.len(),
            Self::Gather { index, .. } => index.len(),
            Self::Reduce { weights, .. } => weights.as_ref().map_or(1, Vec::len),
            Self::Split { sizes, .. } | Self::Merge { sizes, .. } => sizes.len(),
            Self::Slice { .. }
            | Self::Window { .. }
            | Self::Insert { .. }
            | Self::SuffixSum { .. } => 1,
        }
    }
}
