//! Computing the target of a view.

use crate::axis_map::AxisMap;
use crate::permute::permute;
use crate::ring::Ring;
use crate::rows::fill_rows;
use crate::{Step, View, ViewError, volume};

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
