//! The steps of a view, and what makes a chain of them well formed.

use crate::volume;
use serde::{Deserialize, Serialize};

/// The largest array a view may have as source, target or in between: far beyond any trace, far from overflow.
const MAX_VOLUME: u64 = 1 << 40;
/// The most axes that such an array may have: every step costs as much memory.
const MAX_AXES: usize = 32;
/// The most steps that a view may have.
pub const MAX_STEPS: usize = 256;

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
}

/// What is wrong with a view.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// A step does not fit the shape it is applied to.
    #[error("step {position} ({step:?}) does not fit an array of shape {shape:?}")]
    Step {
        /// Which step.
        position: usize,
        /// The step.
        step: Box<Step>,
        /// The shape before it.
        shape: Vec<usize>,
    },
    /// An array would have more entries than any trace may have.
    #[error("an array of shape {0:?} is too large")]
    Volume(Vec<usize>),
    /// An array would have too many axes.
    #[error("an array of {0} axes; at most {MAX_AXES}")]
    Axes(usize),
    /// A view would have too many steps.
    #[error("a view of {0} steps; at most {MAX_STEPS}")]
    Steps(usize),
    /// A functional or array does not have the shape of the view's target.
    #[error("expected shape {expected:?}, got {got:?}")]
    Shape {
        /// The shape of the view's end.
        expected: Vec<usize>,
        /// The shape that was given.
        got: Vec<usize>,
    },
}

/// A chain of steps from a source shape to a target shape.
///
/// Invariant: every step fits the shape before it; no shape on the way has more than 2^40 entries or 32 axes; there are at most
/// 256 steps.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct View {
    /// Shapes before each step, and after the last.
    shapes: Vec<Vec<usize>>,
    steps: Vec<Step>,
}

#[derive(Serialize, Deserialize)]
struct Unchecked {
    source: Vec<usize>,
    steps: Vec<Step>,
}

impl TryFrom<Unchecked> for View {
    type Error = ViewError;
    fn try_from(raw: Unchecked) -> Result<Self, ViewError> {
        Self::new(raw.source, raw.steps)
    }
}

impl From<View> for Unchecked {
    fn from(view: View) -> Self {
        Self {
            source: view.source().to_vec(),
            steps: view.steps,
        }
    }
}

impl View {
    /// The view that reads an array as it is.
    ///
    /// # Errors
    /// If the shape is too large.
    pub fn identity(shape: Vec<usize>) -> Result<Self, ViewError> {
        Self::new(shape, Vec::new())
    }

    /// Checks the steps one after the other.
    ///
    /// # Errors
    /// If a step does not fit the shape before it, or a shape is too large.
    pub fn new(source: Vec<usize>, steps: Vec<Step>) -> Result<Self, ViewError> {
        let mut view = Self {
            shapes: vec![checked(source)?],
            steps: Vec::new(),
        };
        view.room_for(steps.len())?;
        for step in steps {
            view = view.then(step)?;
        }
        Ok(view)
    }

    /// This view, then one more step.
    ///
    /// # Errors
    /// If the step does not fit the target.
    pub fn then(mut self, step: Step) -> Result<Self, ViewError> {
        self.room_for(1)?;
        let Some(shape) = step.target(self.target()) else {
            return Err(ViewError::Step {
                position: self.steps.len(),
                shape: self.target().to_vec(),
                step: Box::new(step),
            });
        };
        self.shapes.push(checked(shape)?);
        self.steps.push(step);
        Ok(self)
    }

    /// This view, then another that starts where it ends.
    ///
    /// # Errors
    /// If the shapes differ, or there would be too many steps.
    pub fn chain(mut self, next: &Self) -> Result<Self, ViewError> {
        if self.target() != next.source() {
            return Err(ViewError::Shape {
                expected: self.target().to_vec(),
                got: next.source().to_vec(),
            });
        }
        self.room_for(next.steps.len())?;
        self.steps.extend(next.steps.iter().cloned());
        self.shapes.extend(next.shapes.iter().skip(1).cloned());
        Ok(self)
    }

    fn room_for(&self, more: usize) -> Result<(), ViewError> {
        match self.steps.len().saturating_add(more) {
            n if n > MAX_STEPS => Err(ViewError::Steps(n)),
            _ => Ok(()),
        }
    }

