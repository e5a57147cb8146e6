//! The prover.

mod arrays;
mod commitments;
mod contraction;
mod entropy;
mod merge;
mod phases;
mod positions;
mod sender;
mod tree;

pub use entropy::Entropy;

#[cfg(test)]
pub(crate) use arrays::Values;
pub(crate) use commitments::Prover;
#[cfg(test)]
pub(crate) use commitments::Randomness;

use crate::closing::{self, Opened};
use crate::curve::{Profile, Scalar};
use crate::error::ProveError;
use crate::generators::Generators;
use crate::script::party::Party;
use crate::script::{Outcome, Statement, run};
use crate::transcript::Transcript;
use ark_ff::Zero;
use inferproof_integers::Integers;
use inferproof_relations::Relations;
use zeroize::Zeroizing;

/// The secret side of a committed tensor: its integers, and one blinder a row.
pub struct Opening<P: Profile> {
    /// Row-major.
    pub values: Integers,
    /// One a row of the layout.
    pub blinders: Zeroizing<Vec<Scalar<P>>>,
}

/// What makes the relations true.
pub struct Witness<'a, P: Profile> {
    /// External tensors of integers, in order.
    pub external: Vec<&'a Opening<P>>,
    /// Fresh tensors of integers, in order, without multiplicities.
    pub fresh: Vec<Integers>,
    /// The output of every contraction, row-major.
    pub contractions: Vec<Vec<i64>>,
}

/// The secret side of a committed tensor of field elements.
pub struct FieldOpening<P: Profile> {
    /// Row-major.
    pub values: Zeroizing<Vec<Scalar<P>>>,
    /// One a row of the layout.
    pub blinders: Zeroizing<Vec<Scalar<P>>>,
}

/// What makes relations true that read field elements. Products of field elements follow from it, so that [`Witness::contractions`] has
/// an empty array for each.
pub struct FieldWitness<'a, P: Profile> {
    /// External tensors of field elements, in order.
    pub external: Vec<&'a FieldOpening<P>>,
    /// Fresh tensors of field elements, in order.
    pub fresh: Vec<Zeroizing<Vec<Scalar<P>>>>,
}

impl<P: Profile> Default for FieldWitness<'_, P> {
    fn default() -> Self {
        Self {
            external: Vec::new(),
            fresh: Vec::new(),
        }
    }
}

/// How far a proof is, for whoever shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Committing to the trace.
    Commit,
    /// The tree of lookups.
    Lookups,
    /// The contractions' sumcheck.
    Contractions,
    /// The merge and the opened vector.
    Open,
    /// The closing protocol.
    Close,
}

/// Called when a stage begins; `false` stops the proof.
pub type Progress<'a> = dyn FnMut(Stage) -> bool + 'a;

/// Makes a proof, and checks before it lets it out that the witness makes the relations true: a proof of something false would be
/// rejected, and might tell of the witness what a true statement does not.
///
/// # Errors
/// If the statement or the witness does not have the relations' shapes, or does not make them true, without randomness, or if
/// `progress` says stop.
pub fn prove<P: Profile>(
    relations: &Relations,
    generators: &Generators<P>,
    statement: &Statement<'_, P>,
    witness: Witness<'_, P>,
    progress: &mut Progress<'_>,
) -> Result<Vec<u8>, ProveError> {
    let fields = FieldWitness::default();
    prove_with_fields(relations, generators, statement, witness, fields, progress)
}

/// As [`prove`], of relations that read tensors of field elements.
///
/// # Errors
/// As [`prove`].
pub fn prove_with_fields<P: Profile>(
    relations: &Relations,
    generators: &Generators<P>,
    statement: &Statement<'_, P>,
    witness: Witness<'_, P>,
    fields: FieldWitness<'_, P>,
    progress: &mut Progress<'_>,
) -> Result<Vec<u8>, ProveError> {
    let prover = Prover::new(
        relations, generators, statement, &witness, &fields, progress,
    )?;
    let candidate = Candidate::new(relations, statement, prover)?;
    candidate.check()?;
    candidate.close(generators)
}

/// As [`prove`], for any witness at all: what a verifier says to a proof of something false is to be tested.
///
/// # Errors
/// As [`prove`], but not if the witness does not make the relations true.
#[cfg(feature = "cheating")]
pub fn prove_anything<P: Profile>(
    relations: &Relations,
    generators: &Generators<P>,
    statement: &Statement<'_, P>,
    witness: Witness<'_, P>,
    progress: &mut Progress<'_>,
) -> Result<Vec<u8>, ProveError> {
    let fields = FieldWitness::default();
    let prover = Prover::new(
        relations, generators, statement, &witness, &fields, progress,
    )?;
    Candidate::new(relations, statement, prover)?.close(generators)
}

/// A prover, honest or (in tests) not, when the script is over.
pub(crate) trait Opener<P: Profile> {
    /// The secrets of the closing protocol, and the messages so far.
    fn open(self, outcome: &Outcome<'_, P>) -> Result<(Opened<P>, Vec<u8>), ProveError>;
}

/// Messages 1 to 9, and what the closing protocol is to prove of them.
pub(crate) struct Candidate<'a, P: Profile> {
    pub transcript: Transcript,
    pub outcome: Outcome<'a, P>,
    pub opened: Opened<P>,
    pub messages: Vec<u8>,
}

impl<'a, P: Profile> Candidate<'a, P> {
    /// Runs the script for a prover, honest or (in tests) not.
    pub fn new<S>(
        relations: &Relations,
        statement: &Statement<'a, P>,
        prover: S,
    ) -> Result<Self, ProveError>
    where
        S: Party<P, Error = ProveError, Last: Opener<P>>,
    {
        let mut transcript = Transcript::new();
        let (outcome, opener) = run(relations, statement, &mut transcript, prover)?;
        let (opened, messages) = opener.open(&outcome)?;
        Ok(Self {
            transcript,
            outcome,
            opened,
            messages,
        })
    }

    /// The equation of the closing protocol holds, as the verifier will see it.
    pub fn check(&self) -> Result<(), ProveError> {
        let Opened { pads, vector, .. } = &self.opened;
        match self.outcome.batch.value(pads, vector).is_zero() {
            true => Ok(()),
            false => Err(ProveError::Unsatisfied),
        }
    }

    /// Messages 10 to 15.
    pub fn close(mut self, generators: &Generators<P>) -> Result<Vec<u8>, ProveError> {
        closing::prove(
            generators,
            &self.outcome,
            &self.opened,
            &mut self.transcript,
            &mut self.messages,
        )?;
        Ok(self.messages)
    }
}
