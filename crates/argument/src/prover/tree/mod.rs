//! The prover's fractional sums: all layers of the tree, and the sumcheck of each.
//!
//! A node is a fraction p/q; its value is the sum of its two children's. What lies behind the last real leaf is neutral, (0, 1),
//! and is never stored: of two neutral nodes neither the slope nor the leading coefficient of a round gets anything.
//!
//! Large layers are computed by [`vectors`], where the machine has the instructions, small ones by [`scalars`].

mod scalars;
#[cfg(target_arch = "x86_64")]
mod vectors;

use crate::prover::found::Found;
use crate::relations::{Block, Leaves, Relations, Table};
use ark_ff::PrimeField;
use rayon::prelude::*;
use scalars::Scalars;

/// The fractions of a layer.
enum Layer<F> {
    Scalars(Vec<[F; 2]>),
    #[cfg(target_arch = "x86_64")]
    Vectors(Vec<vectors::Cell>),
}

/// The sumcheck of a layer under way.
enum Sumcheck<F> {
    Scalars(Scalars<F>),
    #[cfg(target_arch = "x86_64")]
    Vectors(vectors::Sumcheck),
}

/// The tree, and the layer whose sumcheck is under way.
pub(crate) struct Tree<F> {
    /// `layers[l]` has `2^(l + 1)` nodes; the last is the leaves.
    layers: Vec<Layer<F>>,
    current: Sumcheck<F>,
    #[cfg(target_arch = "x86_64")]
    kernel: Option<vectors::Kernel<F>>,
}

impl<F: PrimeField> Tree<F> {
    /// Builds all layers from the leaves, with the quickest instructions that the machine has.
    pub fn new(
        relations: &Relations,
        found: &[Found],
        multiplicities: &[Vec<i64>],
        alpha: F,
        gamma: F,
    ) -> Self {
        let tables = relations.parts().tables.iter().enumerate();
        let contents = Contents {
            relations,
            found,
            multiplicities,
            denominators: tables
                .map(|(i, table)| table_denominators(table, i, alpha, gamma))
                .collect(),
            alpha,
            gamma,
        };
        let blocks = relations.blocks();
        let length = blocks.last().map_or(0, |b| b.offset + (1 << b.bits));
        #[cfg(target_arch = "x86_64")]
        let kernel = vectors::Kernel::detect().filter(|_| length >= vectors::LEAST);
        let scalars = || {
            let mut leaves = vec![[F::zero(), F::one()]; length];
            contents.write(&mut leaves, 1, |v| v, |leaves, at, leaf| leaves[at] = leaf);
            Layer::Scalars(leaves)
        };
        #[cfg(target_arch = "x86_64")]
        let leaves = match &kernel {
            Some(kernel) => Layer::Vectors(kernel.leaves(&contents, length)),
            None => scalars(),
        };
        #[cfg(not(target_arch = "x86_64"))]
        let leaves = scalars();
        Self {
            layers: vec![leaves],
            current: Sumcheck::Scalars(Scalars::default()),
            #[cfg(target_arch = "x86_64")]
            kernel,
        }
        .grown(relations.depth())
    }

    /// All layers of a tree of which there are the leaves.
    fn grown(self, depth: usize) -> Self {
        let Self {
            mut layers,
            current,
            #[cfg(target_arch = "x86_64")]
            kernel,
        } = self;
        for _ in 1..depth {
            let parents = match layers.last() {
                Some(Layer::Scalars(children)) => Layer::Scalars(scalars::parents(children)),
                #[cfg(target_arch = "x86_64")]
                Some(Layer::Vectors(children)) => {
                    let kernel = kernel.as_ref().expect("its layers are its own");
                    let parents = kernel.parents(children);
                    if parents.len() * vectors::FRACTIONS < vectors::LEAST {
                        Layer::Scalars(kernel.scalars(&parents))
                    } else {
                        Layer::Vectors(parents)
                    }
                }
                None => break,
            };
            layers.push(parents);
        }
        layers.reverse();
        Self {
            layers,
            current,
            #[cfg(target_arch = "x86_64")]
            kernel,
        }
    }

