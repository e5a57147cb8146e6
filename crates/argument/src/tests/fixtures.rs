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
            "44975bd5c7184f86973a05bc857586de2eeddbe7c9d08d35919269e981e7000d",
            "3c8fe0bfe8551ddd188cf4cf171c4d7c78f94f5de66f31c7b00e662660a51220",
            "bf3be38685f44ec433b816fc1d5aba3561971af92afdc820a70b193da342d808",
        ]
    );
    assert_eq!(
        challenges::<ark_bn254::g1::Config>(),
        [
            "85dfe25f7bd0397af44f78c8d1dac5217e2756d092ce83425b0d515dd9cf182e",
            "8a44d8dd0605f40f7df0919c1dd1d9de58c8e10a3ef4f5f7f6edd75f37b94f0d",
            "22ea9637cc71c7352fc81d8832ee807329261bdf7c663b089fbce66ff9d96817",
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
        "4ff926382a098a6c06407b3a0d61227921a25900dd6d8a61bedc1e396b2e4a17"
    );
}
