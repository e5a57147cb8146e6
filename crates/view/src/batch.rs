//! Views of a batch: the same view of every sample.

use crate::{Step, View, ViewError};

impl View {
    /// The view of an array with one more axis in front, of this length, that reads every part of it as this view reads one.
    ///
    /// # Errors
    /// If there are too many axes or entries.
    pub fn batched(&self, samples: usize) -> Result<Self, ViewError> {
        let source = [&[samples], self.source()].concat();
        View::new(
            source,
            self.steps().iter().map(Step::behind_an_axis).collect(),
        )
    }
}

impl Step {
    /// The same step on an array with one more axis in front, which it leaves alone.
    fn behind_an_axis(&self) -> Self {
        let mut step = self.clone();
        match &mut step {
            Self::Permute(permutation) => {
                permutation.iter_mut().for_each(|axis| *axis += 1);
                permutation.insert(0, 0);
            }
            Self::Slice { axis, .. }
            | Self::Gather { axis, .. }
            | Self::Window { axis, .. }
            | Self::Insert { axis, .. }
            | Self::Reduce { axis, .. }
            | Self::Split { axis, .. }
            | Self::Merge { axis, .. }
            | Self::SuffixSum { axis, .. } => *axis += 1,
        }
        step
    }
}
