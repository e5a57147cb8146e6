//! How the prover writes a functional on a tensor as a sum of few (weights of rows) x (weights of positions) pieces.
//!
//! A functional weighs no position of a row beyond its real entries, so that committed tails have no effect; its pieces sum to zero
//! there (`docs/protocol.md`, musts 1 and 2).

use crate::multilinear::kron;
use ark_ff::PrimeField;
use inferproof_relations::Layout;
use inferproof_view::{Functional, Group};

/// Weights of the indices of an axis.
#[derive(Clone, Debug)]
pub(crate) enum Weights<F> {
    /// One for each index.
    All(Vec<F>),
    /// One at this index, zero elsewhere.
    Unit(usize),
}

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
#[derive(Clone, Debug)]
pub(crate) struct Piece<F> {
    /// Of each combination of the outer axes.
    pub outer: Weights<F>,
    /// Of each run of the cut axis (of which there is one if none is cut).
    pub runs: Weights<F>,
    /// One weight for each position in a row.
    pub column: Vec<F>,
}

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
const LOW_RANK: usize = 4;

/// A functional on the tensor's shape as pieces; its coefficient is left to the caller. Which ones they are is the prover's
/// own affair: their sum is what is proven.
pub(crate) fn pieces<F: PrimeField>(layout: &Layout, functional: &Functional<F>) -> Vec<Piece<F>> {
    let mut outer = vec![F::one()];
    let (mut axes, mut whole) = (0, true);
    let mut rest: Vec<&Group<F>> = Vec::new();
    for group in &functional.groups {
        if axes >= layout.outer_axes() {
            rest.push(group);
        } else if axes + group.sizes.len() <= layout.outer_axes() {
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
        return by_row(layout, &weights);
    }
    let Some(run) = layout.cut() else {
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
    let length = if first.len() == layout.content() {
        layout.row_width()
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
fn by_row<F: PrimeField>(layout: &Layout, weights: &[F]) -> Vec<Piece<F>> {
    let runs = layout.runs().max(1);
    let rows = layout.rows().into_iter().enumerate();
    rows.map(|(row, range)| Piece {
        outer: Weights::Unit(row / runs),
        runs: Weights::Unit(row % runs),
        column: weights.get(range).unwrap_or_default().to_vec(),
    })
    .collect()
}

/// Writes `vector`, cut into runs of `length`, as a sum of (weight of a run) x (weight in a run): by elimination as long as
/// the rank is low (a truncated `eq` has rank at most 2, a convolution window's at most 4), else run by run: a factor never takes
/// more room than the vector and the runs' weights, so that all of them together are linear in the vector.
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
    use crate::row_weights::row_weights;
    use ark_grumpkin::Fr;
    use std::sync::Arc;

    /// Pieces sum to the functional, row by row, and vanish beyond the real entries.
    fn check(layout: &Layout, functional: &Functional<Fr>, c: u32) {
        let dense = functional.dense();
        let mut sum = vec![Fr::from(0); dense.len()];
        let mut tails = vec![Fr::from(0); layout.row_count() << c];
        for piece in pieces(layout, functional) {
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
        let weights = row_weights(layout, functional, &at);
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
                let pieces = pieces(&layout, &dense(&shape, &groups));
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
                    let point: Vec<Fr> = (0..inferproof_relations::bits_of(n))
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
