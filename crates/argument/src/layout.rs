//! How a tensor lies in committed rows, how a functional on it weighs these, and how a prover writes it as a sum of (row functional) x
//! (column functional) pieces.
//!
//! Tensors are logical arrays; nothing is padded in memory. A tensor is stored row-major; a row holds a run of at most `2^c`
//! consecutive entries. Trailing axes are whole inside a row; one axis may be cut into runs of a power of two; the axes before
//! it number the rows. Invariants that soundness rests on (PROTOCOL musts 1 and 2):
//!
//! * every row commits at least one real entry, and a row functional exists for no others;
//! * a functional weighs no position of a row beyond its real entries, so that committed tails have no effect; its pieces sum to zero there.

use crate::multilinear::{dot, kron};
use ark_ff::PrimeField;
#[cfg(feature = "prover")]
use inferproof_view::Group;
use inferproof_view::{Functional, volume};
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

/// Weights of the indices of an axis.
#[cfg(feature = "prover")]
#[derive(Clone, Debug)]
pub(crate) enum Weights<F> {
    /// One for each index.
    All(Vec<F>),
    /// One at this index, zero elsewhere.
    Unit(usize),
}

#[cfg(feature = "prover")]
impl<F: PrimeField> Weights<F> {
    /// Indices and their weights; what is not among them has none.
    pub fn iter(&self) -> impl Iterator<Item = (usize, F)> {
        let (all, unit) = match self {
            Self::All(weights) => (&weights[..], None),
            Self::Unit(index) => (&[][..], Some((*index, F::one()))),
        };
        all.iter().copied().enumerate().chain(unit)
    }
}

/// `weights[row]` (x) `column`: the value of a functional is the sum over its pieces.
#[cfg(feature = "prover")]
#[derive(Clone, Debug)]
pub(crate) struct Piece<F> {
    /// Of each combination of the outer axes.
    pub outer: Weights<F>,
    /// Of each run of the cut axis (of which there is one if none is cut).
    pub runs: Weights<F>,
    /// One weight for each position in a row.
    pub column: Vec<F>,
}

#[cfg(feature = "prover")]
impl<F: PrimeField> Piece<F> {
    /// Rows and their weights, in order; what is not among them has none.
    pub fn rows(&self, layout: &Layout) -> Vec<(usize, F)> {
        let runs = layout.runs();
        let outer = self.outer.iter();
        outer
            .flat_map(|(o, of_outer)| {
                let of_run = self.runs.iter();
                of_run.map(move |(run, weight)| (o * runs + run, of_outer * weight))
            })
            .collect()
    }
}

/// Functionals of low rank become this many pieces at most before it is cheaper to take the rows one by one.
#[cfg(feature = "prover")]
const LOW_RANK: usize = 4;

impl Layout {
    /// Fills rows of at most `2^c` entries as well as whole axes and one power-of-two cut allow.
    /// `None` if the tensor is empty or too large.
    #[must_use]
    pub fn packed(shape: Vec<usize>, c: u32) -> Option<Self> {
        Self::with_rows_from(shape, 0, c)
    }

