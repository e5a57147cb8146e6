//! Linear functionals of tensor-product form, and how a view pulls them back.

use crate::{Step, View, ViewError, apply::permute, volume};
use std::ops::{AddAssign, Mul};

/// What functionals are computed over: a prime field, or integers in tests.
pub trait Ring: Copy + Default + AddAssign + Mul<Output = Self> + From<i64> {}
impl<T: Copy + Default + AddAssign + Mul<Output = T> + From<i64>> Ring for T {}

/// A weight vector over consecutive axes, row-major.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group<F> {
    /// The lengths of the axes.
    pub sizes: Vec<usize>,
    /// One weight for each index over these axes.
    pub weights: Vec<F>,
}

/// `coefficient * (group 0) (x) (group 1) (x) ...`: a linear functional on an array whose axes are those of the groups in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Functional<F> {
    /// The common factor.
    pub coefficient: F,
    /// The factors; an axis of the array belongs to exactly one.
    pub groups: Vec<Group<F>>,
}

impl<F: Ring> Group<F> {
    /// One axis.
    #[must_use]
    pub fn axis(weights: Vec<F>) -> Self {
        Self {
            sizes: vec![weights.len()],
            weights,
        }
    }
}

/// Tensor product, row-major.
pub(crate) fn kron<F: Ring>(a: &[F], b: &[F]) -> Vec<F> {
    let mut out = Vec::with_capacity(a.len() * b.len());
    for &x in a {
        out.extend(b.iter().map(|&y| x * y));
    }
    out
}

impl View {
    /// How the source's axes are grouped in a functional pulled back from one weight vector for each target axis: the number
    /// of axes of each group. It depends on the view alone.
    #[must_use]
    pub fn groups(&self) -> Vec<usize> {
        let zeros = self.target().iter().map(|&n| vec![0i64; n]).collect();
        let pulled = Functional::product(zeros).pull_back(self);
        pulled.map_or(Vec::new(), |f| {
            f.groups.iter().map(|g| g.sizes.len()).collect()
        })
    }
}

impl<F: Ring> Functional<F> {
    /// A functional with one weight vector for each axis.
    #[must_use]
    pub fn product(axes: Vec<Vec<F>>) -> Self {
        Self {
            coefficient: F::from(1),
            groups: axes.into_iter().map(Group::axis).collect(),
        }
    }

    /// The shape of the arrays it takes.
    #[must_use]
    pub fn shape(&self) -> Vec<usize> {
        self.groups
            .iter()
            .flat_map(|g| g.sizes.iter().copied())
            .collect()
    }

    /// The weights as one array over all axes, coefficient included: linear in the array, so for small ones only.
    #[must_use]
    pub fn dense(&self) -> Vec<F> {
        self.groups
            .iter()
            .fold(vec![self.coefficient], |w, g| kron(&w, &g.weights))
    }

    /// `V^T w` for this functional `w` on the target of `view`.
    ///
    /// # Errors
    /// If the functional is not on the view's target.
    pub fn pull_back(mut self, view: &View) -> Result<Self, ViewError> {
        if self.shape() != view.target() {
            return Err(ViewError::Shape {
                expected: view.target().to_vec(),
                got: self.shape(),
            });
        }
        for (step, before, after) in view.stages().rev() {
            match step {
                Step::Permute(permutation) => self.unpermute(permutation, before, after),
                _ => self.unmap(step),
            }
        }
        Ok(self)
    }

    /// The functional before a permutation of axes. Groups stay apart where each keeps its axes together and in order.
    fn unpermute(&mut self, permutation: &[usize], before: &[usize], after: &[usize]) {
        let mut placed: Vec<(usize, Group<F>)> = Vec::with_capacity(self.groups.len());
        let mut at = 0;
        let mut together = true;
        for group in &self.groups {
            let axes = permutation
                .get(at..at + group.sizes.len())
                .unwrap_or_default();
            let first = axes.first().copied().unwrap_or_default();
            together &= axes.iter().enumerate().all(|(i, &p)| p == first + i);
            placed.push((first, group.clone()));
            at += group.sizes.len();
        }
        if together {
            placed.sort_by_key(|(first, _)| *first);
            self.groups = placed.into_iter().map(|(_, g)| g).collect();
            return;
        }
        let mut inverse = vec![0; permutation.len()];
        for (i, &p) in permutation.iter().enumerate() {
            if let Some(slot) = inverse.get_mut(p) {
                *slot = i;
            }
        }
        let weights = permute(&self.dense(), after, &inverse);
        self.coefficient = F::from(1);
        self.groups = vec![Group {
            sizes: before.to_vec(),
            weights,
        }];
    }

    /// The functional before a step that acts on a run of axes: the groups that meet the run become one, and the step's
    /// transpose is applied to it.
    fn unmap(&mut self, step: &Step) {
        let Some(map) = step.axis_map() else { return };
        let (start, end) = (map.axis, map.axis + map.target.len());
        let (mut left, mut met, mut right) = (Vec::new(), Vec::new(), Vec::new());
        let mut at = 0;
        let mut offset = None;
        for group in self.groups.drain(..) {
            let next = at + group.sizes.len();
            if next <= start {
                left.push(group);
            } else if at >= end {
                right.push(group);
            } else {
                offset.get_or_insert(at);
                met.push(group);
            }
            at = next;
        }
        let before_run = start - offset.unwrap_or(start).min(start);
        let mut sizes = Vec::new();
        let mut weights = vec![F::from(1)];
        for group in met {
            sizes.extend(&group.sizes);
            weights = if weights.len() == 1 && sizes.len() == group.sizes.len() {
                group.weights
            } else {
                kron(&weights, &group.weights)
            };
        }
        let inner: usize = sizes.iter().skip(before_run + map.target.len()).product();
        let from: usize = map.source.iter().product();
        let to: usize = map.target.iter().product();
        let outer = volume(sizes.get(..before_run).unwrap_or_default()).unwrap_or(0);
        let mut pulled = vec![F::default(); outer * from * inner];
        if matches!(step, Step::Split { .. } | Step::Merge { .. }) {
            pulled = weights;
        } else {
            map.entries(|t, s, c| {
                let c = F::from(c);
                for o in 0..outer {
                    for i in 0..inner {
                        let read = weights.get((o * to + t) * inner + i).copied();
                        let write = pulled.get_mut((o * from + s) * inner + i);
                        if let (Some(read), Some(write)) = (read, write) {
                            *write += c * read;
                        }
                    }
                }
            });
        }
        let mut new_sizes: Vec<usize> = sizes.iter().copied().take(before_run).collect();
        new_sizes.extend(&map.source);
        new_sizes.extend(sizes.iter().skip(before_run + map.target.len()));
        self.groups = left;
        if new_sizes.is_empty() {
            let factor = pulled.first().copied().unwrap_or_default();
            self.coefficient = self.coefficient * factor;
        } else {
            self.groups.push(Group {
                sizes: new_sizes,
                weights: pulled,
            });
        }
        self.groups.append(&mut right);
    }
}
