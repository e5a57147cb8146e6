//! Whatever is changed in a proof or in what it is checked against, the verifier rejects, and never panics.

use super::sample::{Model, Shape, Trace, prove};
use crate::curve::{
    Point, Profile, Scalar, decode_points, decode_scalar, encode_point, encode_scalar,
};
use crate::generators::Generators;
use crate::{Integers, Layout, Message, Reject};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{BigInteger, Field, One, PrimeField};
use ark_grumpkin::GrumpkinConfig;
use inferproof_relations::{
    CommittedTensor, Contraction, Linear, Lookup, Origin, Parts, Relations, Source, Table, Term,
};
use inferproof_view::View;
use rayon::prelude::*;

/// The smallest relations with every message: `x` and `y` in `[0, 4)`, `x y = out` entry by entry.
pub fn tiny() -> Relations {
    let view = || View::identity(vec![2]).unwrap();
    let read = |coefficient, source| Term {
        coefficient,
        source,
        view: view(),
    };
    let tensor = |name: &str, origin| CommittedTensor {
        name: name.into(),
        layout: Layout::packed(vec![2], 1).unwrap(),
        origin,
    };
    let lookup = |name: &str, tensor| Lookup {
        name: name.into(),
        table: 0,
        shape: vec![2],
        columns: vec![vec![read(1, Source::Committed(tensor))]],
    };
    let parts = Parts {
        c: 1,
        tensors: vec![tensor("w", Origin::External), tensor("x", Origin::Fresh)],
        publics: vec![vec![2]],
        tables: vec![Table::Range { low: 0, size: 4 }],
        lookups: vec![lookup("w", 0), lookup("x", 1)],
        contractions: vec![Contraction {
            name: "product".into(),
            left: vec![read(1, Source::Committed(1))],
            right: vec![read(1, Source::Committed(0))],
            shared: vec![2],
            left_free: vec![],
            right_free: vec![],
            contracted: vec![],
        }],
        linears: vec![Linear {
            name: "out".into(),
            shape: vec![2],
            terms: vec![read(1, Source::Contraction(0)), read(-1, Source::Public(0))],
        }],
        ..Parts::default()
    };
    Relations::new(parts).unwrap()
}

/// Bytes of the closing protocol.
pub fn closing_length(relations: &Relations) -> usize {
    let fresh = relations.fresh();
    let rows: usize = fresh.map(|(_, t)| t.layout.row_count()).sum();
    let pads = relations.pad_rows().len() + relations.pad_count();
    relations.proof_length() - 32 * (rows + pads)
}

/// A proof and all that it is checked with.
struct Case<P: Profile> {
    relations: Relations,
    generators: Generators<P>,
    model: Model<P>,
    publics: Vec<Vec<i64>>,
    proof: Vec<u8>,
}

impl<P: Profile> Case<P> {
    fn tiny() -> Self {
        let relations = tiny();
        let generators = Generators::new(relations.generator_count());
        let model = Model::commit(&relations, &generators, &[vec![2, 3]]);
        let publics = vec![vec![2, 9]];
        let witness = crate::Witness {
            external: model.openings.iter().collect(),
            fresh: vec![Integers::from_i64(&[1, 3]).unwrap()],
            contractions: vec![vec![2, 9]],
        };
        let statement = model.statement(&publics, b"context");
        let proof =
            crate::prove(&relations, &generators, &statement, witness, &mut |_| true).unwrap();
        Self {
            relations,
            generators,
            model,
            publics,
            proof,
        }
    }

    fn sample(shape: Shape, seed: u64) -> Self {
        let relations = shape.relations();
        let generators = Generators::new(relations.generator_count());
        let trace = Trace::random(&shape, seed);
        let model = Model::commit(&relations, &generators, &trace.weights);
        let proof = prove(&relations, &generators, &model, &trace, b"context").unwrap();
        Self {
            relations,
            generators,
            model,
            publics: vec![trace.out],
            proof,
        }
    }

    fn verdict(&self, publics: &[Vec<i64>], context: &[u8], proof: &[u8]) -> Result<(), Reject> {
        let statement = self.model.statement(publics, context);
        crate::verify(&self.relations, &self.generators, &statement, proof)
    }

    fn of_proof(&self, proof: &[u8]) -> Result<(), Reject> {
        self.verdict(&self.publics, b"context", proof)
    }

