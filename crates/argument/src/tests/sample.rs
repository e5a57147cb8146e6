//! A small set of relations with a contraction chain, broadcast, saturation, range checks, a shared axis, a sum, and a public
//! output: the two-layer program of the protocol's reference, and an elementwise product.
//!
//! ```text
//! x[s,k] int8, private    acc1 = x W1 + b1    y = clamp(acc1 / 2^6, 0, 31), e = what the clamp cut off
//!                         acc2 = y W2 + b2    h = acc2 / 2^4, range-checked
//!                         g = h * h (elementwise)                    out[m] = sum_s (h[s,m] + g[s,m]), public
//! ```

use super::adversary::cheat;
use crate::curve::{Profile, Scalar};
use crate::generators::Generators;
use crate::msm::commit_rows;
use crate::prover::{Entropy, FieldWitness, Opening, Prover, Witness};
use crate::script::Statement;
use crate::{Integers, Layout, ProveError, Reject, curve::Point};
use inferproof_relations::{
    CommittedTensor, Contraction, Linear, Lookup, Origin, Parts, Relations, Source, Table, Term,
};
use inferproof_view::{Step, View};

#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub samples: usize,
    pub inputs: usize,
    pub hidden: usize,
    pub outputs: usize,
    pub c: u32,
    pub low: i64,
    /// Whether the elementwise squares are part of it.
    pub squares: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            samples: 3,
            inputs: 5,
            hidden: 6,
            outputs: 3,
            c: 3,
            low: 0,
            squares: true,
        }
    }
}

pub const SHIFT_1: u32 = 6;
pub const SHIFT_2: u32 = 4;
pub const HIGH: i64 = 31;

/// Committed tensors by number.
pub mod tensor {
    pub const W1: usize = 0;
    pub const B1: usize = 1;
    pub const W2: usize = 2;
    pub const B2: usize = 3;
    pub const X: usize = 4;
    pub const Y: usize = 5;
    pub const E: usize = 6;
    pub const H: usize = 7;
}

pub fn random(seed: &mut u64) -> u64 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

fn view(shape: &[usize], steps: Vec<Step>) -> View {
    View::new(shape.to_vec(), steps).unwrap()
}

fn term(coefficient: i64, source: Source, view: View) -> Term {
    Term {
        coefficient,
        source,
        view,
    }
}

impl Shape {
    /// A small one with all three contractions.
    pub fn small() -> Self {
        Self {
            samples: 2,
            inputs: 3,
            hidden: 3,
            outputs: 2,
            c: 2,
            ..Self::default()
        }
    }

    pub fn relations(&self) -> Relations {
        Relations::new(self.parts()).unwrap()
    }

