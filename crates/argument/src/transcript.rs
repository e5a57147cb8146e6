//! Fiat-Shamir: the one place where labels exist.
//!
//! A duplex sponge (TurboSHAKE128, by `spongefish`, which follows draft-irtf-cfrg-fiat-shamir) absorbs every message as
//! kind, length and payload, and gives challenges of 512 bits, reduced modulo the scalar field.

use crate::curve::{Point, Profile, encode_point, encode_scalar, reduce};
use ark_ff::PrimeField;
use spongefish::{DefaultHash, DuplexSpongeInit, DuplexSpongeInterface};

/// The protocol and its version: the sponge's initial value.
pub const PROTOCOL: &[u8] = b"inferproof/argument/3";

/// What a message from the prover is. The discriminant is absorbed before the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Message {
    /// Row commitments of one tensor.
    Rows = 1,
    /// The row commitments of the pads.
    Pads = 2,
    /// The four values of the tree's first layer.
    Root = 3,
    /// A round of a layer's sumcheck: t(1) - t(0), and the leading coefficient.
    LayerRound = 4,
    /// The four values at the end of a layer.
    LayerValues = 5,
    /// The part of the merged claim that is linear in committed tensors.
    Direct = 6,
    /// A round of the contraction sumcheck: s(0), and the leading coefficient.
    ContractionRound = 7,
    /// The operand values of every contraction.
    Operands = 8,
    /// A round of the merge over columns.
    MergeRound = 9,
    /// The first message of the closing protocol.
    Closing = 10,
    /// Of the closing protocol's answer, what the equation of the batch reads.
    Response = 11,
    /// The values of linear forms on each other's vectors.
    CrossTerms = 12,
    /// The blinder of the combination of all vectors.
    Blinder = 13,
    /// A round of folding: the two products of one half with the other.
    Fold = 14,
    /// What is left of the folded vector.
    Folded = 15,
}

/// The verifier's challenges, in the order of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Challenge {
    Alpha = 1,
    Gamma,
    Tau,
    Lambda,
    LayerPoint,
    Zeta,
    Eta,
    ContractionPoint,
    Mu,
    MergePoint,
    Chi,
    X,
    /// Ties the factors, and the value of the linear forms, to the vectors.
    Factors,
    /// Combines the opened vector and the rows of pads.
    Rows,
    /// Ties the value of the combined form to the commitment to the combined vector.
    Form,
    FoldPoint,
    /// Combines the verifier's two equations; drawn after everything, and no message depends on it.
    Combine,
    /// What the weight of this proof among others comes from; drawn last.
    Weight,
}

/// The parts of the statement, absorbed after the prover's commitments.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(crate) enum StatementPart {
    Curve = 1,
    Generators,
    RowLength,
    PadCount,
    Relations,
    Context,
    External,
    Public,
}

const MESSAGE: u8 = 1;
const STATEMENT: u8 = 2;
const CHALLENGE: u8 = 3;

/// The sponge.
#[derive(Clone)]
pub(crate) struct Transcript(DefaultHash);

impl Transcript {
    pub fn new() -> Self {
        Self(DefaultHash::init(blake3::hash(PROTOCOL).as_bytes()))
    }

    fn absorb(&mut self, kind: u8, label: u8, payload: &[u8]) {
        let length = (payload.len() as u64).to_le_bytes();
        self.0.absorb(&[kind, label]);
        self.0.absorb(&length);
        self.0.absorb(payload);
    }

    pub fn statement(&mut self, part: StatementPart, payload: &[u8]) {
        self.absorb(STATEMENT, part as u8, payload);
    }

    pub fn statement_points<P: Profile>(&mut self, part: StatementPart, points: &[Point<P>]) {
        let bytes: Vec<u8> = points.iter().flat_map(|p| encode_point::<P>(p)).collect();
        self.statement(part, &bytes);
    }

    pub fn points<P: Profile>(&mut self, message: Message, points: &[Point<P>]) {
        let bytes: Vec<u8> = points.iter().flat_map(|p| encode_point::<P>(p)).collect();
        self.absorb(MESSAGE, message as u8, &bytes);
    }

    pub fn scalars<F: PrimeField>(&mut self, message: Message, scalars: &[F]) {
        let bytes: Vec<u8> = scalars.iter().flat_map(encode_scalar).collect();
        self.absorb(MESSAGE, message as u8, &bytes);
    }

    pub fn challenge<F: PrimeField>(&mut self, challenge: Challenge) -> F {
        self.absorb(CHALLENGE, challenge as u8, &[]);
        let mut wide = [0u8; 64];
        self.0.squeeze(&mut wide);
        #[cfg(all(test, feature = "prover"))]
        crate::tests::oracle::intercept(challenge, &mut wide);
        reduce(&wide)
    }
}
