//! Rows of an array, filled by several threads where there are any.

use crate::ring::Ring;

/// Entries that are worth a task of their own.
#[cfg(feature = "parallel")]
const TASK: usize = 1 << 14;

/// Fills rows of so many entries, some at a time: `fill` is given the number of the first of them.
pub(crate) fn fill_rows<T: Ring>(
    out: &mut [T],
    width: usize,
    fill: impl Fn(usize, &mut [T]) + Sync,
) {
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
