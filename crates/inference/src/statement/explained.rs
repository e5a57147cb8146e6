//! What the claims of a statement say of integers.

use super::Statement;
use crate::execution::{Execution, ExecutionError};
use inferproof_claims::{Claim, ClaimError, Explained, Scope};
use inferproof_program::ValidProgram;
use serde::Serialize;

/// A claim, and which integers satisfy it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainedClaim {
    /// The canonical text.
    pub claim: String,
    /// Its comparisons in order, each with the integers that satisfy it.
    pub comparisons: Vec<Explained>,
}

impl ExplainedClaim {
    /// Of a claim about these tensors.
    pub(crate) fn new(claim: &Claim, scope: &Scope<'_>) -> Result<Self, ClaimError> {
        Ok(Self {
            claim: claim.text(scope),
            comparisons: claim.explain(scope)?,
        })
    }

    /// Of a text about these tensors.
    pub(crate) fn parse(text: &str, scope: &Scope<'_>) -> Result<Self, ClaimError> {
        Self::new(&Claim::parse(text, scope)?, scope)
    }
}

impl Execution {
    /// What a claim would say, as text about the program that is run on one sample.
    ///
    /// # Errors
    /// If the model cannot be run like this, or the text is no claim about it.
    pub fn explain(
        &self,
        model: &ValidProgram,
        text: &str,
    ) -> Result<ExplainedClaim, ExecutionError> {
        let program = self.of_one_sample().program(model)?;
        Ok(ExplainedClaim::parse(text, &Scope::new(&program))?)
    }
}

impl Statement {
    /// What it claims, with the integers that satisfy it.
    ///
    /// # Errors
    /// If it is not a statement about this model.
    pub fn explained(&self, model: &ValidProgram) -> Result<Vec<ExplainedClaim>, ExecutionError> {
        if self.claims.is_empty() {
            return Ok(Vec::new());
        }
        let program = self.execution.of_one_sample().program(model)?;
        let scope = Scope::new(&program);
        let claims = self.claims.iter();
        let explained = claims.map(|claim| ExplainedClaim::new(claim, &scope));
        Ok(explained.collect::<Result<_, _>>()?)
    }
}
