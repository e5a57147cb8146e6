//! Computing the target of a view.

use crate::{Functional, Ring, View, ViewError, volume};

impl View {
    /// The target array, row-major, from the source array, row-major.
    ///
    /// # Errors
    /// If `source` does not have as many entries as the view's source shape.
    pub fn apply<T: Ring>(&self, source: &[T]) -> Result<Vec<T>, ViewError> {
        if volume(self.source()) != Some(source.len()) {
            return Err(ViewError::Shape {
                expected: self.source().to_vec(),
                got: vec![source.len()],
            });
        }
        let mut array = source.to_vec();
        for (step, before, after) in self.stages() {
            let Some(map) = step.axis_map() else {
                if let crate::Step::Permute(permutation) = step {
                    array = permute(&array, before, permutation);
                }
                continue;
            };
            if map.source.iter().product::<usize>() == map.target.iter().product::<usize>()
                && matches!(step, crate::Step::Split { .. } | crate::Step::Merge { .. })
            {
                continue;
            }
            let inner: usize = before.iter().skip(map.axis + map.source.len()).product();
            let (from, to): (usize, usize) =
                (map.source.iter().product(), map.target.iter().product());
            let mut out = vec![T::default(); after.iter().product()];
            let mut entries = Vec::new();
            map.entries(|t, s, c| entries.push((t, s, c)));
            if inner > 0 && from > 0 && to > 0 {
                let blocks = array.chunks_exact(from * inner);
                for (block, target) in blocks.zip(out.chunks_exact_mut(to * inner)) {
                    for &(t, s, c) in &entries {
                        let read = block.get(s * inner..(s + 1) * inner).unwrap_or_default();
                        let write = target
                            .get_mut(t * inner..(t + 1) * inner)
                            .unwrap_or_default();
                        if c == 1 {
                            for (w, &r) in write.iter_mut().zip(read) {
                                *w += r;
                            }
                        } else {
                            let c = T::from(c);
                            for (w, &r) in write.iter_mut().zip(read) {
                                *w += c * r;
                            }
                        }
                    }
                }
            }
            array = out;
        }
        Ok(array)
    }
}

/// Row-major transposition: target axis `i` is source axis `permutation[i]`.
pub(crate) fn permute<T: Ring>(array: &[T], shape: &[usize], permutation: &[usize]) -> Vec<T> {
    let mut strides = vec![1usize; shape.len()];
    let mut stride = 1;
    for (slot, &n) in strides.iter_mut().zip(shape).rev() {
        *slot = stride;
        stride *= n;
    }
    let target: Vec<(usize, usize)> = permutation
        .iter()
        .filter_map(|&p| Some((*shape.get(p)?, *strides.get(p)?)))
        .collect();
    let mut offsets = vec![0usize];
    for (n, stride) in target {
        offsets = offsets
            .iter()
            .flat_map(|&o| (0..n).map(move |i| o + i * stride))
            .collect();
    }
    offsets
        .iter()
        .map(|&o| array.get(o).copied().unwrap_or_default())
        .collect()
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
