//! Tensors of field elements: who may read them, a hash made of them, and what is rejected and hidden.

use super::adversary::{Adversary, statement};
use super::oracle::{self, Program, bits};
use super::poseidon::{self, Data, tensor};
use super::simulator::simulate;
use crate::curve::{Point, Profile, Scalar, encode_scalar};
use crate::generators::Generators;
use crate::msm::commit_field_rows;
use crate::prover::prove_with_fields;
use crate::transcript::Challenge;
use crate::{
    CommittedTensor, Constant, Contraction, FieldOpening, FieldParts, FieldWitness, Integers,
    Layout, Linear, Lookup, Origin, Parts, ProveError, Reject, Relations, RelationsError, Source,
    Statement, Table, Term, Witness, verify,
};
use ark_ff::{AdditiveGroup, Field, One, PrimeField};
use inferproof_view::{Step, View};
use std::collections::HashSet;
use zeroize::Zeroizing;

/// The curve whose scalar field Poseidon's usual parameters are for.
type P = ark_bn254::g1::Config;
type F = Scalar<P>;

fn term(coefficient: i64, source: Source, shape: &[usize], steps: Vec<Step>) -> Term {
    Term {
        coefficient,
        source,
        view: View::new(shape.to_vec(), steps).unwrap(),
    }
}

/// A field tensor `v` of two entries, which is what two limbs of four bits say: `v - 16 h` and `h` are looked up.
fn limbs() -> Parts {
    let tensor = |name: &str| CommittedTensor {
        name: name.into(),
        layout: Layout::packed(vec![2], 1).unwrap(),
        origin: Origin::Fresh,
    };
    let lookup = |name: &str, terms| Lookup {
        name: name.into(),
        table: 0,
        shape: vec![2],
        columns: vec![terms],
    };
    let read = |coefficient, i| term(coefficient, Source::Committed(i), &[2], vec![]);
    Parts {
        c: 1,
        tensors: vec![tensor("v"), tensor("h")],
        tables: vec![Table::Range { low: 0, size: 16 }],
        lookups: vec![
            lookup("low limb", vec![read(1, 0), read(-16, 1)]),
            lookup("high limb", vec![read(1, 1)]),
        ],
        field: FieldParts {
            tensors: vec![0],
            constants: vec![],
        },
        ..Parts::default()
    }
}

/// C8: any reader but a linear claim, a product entry by entry and an unscaled range lookup is refused, by name.
#[test]
fn other_readers_of_field_elements_are_refused() {
    let read = |coefficient, steps| term(coefficient, Source::Committed(0), &[2], steps);
    let product = |shared: &[usize], left_free: &[usize], contracted: &[usize]| Contraction {
        name: "product".into(),
        left: vec![read(1, vec![])],
        right: vec![read(1, vec![])],
        shared: shared.to_vec(),
        left_free: left_free.to_vec(),
        right_free: left_free.to_vec(),
        contracted: contracted.to_vec(),
    };
    assert!(Relations::new(limbs()).is_ok());
    let mut fair = limbs();
    fair.contractions.push(product(&[2], &[], &[]));
    fair.linears.push(Linear {
        name: "sum".into(),
        shape: vec![2],
        terms: vec![
            read(4, vec![]),
            term(-4, Source::Contraction(0), &[2], vec![]),
        ],
    });
    assert!(Relations::new(fair).is_ok());

    type Change = fn(&mut Parts, [Contraction; 3]);
    let changes: [Change; 7] = [
        |p, _| p.lookups[0].columns[0][0].coefficient = 2,
        |p, _| p.lookups[0].columns[0][0].coefficient = -4,
        // Scaled by a view, and on the way to it.
        |p, _| {
            let steps = vec![
                Step::Insert { axis: 0, len: 2 },
                Step::Reduce {
                    axis: 0,
                    source: 2,
                    weights: Some(vec![2, 0]),
                },
            ];
            p.lookups[0].columns[0][0].view = View::new(vec![2], steps).unwrap();
        },
        // In a table that is no range.
        |p, _| {
            p.tables[0] = Table::Function {
                low: 0,
                values: vec![0; 4],
            };
            for lookup in &mut p.lookups {
                let column = lookup.columns[0].clone();
                lookup.columns.push(column);
            }
        },
        // In contractions that are no products entry by entry.
        |p, [free, ..]| p.contractions.push(free),
        |p, [_, contracted, _]| p.contractions.push(contracted),
        // By way of a product.
        |p, [.., square]| {
            p.contractions.push(square);
            p.lookups[0].columns[0].push(term(2, Source::Contraction(0), &[2], vec![]));
        },
    ];
    for (i, change) in changes.into_iter().enumerate() {
        let mut parts = limbs();
        let contractions = [
            product(&[], &[2], &[]),
            product(&[], &[], &[2]),
            product(&[2], &[], &[]),
        ];
        change(&mut parts, contractions);
        let verdict = Relations::new(parts).err();
        assert!(
            matches!(verdict, Some(RelationsError::FieldReader { .. })),
            "change {i}: {verdict:?}"
        );
    }
    // What does not exist, or is named twice.
    for tensors in [vec![0, 0], vec![1, 0], vec![2]] {
        let mut parts = limbs();
        parts.field.tensors = tensors;
        let verdict = Relations::new(parts);
        assert!(matches!(verdict, Err(RelationsError::Malformed { .. })));
    }
}