    pub fn parts(&self) -> Parts {
        let Self {
            samples: s,
            inputs: k,
            hidden: n,
            outputs: m,
            c,
            low,
            squares,
        } = *self;
        let committed = |name: &str, shape: &[usize], outer, origin| CommittedTensor {
            name: name.into(),
            layout: Layout::with_rows_from(shape.to_vec(), outer, c).unwrap(),
            origin,
        };
        let read = |t: usize, shape: &[usize]| term(1, Source::Committed(t), view(shape, vec![]));
        let rows = |t: usize, len: usize| {
            term(
                1,
                Source::Committed(t),
                view(&[len], vec![Step::Insert { axis: 0, len: s }]),
            )
        };
        let constant = |v: i64, shape: [usize; 2]| {
            let steps = vec![
                Step::Insert {
                    axis: 0,
                    len: shape[0],
                },
                Step::Insert {
                    axis: 1,
                    len: shape[1],
                },
            ];
            term(v, Source::One, view(&[], steps))
        };
        let scaled = |mut t: Term, by: i64| {
            t.coefficient *= by;
            t
        };
        let acc = |i: usize, shape: &[usize]| term(1, Source::Contraction(i), view(shape, vec![]));
        let sum = |t: Source, of: &[usize]| {
            term(
                1,
                t,
                view(
                    of,
                    vec![Step::Reduce {
                        axis: 0,
                        source: of[0],
                        weights: None,
                    }],
                ),
            )
        };
        let excess = (k * 128 * 8 + 128) >> SHIFT_1;
        let rem_1 = vec![
            constant(1 << (SHIFT_1 - 1), [s, n]),
            acc(0, &[s, n]),
            rows(tensor::B1, n),
            scaled(read(tensor::Y, &[s, n]), -(1 << SHIFT_1)),
            scaled(read(tensor::E, &[s, n]), -(1 << SHIFT_1)),
        ];
        let rem_2 = vec![
            constant(1 << (SHIFT_2 - 1), [s, m]),
            acc(1, &[s, m]),
            rows(tensor::B2, m),
            scaled(read(tensor::H, &[s, m]), -(1 << SHIFT_2)),
        ];
        let lookup = |name: &str, table, shape: [usize; 2], columns| Lookup {
            name: name.into(),
            table,
            shape: shape.to_vec(),
            columns,
        };
        let product = |name: &str, left, right, inner: usize, free: usize| Contraction {
            name: name.into(),
            left: vec![left],
            right: vec![right],
            shared: vec![],
            left_free: vec![s],
            right_free: vec![free],
            contracted: vec![inner],
        };
        let mut parts = Parts {
            c,
            tensors: vec![
                committed("W1", &[n, k], 1, Origin::External),
                committed("b1", &[n], 0, Origin::External),
                committed("W2", &[m, n], 1, Origin::External),
                committed("b2", &[m], 0, Origin::External),
                committed("x", &[s, k], 0, Origin::Fresh),
                committed("y", &[s, n], 0, Origin::Fresh),
                committed("e", &[s, n], 0, Origin::Fresh),
                committed("h", &[s, m], 0, Origin::Fresh),
            ],
            publics: vec![vec![m]],
            tables: vec![
                Table::Range {
                    low: -128,
                    size: 256,
                },
                Table::Range {
                    low: 0,
                    size: 1 << SHIFT_1,
                },
                Table::Range {
                    low: 0,
                    size: 1 << SHIFT_2,
                },
                Table::Clamp {
                    low,
                    high: HIGH,
                    below: excess + low as usize,
                    above: excess,
                },
            ],
            lookups: vec![
                lookup("x", 0, [s, k], vec![vec![read(tensor::X, &[s, k])]]),
                lookup("rem 1", 1, [s, n], vec![rem_1]),
                lookup(
                    "clamp",
                    3,
                    [s, n],
                    vec![
                        vec![read(tensor::E, &[s, n])],
                        vec![read(tensor::Y, &[s, n])],
                    ],
                ),
                lookup("rem 2", 2, [s, m], vec![rem_2]),
                lookup("h", 0, [s, m], vec![vec![read(tensor::H, &[s, m])]]),
            ],
            contractions: vec![
                product(
                    "acc1",
                    read(tensor::X, &[s, k]),
                    read(tensor::W1, &[n, k]),
                    k,
                    n,
                ),
                product(
                    "acc2",
                    read(tensor::Y, &[s, n]),
                    read(tensor::W2, &[m, n]),
                    n,
                    m,
                ),
                Contraction {
                    name: "g".into(),
                    left: vec![read(tensor::H, &[s, m])],
                    right: vec![read(tensor::H, &[s, m])],
                    shared: vec![s, m],
                    left_free: vec![],
                    right_free: vec![],
                    contracted: vec![],
                },
            ],
            linears: vec![Linear {
                name: "out".into(),
                shape: vec![m],
                terms: vec![
                    sum(Source::Committed(tensor::H), &[s, m]),
                    sum(Source::Contraction(2), &[s, m]),
                    term(-1, Source::Public(0), view(&[m], vec![])),
                ],
            }],
            ..Parts::default()
        };
        if !squares {
            parts.contractions.pop();
            parts.linears[0].terms.remove(1);
        }
        parts
    }
}

/// Everything a prover knows.
#[derive(Clone)]
pub struct Trace {
    pub weights: [Vec<i64>; 4],
    pub x: Vec<i64>,
    pub y: Vec<i64>,
    pub e: Vec<i64>,
    pub h: Vec<i64>,
    pub contractions: Vec<Vec<i64>>,
    pub out: Vec<i64>,
}

impl Trace {
    pub fn random(shape: &Shape, seed: u64) -> Self {
        let mut state = seed;
        let mut vector = |len: usize, bits: u32| -> Vec<i64> {
            (0..len)
                .map(|_| (random(&mut state) as i64 & ((1 << bits) - 1)) - (1 << (bits - 1)))
                .collect()
        };
        let Shape {
            samples: s,
            inputs: k,
            hidden: n,
            outputs: m,
            ..
        } = *shape;
        let weights = [
            vector(n * k, 4),
            vector(n, 8),
            vector(m * n, 4),
            vector(m, 8),
        ];
        let x = vector(s * k, 8);
        Self::run(shape, weights, x)
    }

