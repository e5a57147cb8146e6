//! The verifier, on the curve of its key.

use super::{OnCurve, VerifyingKey, map, on};
use crate::chain::{ChainError, Named, SliceChain, StepChain, Steps};
use crate::encoding::{Curve, DecodeError};
use crate::evaluation::{DataSet, Evaluation, EvaluationRejection, EvaluationStatement, Sums};
use crate::execution::ExecutionError;
#[cfg(feature = "prover")]
use crate::execution::Score;
use crate::key::Architecture;
use crate::proof::Proof;
use crate::rejection::{KeyError, Rejection};
use crate::statement::Statement;
use crate::tensor_commitment::TensorCommitment;
#[cfg(feature = "prover")]
use crate::tensor_opening::{OpeningError, TensorOpening};
use crate::{Bn254, Digest, Grumpkin, generic};
use inferproof_argument::{Limits, Reject};
#[cfg(feature = "prover")]
use inferproof_program::TensorId;
use inferproof_program::ValidProgram;

/// A key made ready to verify any number of proofs.
pub struct Verifier(OnCurve<generic::Verifier<Grumpkin>, generic::Verifier<Bn254>>);

impl Verifier {
    /// Checks the commitment's shape, and derives the relations. The range proofs of the weights are *not*
    /// checked: a verifier owes [`Self::check_range_proofs`] once for every key it did not make itself.
    ///
    /// # Errors
    /// If the key is defective.
    pub fn new(key: VerifyingKey) -> Result<Self, KeyError> {
        Self::within(key, &Limits::default())
    }

    /// As [`Self::new`], with limits of the caller's on what the key may demand of a verifier.
    ///
    /// # Errors
    /// If the key is defective or demands more.
    pub fn within(key: VerifyingKey, limits: &Limits) -> Result<Self, KeyError> {
        Ok(Self(
            map!(key.0, key => generic::Verifier::within(key, limits)?),
        ))
    }

    /// Of the commitments.
    pub fn curve(&self) -> Curve {
        self.0.curve()
    }

    /// The program, and whether the weights are shown.
    pub fn architecture(&self) -> &Architecture {
        on!(&self.0, verifier => &verifier.key().architecture)
    }

    /// The program.
    pub fn program(&self) -> &ValidProgram {
        &self.architecture().program
    }

    /// The model's published identifier.
    pub fn model_id(&self) -> Digest {
        on!(&self.0, verifier => verifier.model_id())
    }

    /// The program that a statement lists the inputs and outputs of.
    ///
    /// # Errors
    /// If the model cannot be run like this.
    pub fn listed(&self, statement: &Statement) -> Result<ValidProgram, ExecutionError> {
        on!(&self.0, verifier => verifier.listed(statement))
    }

    /// The plain statement of the key's model: its inputs and outputs are all public.
    pub fn statement(&self, context: &[u8]) -> Statement {
        on!(&self.0, verifier => verifier.statement(context))
    }

    /// Commits to an input of the program, outside of any proof; `place` is its place among the inputs.
    ///
    /// # Errors
    /// If there is no such input, the values do not fit it, or without randomness.
    #[cfg(feature = "prover")]
    pub fn commit_input(
        &self,
        place: usize,
        values: Vec<i64>,
    ) -> Result<TensorOpening, OpeningError> {
        on!(&self.0, verifier => verifier.commit_input(place, values))
    }

    /// Commits to a tensor of a data set, outside of any proof: an input of the model, or of what is counted (`labels`, `targets`, `groups`), with
    /// `samples` samples along its first axis.
    ///
    /// # Errors
    /// If there is no such input, the values do not fit it, or without randomness.
    #[cfg(feature = "prover")]
    pub fn commit_samples(
        &self,
        score: Option<Score>,
        name: &str,
        samples: u64,
        values: Vec<i64>,
    ) -> Result<TensorOpening, OpeningError> {
        on!(&self.0, verifier => verifier.commit_samples(score, name, samples, values))
    }

    /// About how many samples a part of an evaluation may have, for its prover to take so many bytes of memory; at least one.
    #[cfg(feature = "prover")]
    pub fn samples_within(&self, bytes: u64) -> u64 {
        on!(&self.0, verifier => verifier.samples_within(bytes))
    }

    /// Verifies that a model's score on a data set is as the caller expects; gives the sums if they are shown, and in how many parts it was proven.
    ///
    /// # Errors
    /// Why it is rejected.
    pub fn verify_evaluation(
        &self,
        expected: &EvaluationStatement,
        data_set: &DataSet,
        evaluation: &[u8],
    ) -> Result<(Option<Sums>, usize), EvaluationRejection> {
        let (evaluation, curve) = Evaluation::decode(evaluation)?;
        if curve != self.curve() {
            let (expected, got) = (self.curve() as u8, curve as u8);
            return Err(DecodeError::Curve { expected, got }.into());
        }
        let sums =
            on!(&self.0, verifier => verifier.verify_evaluation(expected, data_set, &evaluation))?;
        Ok((sums, evaluation.parts()))
    }

