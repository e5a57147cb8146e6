//! What the script computes with.
//!
//! The script is a straight line of ring operations on challenges, public data and messages. What follows from challenges
//! and public data alone is *known*; what depends on messages is a *value*. A native proof takes field elements for what is
//! known and affine forms in the pads for values ([`Padded`]); without pads both are field elements; in a circuit both are wires.

use crate::affine::AffineForm;
use crate::curve::{Profile, Scalar, decode_scalar};
use crate::transcript::{Challenge, Message, Transcript};
use ark_ff::PrimeField;
use std::fmt::Debug;
use std::iter::{Product, Sum};
use std::marker::PhantomData;
use std::ops::{Add, MulAssign, Neg, Sub, SubAssign};

/// The operations on what is known. There is no division, and nothing is compared.
pub(crate) trait Ring:
    inferproof_view::Ring
    + Debug
    + Add<Output = Self>
    + Sub<Output = Self>
    + Neg<Output = Self>
    + SubAssign
    + MulAssign
    + Sum
    + Product
{
    /// A constant from 32 bytes, little-endian; `None` if the number is not below the ring's order.
    fn decode(bytes: &[u8; 32]) -> Option<Self>;

    fn zero() -> Self {
        Self::default()
    }

    fn one() -> Self {
        Self::from(1)
    }

    fn double(self) -> Self {
        self + self
    }

    fn square(self) -> Self {
        self * self
    }
}

impl<F: PrimeField> Ring for F {
    fn decode(bytes: &[u8; 32]) -> Option<Self> {
        decode_scalar(bytes).ok()
    }
}

/// What depends on messages: sums of messages under known factors. Products of two values occur in constraints only.
pub(crate) trait Value<K: Ring>: Clone + Default + Send + Sync {
    /// The value of which `sent` was sent, after `before` other scalars.
    fn received(sent: K, before: usize) -> Self;

    /// `self += k * other`.
    fn add_scaled(&mut self, k: K, other: &Self);

    /// `self += k`.
    fn add_known(&mut self, k: K);

    /// `k * self`.
    fn scaled(self, k: K) -> Self;

    /// The line through `self` at 0 and `other` at 1, at `t`.
    fn line(&self, other: &Self, t: K) -> Self {
        let mut out = self.clone().scaled(K::one() - t);
        out.add_scaled(t, other);
        out
    }
}

/// Where challenges come from. Every message is absorbed before the challenge that follows it.
pub(crate) trait Challenger<K> {
    fn absorb(&mut self, message: Message, sent: &[K]);

    fn challenge(&mut self, challenge: Challenge) -> K;
}

/// What the script computes with.
pub(crate) trait Arithmetic {
    /// What follows from challenges and public data.
    type Known: Ring;
    /// What depends on messages.
    type Value: Value<Self::Known>;
    /// Where challenges come from.
    type Transcript: Challenger<Self::Known>;
}

/// Native proofs: every message is sent minus a pad, so that values are affine forms in the pads.
pub(crate) struct Padded<P>(PhantomData<P>);

impl<P: Profile> Arithmetic for Padded<P> {
    type Known = Scalar<P>;
    type Value = AffineForm<Scalar<P>>;
    type Transcript = Transcript;
}

impl<F: PrimeField> Value<F> for AffineForm<F> {
    fn received(sent: F, before: usize) -> Self {
        Self::padded(sent, before)
    }

    fn add_scaled(&mut self, k: F, other: &Self) {
        self.add_scaled(k, other);
    }

    fn add_known(&mut self, k: F) {
        self.constant += k;
    }

    fn scaled(self, k: F) -> Self {
        self.scaled(k)
    }
}

impl<F: PrimeField> Challenger<F> for Transcript {
    fn absorb(&mut self, message: Message, sent: &[F]) {
        self.scalars(message, sent);
    }

    fn challenge(&mut self, challenge: Challenge) -> F {
        self.challenge(challenge)
    }
}

/// `linear + sum k * f * g + <opening, u> = 0`, where `u` is the opened vector.
pub(crate) struct Constraint<K, V> {
    pub linear: V,
    pub products: Vec<(K, V, V)>,
    pub opening: Vec<K>,
}
