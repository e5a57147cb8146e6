//! The Poseidon permutation (2019/458) on BN254's scalar field, t = 3, as relations over field tensors: the parameters of circomlib, and
//! hashes of pairs by software that is not ours (`data/poseidon_bn254_t3.txt`).
//!
//! ```text
//! x[n, r, i]  the state of round r with its constants         s[n, r, i]  behind the S-boxes
//! x2 = x x,  x4 = x2 x2,  x5 = x4 x   where there is an S-box: all lanes of the 8 full rounds, the first of the 57 partial ones
//! x[n, r + 1, i] = c[r + 1, i] + sum_j m[i, j] s[n, r, j]      x[n, 0, i] = c[0, i] + (0, a, b)[i]      hash = sum_j m[0, j] s[n, 64, j]
//! ```

use crate::curve::{Profile, Scalar, encode_scalar};
use crate::{
    CommittedTensor, Constant, Contraction, FieldParts, Layout, Linear, Origin, Parts, Source, Term,
};
use ark_ff::PrimeField;
use inferproof_view::{Step, View};

pub const LANES: usize = 3;
pub const ROUNDS: usize = 65;
const FULL: usize = 8;

/// Committed tensors by number.
pub mod tensor {
    pub const INPUT: usize = 0;
    pub const X: usize = 1;
    pub const S: usize = 2;
    pub const X2: usize = 3;
    pub const X4: usize = 4;
}

/// Parameters, and pairs with their hashes.
pub struct Data<F> {
    constants: Vec<F>,
    matrix: Vec<F>,
    pub hashes: Vec<[F; 3]>,
}

impl<F: PrimeField> Data<F> {
    pub fn read() -> Self {
        let number = |digits: &str| {
            let bytes: Vec<u8> = (0..32)
                .map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap())
                .collect();
            F::from_be_bytes_mod_order(&bytes)
        };
        let mut out = Self {
            constants: Vec::new(),
            matrix: Vec::new(),
            hashes: Vec::new(),
        };
        for line in include_str!("data/poseidon_bn254_t3.txt").lines() {
            let mut words = line.split(' ');
            match words.next() {
                Some("constant") => out.constants.extend(words.map(number)),
                Some("matrix") => out.matrix.extend(words.map(number)),
                Some("hash") => {
                    let numbers: Vec<F> = words.map(number).collect();
                    out.hashes.push(numbers.try_into().unwrap());
                }
                _ => {}
            }
        }
        assert_eq!(out.constants.len(), ROUNDS * LANES);
        assert_eq!(out.matrix.len(), LANES * LANES);
        out
    }
}

/// Whether a lane has an S-box in a round.
fn has_box(round: usize, lane: usize) -> bool {
    lane == 0 || !(FULL / 2..ROUNDS - FULL / 2).contains(&round)
}

/// The places of all S-boxes among the states of one permutation.
fn boxes() -> Vec<usize> {
    (0..ROUNDS * LANES)
        .filter(|at| has_box(at / LANES, at % LANES))
        .collect()
}

/// The committed tensors in order, and the hashes, for pairs.
pub fn run<F: PrimeField>(data: &Data<F>, pairs: &[[F; 2]]) -> (Vec<Vec<F>>, Vec<F>) {
    let mut out = vec![Vec::new(); 5];
    let mut hashes = Vec::new();
    for &[a, b] in pairs {
        out[tensor::INPUT].extend([a, b]);
        let mut state = vec![F::zero(), a, b];
        for round in 0..ROUNDS {
            for (lane, value) in state.iter_mut().enumerate() {
                *value += data.constants[round * LANES + lane];
                out[tensor::X].push(*value);
                if has_box(round, lane) {
                    out[tensor::X2].push(value.square());
                    out[tensor::X4].push(value.square().square());
                    *value = value.pow([5]);
                }
                out[tensor::S].push(*value);
            }
            let mixed = (0..LANES).map(|i| {
                let terms = (0..LANES).map(|j| data.matrix[i * LANES + j] * state[j]);
                terms.sum()
            });
            state = mixed.collect();
        }
        hashes.push(state[0]);
    }
    (out, hashes)
}