    /// Where each element of the proof starts, and whether it is a point.
    fn elements(&self) -> Vec<(usize, bool)> {
        let fresh = self.relations.fresh();
        let rows: usize = fresh.map(|(_, t)| t.layout.row_count()).sum();
        let (relations, folding) = (&self.relations, self.relations.folding());
        let pad_rows = relations.pad_rows().len();
        let runs = [
            (rows + pad_rows, true),
            (relations.pad_count(), false),
            (pad_rows + 3, true),
            (1 + relations.factor_count() + 1, false),
            (2 * pad_rows + 1, false),
            (2 * folding.rounds, true),
            (folding.left, false),
        ];
        let kinds = runs
            .into_iter()
            .flat_map(|(count, is_point)| vec![is_point; count]);
        let elements: Vec<_> = (0..).step_by(32).zip(kinds).collect();
        assert_eq!(32 * elements.len(), self.proof.len());
        elements
    }

    fn point(&self, at: usize) -> Point<P> {
        decode_points::<P>(self.proof[at..at + 32].as_chunks().0).unwrap()[0]
    }

    /// The proof with another element in a place.
    fn with(&self, at: usize, bytes: &[u8]) -> Vec<u8> {
        let mut proof = self.proof.clone();
        proof[at..at + bytes.len()].copy_from_slice(bytes);
        assert_ne!(proof, self.proof);
        proof
    }

    fn scalar(&self, at: usize) -> Scalar<P> {
        decode_scalar(self.proof[at..at + 32].try_into().unwrap()).unwrap()
    }

    /// Every element replaced by another well-formed one, in up to three ways.
    fn every_element_counts(&self, ways: usize) {
        self.elements().into_par_iter().for_each(|(at, is_point)| {
            let others: Vec<Vec<u8>> = if is_point {
                let point = self.point(at);
                let moved = (point + self.generators.h).into_affine();
                let identity = Point::<P>::identity();
                [moved, -point, identity]
                    .map(|p| encode_point::<P>(&p).to_vec())
                    .into()
            } else {
                let value = self.scalar(at);
                let one = Scalar::<P>::one();
                [value + one, value - one, value + value]
                    .map(|v| encode_scalar(&v).to_vec())
                    .into()
            };
            for other in others.into_iter().take(ways) {
                let verdict = self.of_proof(&self.with(at, &other));
                assert_eq!(verdict, Err(Reject::Closing), "element at {at}");
            }
        });
    }

    /// Encodings that are not canonical, and points that are none.
    fn malformed_elements_are_refused(&self) {
        self.elements().into_par_iter().for_each(|(at, is_point)| {
            if !is_point {
                let mut number = self.scalar(at).into_bigint();
                if number.add_with_carry(&Scalar::<P>::MODULUS) {
                    return;
                }
                let other = self.with(at, &number.to_bytes_le());
                assert!(matches!(self.of_proof(&other), Err(Reject::Scalar(_))));
                let other = self.with(at, &[0xff; 32]);
                assert!(matches!(self.of_proof(&other), Err(Reject::Scalar(_))));
                return;
            }
            let x = self.point(at).x().unwrap();
            let mut above = x.into_bigint();
            assert!(!above.add_with_carry(&P::BaseField::MODULUS));
            // Of the numbers behind x, one in two is no point's.
            let numbers = std::iter::successors(Some(x), |&x| Some(x + P::BaseField::one()));
            let encoded = numbers.map(|x| encode_scalar(&x));
            let off = encoded
                .take(100)
                .find(|x| decode_points::<P>(&[*x]).is_err());
            let of_last = |first: u8, last: u8| {
                let mut bytes = [0; 32];
                (bytes[0], bytes[31]) = (first, last);
                bytes.to_vec()
            };
            for other in [
                off.unwrap().to_vec(),
                above.to_bytes_le(),
                // Other names of the identity.
                of_last(0, 0xc0),
                of_last(1, 0x40),
                of_last(0, 0x41),
            ] {
                let other = self.with(at, &other);
                assert!(
                    matches!(self.of_proof(&other), Err(Reject::Point(_))),
                    "at {at}"
                );
            }
        });
    }

    fn every_byte_counts(&self) {
        assert_eq!(self.of_proof(&self.proof), Ok(()));
        (0..self.proof.len()).into_par_iter().for_each(|at| {
            let other = self.with(at, &[self.proof[at] ^ 1 << (at % 8)]);
            assert!(self.of_proof(&other).is_err(), "byte {at}");
        });
    }