/// Limbs mean what they say of integers in range; a fraction, a value out of range and the scaled one are rejected.
#[test]
fn limbs_of_field_elements_are_unique() {
    let relations = Relations::new(limbs()).unwrap();
    let generators = Generators::<P>::new(relations.generator_count());
    let verdict = |v: F, high: F| {
        let values = vec![vec![v, F::from(17)], vec![high, F::one()]];
        Adversary::new(&relations, &generators, &values, vec![], &[]).attempt(&[])
    };
    assert_eq!(verdict(F::from(200), F::from(12)), Ok(()));
    assert_eq!(verdict(F::from(0), F::from(0)), Ok(()));
    let half = F::from(2).inverse().unwrap();
    for (v, high) in [
        (F::from(256), F::from(16)),
        (F::from(200), F::from(11)),
        (F::from(-1), F::from(0)),
        (half, F::from(0)),
        (half, F::from(32).inverse().unwrap()),
        (F::from(16).inverse().unwrap(), F::from(0)),
    ] {
        assert_eq!(verdict(v, high), Err(Reject::Closing), "{v}, {high}");
    }
    // The prover that ships says so itself, whether the value is small or not.
    for (v, honest) in [(F::from(200), true), (F::from(201), true), (half, false)] {
        let statement = statement::<P>(&[], &[]);
        let witness = Witness {
            external: vec![],
            fresh: vec![Integers::from_i64(&[12, 1]).unwrap()],
            contractions: vec![],
        };
        let fields = FieldWitness {
            external: vec![],
            fresh: vec![Zeroizing::new(vec![v, F::from(17)])],
        };
        let proof = prove_with_fields(
            &relations,
            &generators,
            &statement,
            witness,
            fields,
            &mut |_| true,
        );
        match honest {
            true => assert_eq!(
                verify(&relations, &generators, &statement, &proof.unwrap()),
                Ok(())
            ),
            false => assert_eq!(proof, Err(ProveError::Unsatisfied)),
        }
    }
}

/// A field tensor that was committed before: read by any number of proofs, in none of them otherwise than it was committed.
#[test]
fn external_field_tensors_are_opened() {
    let mut parts = limbs();
    parts.tensors[0].origin = Origin::External;
    let relations = Relations::new(parts).unwrap();
    let generators = Generators::<P>::new(relations.generator_count());
    let layout = relations.parts().tensors[0].layout.clone();
    let commit = |values: [u64; 2], blinder: u64| {
        let opening = FieldOpening::<P> {
            values: Zeroizing::new(values.map(F::from).to_vec()),
            blinders: Zeroizing::new(vec![F::from(blinder); layout.row_count()]),
        };
        let rows = layout.rows();
        let points = commit_field_rows(&generators, &opening.values, &rows, &opening.blinders);
        (opening, points)
    };
    let prove = |opening: &FieldOpening<P>, points: &[Point<P>], high: [i64; 2]| {
        let statement = Statement {
            context: b"",
            external: vec![points],
            publics: &[],
        };
        let witness = Witness {
            external: vec![],
            fresh: vec![Integers::from_i64(&high).unwrap()],
            contractions: vec![],
        };
        let fields = FieldWitness {
            external: vec![opening],
            fresh: vec![],
        };
        let proof = prove_with_fields(
            &relations,
            &generators,
            &statement,
            witness,
            fields,
            &mut |_| true,
        )?;
        Ok(verify(&relations, &generators, &statement, &proof))
    };
    let (opening, points) = commit([200, 17], 7);
    let (other, other_points) = commit([201, 17], 9);
    assert_eq!(prove(&opening, &points, [12, 1]), Ok(Ok(())));
    assert_eq!(prove(&opening, &points, [12, 1]), Ok(Ok(())));
    assert_eq!(prove(&other, &other_points, [12, 1]), Ok(Ok(())));
    // The opening of another tensor, and other blinders.
    assert_eq!(prove(&other, &points, [12, 1]), Ok(Err(Reject::Closing)));
    let (blinded, _) = commit([200, 17], 8);
    assert_eq!(prove(&blinded, &points, [12, 1]), Ok(Err(Reject::Closing)));
    // Limbs that are another number's.
    assert_eq!(
        prove(&opening, &points, [11, 1]),
        Err(ProveError::Unsatisfied)
    );
    // An opening that is not there.
    let statement = Statement::<P> {
        context: b"",
        external: vec![&points],
        publics: &[],
    };
    let witness = Witness {
        external: vec![],
        fresh: vec![Integers::from_i64(&[12, 1]).unwrap()],
        contractions: vec![],
    };
    let proof = crate::prove(&relations, &generators, &statement, witness, &mut |_| true);
    assert!(matches!(proof, Err(ProveError::Witness { .. })));
}

