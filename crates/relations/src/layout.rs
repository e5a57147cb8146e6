//! How a tensor lies in committed rows.
//!
//! Tensors are logical arrays; nothing is padded in memory. A tensor is stored row-major; a row holds a run of at most `2^c`
//! consecutive entries. Trailing axes are whole inside a row; one axis may be cut into runs of a power of two; the axes before
//! it number the rows. Every row commits at least one real entry (`docs/protocol.md`, musts 1 and 2).

use inferproof_view::volume;
use serde::Serialize;
use std::ops::Range;

/// The placement of one tensor.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Layout {
    shape: Vec<usize>,
    /// The first `outer` axes number the rows.
    outer: usize,
    /// If an axis is cut (axis number `outer`): entries of it in a row, a power of two.
    cut: Option<usize>,
}

impl Layout {
    /// Fills rows of at most `2^c` entries as well as whole axes and one power-of-two cut allow.
    /// `None` if the tensor is empty or too large.
    #[must_use]
    pub fn packed(shape: Vec<usize>, c: u32) -> Option<Self> {
        Self::with_rows_from(shape, 0, c)
    }

    /// As [`Self::packed`], but a row holds entries of one combination of the first `outer` axes only.
    /// `None` if there are fewer axes, too.
    #[must_use]
    pub fn with_rows_from(shape: Vec<usize>, outer: usize, c: u32) -> Option<Self> {
        let width = 1usize.checked_shl(c)?;
        if volume(&shape)? == 0 || outer > shape.len() {
            return None;
        }
        let mut inner = 1;
        for (axis, &n) in shape.iter().enumerate().skip(outer).rev() {
            if inner * n <= width {
                inner *= n;
                continue;
            }
            let run = 1usize << (width / inner).checked_ilog2()?;
            return Some(if run == 1 {
                Self {
                    shape,
                    outer: axis + 1,
                    cut: None,
                }
            } else {
                Self {
                    shape,
                    outer: axis,
                    cut: Some(run),
                }
            });
        }
        Some(Self {
            shape,
            outer,
            cut: None,
        })
    }

    /// The logical shape.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Axes that number the rows.
    #[must_use]
    pub fn outer_axes(&self) -> usize {
        self.outer
    }

    /// Combinations of the outer axes.
    #[must_use]
    pub fn outer_count(&self) -> usize {
        self.shape.iter().take(self.outer).product()
    }

    /// Entries for each combination of the outer axes.
    #[must_use]
    pub fn content(&self) -> usize {
        self.shape.iter().skip(self.outer).product()
    }

    /// The most entries that a row has.
    #[must_use]
    pub fn row_width(&self) -> usize {
        match self.cut {
            None => self.content(),
            Some(run) => run * self.shape.iter().skip(self.outer + 1).product::<usize>(),
        }
    }

    /// Entries of the cut axis in a row, a power of two, if an axis is cut.
    #[must_use]
    pub fn cut(&self) -> Option<usize> {
        self.cut
    }

    /// Rows for each combination of the outer axes.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.content().div_ceil(self.row_width().max(1))
    }

    /// How many rows are committed.
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.outer_count() * self.runs()
    }

    /// The layout of a run of this one's rows as a tensor of its own: of rows that make up whole combinations of the outer axes,
    /// or any rows if there is one combination.
    #[must_use]
    pub fn part(&self, rows: Range<usize>) -> Option<Self> {
        let content_axes = self.shape.get(self.outer..)?;
        let runs = self.runs().max(1);
        if rows.is_empty() || rows.end > self.row_count() {
            return None;
        }
        if self.outer_count() == 1 {
            let Some((axis, run)) = content_axes.split_first().zip(self.cut) else {
                return Some(self.clone());
            };
            let (&length, inner) = axis;
            let end = length.min(rows.end.checked_mul(run)?);
            let mut shape = vec![end.checked_sub(rows.start.checked_mul(run)?)?];
            shape.extend(inner);
            return Some(Self {
                shape,
                outer: 0,
                cut: self.cut,
            });
        }
        if !(rows.start.is_multiple_of(runs) && rows.end.is_multiple_of(runs)) {
            return None;
        }
        let mut shape = vec![rows.len() / runs];
        shape.extend(content_axes);
        Some(Self {
            shape,
            outer: 1,
            cut: self.cut,
        })
    }

    /// Each row as a range of the row-major array.
    #[must_use]
    pub fn rows(&self) -> Vec<Range<usize>> {
        let (content, width) = (self.content(), self.row_width());
        let starts = (0..self.outer_count()).map(|o| o * content);
        starts
            .flat_map(|start| {
                let runs = (0..self.runs()).map(move |h| h * width);
                runs.map(move |at| start + at..start + content.min(at + width))
            })
            .collect()
    }
}
