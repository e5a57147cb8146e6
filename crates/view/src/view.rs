//! Chains of steps, and what makes them well formed.

use crate::step::Step;
use serde::{Deserialize, Serialize};

/// The largest array a view may have as source, target or in between: far beyond any trace, far from overflow.
const MAX_VOLUME: u64 = 1 << 40;
/// The most axes that such an array may have: every step costs as much memory.
const MAX_AXES: usize = 32;
/// The most steps that a view may have.
pub const MAX_STEPS: usize = 256;

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
        let Some(shape) = target(&step, self.target()) else {
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

/// The shape after the step; `None` where the step does not fit.
fn target(step: &Step, shape: &[usize]) -> Option<Vec<usize>> {
    if let Step::Permute(permutation) = step {
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
    let map = step.axis_map()?;
    let end = map.axis.checked_add(map.source.len())?;
    if shape.get(map.axis..end)? != map.source.as_slice() {
        return None;
    }
    let ok = match step {
        Step::Gather { source, index, .. } => {
            index.iter().flatten().all(|&i| (i as usize) < *source)
        }
        Step::Reduce {
            source,
            weights: Some(w),
            ..
        } => w.len() == *source,
        Step::Window {
            positions,
            kernel,
            stride,
            dilation,
            pad,
            ..
        } => [positions, kernel, stride, dilation, pad]
            .iter()
            .all(|&&n| n < 1 << 20),
        Step::Permute(_)
        | Step::Slice { .. }
        | Step::Insert { .. }
        | Step::Reduce { weights: None, .. }
        | Step::Split { .. }
        | Step::Merge { .. }
        | Step::SuffixSum { .. } => true,
    };
    if !ok {
        return None;
    }
    let mut out = shape.get(..map.axis)?.to_vec();
    out.extend(&map.target);
    out.extend(shape.get(end..)?);
    Some(out)
}