    fn length_is_exact(&self) {
        let expected = self.proof.len();
        let lengths = [
            0,
            1,
            31,
            32,
            63,
            64,
            expected - 64,
            expected - 32,
            expected - 1,
        ];
        for got in lengths {
            let verdict = self.of_proof(&self.proof[..got]);
            assert_eq!(verdict, Err(Reject::Length { expected, got }));
        }
        for more in [1, 32, 64, expected] {
            let longer = [&self.proof[..], &vec![0; more]].concat();
            let got = expected + more;
            assert_eq!(
                self.of_proof(&longer),
                Err(Reject::Length { expected, got })
            );
        }
    }

    fn statement_is_bound(&self) {
        let rejected = |publics: &[Vec<i64>], context: &[u8]| {
            assert_eq!(
                self.verdict(publics, context, &self.proof),
                Err(Reject::Closing)
            );
        };
        for i in 0..self.publics[0].len() {
            for change in [1, -1, 1 << 20, i64::MAX - 1, i64::MIN] {
                let mut other = self.publics.clone();
                other[0][i] = other[0][i].wrapping_add(change);
                rejected(&other, b"context");
            }
        }
        for context in [&b""[..], b"contexT", b"context ", b"contex"] {
            rejected(&self.publics, context);
        }
        for shapes in [
            vec![],
            vec![vec![]],
            vec![vec![0; 99]],
            [&self.publics[..], &[vec![]]].concat(),
        ] {
            let verdict = self.verdict(&shapes, b"context", &self.proof);
            assert!(matches!(verdict, Err(Reject::Statement(_))));
        }
    }

    /// Another commitment of the same model (other blinders), or the same rows in other places.
    fn model_is_bound(&self) {
        let statement = |points: &[Vec<crate::curve::Point<P>>]| {
            let statement = crate::Statement {
                context: b"context",
                external: points.iter().map(Vec::as_slice).collect(),
                publics: &self.publics,
            };
            crate::verify(&self.relations, &self.generators, &statement, &self.proof)
        };
        let points = &self.model.points;
        assert_eq!(statement(points), Ok(()));
        for tensor in 0..points.len() {
            for row in 0..points[tensor].len() {
                let mut other = points.clone();
                other[tensor][row] = (other[tensor][row] + self.generators.h).into_affine();
                assert_eq!(statement(&other), Err(Reject::Closing));
                for (tensor_2, rows) in points.iter().enumerate() {
                    for row_2 in 0..rows.len() {
                        let mut other = points.clone();
                        other[tensor][row] = points[tensor_2][row_2];
                        other[tensor_2][row_2] = points[tensor][row];
                        if other != *points {
                            assert_eq!(statement(&other), Err(Reject::Closing));
                        }
                    }
                }
            }
            let mut other = points.clone();
            other[tensor].pop();
            assert!(matches!(statement(&other), Err(Reject::Statement(_))));
        }
        assert!(matches!(statement(&points[1..]), Err(Reject::Statement(_))));
    }
}

fn all_but_bytes<P: Profile>() {
    let case = Case::<P>::tiny();
    assert_eq!(case.of_proof(&case.proof), Ok(()));
    case.every_element_counts(3);
    case.malformed_elements_are_refused();
    case.length_is_exact();
    case.statement_is_bound();
    case.model_is_bound();
}

#[test]
fn every_byte_of_a_proof_counts() {
    Case::<GrumpkinConfig>::tiny().every_byte_counts();
}

#[test]
fn nothing_of_a_tiny_proof_can_be_changed() {
    all_but_bytes::<GrumpkinConfig>();
}

#[test]
fn nothing_of_a_tiny_proof_can_be_changed_on_bn254() {
    all_but_bytes::<ark_bn254::g1::Config>();
}

#[test]
fn no_element_of_a_sample_proof_can_be_changed() {
    let shape = Shape {
        inputs: 3,
        hidden: 2,
        outputs: 2,
        samples: 2,
        c: 7,
        ..Shape::default()
    };
    let case = Case::<GrumpkinConfig>::sample(shape, 3);
    assert!(case.relations.folding().rounds > 0);
    assert!(case.relations.pad_rows().len() > 1);
    case.every_element_counts(1);
    case.malformed_elements_are_refused();
    case.statement_is_bound();
    case.model_is_bound();
}

