//! Many proofs that are one: slices of a run, and steps of a history, linked by what they show or commit to.
//!
//! Each proof of a chain is accepted under its own statement, which the verifier derives from the one that it expects of the whole; what a
//! proof says of itself only chooses among statements that are expected. The links are then compared: a tensor that one proof makes and
//! another one reads is the same integers, or the same commitment, in both. `docs/concepts/chains.md` has each check beside its code.

mod claims;
mod error;
mod held;
mod slices;
mod steps;
mod whole;

pub use error::{ChainError, Unlinked};
pub use held::Tie;
pub use slices::{SliceChain, SliceLink};
pub use steps::{Position, Start, StepChain, StepLink, Steps};

use crate::generic::Profile;
use crate::proof::Proof;
use crate::statement::Statement;
use crate::verify::Verifier;

/// A proof under the name that errors call it by, such as its file's.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a, T: ?Sized> {
    /// The name.
    pub name: &'a str,
    /// The proof, or its bytes.
    pub proof: &'a T,
}

impl<P: Profile> Verifier<P> {
    /// Verifies that proofs of slices, in any order, show together what one proof of the statement `whole` would: it is about the whole
    /// program, and says how each input and output is seen. The range proofs of the weights are the caller's to check, once.
    ///
    /// # Errors
    /// The first check that fails, with the tensor and the proof.
    pub fn verify_slices(
        &self,
        whole: &Statement,
        proofs: &[Named<'_, Proof>],
    ) -> Result<SliceChain, ChainError> {
        self.check_expected(whole)
            .map_err(ChainError::of_expectation)?;
        let (statements, chain) =
            slices::linked(self.program(), crate::Curve::of::<P>(), whole, proofs)?;
        self.verify_each(&statements, proofs)?;
        Ok(chain)
    }

    /// Verifies that proofs of steps, in this order, are one history: what a step leaves is where the next one goes on. The range proofs of
    /// the weights are the caller's to check, once.
    ///
    /// # Errors
    /// The first check that fails, with the step and the tensor.
    pub fn verify_steps(
        &self,
        expected: &Steps,
        proofs: &[Named<'_, Proof>],
    ) -> Result<StepChain, ChainError> {
        let program = self
            .check_expected(&expected.each)
            .map_err(ChainError::of_expectation)?;
        let (statements, chain) =
            steps::linked(&program, crate::Curve::of::<P>(), expected, proofs)?;
        self.verify_each(&statements, proofs)?;
        Ok(chain)
    }

    /// Each proof is accepted under its own statement.
    fn verify_each(
        &self,
        statements: &[Statement],
        proofs: &[Named<'_, Proof>],
    ) -> Result<(), ChainError> {
        for (expected, named) in statements.iter().zip(proofs) {
            let statement = &named.proof.statement;
            if statement.model_id == self.model_id() && statement != expected {
                let differences = expected.differences(self.program(), statement);
                let reason = crate::Rejection::Statement(differences);
                return Err(ChainError::rejected(named.name, reason));
            }
        }
        let pairs = statements.iter().zip(proofs);
        let pairs: Vec<_> = pairs
            .map(|(expected, named)| (expected, named.proof))
            .collect();
        let verdicts = self.verify_all(&pairs, &[]);
        for (verdict, named) in verdicts.into_iter().zip(proofs) {
            verdict.map_err(|reason| ChainError::rejected(named.name, reason))?;
        }
        Ok(())
    }
}
