//! Linear functionals of tensor-product form, and how a view pulls them back.

use crate::permute::permute;
use crate::ring::Ring;
use crate::{Step, View, ViewError, volume};
use std::sync::Arc;

/// A weight vector over consecutive axes, row-major.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group<F> {
    /// The lengths of the axes.
    pub sizes: Vec<usize>,
    /// One weight for each index over these axes. Copies of a functional share them.
    pub weights: Arc<Vec<F>>,
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
            weights: weights.into(),
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
        let axes: Vec<Vec<usize>> = self.target().iter().map(|&n| vec![n]).collect();
        let pulled = self.foresee(&axes);
        pulled.map_or(Vec::new(), |p| p.groups.iter().map(Vec::len).collect())
    }

    /// What [`Functional::pull_back`] makes of a functional with groups of these sizes, and what that costs, without doing it.
    /// A hostile view can demand the product of all axes; this takes no longer than reading the view.
    ///
    /// `None` if the groups are not those of a functional on the view's target.
    #[must_use]
    pub fn foresee(&self, groups: &[Vec<usize>]) -> Option<Foreseen> {
        if !groups.iter().flatten().eq(self.target()) {
            return None;
        }
        let mut seen = Foreseen {
            groups: groups.to_vec(),
            work: 0,
        };
        for (step, before, _) in self.stages().rev() {
            if let Step::Permute(permutation) = step {
                seen.unpermute(permutation, before);
            } else {
                seen.unmap(step);
            }
        }
        Some(seen)
    }
}

/// A functional pulled back through a view, as far as it does not depend on weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreseen {
    /// The sizes of each group.
    pub groups: Vec<Vec<usize>>,
    /// About how many ring elements are made or multiplied on the way.
    pub work: u64,
}

/// The number of entries, saturated; an empty axis counts as one, since a product may meet it last.
fn entries<'a>(sizes: impl IntoIterator<Item = &'a usize>) -> u64 {
    let sizes = sizes.into_iter();
    sizes.fold(1, |n: u64, &d| n.saturating_mul(d.max(1) as u64))
}

impl Foreseen {
    fn spend(&mut self, work: u64) {
        self.work = self.work.saturating_add(work);
    }

    fn unpermute(&mut self, permutation: &[usize], before: &[usize]) {
        let groups = std::mem::take(&mut self.groups).into_iter();
        self.groups = groups
            .flat_map(|sizes| {
                let (front, back) = unit_ends(&sizes);
                let core = sizes.get(front..sizes.len() - back).map(<[usize]>::to_vec);
                let ends = |n| std::iter::repeat_n(vec![1], n);
                ends(front).chain(core).chain(ends(back))
            })
            .collect();
        match placed(permutation, self.groups.iter().map(|sizes| sizes.len())) {
            Some(order) => {
                let all: u64 = self.groups.iter().map(entries).fold(0, u64::saturating_add);
                self.spend(all);
                let groups = order.iter().filter_map(|&i| self.groups.get(i).cloned());
                self.groups = groups.collect();
            }
            None => {
                self.spend(entries(before).saturating_mul(4));
                self.groups = vec![before.to_vec()];
            }
        }
    }

    fn unmap(&mut self, step: &Step) {
        let Some(map) = step.axis_map() else { return };
        let groups = std::mem::take(&mut self.groups);
        let Split {
            left,
            met,
            right,
            before_run,
        } = Split::of(groups, Vec::len, map.axis, map.target.len());
        let sizes = met.concat();
        let inner = entries(sizes.iter().skip(before_run + map.target.len()));
        let outer = entries(sizes.iter().take(before_run));
        let around = outer.saturating_mul(inner);
        let pulled = entries(&map.source).saturating_add(map.length());
        self.spend(entries(&sizes).saturating_mul(2));
        self.spend(around.saturating_mul(pulled));
        let mut new_sizes: Vec<usize> = sizes.iter().copied().take(before_run).collect();
        new_sizes.extend(&map.source);
        new_sizes.extend(sizes.iter().skip(before_run + map.target.len()));
        self.groups = left;
        if !new_sizes.is_empty() {
            self.groups.push(new_sizes);
        }
        self.groups.extend(right);
    }
}

/// How many axes of length one a group has in front and at its back, its last axis aside: nothing holds them to the others.
fn unit_ends(sizes: &[usize]) -> (usize, usize) {
    let units = |axes: &mut dyn Iterator<Item = &usize>| axes.take_while(|&&n| n == 1).count();
    let front = units(&mut sizes.iter()).min(sizes.len().saturating_sub(1));
    let back = units(&mut sizes.iter().skip(front + 1).rev());
    (front, back)
}

/// Where groups of so many axes go before a permutation; `None` if one of them does not keep its axes together and in order.
fn placed(permutation: &[usize], lengths: impl Iterator<Item = usize>) -> Option<Vec<usize>> {
    let mut firsts = Vec::new();
    let mut rest = permutation;
    for (position, length) in lengths.enumerate() {
        let (axes, later) = rest.split_at_checked(length)?;
        rest = later;
        let first = axes.first().copied().unwrap_or_default();
        if !axes.iter().enumerate().all(|(i, &p)| p == first + i) {
            return None;
        }
        firsts.push((first, position));
    }
    firsts.sort_by_key(|&(first, _)| first);
    Some(firsts.into_iter().map(|(_, position)| position).collect())
}

/// Groups, told apart by where they lie to a run of axes.
struct Split<G> {
    left: Vec<G>,
    met: Vec<G>,
    right: Vec<G>,
    /// Axes of the groups met that lie before the run.
    before_run: usize,
}