/// Messages in each other's place: two rows, two tensors' rows, two scalars.
#[test]
fn elements_cannot_be_swapped() {
    let case = Case::<GrumpkinConfig>::tiny();
    let elements = case.elements();
    elements
        .par_iter()
        .enumerate()
        .for_each(|(i, &(a, is_point))| {
            // With the next ones, and with some far away.
            for step in [1, 2, 3, 17] {
                let Some(&(b, other)) = elements.get(i + step) else {
                    continue;
                };
                if other != is_point {
                    continue;
                }
                let mut proof = case.proof.clone();
                proof[a..a + 32].copy_from_slice(&case.proof[b..b + 32]);
                proof[b..b + 32].copy_from_slice(&case.proof[a..a + 32]);
                assert_eq!(case.of_proof(&proof), Err(Reject::Closing), "{a} and {b}");
            }
        });
}

/// A proof of other relations with the same messages: every relation is part of what is proven.
#[test]
fn a_proof_is_of_its_relations() {
    let case = Case::<GrumpkinConfig>::tiny();
    let changes: [fn(&mut Parts); 8] = [
        |p| p.linears[0].terms[1].coefficient = 1,
        |p| p.linears[0].terms[0].coefficient = 2,
        |p| p.tables[0] = Table::Range { low: -1, size: 4 },
        |p| p.tables[0] = Table::Range { low: 0, size: 3 },
        |p| p.lookups[0].columns[0][0].source = Source::Committed(1),
        |p| p.contractions[0].right[0].source = Source::Committed(1),
        |p| p.contractions[0].name = "another".into(),
        |p| p.lookups.swap(0, 1),
    ];
    for (i, change) in changes.into_iter().enumerate() {
        let mut parts = case.relations.parts().clone();
        parts.tensors.truncate(2); // the multiplicities are added again
        change(&mut parts);
        let relations = Relations::new(parts).unwrap();
        assert_ne!(relations.digest(), case.relations.digest());
        let statement = case.model.statement(&case.publics, b"context");
        let verdict = crate::verify(&relations, &case.generators, &statement, &case.proof);
        assert_eq!(verdict, Err(Reject::Closing), "change {i}");
    }
    // And of its model: one with the same shapes.
    let other = Case::<GrumpkinConfig>::tiny();
    assert_eq!(case.of_proof(&other.proof), Err(Reject::Closing));
}

/// Bytes that never were a proof.
#[test]
fn random_bytes_are_refused() {
    let case = Case::<GrumpkinConfig>::tiny();
    let length = case.proof.len();
    for byte in [0, 1, 0x7f, 0xff] {
        assert!(case.of_proof(&vec![byte; length]).is_err());
    }
    (0..64u64).into_par_iter().for_each(|seed| {
        let mut bytes = vec![0; length];
        blake3::Hasher::new()
            .update(&seed.to_le_bytes())
            .finalize_xof()
            .fill(&mut bytes);
        // One number in ten is the encoding of a point, so that some of the first ones may pass.
        let verdict = case.of_proof(&bytes);
        assert!(matches!(
            verdict,
            Err(Reject::Point(Message::Rows | Message::Pads) | Reject::Scalar(Message::Root))
        ));
    });
}

/// Points that a cheating prover chooses to be equal, opposite, generators or the identity: the sum of many multiples, which
/// decides everything, has no exceptions.
#[test]
fn sums_of_multiples_have_no_exceptions() {
    fn agrees<P: Profile>() {
        let generators = Generators::<P>::new(24);
        let mut scalar = super::adversary::stream::<Scalar<P>>(3);
        let (g, h) = (&generators.g, generators.h);
        let identity = Point::<P>::identity();
        let double = (g[0] + g[0]).into_affine();
        let small = [
            0i64,
            1,
            -1,
            2,
            -2,
            127,
            128,
            -128,
            255,
            256,
            1 << 16,
            -(1 << 16),
            i64::MIN,
        ];
        for points in [
            vec![g[0]; 24],
            (0..24)
                .map(|i| if i % 2 == 0 { g[0] } else { -g[0] })
                .collect(),
            (0..24)
                .map(|i| [g[0], -g[0], double, identity, -double, h][i % 6])
                .collect(),
            vec![identity; 24],
            g[..24].to_vec(),
        ] {
            for kind in 0..5 {
                let scalars: Vec<Scalar<P>> = (0..24)
                    .map(|i| match kind {
                        0 => scalar(),
                        1 => small[i % small.len()].into(),
                        2 => {
                            Scalar::<P>::from(-1i64)
                                - Scalar::<P>::from(small[i % 12].unsigned_abs())
                        }
                        3 => Scalar::<P>::one(),
                        _ => Scalar::<P>::from(u64::MAX).square(),
                    })
                    .collect();
                for count in [1, 2, 3, 6, 24] {
                    let naive = points[..count]
                        .iter()
                        .zip(&scalars)
                        .fold(identity.into_group(), |sum, (&p, &k)| sum + p * k);
                    let quick = crate::msm::msm_full::<P>(&points[..count], &scalars[..count]);
                    assert_eq!(quick.into_affine(), naive.into_affine());
                }
            }
        }
    }
    agrees::<GrumpkinConfig>();
    agrees::<ark_bn254::g1::Config>();
}

