//! Many proofs that are one: whether they are parts of a run or steps of a history, and whether they hold.

use inferproof_inference::{
    ChainError, Named, Proof, SliceChain, Start, Statement, StepChain, Steps, Verifier,
};
use std::collections::BTreeMap;

/// What a verifier expects of a chain.
#[derive(Clone, Debug)]
pub struct ExpectedChain {
    /// Of all parts together, or of each step alone. What links the steps is public, or a fresh commitment on both sides.
    pub statement: Statement,
    /// Of steps, where each input begins that the step before leaves, by name.
    pub start: BTreeMap<String, Start>,
    /// Of steps, the public input that counts them, and its value in the first one.
    pub position: Option<(String, i64)>,
    /// Of steps, how many there are.
    pub length: Option<usize>,
}

/// A chain that was verified.
#[derive(Clone, Debug)]
pub enum Chain {
    /// Parts of one run.
    Slices(SliceChain),
    /// Steps of one history.
    Steps(StepChain),
}

impl ExpectedChain {
    /// Of which nothing else is expected.
    #[must_use]
    pub fn of(statement: Statement) -> Self {
        Self {
            statement,
            start: BTreeMap::new(),
            position: None,
            length: None,
        }
    }

    /// As steps.
    fn steps(&self, verifier: &Verifier) -> Result<Steps, ChainError> {
        let refused = |error: &dyn std::error::Error| ChainError::Expectation(error.to_string());
        let program = verifier.listed(&self.statement).map_err(|e| refused(&e))?;
        let mut steps = Steps::of(self.statement.clone());
        for (input, start) in &self.start {
            let started = steps.starting(&program, input, start.clone());
            steps = started.map_err(|e| refused(&e))?;
        }
        if let Some((input, first)) = &self.position {
            let counting = steps.counting(&program, input, *first);
            steps = counting.map_err(|e| refused(&e))?;
        }
        steps.length = self.length;
        Ok(steps)
    }
}

/// Whether proofs are about parts of a model: any of them. What is no proof at all is none of either, and is rejected.
#[must_use]
pub fn is_of_slices<'a>(proofs: impl IntoIterator<Item = &'a [u8]>) -> bool {
    let mut proofs = proofs.into_iter();
    proofs.any(|bytes| {
        let read = Proof::read(bytes);
        read.is_ok_and(|(proof, _)| proof.statement.execution.slice.is_some())
    })
}

/// Verifies that proofs are one chain: of slices, in any order, if any of them is about a part of the model; else of steps, in this order.
/// The range proofs of the key are the caller's to check, once.
///
/// # Errors
/// The first check that fails, with the proof and the tensor.
pub fn verify_chain(
    verifier: &Verifier,
    expected: &ExpectedChain,
    proofs: &[Named<'_, [u8]>],
) -> Result<Chain, ChainError> {
    match is_of_slices(proofs.iter().map(|named| named.proof)) {
        true if !expected.start.is_empty()
            || expected.position.is_some()
            || expected.length.is_some() =>
        {
            let reason = "the proofs are about parts of one run, which has no start, position or number of steps";
            Err(ChainError::Expectation(reason.into()))
        }
        true => Ok(Chain::Slices(
            verifier.verify_slices(&expected.statement, proofs)?,
        )),
        false => {
            let steps = expected.steps(verifier)?;
            Ok(Chain::Steps(verifier.verify_steps(&steps, proofs)?))
        }
    }
}