    pub fn run(shape: &Shape, weights: [Vec<i64>; 4], x: Vec<i64>) -> Self {
        let Shape {
            samples: s,
            inputs: k,
            hidden: n,
            outputs: m,
            low,
            squares,
            ..
        } = *shape;
        let matmul = |a: &[i64], b: &[i64], inner: usize, free: usize| -> Vec<i64> {
            let entry = |i: usize, j: usize| {
                (0..inner)
                    .map(|t| a[i * inner + t] * b[j * inner + t])
                    .sum()
            };
            (0..s)
                .flat_map(|i| (0..free).map(move |j| entry(i, j)))
                .collect()
        };
        let acc1 = matmul(&x, &weights[0], k, n);
        let rescaled: Vec<i64> = acc1
            .iter()
            .enumerate()
            .map(|(i, a)| (a + weights[1][i % n] + 32) >> SHIFT_1)
            .collect();
        let y: Vec<i64> = rescaled.iter().map(|&v| v.clamp(low, HIGH)).collect();
        let e = rescaled.iter().zip(&y).map(|(r, y)| r - y).collect();
        let acc2 = matmul(&y, &weights[2], n, m);
        let h: Vec<i64> = acc2
            .iter()
            .enumerate()
            .map(|(i, a)| (a + weights[3][i % m] + 8) >> SHIFT_2)
            .collect();
        let g: Vec<i64> = h.iter().map(|v| if squares { v * v } else { 0 }).collect();
        let out = (0..m)
            .map(|j| (0..s).map(|i| h[i * m + j] + g[i * m + j]).sum())
            .collect();
        Self {
            weights,
            x,
            y,
            e,
            h,
            contractions: [acc1, acc2, g]
                .into_iter()
                .take(2 + usize::from(squares))
                .collect(),
            out,
        }
    }

    pub fn fresh(&self) -> Vec<Integers> {
        [&self.x, &self.y, &self.e, &self.h]
            .map(|v| Integers::from_i64(v).unwrap())
            .into()
    }
}

/// A committed model.
pub struct Model<P: Profile> {
    pub openings: Vec<Opening<P>>,
    pub points: Vec<Vec<Point<P>>>,
}

impl<P: Profile> Model<P> {
    pub fn commit(relations: &Relations, generators: &Generators<P>, weights: &[Vec<i64>]) -> Self {
        let mut entropy = Entropy::new("test", &[]).unwrap();
        let (mut openings, mut points) = (Vec::new(), Vec::new());
        for ((_, tensor), values) in relations.external().zip(weights) {
            let rows = tensor.layout.rows();
            let blinders = entropy.scalars::<Scalar<P>>(rows.len());
            let values = Integers::from_i64(values).unwrap();
            points.push(commit_rows(generators, &values, &rows, &blinders));
            openings.push(Opening { values, blinders });
        }
        Self { openings, points }
    }

    pub fn statement<'a>(&'a self, publics: &'a [Vec<i64>], context: &'a [u8]) -> Statement<'a, P> {
        Statement {
            context,
            external: self.points.iter().map(Vec::as_slice).collect(),
            publics,
        }
    }

    pub fn witness(&self, trace: &Trace) -> Witness<'_, P> {
        Witness {
            external: self.openings.iter().collect(),
            fresh: trace.fresh(),
            contractions: trace.contractions.clone(),
        }
    }
}

/// Proves with the honest prover and whatever trace it is given.
pub fn prove<P: Profile>(
    relations: &Relations,
    generators: &Generators<P>,
    model: &Model<P>,
    trace: &Trace,
    context: &[u8],
) -> Result<Vec<u8>, ProveError> {
    let publics = vec![trace.out.clone()];
    crate::prove(
        relations,
        generators,
        &model.statement(&publics, context),
        model.witness(trace),
        &mut |_| true,
    )
}

/// As [`prove`], without looking whether what is proven is true.
pub fn cheat_with<P: Profile>(
    relations: &Relations,
    generators: &Generators<P>,
    model: &Model<P>,
    trace: &Trace,
    context: &[u8],
) -> Result<Vec<u8>, ProveError> {
    let publics = vec![trace.out.clone()];
    let (statement, witness) = (model.statement(&publics, context), model.witness(trace));
    let mut go = |_| true;
    let fields = FieldWitness::default();
    let prover = Prover::new(
        relations, generators, &statement, &witness, &fields, &mut go,
    )?;
    cheat(relations, generators, &statement, prover)
}

pub fn verify<P: Profile>(
    relations: &Relations,
    generators: &Generators<P>,
    model: &Model<P>,
    out: &[i64],
    context: &[u8],
    proof: &[u8],
) -> Result<(), Reject> {
    let publics = vec![out.to_vec()];
    crate::verify(
        relations,
        generators,
        &model.statement(&publics, context),
        proof,
    )
}
