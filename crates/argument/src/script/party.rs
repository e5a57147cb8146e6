//! Who makes the messages, or reads them: the prover or the verifier, phase by phase.
//!
//! Each phase of a party is a type that the phase before turns into, so that no message can be asked for out of order. What a
//! method returns is what was sent; the script absorbs it before it uses it ([`Script::receive`](super::Script::receive)).

use crate::curve::{Point, Profile, Scalar};
use crate::error::Reject;
use crate::script::claims::{ContractionClaim, TensorClaim};
use crate::transcript::Message;

/// Message 1.
pub(crate) struct Commitments<P: Profile> {
    /// For each fresh tensor in order, its row commitments.
    pub fresh: Vec<Vec<Point<P>>>,
    /// The row commitments of the pads.
    pub pads: Vec<Point<P>>,
}

/// A party before the first message.
pub(crate) trait Party<P: Profile> {
    type Error: From<Reject>;
    /// The party when all is over.
    type Last;
    type Lookups: LookupParty<Scalar<P>, Error = Self::Error, Last = Self::Last>;

    fn commitments(self) -> Result<(Commitments<P>, Self::Lookups), Self::Error>;
}

/// A party that has committed to everything but the tree of lookups.
pub(crate) trait LookupParty<K> {
    type Error: From<Reject>;
    type Last;
    type Tree: TreeParty<K, Error = Self::Error, Last = Self::Last>;

    /// `p0, p1, q0, q1` of the tree's first layer.
    fn root(self, alpha: K, gamma: K) -> Result<([K; 4], Self::Tree), Self::Error>;
}

/// A layer of the tree whose sumcheck is under way.
#[cfg_attr(
    not(feature = "prover"),
    allow(dead_code, reason = "a reader does not look at it")
)]
pub(crate) struct Layer<'a, K> {
    /// Its number; it has `2^(number + 1)` nodes.
    pub number: usize,
    pub lambda: K,
    /// The point of the layer before, with one more coordinate.
    pub target: &'a [K],
}

/// A party that goes down the tree.
pub(crate) trait TreeParty<K> {
    type Error: From<Reject>;
    type Last;
    type Contractions: ContractionParty<K, Error = Self::Error, Last = Self::Last>;

    /// The round polynomial's slope from 0 to 1, without its `eq` factor, and its leading coefficient; `point` is bound.
    fn round(&mut self, layer: &Layer<'_, K>, point: &[K]) -> Result<[K; 2], Self::Error>;

    /// `p0, p1, q0, q1` at the layer's point.
    fn values(&mut self, point: &[K]) -> Result<[K; 4], Self::Error>;

    /// The leaves are reached; this is the merged claim. Nothing is sent.
    fn claims(
        self,
        direct: &[TensorClaim<K>],
        contractions: &[ContractionClaim<K>],
    ) -> Result<Self::Contractions, Self::Error>;
}

/// A party that reduces claims on contractions to claims on their operands. If there are none it is asked for no message.
pub(crate) trait ContractionParty<K> {
    type Error: From<Reject>;
    type Last;
    type Opening: OpeningParty<K, Error = Self::Error, Last = Self::Last>;

    /// The value of the direct claims.
    fn direct(&mut self) -> Result<K, Self::Error>;

    /// `s(0)` and the leading coefficient of the round polynomial; `point` is bound.
    fn round(&mut self, point: &[K]) -> Result<[K; 2], Self::Error>;

    /// `count` values: of each contraction claim the left and the right operand's at the point.
    fn operands(&mut self, point: &[K], count: usize) -> Result<Vec<K>, Self::Error>;

    /// These are all claims on committed tensors, each under its power of mu. Nothing is sent.
    fn open(self, claims: &[TensorClaim<K>]) -> Result<Self::Opening, Self::Error>;
}

/// A party that merges all claims into the value of one opened vector.
pub(crate) trait OpeningParty<K> {
    type Error: From<Reject>;
    type Last;

    /// `s(0)` and the leading coefficient of the round polynomial; `point` is bound.
    fn round(&mut self, point: &[K]) -> Result<[K; 2], Self::Error>;

    /// The vector is opened at this point, and the script is over.
    fn last(self, point: &[K]) -> Result<Self::Last, Self::Error>;
}

/// Reads the messages of a proof, of which it knows no more than their number.
pub(crate) trait MessageReader<K> {
    /// The next `count` scalars.
    fn scalars(&mut self, message: Message, count: usize) -> Result<Vec<K>, Reject>;

    fn exactly<const N: usize>(&mut self, message: Message) -> Result<[K; N], Reject> {
        let scalars = self.scalars(message, N)?;
        scalars.try_into().map_err(|_| Reject::Scalar(message))
    }
}

/// A party that only reads: it is the same in every phase, and what it is told does not matter to it.
pub(crate) struct Reading<R>(pub R);

impl<K, R: MessageReader<K>> LookupParty<K> for Reading<R> {
    type Error = Reject;
    type Last = R;
    type Tree = Self;

    fn root(mut self, _: K, _: K) -> Result<([K; 4], Self), Reject> {
        Ok((self.0.exactly(Message::Root)?, self))
    }
}

impl<K, R: MessageReader<K>> TreeParty<K> for Reading<R> {
    type Error = Reject;
    type Last = R;
    type Contractions = Self;

    fn round(&mut self, _: &Layer<'_, K>, _: &[K]) -> Result<[K; 2], Reject> {
        self.0.exactly(Message::LayerRound)
    }

    fn values(&mut self, _: &[K]) -> Result<[K; 4], Reject> {
        self.0.exactly(Message::LayerValues)
    }

    fn claims(self, _: &[TensorClaim<K>], _: &[ContractionClaim<K>]) -> Result<Self, Reject> {
        Ok(self)
    }
}

impl<K, R: MessageReader<K>> ContractionParty<K> for Reading<R> {
    type Error = Reject;
    type Last = R;
    type Opening = Self;

    fn direct(&mut self) -> Result<K, Reject> {
        let [value] = self.0.exactly(Message::Direct)?;
        Ok(value)
    }

    fn round(&mut self, _: &[K]) -> Result<[K; 2], Reject> {
        self.0.exactly(Message::ContractionRound)
    }

    fn operands(&mut self, _: &[K], count: usize) -> Result<Vec<K>, Reject> {
        self.0.scalars(Message::Operands, count)
    }

    fn open(self, _: &[TensorClaim<K>]) -> Result<Self, Reject> {
        Ok(self)
    }
}

impl<K, R: MessageReader<K>> OpeningParty<K> for Reading<R> {
    type Error = Reject;
    type Last = R;

    fn round(&mut self, _: &[K]) -> Result<[K; 2], Reject> {
        self.0.exactly(Message::MergeRound)
    }

    fn last(self, _: &[K]) -> Result<R, Reject> {
        Ok(self.0)
    }
}