/// Poseidon of some pairs, as relations.
struct Hashing {
    data: Data<F>,
    relations: Relations,
    generators: Generators<P>,
    tensors: Vec<Vec<F>>,
}

impl Hashing {
    fn new(pairs: &[[F; 2]], hashes: &[F], c: u32) -> Self {
        let data = Data::read();
        let (tensors, _) = poseidon::run(&data, pairs);
        let relations = Relations::new(poseidon::parts::<P>(&data, hashes, c)).unwrap();
        let generators = Generators::new(relations.generator_count());
        Self {
            data,
            relations,
            generators,
            tensors,
        }
    }

    /// By the prover that ships.
    fn prove(&self) -> Result<Vec<u8>, ProveError> {
        let witness = Witness {
            external: vec![],
            fresh: vec![],
            contractions: vec![vec![]; 4],
        };
        let tensors = self.tensors.iter().cloned().map(Zeroizing::new);
        let fields = FieldWitness {
            external: vec![],
            fresh: tensors.collect(),
        };
        let statement = statement::<P>(&[], &[]);
        prove_with_fields(
            &self.relations,
            &self.generators,
            &statement,
            witness,
            fields,
            &mut |_| true,
        )
    }

    fn verify(&self, proof: &[u8]) -> Result<(), Reject> {
        verify(
            &self.relations,
            &self.generators,
            &statement(&[], &[]),
            proof,
        )
    }

    fn attempt(&self, tensors: &[Vec<F>]) -> Result<(), Reject> {
        let outputs = poseidon::products(&self.data, tensors);
        Adversary::new(&self.relations, &self.generators, tensors, outputs, &[]).attempt(&[])
    }
}

fn pairs(hashes: &[[F; 3]]) -> (Vec<[F; 2]>, Vec<F>) {
    hashes.iter().map(|&[a, b, hash]| ([a, b], hash)).unzip()
}

/// Hashes that other software computed are proven, of pairs that stay private; with rows of several lengths.
#[test]
fn poseidon_is_proven() {
    let (pairs, hashes) = pairs(&Data::read().hashes);
    assert_eq!(poseidon::run(&Data::read(), &pairs).1, hashes);
    for c in [3, 5, 9] {
        let hashing = Hashing::new(&pairs, &hashes, c);
        let proof = hashing.prove().unwrap();
        assert_eq!(hashing.verify(&proof), Ok(()), "c = {c}");
        // The naive prover agrees.
        assert_eq!(hashing.attempt(&hashing.tensors), Ok(()), "c = {c}");
    }
}

/// Each committed tensor with an entry that is off, another hash, another constant: rejected, and not even proven by the prover
/// that ships.
#[test]
fn another_poseidon_is_rejected() {
    let (pairs, mut hashes) = pairs(&Data::read().hashes[..2]);
    let mut hashing = Hashing::new(&pairs, &hashes, 5);
    for tensor in [tensor::INPUT, tensor::X, tensor::S, tensor::X2, tensor::X4] {
        let count = hashing.tensors[tensor].len();
        for entry in [0, count / 2, count - 1] {
            let mut tensors = hashing.tensors.clone();
            tensors[tensor][entry] += F::one();
            assert_eq!(
                hashing.attempt(&tensors),
                Err(Reject::Closing),
                "tensor {tensor}, entry {entry}"
            );
            std::mem::swap(&mut hashing.tensors, &mut tensors);
            assert_eq!(hashing.prove(), Err(ProveError::Unsatisfied));
            std::mem::swap(&mut hashing.tensors, &mut tensors);
        }
    }
    let honest = hashing.prove().unwrap();
    assert_eq!(hashing.verify(&honest), Ok(()));
    hashes.swap(0, 1);
    let other = Hashing::new(&pairs, &hashes, 5);
    assert_eq!(other.verify(&honest), Err(Reject::Closing));
    assert_eq!(other.prove(), Err(ProveError::Unsatisfied));
    assert_eq!(other.attempt(&other.tensors), Err(Reject::Closing));
}