    /// As [`Self::packed`], but a row holds entries of one combination of the first `outer` axes only.
    pub(crate) fn with_rows_from(shape: Vec<usize>, outer: usize, c: u32) -> Option<Self> {
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

    fn outer_count(&self) -> usize {
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

    pub(crate) fn runs(&self) -> usize {
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

    /// For each row, the functional's value at `at`, one entry for each position of a row: its coefficient is left to the
    /// caller. Positions beyond a row's real entries have no weight.
    pub(crate) fn row_weights<F: PrimeField>(
        &self,
        functional: &Functional<F>,
        at: &[F],
    ) -> Vec<F> {
        let mut groups = functional.groups.iter();
        let mut outer = vec![F::one()];
        let mut axes = 0;
        // The group with the first axis inside of rows, if there is one; it may begin outside.
        let first = loop {
            let Some(group) = groups.next() else {
                break None;
            };
            axes += group.sizes.len();
            if axes > self.outer {
                break Some(group);
            }
            outer = kron(&outer, &group.weights);
        };
        let mut at = at.get(..self.row_width()).unwrap_or_default().to_vec();
        let mut inner = 1;
        for group in groups.rev() {
            at = at
                .chunks(group.weights.len().max(1))
                .map(|run| dot(run, &group.weights))
                .collect();
            inner *= group.weights.len();
        }
        let Some(first) = first else {
            let value = at.first().copied().unwrap_or_default();
            return outer.into_iter().map(|weight| weight * value).collect();
        };
        let (content, width) = (
            self.content() / inner.max(1),
            self.row_width() / inner.max(1),
        );
        let rows: Vec<F> = first
            .weights
            .chunks(content.max(1))
            .flat_map(|content| content.chunks(width.max(1)))
            .map(|row| dot(row, &at))
            .collect();
        kron(&outer, &rows)
    }

    /// A functional on the tensor's shape as pieces; its coefficient is left to the caller. Which ones they are is the prover's
    /// own affair: their sum is what is proven.
    #[cfg(feature = "prover")]
    pub(crate) fn pieces<F: PrimeField>(&self, functional: &Functional<F>) -> Vec<Piece<F>> {
        let mut outer = vec![F::one()];
        let (mut axes, mut whole) = (0, true);
        let mut rest: Vec<&Group<F>> = Vec::new();
        for group in &functional.groups {
            if axes >= self.outer {
                rest.push(group);
            } else if axes + group.sizes.len() <= self.outer {
                outer = kron(&outer, &group.weights);
            } else {
                whole = false;
            }
            axes += group.sizes.len();
        }
        if !whole {
            // A group lies across the rows' boundary: take the whole tensor as one dense vector.
            let weights = functional
                .groups
                .iter()
                .fold(vec![F::one()], |w, g| kron(&w, &g.weights));
            return self.by_row(&weights);
        }
        let Some(run) = self.cut else {
            let column = rest
                .iter()
                .fold(vec![F::one()], |w, g| kron(&w, &g.weights));
            return vec![Piece {
                outer: Weights::All(outer),
                runs: Weights::Unit(0),
                column,
            }];
        };
        let (first, inner) = match rest.split_first() {
            Some((first, inner)) if first.sizes.len() == 1 => (first.weights.to_vec(), inner),
            _ => (
                rest.iter()
                    .fold(vec![F::one()], |w, g| kron(&w, &g.weights)),
                [].as_slice(),
            ),
        };
        let inner = inner
            .iter()
            .fold(vec![F::one()], |w, g| kron(&w, &g.weights));
        // Here `first` weighs the cut axis alone, or the whole content.
        let length = if first.len() == self.content() {
            self.row_width()
        } else {
            run
        };
        factor(&first, length)
            .into_iter()
            .map(|(runs, low)| Piece {
                outer: Weights::All(outer.clone()),
                runs,
                column: kron(&low, &inner),
            })
            .collect()
    }

    /// One piece a row.
    #[cfg(feature = "prover")]
    fn by_row<F: PrimeField>(&self, weights: &[F]) -> Vec<Piece<F>> {
        let runs = self.runs().max(1);
        let rows = self.rows().into_iter().enumerate();
        rows.map(|(row, range)| Piece {
            outer: Weights::Unit(row / runs),
            runs: Weights::Unit(row % runs),
            column: weights.get(range).unwrap_or_default().to_vec(),
        })
        .collect()
    }
}

/// Writes `vector`, cut into runs of `length`, as a sum of (weight of a run) x (weight in a run): by elimination as long as
/// the rank is low (a truncated `eq` has rank at most 2, a convolution window's at most 4), else run by run: a factor never takes
/// more room than the vector and the runs' weights, so that all of them together are linear in the vector.
#[cfg(feature = "prover")]
pub(crate) fn factor<F: PrimeField>(vector: &[F], length: usize) -> Vec<(Weights<F>, Vec<F>)> {
    let runs: Vec<&[F]> = vector.chunks(length).collect();
    // (pivot position, weights in a run with a one at the pivot, weight of each run)
    let mut basis: Vec<(usize, Vec<F>, Vec<F>)> = Vec::new();
    for (i, run) in runs.iter().enumerate() {
        let mut left = run.to_vec();
        left.resize(length, F::zero());
        for (pivot, low, high) in &mut basis {
            let k = left.get(*pivot).copied().unwrap_or_default();
            if !k.is_zero() {
                for (slot, &v) in left.iter_mut().zip(low.iter()) {
                    *slot -= k * v;
                }
                if let Some(slot) = high.get_mut(i) {
                    *slot += k;
                }
            }
        }
        let pivot = left.iter().position(|v| !v.is_zero());
        let inverse = pivot.and_then(|p| left.get(p)).and_then(F::inverse);
        let (Some(pivot), Some(inverse)) = (pivot, inverse) else {
            continue;
        };
        if basis.len() == LOW_RANK {
            let runs = runs.iter().enumerate();
            return runs
                .map(|(i, run)| (Weights::Unit(i), run.to_vec()))
                .collect();
        }
        let mut high = vec![F::zero(); runs.len()];
        if let (Some(slot), Some(&k)) = (high.get_mut(i), left.get(pivot)) {
            *slot = k;
        }
        for v in &mut left {
            *v *= inverse;
        }
        basis.push((pivot, left, high));
    }
    basis
        .into_iter()
        .map(|(_, low, high)| (Weights::All(high), low))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::multilinear::eq_vector;
    use ark_grumpkin::Fr;
    use std::sync::Arc;

    /// Pieces sum to the functional, row by row, and vanish beyond the real entries.
    fn check(layout: &Layout, functional: &Functional<Fr>, c: u32) {
        let dense = functional.dense();
        let mut sum = vec![Fr::from(0); dense.len()];
        let mut tails = vec![Fr::from(0); layout.row_count() << c];
        for piece in layout.pieces(functional) {
            assert!(piece.column.len() <= 1 << c);
            for (row, weight) in piece.rows(layout) {
                let range = layout.rows()[row].clone();
                for (x, &b) in piece.column.iter().enumerate() {
                    if range.start + x < range.end {
                        sum[range.start + x] += functional.coefficient * weight * b;
                    } else {
                        tails[(row << c) + x] += weight * b;
                    }
                }
            }
        }
        assert_eq!(sum, dense);
        let at: Vec<Fr> = (0..1u64 << c).map(|x| Fr::from(x * x + 3)).collect();
        let weights = layout.row_weights(functional, &at);
        assert_eq!(weights.len(), layout.row_count());
        for (row, weight) in layout.rows().into_iter().zip(weights) {
            let expected: Fr = dense[row].iter().zip(&at).map(|(&w, &a)| w * a).sum();
            assert_eq!(functional.coefficient * weight, expected);
        }
        assert!(
            tails.iter().all(|t| *t == Fr::from(0)),
            "support beyond a short row"
        );
    }

    /// Pieces take room in proportion to the tensor, even if a dense group lies across the rows' boundary or an axis has a high rank: a
    /// stranger's key may ask for either.
    #[test]
    fn pieces_are_linear_in_the_tensor() {
        let dense = |shape: &[usize], groups: &[Vec<usize>]| {
            let groups = groups.iter().map(|sizes| {
                let count: usize = sizes.iter().product();
                let weights = (0..count as u64).map(|i| Fr::from(i * i * i + 7) * Fr::from(i + 3));
                Group {
                    sizes: sizes.clone(),
                    weights: Arc::new(weights.collect()),
                }
            });
            let functional = Functional {
                coefficient: Fr::from(1),
                groups: groups.collect(),
            };
            assert_eq!(functional.dense().len(), shape.iter().product::<usize>());
            functional
        };
        let room = |weights: &Weights<Fr>| match weights {
            Weights::All(weights) => weights.len(),
            Weights::Unit(_) => 1,
        };
        for rows in [16, 512, 8192] {
            let wide = ([rows, 8], vec![vec![rows, 8]]);
            let cut = ([1, rows * 8], vec![vec![1], vec![rows * 8]]);
            for (shape, groups) in [wide, cut] {
                let layout = Layout::packed(shape.to_vec(), 3).unwrap();
                assert_eq!(layout.row_count(), rows);
                let pieces = layout.pieces(&dense(&shape, &groups));
                assert_eq!(pieces.len(), rows);
                let entries: usize = pieces
                    .iter()
                    .map(|p| room(&p.outer) + room(&p.runs) + p.column.len())
                    .sum();
                assert!(entries <= 2 * rows * 8, "{entries} for {rows} rows of 8");
                let rows_of_pieces: usize = pieces.iter().map(|p| p.rows(&layout).len()).sum();
                assert_eq!(rows_of_pieces, rows);
            }
        }
    }

    #[test]
    fn pieces_are_the_functional() {
        let mut next = 7u64;
        let mut random = || {
            next = next
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(99);
            Fr::from(next) * Fr::from(next)
        };
        for (shape, outer) in [
            (vec![5], 0),
            (vec![40], 0),
            (vec![3, 5, 7], 0),
            (vec![6, 11], 1),
            (vec![2, 3, 37], 2),
            (vec![4, 9, 3], 1),
            (vec![], 0),
            (vec![2, 16], 0),
        ] {
            for c in [3, 4, 6, 9] {
                let layout = Layout::with_rows_from(shape.clone(), outer, c).unwrap();
                let total: usize = layout.rows().iter().map(|r| r.len()).sum();
                assert_eq!(total, shape.iter().product::<usize>());
                let axes = shape.iter().map(|&n| {
                    let point: Vec<Fr> = (0..crate::multilinear::bits_of(n))
                        .map(|_| random())
                        .collect();
                    eq_vector(&point, n)
                });
                let product = Functional::product(axes.collect());
                check(&layout, &product, c);
                let rows = layout.rows();
                for start in 0..rows.len() {
                    let Some(part) = layout.part(start..rows.len()) else {
                        continue;
                    };
                    let from = rows[start].start;
                    let moved = part
                        .rows()
                        .into_iter()
                        .map(|r| r.start + from..r.end + from);
                    assert!(
                        moved.eq(rows[start..].iter().cloned()),
                        "{layout:?} from {start}"
                    );
                }
                let dense = Functional {
                    coefficient: random(),
                    groups: vec![Group {
                        sizes: shape.clone(),
                        weights: Arc::new((0..shape.iter().product()).map(|_| random()).collect()),
                    }],
                };
                check(&layout, &dense, c);
                // Two groups, cut anywhere.
                for cut in 1..shape.len() {
                    let groups = [&shape[..cut], &shape[cut..]].map(|sizes| Group {
                        sizes: sizes.to_vec(),
                        weights: Arc::new((0..sizes.iter().product()).map(|_| random()).collect()),
                    });
                    let coefficient = random();
                    let groups = groups.to_vec();
                    check(
                        &layout,
                        &Functional {
                            coefficient,
                            groups,
                        },
                        c,
                    );
                }
            }
        }
    }
}