    /// Commits to an input of the program, or to what a run has computed of another tensor, outside of any proof: proofs of the parts on both
    /// sides of it can then be made in any order.
    ///
    /// # Errors
    /// If it is no such tensor, the values do not fit it, or without randomness.
    #[cfg(feature = "prover")]
    pub fn commit_tensor(
        &self,
        id: TensorId,
        values: Vec<i64>,
    ) -> Result<TensorOpening, OpeningError> {
        on!(&self.0, verifier => verifier.commit_tensor(id, values))
    }

    /// Bytes of the argument of every proof of the plain statement.
    pub fn argument_length(&self) -> usize {
        on!(&self.0, verifier => verifier.argument_length())
    }

    /// Verifies the one-time proofs that every weight is in its declared range.
    ///
    /// # Errors
    /// If one of them is rejected.
    pub fn check_range_proofs(&self) -> Result<(), KeyError> {
        on!(&self.0, verifier => verifier.check_range_proofs())
    }

    /// Verifies that the bytes of a proof file are a proof of the statement that the caller expects, and gives the proof, in which stands
    /// what it discloses.
    ///
    /// # Errors
    /// Why it is rejected.
    pub fn verify(&self, expected: &Statement, proof: &[u8]) -> Result<Proof, Rejection> {
        self.verify_given(expected, proof, &[])
    }

    /// As [`Self::verify`], of a statement about samples of a data set, whose commitments the caller has.
    ///
    /// # Errors
    /// Why it is rejected.
    pub fn verify_given(
        &self,
        expected: &Statement,
        proof: &[u8],
        commitments: &[TensorCommitment],
    ) -> Result<Proof, Rejection> {
        let proof = self.read(proof)?;
        on!(&self.0, verifier => verifier.verify_given(expected, &proof, commitments))?;
        Ok(proof)
    }

    /// As [`Self::verify_given`] of each proof file with the statement that is expected of it, in less time: what they share is computed once.
    pub fn verify_all(
        &self,
        proofs: &[(&Statement, &[u8])],
        commitments: &[TensorCommitment],
    ) -> Vec<Result<Proof, Rejection>> {
        let read: Vec<_> = proofs.iter().map(|(_, proof)| self.read(proof)).collect();
        let pairs = read.iter().zip(proofs);
        let pairs =
            pairs.filter_map(|(proof, (expected, _))| Some((*expected, proof.as_ref().ok()?)));
        let pairs: Vec<_> = pairs.collect();
        let verdicts = on!(&self.0, verifier => verifier.verify_all(&pairs, commitments));
        let mut verdicts = verdicts.into_iter();
        let mut next = || {
            verdicts
                .next()
                .unwrap_or(Err(Rejection::Argument(Reject::Closing)))
        };
        read.into_iter()
            .map(|proof| proof.and_then(|proof| next().map(|()| proof)))
            .collect()
    }

    /// Verifies that proofs of slices, in any order, show together what one proof of the statement `whole` would: it is about the whole
    /// program, and says how each input and output is seen. The range proofs of the weights are the caller's to check, once.
    ///
    /// # Errors
    /// The first check that fails, with the tensor and the proof.
    pub fn verify_slices(
        &self,
        whole: &Statement,
        proofs: &[Named<'_, [u8]>],
    ) -> Result<SliceChain, ChainError> {
        let read = self.read_all(proofs)?;
        on!(&self.0, verifier => verifier.verify_slices(whole, &named(proofs, &read)))
    }

    /// Verifies that proofs of steps, in this order, are one history: what a step leaves is where the next one goes on. The range proofs of
    /// the weights are the caller's to check, once.
    ///
    /// # Errors
    /// The first check that fails, with the step and the tensor.
    pub fn verify_steps(
        &self,
        expected: &Steps,
        proofs: &[Named<'_, [u8]>],
    ) -> Result<StepChain, ChainError> {
        let read = self.read_all(proofs)?;
        on!(&self.0, verifier => verifier.verify_steps(expected, &named(proofs, &read)))
    }

    fn read_all(&self, proofs: &[Named<'_, [u8]>]) -> Result<Vec<Proof>, ChainError> {
        let read = proofs.iter().map(|named| {
            let proof = self.read(named.proof);
            proof.map_err(|reason| ChainError::Rejected {
                proof: named.name.to_owned(),
                reason: Box::new(reason),
            })
        });
        read.collect()
    }

    fn read(&self, proof: &[u8]) -> Result<Proof, Rejection> {
        Ok(match &self.0 {
            OnCurve::Grumpkin(_) => Proof::decode::<Grumpkin>(proof)?,
            OnCurve::Bn254(_) => Proof::decode::<Bn254>(proof)?,
        })
    }
}

/// Proofs that were read, under the names of their bytes.
fn named<'a>(files: &[Named<'a, [u8]>], proofs: &'a [Proof]) -> Vec<Named<'a, Proof>> {
    let pairs = files.iter().zip(proofs);
    let named = pairs.map(|(file, proof)| Named {
        name: file.name,
        proof,
    });
    named.collect()
}
