//! Whether a claim is true of a run, from the integers alone.

use crate::claim::{Claim, Node};
use crate::meaning::{Form, Interval, Meaning};
use crate::quantity::{Function, Place, Quantity};
use crate::scope::Scope;
use crate::{ClaimError, ClaimProblem, Role};

impl Claim {
    /// Whether the claim is true of these inputs and outputs, each in the program's order and row-major. The nodes of [`Claim::add_to`]
    /// are not run.
    ///
    /// # Errors
    /// If the claim is not allowed, or these are not values of the program's inputs and outputs.
    pub fn holds(
        &self,
        scope: &Scope<'_>,
        inputs: &[Vec<i64>],
        outputs: &[Vec<i64>],
    ) -> Result<bool, ClaimError> {
        let mut meanings = self.meanings(scope)?.into_iter();
        let values = Values {
            scope,
            inputs,
            outputs,
        };
        values
            .check()
            .map_err(|problem| ClaimError::of(problem, self.text(scope)))?;
        // The form was checked: whatever is taken from the stack is there.
        let mut stack: Vec<bool> = Vec::new();
        for node in &self.0 {
            let value = match node {
                Node::Comparison(comparison) => {
                    let value = meanings.next().and_then(|meaning| values.satisfy(&meaning));
                    value.ok_or_else(|| {
                        let problem =
                            ClaimProblem::Values("a value that it reads is not there".into());
                        ClaimError::of(problem, comparison.text(scope))
                    })?
                }
                Node::Not => !stack.pop().unwrap_or(false),
                Node::And(members) => last(&mut stack, *members).into_iter().all(|bit| bit),
                Node::Or(members) => last(&mut stack, *members).into_iter().any(|bit| bit),
            };
            stack.push(value);
        }
        Ok(stack.pop().unwrap_or(false))
    }
}

fn last(stack: &mut Vec<bool>, members: u32) -> Vec<bool> {
    let members = usize::try_from(members).unwrap_or(usize::MAX);
    stack.split_off(stack.len().saturating_sub(members))
}

/// A run's inputs and outputs.
struct Values<'a> {
    scope: &'a Scope<'a>,
    inputs: &'a [Vec<i64>],
    outputs: &'a [Vec<i64>],
}

impl<'a> Values<'a> {
    fn of(&self, role: Role) -> &'a [Vec<i64>] {
        match role {
            Role::Input => self.inputs,
            Role::Output => self.outputs,
        }
    }

    /// That there is an integer in its range for each entry.
    fn check(&self) -> Result<(), ClaimProblem> {
        for role in [Role::Input, Role::Output] {
            let (ids, values) = (self.scope.ids(role), self.of(role));
            if ids.len() != values.len() {
                return Err(ClaimProblem::Values(format!(
                    "values of {} {role}s are given; the model has {}",
                    values.len(),
                    ids.len()
                )));
            }
            for (&id, values) in ids.iter().zip(values) {
                let Some(tensor) = self.scope.program().tensor(id) else {
                    continue;
                };
                let range = tensor.low..=tensor.high;
                if values.len() != tensor.volume() {
                    return Err(ClaimProblem::Values(format!(
                        "{role} `{}`: {} values are given for {} entries",
                        tensor.name,
                        values.len(),
                        tensor.volume()
                    )));
                }
                if values.iter().any(|value| !range.contains(value)) {
                    return Err(ClaimProblem::Values(format!(
                        "{role} `{}`: a value is outside the declared range [{}, {}]",
                        tensor.name, tensor.low, tensor.high
                    )));
                }
            }
        }
        Ok(())
    }

    fn entries(&self, place: &Place) -> Option<&'a [i64]> {
        let values = self.of(place.role);
        let values = values.get(usize::try_from(place.position).ok()?)?;
        let (first, count) = self.scope.entries(place)?;
        values.get(first..)?.get(..count)
    }

    fn quantity(&self, quantity: &Quantity) -> Option<i128> {
        let entries = self.entries(&quantity.of)?;
        let greatest = entries.iter().copied().max();
        match quantity.function {
            Function::Entry => entries.first().copied().map(i128::from),
            Function::Max => greatest.map(i128::from),
            Function::Min => entries.iter().copied().min().map(i128::from),
            // The factor of a mean has been divided by the number of entries.
            Function::Sum | Function::Mean => {
                let mut all = entries.iter().copied().map(i128::from);
                all.try_fold(0i128, i128::checked_add)
            }
            Function::Argmax => {
                let first = entries.iter().position(|&entry| Some(entry) == greatest);
                first.and_then(|first| i128::try_from(first).ok())
            }
        }
    }

    fn form(&self, form: &Form) -> Option<i128> {
        form.terms
            .iter()
            .try_fold(0i128, |sum, (factor, quantity)| {
                let term = self.quantity(quantity)?.checked_mul((*factor).into())?;
                sum.checked_add(term)
            })
    }

    /// Whether a comparison holds; `None` if a value is not there.
    fn satisfy(&self, meaning: &Meaning) -> Option<bool> {
        let value = self.form(&meaning.form)?;
        let contains = |(first, last): &Interval| (*first..=*last).contains(&value);
        let mut holds = meaning.holds.iter().any(contains);
        for quantity in &meaning.present {
            holds &= Some(self.quantity(quantity)?) != self.scope.missing(&quantity.of);
        }
        Some(holds)
    }
}
