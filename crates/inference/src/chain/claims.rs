//! Claims about the whole model, made by a proof of a part.
//!
//! A claim speaks of tensors by their places among inputs and outputs, which are others in a part. It is found again by its text, with the
//! role of every tensor, and only where the names mean the same tensors of the model in the same roles.

use crate::statement::Role;
use inferproof_claims::{Claim, Scope};
use inferproof_program::{Program, TensorId};
use std::collections::BTreeSet;

/// The inputs and outputs of a program, as tensors of the model.
#[derive(Clone, Copy)]
pub(super) struct Ends<'a> {
    pub program: &'a Program,
    pub inputs: &'a [TensorId],
    pub outputs: &'a [TensorId],
}

impl Ends<'_> {
    /// The tensors of the model that a claim reads.
    fn reads(&self, claim: &Claim) -> Option<BTreeSet<(Role, TensorId)>> {
        let tensors = claim.reads().map(|(role, place)| {
            let list = match role {
                Role::Input => self.inputs,
                Role::Output => self.outputs,
            };
            Some((role, *list.get(place)?))
        });
        tensors.collect()
    }

    /// A claim about the whole, as one about a part; `None` if the part does not have what it reads.
    pub fn of_part(&self, claim: &Claim, part: Ends<'_>) -> Option<Claim> {
        let text = claim.text(&Scope::new(self.program).with_roles());
        let found = Claim::parse(&text, &Scope::new(part.program)).ok()?;
        let same = self.reads(claim)? == part.reads(&found)?;
        same.then_some(found)
    }
}
