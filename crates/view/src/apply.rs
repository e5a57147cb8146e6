//! Computing the target of a view.

use crate::axis_map::AxisMap;
use crate::{Functional, Ring, Step, View, ViewError, volume};

/// Entries that are worth a task of their own.
#[cfg(feature = "parallel")]
const TASK: usize = 1 << 14;

impl View {
    /// The target array, row-major, from the source array, row-major.
    ///
    /// # Errors
    /// If `source` does not have as many entries as the view's source shape.
    pub fn apply<T: Ring>(&self, source: &[T]) -> Result<Vec<T>, ViewError> {
        self.apply_widening(source)
    }

    /// As [`Self::apply`], of a source whose entries are of a narrower type.
    ///
    /// # Errors
    /// If `source` does not have as many entries as the view's source shape.
    pub fn apply_widening<S: Copy + Into<T> + Sync, T: Ring>(
        &self,
        source: &[S],
    ) -> Result<Vec<T>, ViewError> {
        if volume(self.source()) != Some(source.len()) {
            return Err(ViewError::Shape {
                expected: self.source().to_vec(),
                got: vec![source.len()],
            });
        }
        let mut array: Option<Vec<T>> = None;
        for (step, before, after) in self.stages() {
            array = match &array {
                None => apply_step(step, before, after, source),
                Some(values) => apply_step(step, before, after, values),
            }
            .or(array);
        }
        Ok(array.unwrap_or_else(|| source.iter().map(|&v| v.into()).collect()))
    }
}

/// The array after a step; `None` if its entries stay where they are.
fn apply_step<S: Copy + Into<T> + Sync, T: Ring>(
    step: &Step,
    before: &[usize],
    after: &[usize],
    array: &[S],
) -> Option<Vec<T>> {
    match step {
        Step::Split { .. } | Step::Merge { .. } => None,
        Step::Permute(permutation) => Some(permute(array, before, permutation)),
        Step::Slice { .. }
        | Step::Gather { .. }
        | Step::Window { .. }
        | Step::Insert { .. }
        | Step::Reduce { .. }
        | Step::SuffixSum { .. } => {
            let map = step.axis_map()?;
            let inner = before.iter().skip(map.axis + map.source.len()).product();
            Some(along_axis(array, &map, inner, after.iter().product()))
        }
    }
}

/// Applies the map of an axis, behind which there are `inner` entries; the target has so many `entries`.
fn along_axis<S: Copy + Into<T> + Sync, T: Ring>(
    array: &[S],
    map: &AxisMap<'_>,
    inner: usize,
    entries: usize,
) -> Vec<T> {
    let from = map.source.iter().product::<usize>();
    let to = map.target.iter().product::<usize>();
    let mut out = vec![T::default(); entries];
    if inner == 0 || from == 0 || to == 0 {
        return out;
    }
    // What each index of the target reads, in order.
    let (mut reads, mut starts) = (Vec::new(), Vec::with_capacity(to + 1));
    map.entries(|target, source, factor| {
        starts.resize(starts.len().max(target + 1), reads.len());
        reads.push((source, factor));
    });
    starts.resize(to + 1, reads.len());
    fill_rows(&mut out, inner, |first, rows| {
        let (mut index, mut block) = (first % to, first / to * from * inner);
        for out in rows.chunks_exact_mut(inner) {
            let range = starts.get(index).zip(starts.get(index + 1));
            let reads = range.and_then(|(&start, &end)| reads.get(start..end));
            for &(source, factor) in reads.unwrap_or_default() {
                let at = block + source * inner;
                add_multiple(out, array.get(at..at + inner).unwrap_or_default(), factor);
            }
            index += 1;
            if index == to {
                (index, block) = (0, block + from * inner);
            }
        }
    });
    out
}

#[inline]
fn add_multiple<S: Copy + Into<T>, T: Ring>(out: &mut [T], read: &[S], factor: i64) {
    if factor == 1 {
        for (out, &v) in out.iter_mut().zip(read) {
            *out += v.into();
        }
        return;
    }
    let factor = T::from(factor);
    for (out, &v) in out.iter_mut().zip(read) {
        *out += factor * v.into();
    }
}

/// Row-major transposition: target axis `i` is source axis `permutation[i]`.
pub(crate) fn permute<S: Copy + Into<T> + Sync, T: Ring>(
    array: &[S],
    shape: &[usize],
    permutation: &[usize],
) -> Vec<T> {
    let mut strides = vec![1usize; shape.len()];
    let mut stride = 1;
    for (slot, &n) in strides.iter_mut().zip(shape).rev() {
        *slot = stride;
        stride *= n;
    }
    let target = permutation.iter();
    let target: Vec<(usize, usize)> = target
        .filter_map(|&p| Some((*shape.get(p)?, *strides.get(p)?)))
        .collect();
    let (&(width, step), outer) = target.split_last().unwrap_or((&(1, 1), &[]));
    // Where each row of the target begins.
    let mut offsets = vec![0usize];
    for &(n, stride) in outer {
        let next = offsets.iter();
        offsets = next
            .flat_map(|&o| (0..n).map(move |i| o + i * stride))
            .collect();
    }
    let mut out = vec![T::default(); offsets.len() * width];
    fill_rows(&mut out, width, |first, rows| {
        let offsets = offsets.iter().skip(first);
        for (&offset, row) in offsets.zip(rows.chunks_exact_mut(width.max(1))) {
            let read = array.iter().skip(offset).step_by(step.max(1));
            row.iter_mut()
                .zip(read)
                .for_each(|(out, &v)| *out = v.into());
        }
    });
    out
}

/// Fills rows of so many entries, some at a time: `fill` is given the number of the first of them.
fn fill_rows<T: Ring>(out: &mut [T], width: usize, fill: impl Fn(usize, &mut [T]) + Sync) {
    #[cfg(feature = "parallel")]
    if width > 0 && out.len() > TASK {
        use rayon::prelude::*;
        let rows = TASK.div_ceil(width);
        let tasks = out.par_chunks_mut(rows * width).enumerate();
        tasks.for_each(|(task, out)| fill(task * rows, out));
        return;
    }
    if width > 0 {
        fill(0, out);
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