    /// `p0, p1, q0, q1` of the first layer.
    pub fn root(&self) -> [F; 4] {
        let fractions = match &self.layers[0] {
            Layer::Scalars(fractions) => fractions.clone(),
            #[cfg(target_arch = "x86_64")]
            Layer::Vectors(cells) => self
                .kernel
                .as_ref()
                .map_or(Vec::new(), |kernel| kernel.scalars(cells)),
        };
        let at = |i: usize| fractions.get(i).copied().unwrap_or([F::zero(), F::one()]);
        let ([p0, q0], [p1, q1]) = (at(0), at(1));
        [p0, p1, q0, q1]
    }

    /// Slope and leading coefficient of the next round of a layer's sumcheck, after binding the last challenge.
    pub fn round(&mut self, layer: usize, lambda: F, target: &[F], point: &[F]) -> [F; 2] {
        if point.is_empty() {
            // The layer's children are taken over, and their memory is released afterwards.
            let children = std::mem::replace(&mut self.layers[layer], Layer::Scalars(Vec::new()));
            self.current = match children {
                Layer::Scalars(fractions) => {
                    Sumcheck::Scalars(Scalars::new(&fractions, lambda, target))
                }
                #[cfg(target_arch = "x86_64")]
                Layer::Vectors(cells) => Sumcheck::Vectors(vectors::Sumcheck::new(cells)),
            };
        }
        #[cfg(target_arch = "x86_64")]
        if let (Sumcheck::Vectors(sumcheck), Some(kernel)) = (&mut self.current, &self.kernel) {
            if let Some(sums) = kernel.round(sumcheck, lambda, target, point) {
                return sums;
            }
            let nodes = kernel.nodes(sumcheck);
            self.current = Sumcheck::Scalars(Scalars::resume(nodes, lambda, target));
        }
        match &mut self.current {
            Sumcheck::Scalars(sumcheck) => sumcheck.round(target, point),
            #[cfg(target_arch = "x86_64")]
            Sumcheck::Vectors(_) => unreachable!("they have become scalars"),
        }
    }

    /// `p0, p1, q0, q1` at the layer's point, whose last coordinate is bound here.
    pub fn values(&mut self, point: &[F]) -> [F; 4] {
        match &mut self.current {
            Sumcheck::Scalars(sumcheck) => sumcheck.values(point),
            #[cfg(target_arch = "x86_64")]
            Sumcheck::Vectors(_) => unreachable!("the last rounds are on scalars"),
        }
    }
}

/// What the leaves are made from.
struct Contents<'a, F> {
    relations: &'a Relations,
    found: &'a [Found],
    multiplicities: &'a [Vec<i64>],
    denominators: Vec<Vec<F>>,
    alpha: F,
    gamma: F,
}

impl<F: PrimeField> Contents<'_, F> {
    /// Writes all leaves that are not neutral. A cell holds `per_cell` leaves, a power of two; a leaf is given to `put` with
    /// its place in the cells it gets, as a fraction in the form that `number` makes.
    fn write<C: Send, N: Copy + Send + Sync>(
        &self,
        mut cells: &mut [C],
        per_cell: usize,
        number: impl Fn(F) -> N + Sync,
        put: impl Fn(&mut [C], usize, [N; 2]) + Sync,
    ) {
        let one = number(F::one());
        let denominators: Vec<Vec<N>> = self
            .denominators
            .iter()
            .map(|table| table.par_iter().map(|&v| number(v)).collect())
            .collect();
        let write_block = |block: &Block, cells: &mut [C], base: usize| match block.leaves {
            Leaves::Lookup(i) => {
                let lookup = &self.relations.parts().lookups[i];
                let table = &denominators[lookup.table];
                let positions = padded_positions(&lookup.shape);
                for (at, place) in positions.into_iter().zip(self.found[i].iter()) {
                    let denominator = match place {
                        Ok(place) => table[place],
                        Err(tuple) => number(self.denominator(lookup.table, tuple)),
                    };
                    put(cells, base + at, [one, denominator]);
                }
            }
            Leaves::Table(i) => {
                let counts = &self.multiplicities[i];
                for (j, (&m, &q)) in counts.iter().zip(&denominators[i]).enumerate() {
                    let p = if m == 0 { F::zero() } else { -F::from(m) };
                    put(cells, base + j, [number(p), q]);
                }
            }
        };
        // The largest blocks come first, and are aligned: those that are whole cells can be written in parallel.
        let blocks = self.relations.blocks();
        let whole = blocks.partition_point(|block| 1 << block.bits >= per_cell);
        let (large, small) = blocks.split_at(whole);
        let mut tasks = Vec::with_capacity(large.len());
        for block in large {
            let (own, rest) = cells.split_at_mut((1 << block.bits) / per_cell);
            tasks.push((block, own));
            cells = rest;
        }
        tasks
            .into_par_iter()
            .for_each(|(block, cells)| write_block(block, cells, 0));
        let first = small.first().map_or(0, |block| block.offset);
        for block in small {
            write_block(block, cells, block.offset - first);
        }
    }

    fn denominator(&self, table: usize, (first, second): (i64, i64)) -> F {
        self.gamma
            - F::from(table as u64 + 1)
            - self.alpha * F::from(first)
            - self.alpha.square() * F::from(second)
    }
}