/// The smallest relations but for the length of rows.
fn long_rows(c: u32) -> Parts {
    let mut parts = tiny().parts().clone();
    parts.tensors.truncate(2);
    parts.c = c;
    parts
}

/// Generators are priced at what they take: relations with many, for long rows, are refused where hashing so many to the curve would
/// take longer than the limit says.
#[test]
fn many_generators_are_refused() {
    use crate::{Limits, RelationsError};
    /// A field multiplication, and hashing to the curve, in nanoseconds: see `limits.rs`.
    const MULTIPLICATION: u64 = 30;
    const HASH: u64 = 20_000;
    let limits = Limits::default();
    let mut largest = 0;
    for c in [16, 17, 18, 19] {
        let free = Limits::of_work(u64::MAX / 1024);
        let all = Relations::within(long_rows(c), &free).unwrap();
        let generators = all.generator_count() as u64;
        assert!(all.work() * MULTIPLICATION > generators * HASH);
        match Relations::within(long_rows(c), &limits) {
            Ok(_) => largest = largest.max(generators),
            Err(RelationsError::Limit { .. }) => {
                assert!(generators * HASH * 2 > limits.work * MULTIPLICATION);
            }
            Err(other) => panic!("{other}"),
        }
    }
    // What was let pass is hashed within the time that the limits stand for.
    assert!(largest > 1 << 17 && largest * HASH < limits.work * MULTIPLICATION);
}

/// Pads have a limit of their own.
#[test]
fn many_pads_are_refused() {
    use crate::{Limits, RelationsError};
    // Each linear claim reads the product at a point of its own.
    let mut parts = long_rows(1);
    parts.linears = vec![parts.linears[0].clone(); 1 << 10];
    let pads = Relations::new(parts.clone()).unwrap().pad_count() as u64;
    assert!(pads > 1 << 11);
    let limits = |pads| Limits {
        pads,
        ..Limits::default()
    };
    assert!(Relations::within(parts.clone(), &limits(pads)).is_ok());
    let refused = Relations::within(parts, &limits(pads - 1));
    assert!(matches!(
        refused,
        Err(RelationsError::Limit { needed, .. }) if needed == pads
    ));
}

/// Relations come from a key, which may be hostile too: an error, never a panic.
#[test]
fn hostile_relations_are_errors() {
    use crate::RelationsError;
    let changes: [fn(&mut Parts); 13] = [
        |p| p.c = 64,
        |p| p.c = 40,
        |p| p.c = 0,
        |p| {
            p.tables[0] = Table::Range {
                low: i64::MAX,
                size: 4,
            }
        },
        |p| p.tables[0] = Table::Range { low: 0, size: 0 },
        |p| {
            p.tables[0] = Table::Range {
                low: 0,
                size: usize::MAX,
            }
        },
        |p| {
            p.tables[0] = Table::Range {
                low: 0,
                size: 1 << 35,
            }
        },
        |p| {
            p.tables[0] = Table::Clamp {
                low: i64::MIN,
                high: i64::MAX,
                below: 9,
                above: usize::MAX,
            };
        },
        |p| {
            p.tables[0] = Table::Clamp {
                low: 3,
                high: 1,
                below: 9,
                above: 9,
            }
        },
        |p| {
            p.tables[0] = Table::Function {
                low: i64::MAX,
                values: vec![0; 4],
            }
        },
        |p| p.lookups[0].table = 7,
        |p| p.contractions[0].left[0].source = Source::Contraction(0),
        // Multiplicities stand behind the two tensors; no relation may read them.
        |p| p.linears[0].terms[0].source = Source::Committed(2),
    ];
    for (i, change) in changes.into_iter().enumerate() {
        let mut parts = tiny().parts().clone();
        parts.tensors.truncate(2);
        change(&mut parts);
        let verdict = Relations::new(parts);
        assert!(
            matches!(
                verdict,
                Err(RelationsError::Malformed { .. } | RelationsError::Limit { .. })
            ),
            "change {i}"
        );
    }
}
