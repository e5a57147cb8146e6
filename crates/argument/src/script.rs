//! The protocol: messages 1 to 9, run by prover and verifier alike.
//!
//! A [`Party`] computes each message (prover) or reads it (verifier); the script absorbs it, draws the challenges, and collects
//! the constraints. So the two sides cannot diverge, and a message that is not absorbed cannot be used: what depends on messages
//! is made by [`Script::receive`] alone, which absorbs them.
//!
//! Each phase is a type that only the phase before makes, one file each:
//!
//! | phase | messages | what is left to show |
//! |---|---|---|
//! | [`Committed`](commitments::Committed) | 0, 1 | all relations |
//! | [`LeafClaims`](tree::LeafClaims) | 2, 3 | the leaves' fractions at a point, and the linear relations |
//! | [`MergedClaim`](merged::MergedClaim) | 4 | one linear claim on committed tensors and contractions |
//! | [`TensorClaims`](contractions::TensorClaims) | 5, 6 | linear claims on committed tensors |
//! | [`OpenedClaim`](opening::OpenedClaim) | 7, 8 | the constraints collected on the way, and one opened vector |
//! | [`Outcome`] | 9 | one equation, by the closing protocol |
//!
//! Section numbers are those of `docs/protocol.md`.

pub(crate) mod arithmetic;
pub(crate) mod claims;
pub(crate) mod commitments;
pub(crate) mod contractions;
pub(crate) mod merged;
pub(crate) mod opening;
pub(crate) mod party;
mod tables;
pub(crate) mod tree;

use self::arithmetic::{Arithmetic, Challenger, Constraint, Value};
use self::commitments::commit;
use self::party::Party;
use crate::curve::{Point, Profile};
use crate::error::Reject;
use crate::transcript::{Challenge, Message, Transcript};
use inferproof_relations::{Relations, RelationsError};

pub(crate) use self::opening::Outcome;

/// What is proven: the relations hold for these commitments and public tensors.
#[derive(Clone, Debug)]
pub struct Statement<'a, P: Profile> {
    /// Everything else that the caller binds: versions, architecture, model, visibilities, the user's context.
    pub context: &'a [u8],
    /// Row commitments of every external tensor, in order.
    pub external: Vec<&'a [Point<P>]>,
    /// Every public tensor, row-major.
    pub publics: &'a [Vec<i64>],
}

/// Runs messages 1 to 9. Gives what is left to prove, and the party as it is then.
pub(crate) fn run<'a, P: Profile, S: Party<P>>(
    relations: &Relations,
    statement: &Statement<'a, P>,
    transcript: &mut Transcript,
    party: S,
) -> Result<(Outcome<'a, P>, S::Last), S::Error> {
    let (commitments, committed) = commit(relations, statement, transcript, party)?;
    let opened = committed.tree()?.merge()?.contractions()?.open()?;
    Ok(opened.batch(commitments, statement))
}

/// What all phases share.
pub(crate) struct Script<'a, A: Arithmetic> {
    relations: &'a Relations,
    publics: &'a [Vec<i64>],
    transcript: &'a mut A::Transcript,
    /// How many scalars were received.
    received: usize,
    pub constraints: Vec<Constraint<A::Known, A::Value>>,
}

impl<'a, A: Arithmetic> Script<'a, A> {
    /// After the statement and what was committed to were absorbed.
    pub fn new(
        relations: &'a Relations,
        publics: &'a [Vec<i64>],
        transcript: &'a mut A::Transcript,
    ) -> Self {
        Self {
            relations,
            publics,
            transcript,
            received: 0,
            constraints: Vec::new(),
        }
    }

    /// The values of which these scalars were sent, which are absorbed.
    fn receive<const N: usize>(&mut self, message: Message, sent: [A::Known; N]) -> [A::Value; N] {
        self.transcript.absorb(message, &sent);
        let before = self.received;
        self.received += N;
        let mut numbers = before..;
        sent.map(|sent| A::Value::received(sent, numbers.next().unwrap_or_default()))
    }

    /// As [`Self::receive`], for as many scalars as the relations say.
    fn receive_all(&mut self, message: Message, sent: Vec<A::Known>) -> Vec<A::Value> {
        self.transcript.absorb(message, &sent);
        let before = self.received;
        self.received += sent.len();
        let numbered = sent.into_iter().zip(before..);
        numbered
            .map(|(sent, before)| A::Value::received(sent, before))
            .collect()
    }

    fn challenge(&mut self, challenge: Challenge) -> A::Known {
        self.transcript.challenge(challenge)
    }

    fn challenges(&mut self, challenge: Challenge, count: usize) -> Vec<A::Known> {
        (0..count).map(|_| self.challenge(challenge)).collect()
    }
}

/// Relations that [`Relations::new`] does not let pass. No claim may be dropped silently.
fn inconsistent() -> Reject {
    Reject::Relations(RelationsError::Malformed {
        place: "the relations".to_owned(),
        what: "they are inconsistent",
    })
}