/// `gamma - tag - alpha first - alpha^2 second` of every tuple. Neighbours mostly differ by one in one entry.
fn table_denominators<F: PrimeField>(table: &Table, index: usize, alpha: F, gamma: F) -> Vec<F> {
    let alpha_squared = alpha.square();
    let mut last = (0, 0);
    let mut value = gamma - F::from(index as u64 + 1);
    table
        .tuples()
        .map(|tuple| {
            for (from, to, factor) in [(last.0, tuple.0, alpha), (last.1, tuple.1, alpha_squared)] {
                match to - from {
                    0 => {}
                    1 => value -= factor,
                    -1 => value += factor,
                    step => value -= factor * F::from(step),
                }
            }
            last = tuple;
            value
        })
        .collect()
}

/// For each index of `shape`, row-major, its place in a block: every axis has a power-of-two length there.
pub(crate) fn padded_positions(shape: &[usize]) -> Vec<usize> {
    shape.iter().fold(vec![0], |places, &n| {
        let bits = crate::multilinear::bits_of(n);
        places
            .iter()
            .flat_map(|&p| (0..n).map(move |i| (p << bits) + i))
            .collect()
    })
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use ark_ff::{Field, One, Zero};
    use ark_grumpkin::Fr;

    /// Both ways to compute a tree send the same messages.
    #[test]
    fn vectors_and_scalars_agree() {
        let Some(kernel) = vectors::Kernel::<Fr>::detect() else {
            return;
        };
        let mut next = 1u64;
        let mut random = || {
            next = next
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            Fr::from(next).pow([5])
        };
        for length in [128, 129, 1000, 2048, 5001, 40_000] {
            let depth = crate::multilinear::bits_of(length);
            let leaves: Vec<[Fr; 2]> = (0..length)
                .map(|i| match i % 7 {
                    0 => [Fr::zero(), Fr::one()],
                    1 => [-Fr::one(), -Fr::one()],
                    _ => [random(), random()],
                })
                .collect();
            let tree = |leaves, kernel| {
                let current = Sumcheck::Scalars(Scalars::default());
                Tree {
                    layers: vec![leaves],
                    current,
                    kernel,
                }
                .grown(depth)
            };
            let mut portable = tree(Layer::Scalars(leaves.clone()), None);
            let cells = kernel.cells(&leaves);
            let mut packed = tree(Layer::Vectors(cells), vectors::Kernel::detect());
            assert_eq!(portable.root(), packed.root(), "{length} leaves");
            for layer in 1..depth {
                let (lambda, target) = (random(), (0..layer).map(|_| random()).collect::<Vec<_>>());
                let mut point = Vec::new();
                for round in 0..layer {
                    let expected = portable.round(layer, lambda, &target, &point);
                    let got = packed.round(layer, lambda, &target, &point);
                    assert_eq!(
                        expected, got,
                        "{length} leaves, layer {layer}, round {round}"
                    );
                    point.push(random());
                }
                assert_eq!(portable.values(&point), packed.values(&point));
            }
        }
    }
}