/// The outputs of the contractions, for a prover that has to know them.
pub fn products<F: PrimeField>(data: &Data<F>, tensors: &[Vec<F>]) -> Vec<Vec<F>> {
    let [_, x, s, x2, x4] = tensors else {
        unreachable!("there are five tensors")
    };
    let boxed = boxes();
    let in_boxes: Vec<F> = x
        .chunks(ROUNDS * LANES)
        .flat_map(|x| boxed.iter().map(|&at| x[at]))
        .collect();
    let of = |a: &[F], b: &[F]| a.iter().zip(b).map(|(&a, b)| a * b).collect();
    let mixed = s.chunks(LANES).flat_map(|s| {
        let entries = (0..LANES * LANES).map(|at| data.matrix[at] * s[at % LANES]);
        entries.collect::<Vec<_>>()
    });
    vec![
        of(&in_boxes, &in_boxes),
        of(x2, x2),
        of(x4, &in_boxes),
        mixed.collect(),
    ]
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

/// The relations that say that `hashes` are those of the committed pairs.
pub fn parts<P: Profile>(data: &Data<Scalar<P>>, hashes: &[Scalar<P>], c: u32) -> Parts {
    let n = hashes.len();
    let boxed = boxes();
    let (states, count) = ([n, ROUNDS, LANES], boxed.len());
    let merge = || Step::Merge {
        axis: 1,
        sizes: vec![ROUNDS, LANES],
    };
    let split = || Step::Split {
        axis: 1,
        sizes: vec![ROUNDS, LANES],
    };
    let gather = |source, index| Step::Gather {
        axis: 1,
        source,
        index,
    };
    let rounds = |start: i64, len| Step::Slice {
        axis: 1,
        source: ROUNDS,
        start,
        step: 1,
        len,
    };
    let reduce = |axis, source| Step::Reduce {
        axis,
        source,
        weights: None,
    };
    let insert = |axis, len| Step::Insert { axis, len };
    let in_boxes = || {
        let index = boxed.iter().map(|&at| Some(at as u32)).collect();
        let steps = vec![merge(), gather(ROUNDS * LANES, index)];
        term(1, Source::Committed(tensor::X), view(&states, steps))
    };
    let whole = |coefficient, tensor, shape: &[usize]| {
        term(coefficient, Source::Committed(tensor), view(shape, vec![]))
    };
    let place = |at: &usize| boxed.iter().position(|b| b == at).map(|i| i as u32);
    let places: Vec<Option<u32>> = (0..ROUNDS * LANES).map(|at| place(&at)).collect();
    let others = (0..ROUNDS * LANES).map(|at| places[at].is_none().then_some(at as u32));
    let product = |name: &str, left, right, shared: &[usize]| Contraction {
        name: name.into(),
        left: vec![left],
        right: vec![right],
        shared: shared.to_vec(),
        left_free: vec![],
        right_free: vec![],
        contracted: vec![],
    };
    let linear = |name: &str, shape: &[usize], terms| Linear {
        name: name.into(),
        shape: shape.to_vec(),
        terms,
    };
    let output = |i, shape: &[usize], steps| term(1, Source::Contraction(i), view(shape, steps));
    let powers = [n, count];
    let mixed = [n, ROUNDS, LANES, LANES];
    let constant = |i, shape: &[usize], steps| term(1, Source::Constant(i), view(shape, steps));
    let field = |shape: &[usize], values: &[Scalar<P>]| Constant {
        shape: shape.to_vec(),
        values: values.iter().map(encode_scalar).collect(),
    };
    let committed = |name: &str, shape: &[usize]| CommittedTensor {
        name: name.into(),
        layout: Layout::packed(shape.to_vec(), c).unwrap(),
        origin: Origin::Fresh,
    };
    Parts {
        c,
        tensors: vec![
            committed("pairs", &[n, 2]),
            committed("x", &states),
            committed("s", &states),
            committed("x2", &powers),
            committed("x4", &powers),
        ],
        contractions: vec![
            product("x x", in_boxes(), in_boxes(), &powers),
            product(
                "x2 x2",
                whole(1, tensor::X2, &powers),
                whole(1, tensor::X2, &powers),
                &powers,
            ),
            product("x4 x", whole(1, tensor::X4, &powers), in_boxes(), &powers),
            product(
                "m s",
                constant(1, &[LANES, LANES], vec![insert(0, ROUNDS), insert(0, n)]),
                term(
                    1,
                    Source::Committed(tensor::S),
                    view(&states, vec![insert(2, LANES)]),
                ),
                &mixed,
            ),
        ],
        linears: vec![
            linear(
                "x2",
                &powers,
                vec![output(0, &powers, vec![]), whole(-1, tensor::X2, &powers)],
            ),
            linear(
                "x4",
                &powers,
                vec![output(1, &powers, vec![]), whole(-1, tensor::X4, &powers)],
            ),
            linear(
                "s",
                &states,
                vec![
                    output(2, &powers, vec![gather(count, places.clone()), split()]),
                    term(
                        1,
                        Source::Committed(tensor::X),
                        view(
                            &states,
                            vec![merge(), gather(ROUNDS * LANES, others.collect()), split()],
                        ),
                    ),
                    whole(-1, tensor::S, &states),
                ],
            ),
            linear(
                "rounds",
                &[n, ROUNDS - 1, LANES],
                vec![
                    output(3, &mixed, vec![rounds(0, ROUNDS - 1), reduce(3, LANES)]),
                    constant(
                        0,
                        &[ROUNDS, LANES],
                        vec![insert(0, n), rounds(1, ROUNDS - 1)],
                    ),
                    term(
                        -1,
                        Source::Committed(tensor::X),
                        view(&states, vec![rounds(1, ROUNDS - 1)]),
                    ),
                ],
            ),
            linear(
                "input",
                &[n, LANES],
                vec![
                    constant(
                        0,
                        &[ROUNDS, LANES],
                        vec![insert(0, n), rounds(0, 1), reduce(1, 1)],
                    ),
                    term(
                        1,
                        Source::Committed(tensor::INPUT),
                        view(&[n, 2], vec![gather(2, vec![None, Some(0), Some(1)])]),
                    ),
                    term(
                        -1,
                        Source::Committed(tensor::X),
                        view(&states, vec![rounds(0, 1), reduce(1, 1)]),
                    ),
                ],
            ),
            linear(
                "hash",
                &[n],
                vec![
                    output(
                        3,
                        &mixed,
                        vec![
                            rounds(ROUNDS as i64 - 1, 1),
                            reduce(1, 1),
                            Step::Slice {
                                axis: 1,
                                source: LANES,
                                start: 0,
                                step: 1,
                                len: 1,
                            },
                            reduce(1, 1),
                            reduce(1, LANES),
                        ],
                    ),
                    term(-1, Source::Constant(2), view(&[n], vec![])),
                ],
            ),
        ],
        field: FieldParts {
            tensors: vec![0, 1, 2, 3, 4],
            constants: vec![
                field(&[ROUNDS, LANES], &data.constants),
                field(&[LANES, LANES], &data.matrix),
                field(&[n], hashes),
            ],
        },
        ..Parts::default()
    }
}
