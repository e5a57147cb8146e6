//! Bytes that may not change by accident: a change here is a new version of the protocol ([`crate::PROTOCOL`]).

use super::adversary::{Adversary, statement};
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
            "0ce566e5cd9c97d1ec88efc929aa46eb8541d30ff5de067080cd343a34751430",
            "3569604d4f2fc5e1ff34b7fcbbeb9bb81e4d933c5933027a76fee77f858cde25",
            "1b8674182c6f2a901bd1dc61a461fde705c2e8be0f7603e9596a803cdcb61608",
        ]
    );
    assert_eq!(
        challenges::<ark_bn254::g1::Config>(),
        [
            "d373e40abcf1588c915ac89e3ca0ee5d17abbafdb232868ec9f81c81b73fab11",
            "c4c57bda74f9849a1a09d7723ba9865cbb332e515f887a004b04c031c4b52c30",
            "b8aa6b5daca8f73a58cbd374fc49df370d958100b215656c5714ccf175a78b00",
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
    let closing = 64 * 4 + 32 * (relations.pad_count() + (1 << shape.c) + 3);
    let head = &proof[..proof.len() - closing];
    assert_eq!(proof.len(), 17_760);
    assert_eq!(
        hex(blake3::hash(head).as_bytes()),
        "f5e59df0c79b9231a4cf532cb91330e4bc56aaccd059fbde9c3afa32402567b0"
    );
}