    /// The shape that is read.
    #[must_use]
    pub fn source(&self) -> &[usize] {
        self.shapes.first().map_or(&[], Vec::as_slice)
    }

    /// The shape that is made.
    #[must_use]
    pub fn target(&self) -> &[usize] {
        self.shapes.last().map_or(&[], Vec::as_slice)
    }

    /// The steps, from the source to the target.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Each step with the shape before it and the shape after it.
    pub(crate) fn stages(&self) -> impl DoubleEndedIterator<Item = (&Step, &[usize], &[usize])> {
        let before = self.shapes.iter();
        let after = self.shapes.iter().skip(1);
        let shapes: Vec<_> = before.zip(after).collect();
        self.steps
            .iter()
            .zip(shapes)
            .map(|(s, (a, b))| (s, a.as_slice(), b.as_slice()))
    }

    /// How many numbers describe the view: what a copy of it costs.
    #[must_use]
    pub fn size(&self) -> usize {
        let shapes: usize = self.shapes.iter().map(Vec::len).sum();
        let steps: usize = self.steps.iter().map(Step::size).sum();
        1 + shapes + steps
    }

    /// The largest absolute value of a target entry when source entries are at most `bound` in absolute value.
    #[must_use]
    pub fn magnitude(&self, bound: i128) -> i128 {
        self.steps.iter().fold(bound, |bound, step| {
            let gain = match step {
                Step::Reduce {
                    source,
                    weights: None,
                    ..
                } => *source as i128,
                Step::Reduce {
                    weights: Some(w), ..
                } => w.iter().map(|&w| i128::from(w).abs()).sum(),
                Step::SuffixSum { len, .. } => *len as i128,
                Step::Permute(_)
                | Step::Slice { .. }
                | Step::Gather { .. }
                | Step::Window { .. }
                | Step::Insert { .. }
                | Step::Split { .. }
                | Step::Merge { .. } => 1,
            };
            bound.saturating_mul(gain)
        })
    }
}

/// Axes of length zero count as one, so that no product of some of the axes overflows either.
fn checked(shape: Vec<usize>) -> Result<Vec<usize>, ViewError> {
    if shape.len() > MAX_AXES {
        return Err(ViewError::Axes(shape.len()));
    }
    let entries = shape.iter().try_fold(1u64, |entries, &n| {
        entries.checked_mul(u64::try_from(n.max(1)).ok()?)
    });
    match entries {
        Some(n) if n <= MAX_VOLUME => Ok(shape),
        _ => Err(ViewError::Volume(shape)),
    }
}

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

    /// How many numbers describe the step.
    fn size(&self) -> usize {
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

    /// The shape after the step; `None` where the step does not fit.
    fn target(&self, shape: &[usize]) -> Option<Vec<usize>> {
        if let Self::Permute(permutation) = self {
            let mut seen = vec![false; shape.len()];
            for &p in permutation {
                let slot = seen.get_mut(p)?;
                if std::mem::replace(slot, true) {
                    return None;
                }
            }
            return (permutation.len() == shape.len())
                .then(|| permutation.iter().filter_map(|&p| shape.get(p).copied()))
                .map(Iterator::collect);
        }
        let map = self.axis_map()?;
        let end = map.axis.checked_add(map.source.len())?;
        if shape.get(map.axis..end)? != map.source.as_slice() {
            return None;
        }
        let ok = match self {
            Self::Gather { source, index, .. } => {
                index.iter().flatten().all(|&i| (i as usize) < *source)
            }
            Self::Reduce {
                source,
                weights: Some(w),
                ..
            } => w.len() == *source,
            Self::Window {
                positions,
                kernel,
                stride,
                dilation,
                pad,
                ..
            } => [positions, kernel, stride, dilation, pad]
                .iter()
                .all(|&&n| n < 1 << 20),
            Self::Permute(_)
            | Self::Slice { .. }
            | Self::Insert { .. }
            | Self::Reduce { weights: None, .. }
            | Self::Split { .. }
            | Self::Merge { .. }
            | Self::SuffixSum { .. } => true,
        };
        if !ok {
            return None;
        }
        let mut out = shape.get(..map.axis)?.to_vec();
        out.extend(&map.target);
        out.extend(shape.get(end..)?);
        Some(out)
    }
}
