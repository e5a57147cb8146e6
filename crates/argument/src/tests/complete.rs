//! Honest proofs are accepted, whatever the shapes.

use super::sample::{Model, Shape, Trace, prove, verify};
use crate::curve::Profile;
use crate::generators::Generators;

fn accepts<P: Profile>(shape: Shape, seed: u64) {
    let relations = shape.relations();
    let generators = Generators::<P>::new(relations.generator_count());
    let trace = Trace::random(&shape, seed);
    let model = Model::commit(&relations, &generators, &trace.weights);
    let proof = prove(&relations, &generators, &model, &trace, b"context").unwrap();
    assert_eq!(proof.len(), relations.proof_length());
    verify(
        &relations,
        &generators,
        &model,
        &trace.out,
        b"context",
        &proof,
    )
    .unwrap_or_else(|e| panic!("{shape:?}: {e}"));
}

#[test]
fn honest_proofs_are_accepted() {
    let shapes = [
        Shape::default(),
        Shape {
            inputs: 5,
            hidden: 3,
            outputs: 2,
            ..Shape::default()
        },
        Shape {
            samples: 5,
            inputs: 9,
            hidden: 6,
            outputs: 3,
            ..Shape::default()
        },
        Shape {
            inputs: 3,
            hidden: 9,
            outputs: 5,
            c: 2,
            ..Shape::default()
        },
        Shape {
            samples: 7,
            inputs: 5,
            hidden: 6,
            outputs: 3,
            c: 4,
            ..Shape::default()
        },
        Shape {
            low: 1,
            ..Shape::default()
        },
        Shape {
            samples: 1,
            inputs: 1,
            hidden: 1,
            outputs: 1,
            ..Shape::default()
        },
        Shape {
            samples: 2,
            inputs: 40,
            hidden: 33,
            outputs: 10,
            c: 5,
            ..Shape::default()
        },
    ];
    for (seed, shape) in shapes.into_iter().enumerate() {
        accepts::<ark_grumpkin::GrumpkinConfig>(shape, seed as u64);
    }
    accepts::<ark_bn254::g1::Config>(Shape::default(), 77);
}
