//! What a step does to the axes on which it acts, entry by entry.

use crate::step::Step;
use crate::volume;

/// What a step other than a permutation does to a run of axes.
pub(crate) struct AxisMap<'a> {
    /// The first axis it acts on, in source and target.
    pub axis: usize,
    /// The lengths of the source axes that it replaces.
    pub source: Vec<usize>,
    /// The lengths of the target axes that replace them.
    pub target: Vec<usize>,
    step: &'a Step,
}

impl AxisMap<'_> {
    /// How many entries a pull-back walks through for each index of the axes around.
    pub fn length(&self) -> u64 {
        match self.step {
            Step::Slice { len, .. } | Step::Insert { len, .. } | Step::SuffixSum { len, .. } => {
                *len as u64
            }
            Step::Gather { index, .. } => index.len() as u64,
            Step::Window {
                positions, kernel, ..
            } => (*positions as u64).saturating_mul(*kernel as u64),
            Step::Reduce { source, .. } => *source as u64,
            Step::Permute(_) | Step::Split { .. } | Step::Merge { .. } => 0,
        }
    }

    /// Calls `f(target index, source index, coefficient)` for every non-zero coefficient of the map, both indices flat.
    pub fn entries(&self, mut f: impl FnMut(usize, usize, i64)) {
        let inside = |at: i64, source: usize| usize::try_from(at).ok().filter(|&at| at < source);
        match self.step {
            Step::Slice {
                source,
                start,
                step,
                len,
                ..
            } => {
                let mut at = *start;
                for i in 0..*len {
                    if let Some(s) = inside(at, *source) {
                        f(i, s, 1);
                    }
                    at = at.saturating_add(*step);
                }
            }
            Step::Gather { index, .. } => {
                for (i, s) in index.iter().enumerate() {
                    if let Some(s) = s {
                        f(i, *s as usize, 1);
                    }
                }
            }
            Step::Window {
                source,
                positions,
                kernel,
                stride,
                dilation,
                pad,
                ..
            } => {
                for o in 0..*positions {
                    for k in 0..*kernel {
                        let at = (o * stride + k * dilation).checked_sub(*pad);
                        if let Some(s) = at.filter(|s| s < source) {
                            f(o * kernel + k, s, 1);
                        }
                    }
                }
            }
            Step::Insert { len, .. } => (0..*len).for_each(|i| f(i, 0, 1)),
            Step::Reduce {
                source, weights, ..
            } => match weights {
                None => (0..*source).for_each(|i| f(0, i, 1)),
                Some(weights) => {
                    for (i, &w) in weights.iter().enumerate() {
                        f(0, i, w);
                    }
                }
            },
            Step::SuffixSum { len, .. } => {
                for i in 0..*len {
                    (i + 1..*len).for_each(|s| f(i, s, 1));
                }
            }
            Step::Permute(_) | Step::Split { .. } | Step::Merge { .. } => {
                let n: usize = self.source.iter().product();
                (0..n).for_each(|i| f(i, i, 1));
            }
        }
    }
}

impl Step {
    /// The map on axes; `None` for a permutation.
    pub(crate) fn axis_map(&self) -> Option<AxisMap<'_>> {
        let (axis, source, target) = match self {
            Self::Permute(_) => return None,
            Self::Slice {
                axis, source, len, ..
            } => (axis, vec![*source], vec![*len]),
            Self::Gather {
                axis,
                source,
                index,
            } => (axis, vec![*source], vec![index.len()]),
            Self::Window {
                axis,
                source,
                positions,
                kernel,
                ..
            } => (axis, vec![*source], vec![*positions, *kernel]),
            Self::Insert { axis, len } => (axis, vec![], vec![*len]),
            Self::Reduce { axis, source, .. } => (axis, vec![*source], vec![]),
            Self::Split { axis, sizes } => (axis, vec![volume(sizes)?], sizes.clone()),
            Self::Merge { axis, sizes } => (axis, sizes.clone(), vec![volume(sizes)?]),
            Self::SuffixSum { axis, len } => (axis, vec![*len], vec![*len]),
        };
        Some(AxisMap {
            axis: *axis,
            source,
            target,
            step: self,
        })
    }
}
