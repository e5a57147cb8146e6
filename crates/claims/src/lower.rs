//! The nodes that compute a claim.
//!
//! A comparison is, of a sum `v` of integers, that it is in some interval. `v >= a` is the clamp of `v - a + 1` to 0 and 1, which one `Rescale`
//! makes for all comparisons of a claim together; one of two bounds always holds, so that both do where their bits add up to 2, and of
//! disjoint intervals the bits add up. An `argmax` that stands alone is compared without a clamp: its codes at the classes that satisfy
//! the comparison add up to a bit. `and` and `or` are clamps of sums of bits.

mod nodes;

use crate::claim::{Claim, Node};
use crate::meaning::{Form, Meaning};
use crate::quantity::{Function, Place};
use crate::scope::Scope;
use crate::{ClaimError, ClaimProblem};
use inferproof_program::{Builder, MAX_BOUND, ProgramError, TensorId};
use nodes::{Bit, Nodes};
use std::collections::BTreeMap;

/// 1 where `form + offset`, or `offset - form`, is positive, and 0 elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Clamp {
    form: Form,
    is_negated: bool,
    offset: i64,
}

/// A comparison as a sum of bits.
#[derive(Clone, Debug, Default)]
struct Sum {
    constant: i64,
    clamps: Vec<Clamp>,
    /// Codes of an `argmax` that are added up: a factor for each class.
    classes: Option<(Place, Vec<i64>)>,
    /// Of entries that must not be missing: bits that have to be 1 as well.
    present: Vec<Clamp>,
}

impl Claim {
    /// Adds the nodes that compute the claim, behind the program that the builder holds, of whose inputs and outputs the claim speaks. Gives
    /// the last of them, of shape `[1]`, which is 1 where the claim is true and 0 where it is not.
    ///
    /// # Errors
    /// If the claim is not allowed, or its nodes do not fit.
    pub fn add_to(&self, builder: &mut Builder) -> Result<TensorId, ClaimError> {
        let scope = Scope::new(builder);
        let meanings = self.meanings(&scope)?;
        let sums: Vec<Sum> = meanings.iter().map(|m| Sum::of(m, &scope)).collect();
        let stacks = stacks(&sums, &scope);
        let text = self.text(&scope);
        let added = self.nodes(builder, sums, stacks);
        added.map_err(|e| ClaimError::of(ClaimProblem::Program(e), text))
    }

    fn nodes(
        &self,
        builder: &mut Builder,
        sums: Vec<Sum>,
        stacks: Vec<Vec<Clamp>>,
    ) -> Result<TensorId, ProgramError> {
        let mut nodes = Nodes::new(builder);
        let mut clamped = BTreeMap::new();
        for stack in stacks {
            let bits = nodes.clamps(&stack)?;
            clamped.extend(stack.into_iter().zip(bits));
        }
        let mut sums = sums.into_iter();
        // The form was checked: whatever is taken from the stack is there.
        let mut formulas: Vec<Bit> = Vec::new();
        for node in &self.0 {
            let bit = match node {
                Node::Comparison(_) => {
                    let sum = sums.next().unwrap_or_default();
                    nodes.comparison(sum, &clamped)?
                }
                Node::Not => formulas.pop().unwrap_or_default().negated(),
                Node::And(members) => {
                    let members = last(&mut formulas, *members);
                    nodes.all(members)?
                }
                Node::Or(members) => {
                    let members = last(&mut formulas, *members);
                    nodes.any(members)?
                }
            };
            formulas.push(bit);
        }
        nodes.finish(formulas.pop().unwrap_or_default())
    }
}

fn last(formulas: &mut Vec<Bit>, members: u32) -> Vec<Bit> {
    let members = usize::try_from(members).unwrap_or(usize::MAX);
    formulas.split_off(formulas.len().saturating_sub(members))
}

impl Sum {
    fn of(meaning: &Meaning, scope: &Scope<'_>) -> Self {
        let mut sum = Self::default();
        let whole = |value: i128| i64::try_from(value).unwrap_or(i64::MAX);
        if let Some(quantity) = meaning.form.quantity()
            && quantity.function == Function::Argmax
        {
            let (_, classes) = scope.entries(&quantity.of).unwrap_or_default();
            let holds = |class| {
                meaning
                    .holds
                    .iter()
                    .any(|(a, b)| (*a..=*b).contains(&class))
            };
            let mask = (0..).take(classes).map(|class| i64::from(holds(class)));
            sum.classes = Some((quantity.of.clone(), mask.collect()));
            return sum;
        }
        for &(first, last) in &meaning.holds {
            let (is_bounded_below, is_bounded_above) =
                (first > meaning.range.0, last < meaning.range.1);
            if is_bounded_below {
                sum.clamps.push(Clamp {
                    form: meaning.form.clone(),
                    is_negated: false,
                    offset: whole(1 - first),
                });
            }
            if is_bounded_above {
                sum.clamps
                    .push(Clamp::at_most(meaning.form.clone(), whole(last)));
            }
            sum.constant += match (is_bounded_below, is_bounded_above) {
                (true, true) => -1,
                (false, false) => 1,
                (true, false) | (false, true) => 0,
            };
        }
        for quantity in &meaning.present {
            let missing = scope.missing(&quantity.of).unwrap_or(i128::MAX);
            let form = Form::of(quantity.clone());
            sum.present.push(Clamp::at_most(form, whole(missing - 1)));
        }
        sum
    }
}

impl Clamp {
    fn at_most(form: Form, last: i64) -> Self {
        Self {
            form,
            is_negated: true,
            offset: last.saturating_add(1),
        }
    }

    /// What the static bound of its sum reaches.
    fn reach(&self, scope: &Scope<'_>) -> i128 {
        let terms = self.form.terms.iter().map(|(factor, quantity)| {
            let known = scope.known(quantity).map_or(i128::MAX, |known| known.reach);
            known.saturating_mul(i128::from(*factor).abs())
        });
        let offset = i128::from(self.offset).abs();
        terms.fold(offset, i128::saturating_add)
    }
}

/// The clamps of all comparisons, each once: as many in one tensor as static bounds allow, since what is stacked is added up.
fn stacks(sums: &[Sum], scope: &Scope<'_>) -> Vec<Vec<Clamp>> {
    let all = sums
        .iter()
        .flat_map(|sum| sum.clamps.iter().chain(&sum.present));
    let mut stacks: Vec<Vec<Clamp>> = Vec::new();
    let mut reach = 0i128;
    let mut seen = std::collections::BTreeSet::new();
    for clamp in all.filter(|clamp| seen.insert(*clamp)) {
        let own = clamp.reach(scope);
        reach = reach.saturating_add(own);
        match stacks.last_mut().filter(|_| reach < i128::from(MAX_BOUND)) {
            Some(stack) => stack.push(clamp.clone()),
            None => {
                stacks.push(vec![clamp.clone()]);
                reach = own;
            }
        }
    }
    stacks
}
