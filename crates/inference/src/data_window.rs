//! Which rows of a committed data set hold a run of its samples.
//!
//! A data set is committed as one tensor with the samples along its first axis, packed into rows like any other. A proof about some samples
//! reads the rows that hold them, as a tensor of its own; what else stands in the first and last of these is not read.

use crate::statement::Window;
use inferproof_argument::Layout;
use std::ops::Range;

/// The rows of a committed data set that hold a window's samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// Which rows.
    pub rows: Range<usize>,
    /// Where entries lie in them, as a tensor of its own.
    pub layout: Layout,
    /// Samples in them before the window's first.
    pub skipped: usize,
    /// Which samples' entries the rows hold, of the whole array.
    #[cfg_attr(
        not(feature = "prover"),
        allow(dead_code, reason = "what the prover takes from the opening")
    )]
    pub entries: Range<usize>,
}

impl Stretch {
    /// Of the samples of a tensor of this shape in a data set that is committed in rows of `2^row_bits` entries; `None` if the set does not
    /// have them, or cannot be laid out.
    pub fn of(shape: &[usize], row_bits: u32, window: Window) -> Option<Self> {
        let (&samples, of_one) = shape.split_first()?;
        let end = window.start.checked_add(samples)?;
        if samples == 0 || end > window.total {
            return None;
        }
        let whole = Layout::packed([&[window.total], of_one].concat(), row_bits)?;
        let per_sample: usize = of_one.iter().product();
        // Either rows hold whole samples, so many each, or a sample fills whole rows.
        let (rows, first, last) = match (whole.outer_axes(), whole.cut()) {
            (0, None) => (0..1, 0, window.total),
            (0, Some(run)) => {
                let rows = window.start / run..end.div_ceil(run);
                let (first, last) = (rows.start * run, rows.end * run);
                (rows, first, last.min(window.total))
            }
            _ => {
                let rows = whole.row_count() / window.total;
                (window.start * rows..end * rows, window.start, end)
            }
        };
        Some(Self {
            layout: whole.part(rows.clone())?,
            rows,
            skipped: window.start - first,
            entries: first * per_sample..last * per_sample,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every window of sets of all kinds of samples: the rows hold exactly its samples and their neighbours in the same rows.
    #[test]
    fn windows_are_the_rows_that_hold_their_samples() {
        for of_one in [
            vec![],
            vec![1],
            vec![3],
            vec![2, 3],
            vec![5, 7],
            vec![1, 4, 4],
        ] {
            let per_sample: usize = of_one.iter().product();
            for total in 1..12 {
                let whole = Layout::packed([&[total], of_one.as_slice()].concat(), 3).unwrap();
                for start in 0..total {
                    for samples in 1..=total - start {
                        let shape = [&[samples], of_one.as_slice()].concat();
                        let window = Window { start, total };
                        let stretch = Stretch::of(&shape, 3, window).unwrap();
                        let rows = &whole.rows()[stretch.rows.clone()];
                        let (first, last) = (rows[0].start, rows[rows.len() - 1].end);
                        assert_eq!(stretch.entries, first..last);
                        assert_eq!(first + stretch.skipped * per_sample, start * per_sample);
                        assert!(last >= (start + samples) * per_sample);
                        // Rows of the part are those of the whole, moved to its beginning.
                        let moved = stretch.layout.rows().into_iter();
                        let moved: Vec<_> = moved.map(|r| r.start + first..r.end + first).collect();
                        assert_eq!(moved, rows);
                    }
                }
                let beyond = Stretch::of(
                    &[&[1], of_one.as_slice()].concat(),
                    3,
                    Window {
                        start: total,
                        total,
                    },
                );
                assert_eq!(beyond, None);
            }
        }
    }
}