/// C9: a public field value that is not below the order, which would be another 32 bytes for the same hash, is refused before
/// anything is absorbed.
#[test]
fn constants_are_canonical() {
    let (pairs, hashes) = pairs(&Data::read().hashes[..1]);
    let data = Data::<F>::read();
    let honest = Hashing::new(&pairs, &hashes, 5);
    let proof = honest.prove().unwrap();
    let mut parts = poseidon::parts::<P>(&data, &hashes, 5);
    let value = &mut parts.field.constants[2].values[0];
    // The hash plus the order of the field.
    let mut carry = 0u16;
    let order = <F as PrimeField>::MODULUS;
    let order = order.as_ref().iter().flat_map(|limb| limb.to_le_bytes());
    for (byte, other) in value.iter_mut().zip(order) {
        carry += u16::from(*byte) + u16::from(other);
        *byte = carry as u8;
        carry >>= 8;
    }
    assert_eq!(carry, 0);
    let relations = Relations::new(parts).unwrap();
    let (verdict, log) = oracle::with(Program::Record, || {
        verify(
            &relations,
            &honest.generators,
            &statement::<P>(&[], &[]),
            &proof,
        )
    });
    assert!(
        matches!(
            verdict,
            Err(Reject::Relations(RelationsError::Malformed { .. }))
        ),
        "{verdict:?}"
    );
    assert!(log.is_empty());
    // As many values as the shape has.
    let mut parts = limbs();
    parts.field.constants.push(Constant {
        shape: vec![3],
        values: vec![encode_scalar(&F::one()); 2],
    });
    let verdict = Relations::new(parts);
    assert!(matches!(verdict, Err(RelationsError::Malformed { .. })));
}

/// Proofs of field tensors are simulated without a witness, for a hash that nobody has a pair for; and honest ones share nothing.
#[test]
fn field_tensors_are_hidden() {
    type G = ark_grumpkin::GrumpkinConfig;
    let data = Data::<Scalar<G>>::read();
    let hashes = [Scalar::<G>::from(5)];
    let relations = Relations::new(poseidon::parts::<G>(&data, &hashes, 5)).unwrap();
    let generators = Generators::<G>::new(relations.generator_count());
    let x = Scalar::<G>::from(0x1234_5678u64);
    let statement = statement::<G>(&[], &[]);
    let proof = simulate(&relations, &generators, &statement, x, 1);
    let verify = || crate::verify(&relations, &generators, &statement, &proof);
    let under = |x| oracle::with(Program::Fixed(Challenge::X, bits(x)), verify).0;
    assert_eq!(under(x), Ok(()));
    assert_eq!(under(x.double()), Err(Reject::Closing));

    let (pairs, hashes) = pairs(&Data::read().hashes[1..2]);
    let hashing = Hashing::new(&pairs, &hashes, 5);
    let proofs = [(); 3].map(|()| hashing.prove().unwrap());
    let chunks = proofs.iter().flat_map(|proof| proof.chunks(32));
    let count = chunks.clone().count();
    assert_eq!(chunks.collect::<HashSet<_>>().len(), count);
    assert_eq!(proofs[0].len(), hashing.relations.proof_length());
}

/// What a path of twenty hashes costs: printed by `cargo test --release path_of_twenty -- --nocapture`.
#[test]
fn a_path_of_twenty_hashes_is_proven() {
    fn measure<P: Profile>(pairs: &[[Scalar<P>; 2]]) {
        let data = Data::read();
        let (tensors, hashes) = poseidon::run(&data, pairs);
        let relations = Relations::new(poseidon::parts::<P>(&data, &hashes, 7)).unwrap();
        let generators = Generators::<P>::new(relations.generator_count());
        let witness = Witness {
            external: vec![],
            fresh: vec![],
            contractions: vec![vec![]; 4],
        };
        let fields = FieldWitness {
            external: vec![],
            fresh: tensors.into_iter().map(Zeroizing::new).collect(),
        };
        let statement = statement::<P>(&[], &[]);
        let begin = std::time::Instant::now();
        let proof = prove_with_fields(
            &relations,
            &generators,
            &statement,
            witness,
            fields,
            &mut |_| true,
        )
        .unwrap();
        let proven = begin.elapsed();
        let begin = std::time::Instant::now();
        assert_eq!(verify(&relations, &generators, &statement, &proof), Ok(()));
        println!(
            "{}: {} permutations, {} bytes, proven in {proven:?}, verified in {:?}",
            P::NAME,
            pairs.len(),
            proof.len(),
            begin.elapsed()
        );
    }
    let pairs: Vec<[F; 2]> = (0..20u64).map(|i| [F::from(i), F::from(i * i)]).collect();
    measure::<P>(&pairs);
}