impl<G> Split<G> {
    fn of(groups: Vec<G>, axes: impl Fn(&G) -> usize, start: usize, length: usize) -> Self {
        let (mut left, mut met, mut right) = (Vec::new(), Vec::new(), Vec::new());
        let end = start + length;
        let mut at = 0;
        let mut offset = start;
        for group in groups {
            let next = at + axes(&group);
            if next <= start {
                left.push(group);
            } else if at >= end {
                right.push(group);
            } else {
                if met.is_empty() {
                    offset = at.min(start);
                }
                met.push(group);
            }
            at = next;
        }
        Self {
            left,
            met,
            right,
            before_run: start - offset,
        }
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
            if let Step::Permute(permutation) = step {
                self.unpermute(permutation, before, after);
            } else {
                self.unmap(step);
            }
        }
        Ok(self)
    }

    /// The functional before a permutation of axes. Groups stay apart where each keeps its axes together and in order.
    fn unpermute(&mut self, permutation: &[usize], before: &[usize], after: &[usize]) {
        let groups = std::mem::take(&mut self.groups).into_iter();
        self.groups = groups
            .flat_map(|Group { sizes, weights }| {
                let (front, back) = unit_ends(&sizes);
                let core = sizes.get(front..sizes.len() - back).unwrap_or_default();
                let core = Group {
                    sizes: core.to_vec(),
                    weights,
                };
                let ends = |n| std::iter::repeat_n(Group::axis(vec![F::from(1)]), n);
                ends(front).chain([core]).chain(ends(back))
            })
            .collect();
        if let Some(order) = placed(permutation, self.groups.iter().map(|g| g.sizes.len())) {
            let groups = order.iter().filter_map(|&i| self.groups.get(i).cloned());
            self.groups = groups.collect();
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
            weights: weights.into(),
        }];
    }

    /// The functional before a step that acts on a run of axes: the groups that meet the run become one, and the step's
    /// transpose is applied to it.
    fn unmap(&mut self, step: &Step) {
        let Some(map) = step.axis_map() else { return };
        let groups = std::mem::take(&mut self.groups);
        let Split {
            left,
            met,
            mut right,
            before_run,
        } = Split::of(groups, |g| g.sizes.len(), map.axis, map.target.len());
        let mut sizes = Vec::new();
        let mut weights = Arc::new(vec![F::from(1)]);
        for group in met {
            sizes.extend(&group.sizes);
            weights = if weights.len() == 1 && sizes.len() == group.sizes.len() {
                group.weights
            } else {
                kron(&weights, &group.weights).into()
            };
        }
        let inner: usize = sizes.iter().skip(before_run + map.target.len()).product();
        let from: usize = map.source.iter().product();
        let to: usize = map.target.iter().product();
        let outer = volume(sizes.get(..before_run).unwrap_or_default()).unwrap_or(0);
        let zeros = || vec![F::default(); outer * from * inner];
        let pulled = if matches!(step, Step::Split { .. } | Step::Merge { .. }) {
            weights
        } else if let Step::SuffixSum { len, .. } = step {
            let mut pulled = zeros();
            // Source index s is in the sums of all target indices before it: a running sum, not len^2 / 2 additions.
            let block = len.saturating_mul(inner).max(1);
            for (read, write) in weights.chunks(block).zip(pulled.chunks_mut(block)) {
                let mut sums = vec![F::default(); inner];
                for (read, write) in read
                    .chunks(inner.max(1))
                    .zip(write.chunks_mut(inner.max(1)))
                {
                    for ((sum, &read), write) in sums.iter_mut().zip(read).zip(write) {
                        *write = *sum;
                        *sum += read;
                    }
                }
            }
            pulled.into()
        } else {
            let mut pulled = zeros();
            map.entries(|t, s, c| {
                // Most maps only move entries.
                let factor = (c != 1).then(|| F::from(c));
                for o in 0..outer {
                    for i in 0..inner {
                        let read = weights.get((o * to + t) * inner + i).copied();
                        let write = pulled.get_mut((o * from + s) * inner + i);
                        if let (Some(read), Some(write)) = (read, write) {
                            *write += factor.map_or(read, |factor| factor * read);
                        }
                    }
                }
            });
            pulled.into()
        };
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

impl<F: Ring> Functional<F> {
    /// The value on an array, one group of axes after the other from the last: a multiplication for each entry that is not zero,
    /// and no copy of the weights. Entries that are missing count as zero.
    #[must_use]
    pub fn evaluate<T: Copy + Default + PartialEq>(
        &self,
        array: &[T],
        embed: impl Fn(T) -> F,
    ) -> F {
        let Some((last, outer)) = self.groups.split_last() else {
            return array
                .first()
                .map_or(F::default(), |&a| self.coefficient * embed(a));
        };
        let width = last.weights.len().max(1);
        let rows = array.chunks(width).map(|row| {
            let mut sum = F::default();
            for (&a, &w) in row.iter().zip(last.weights.iter()) {
                if a != T::default() {
                    sum += w * embed(a);
                }
            }
            sum
        });
        let mut values: Vec<F> = rows.collect();
        for group in outer.iter().rev() {
            let width = group.weights.len().max(1);
            let rows = values.chunks(width).map(|row| {
                let mut sum = F::default();
                for (&a, &w) in row.iter().zip(group.weights.iter()) {
                    sum += w * a;
                }
                sum
            });
            values = rows.collect();
        }
        values
            .first()
            .map_or(F::default(), |&v| self.coefficient * v)
    }
}
