//! Bytes that may not change by accident: a change here is a new version of the protocol ([`crate::PROTOCOL`]).

use super::adversary::{Adversary, statement};
use super::mutations::closing_length;
use super::sample::{Shape, Trace};
use crate::curve::{Profile, Scalar, encode_scalar};
use crate::generators::Generators;
use crate::transcript::{Challenge, Message, StatementPart, Transcript};
use ark_ff::{AdditiveGroup, One};
use ark_grumpkin::GrumpkinConfig;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn challenges<P: Profile>() -> [String; 3] {
    let generators = Generators::<P>::new(2);
    let mut transcript = Transcript::new();
    let next = |transcript: &mut Transcript, kind| {
        let scalar: Scalar<P> = transcript.challenge(kind);
        hex(&encode_scalar(&scalar))
    };
    let first = next(&mut transcript, Challenge::Alpha);
    transcript.points::<P>(Message::Rows, &generators.g);
    transcript.statement(StatementPart::Context, b"context");
    transcript.statement_points::<P>(StatementPart::External, &[generators.h]);
    let second = next(&mut transcript, Challenge::Gamma);
    let one = Scalar::<P>::one();
    transcript.scalars(Message::Root, &[one, one.double(), -one]);
    transcript.statement(StatementPart::Public, &[]);
    let third = next(&mut transcript, Challenge::X);
    [first, second, third]
}

#[test]
fn challenges_are_those_of_this_version() {
    assert_eq!(
        challenges::<GrumpkinConfig>(),
        [
            "cd6d3ae676362764497c360a1686c31a80a1a7537673ebdfcd2a1e1f5e15761d",
            "fcd59b809db766effc2ce3b69ec33ea6640f284122e0b236dfaacff2eefed316",
            "583b8c81e2fe75b51e951941e67281dadaf417b2fe59fbdfc139d635a5e0eb0e",
        ]
    );
    assert_eq!(
        challenges::<ark_bn254::g1::Config>(),
        [
            "04479e60e114e23861a673fdbe948b5fbf8adddf1eea8e219ee110b0bf357422",
            "6a98987cc9fc3f7d77931a83e2d4639aaaa2303bee2a26a5024b242b3cf35b0c",
            "79bc150159d6bf34615ee37ea66718e3c29ea808b5ba79991514cc2fa459c20f",
        ]
    );
}

#[test]
fn the_sample_has_this_versions_digest() {
    let digest = |shape: Shape| hex(&shape.relations().digest());
    let shape = Shape::default();
    let digests = [
        digest(shape),
        digest(Shape {
            squares: false,
            ..shape
        }),
    ];
    assert_eq!(
        digests,
        [
            "3e78ef9b72beff363834a3ad963204418e696f3a59bcd7d91de0cff6952094b0",
            "d2f132ca9d58c2763f1242bd95bbe464aeeefa0cf64a072210157e1b98be332e"
        ]
    );
}

/// A whole proof up to the closing protocol, whose masks are random: by the naive prover, whose pads and blinders are not.
#[test]
fn a_proof_is_of_this_version() {
    let shape = Shape::small();
    let relations = shape.relations();
    let generators = Generators::<GrumpkinConfig>::new(relations.generator_count());
    let trace = Trace::random(&shape, 1);
    let publics = vec![trace.out.clone()];
    let attacker = Adversary::sample(&relations, &generators, &trace);
    let (proof, external) = attacker.prove(&publics);
    let verdict = crate::verify(
        &relations,
        &generators,
        &statement(&external, &publics),
        &proof,
    );
    assert_eq!(verdict, Ok(()));
    let head = &proof[..proof.len() - closing_length(&relations)];
    assert_eq!(proof.len(), 15_136);
    assert_eq!(
        hex(blake3::hash(head).as_bytes()),
        "af9d816f4d1173ce37d892e947cadfef11a614884ab114679392f7ba0a9f6451"
    );
}
