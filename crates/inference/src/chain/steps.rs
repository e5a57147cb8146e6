//! A chain of steps: runs of one program, each of which goes on where the one before has ended.
//!
//! Which outputs are the next run's inputs stands in the key. All proofs have the chain's context: it says for what the chain was made, not
//! where a proof stands in it. The place follows from what links the steps. What a step leaves is committed afresh, so that exactly one
//! place is behind it; where states are shown, or one state is left twice, a public position that counts tells the places apart, and one proof
//! never stands for two steps.

use super::Named;
use super::error::ChainError;
use super::held::{Held, Tie, expected};
use super::whole;
use crate::proof::Proof;
use crate::statement::{Role, Statement, StatementError, Visibility};
use crate::{Curve, Digest};
use inferproof_program::{Feed, Program, Tensor, TensorId};
use std::collections::{BTreeMap, BTreeSet};

/// What is expected of a chain of steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps {
    /// The statement of every step. What one step leaves to the next is public, or [`Visibility::Commit`] on both sides.
    pub each: Statement,
    /// Where the first step begins, for the place of every input that another step's output goes into.
    pub start: BTreeMap<usize, Start>,
    /// Which input counts.
    pub position: Option<Position>,
    /// How many steps there are.
    pub length: Option<usize>,
}

/// Where a chain of steps begins, for one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// At these integers, which the first proof shows.
    Integers(Vec<i64>),
    /// At this commitment, which the verifier trusts: another proof that it has accepted left it.
    Committed(Digest),
    /// Anywhere: nothing is known of what was before.
    Open,
}

/// An input that says of each step in which place it is: public, all entries alike, one more in every step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The input's place among the inputs.
    pub input: usize,
    /// The position of the first step.
    pub first: i64,
}

/// A chain of steps that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepChain {
    /// How many steps.
    pub steps: usize,
    /// What passes from step to step.
    pub links: Vec<StepLink>,
}

/// What each step leaves to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepLink {
    /// The output's name.
    pub output: String,
    /// The name of the input that it goes into.
    pub input: String,
    /// Where the first step begins.
    pub start: Option<Tie>,
    /// Where the last step ends: whoever wants one history keeps it.
    pub end: Option<Tie>,
}

impl Steps {
    /// Steps that each show this, of which nothing else is said yet. Where the first one begins has to be said for every input that another
    /// step's output goes into.
    #[must_use]
    pub fn of(each: Statement) -> Self {
        Self {
            each,
            start: BTreeMap::new(),
            position: None,
            length: None,
        }
    }

    /// The same, beginning here. `program` is the one whose inputs and outputs the statement lists.
    ///
    /// # Errors
    /// If there is no such input.
    pub fn starting(
        mut self,
        program: &Program,
        input: &str,
        start: Start,
    ) -> Result<Self, StatementError> {
        let place = input_named(program, input)?;
        self.start.insert(place, start);
        Ok(self)
    }

    /// The same, with an input that counts from here. `program` is the one whose inputs and outputs the statement lists.
    ///
    /// # Errors
    /// If there is no such input.
    pub fn counting(
        mut self,
        program: &Program,
        input: &str,
        first: i64,
    ) -> Result<Self, StatementError> {
        let input = input_named(program, input)?;
        self.position = Some(Position { input, first });
        Ok(self)
    }
}

fn input_named(program: &Program, name: &str) -> Result<usize, StatementError> {
    let names = || {
        let tensors = program.inputs.iter().map(|&id| program.tensor(id));
        tensors.map(|t| t.map(|t| t.name.as_str()).unwrap_or_default())
    };
    let place = names().position(|known| known == name);
    place.ok_or_else(|| StatementError::Unknown {
        name: name.to_owned(),
        known: names().map(str::to_owned).collect(),
    })
}

/// The statement that is expected of each proof, and the chain that they are if they hold. That they do is not yet checked.
pub(super) fn linked(
    program: &Program,
    curve: Curve,
    expected: &Steps,
    proofs: &[Named<'_, Proof>],
) -> Result<(Vec<Statement>, StepChain), ChainError> {
    let steps = History {
        program,
        curve,
        expected,
        proofs,
    };
    steps.check_expectation()?;
    if proofs.is_empty() {
        return Err(ChainError::Empty);
    }
    let statements = (0..proofs.len())
        .map(|step| steps.statement(step))
        .collect();
    steps.check_proofs()?;
    let links = program.feeds.iter().map(|feed| steps.follow(*feed));
    let links = links.collect::<Result<_, _>>()?;
    steps.check_positions()?;
    if let Some(length) = expected.length
        && length != proofs.len()
    {
        return Err(ChainError::Length {
            expected: length,
            got: proofs.len(),
        });
    }
    let chain = StepChain {
        steps: proofs.len(),
        links,
    };
    Ok((statements, chain))
}

struct History<'a> {
    program: &'a Program,
    curve: Curve,
    expected: &'a Steps,
    proofs: &'a [Named<'a, Proof>],
}

impl<'a> History<'a> {
    fn name(&self, id: Option<&TensorId>) -> String {
        let tensor = id.and_then(|&id| self.program.tensor(id));
        tensor.map(|t| t.name.clone()).unwrap_or_default()
    }

    fn input(&self, place: usize) -> String {
        self.name(self.program.inputs.get(place))
    }

    fn output(&self, place: usize) -> String {
        self.name(self.program.outputs.get(place))
    }

    fn proof(&self, step: usize) -> String {
        let named = self.proofs.get(step);
        named.map(|n| n.name.to_owned()).unwrap_or_default()
    }

    /// What is expected can be a chain: something is left to the next step, everybody can compare it, and where the first step begins is said.
    fn check_expectation(&self) -> Result<(), ChainError> {
        let refused = |reason: String| Err(ChainError::Expectation(reason));
        let Steps {
            each,
            start,
            position,
            ..
        } = self.expected;
        whole::check(each)?;
        if self.program.feeds.is_empty() {
            return refused(
                "the key says of no output that the next run reads it; compile the model with --feed".into(),
            );
        }
        for feed in &self.program.feeds {
            let (input, output) = (self.input(feed.input), self.output(feed.output));
            let seen = (each.inputs.get(feed.input), each.outputs.get(feed.output));
            match (seen.0.map(|l| l.visibility), seen.1.map(|l| l.visibility)) {
                (Some(Visibility::Public), Some(Visibility::Public))
                | (Some(Visibility::Commit), Some(Visibility::Commit)) => {}
                _ => {
                    return refused(format!(
                        "`{output}` goes into `{input}` of the next step, so that both have to be public, or both committed afresh"
                    ));
                }
            }
            if !start.contains_key(&feed.input) {
                return refused(format!(
                    "say where `{input}` begins: with which integers, with which commitment, or that it may be any"
                ));
            }
        }
        let is_fed = |input: &usize| self.program.feeds.iter().any(|feed| feed.input == *input);
        if let Some(other) = start.keys().find(|input| !is_fed(input)) {
            return refused(format!(
                "no step leaves anything to `{}`, so that it does not begin anywhere",
                self.input(*other)
            ));
        }
        if let Some(position) = position {
            let seen = each.inputs.get(position.input).map(|l| l.visibility);
            if seen != Some(Visibility::Public) || is_fed(&position.input) {
                return refused(format!(
                    "`{}` cannot count the steps, since it is not public, or left by the step before",
                    self.input(position.input)
                ));
            }
        }
        Ok(())
    }

    /// How a tensor is seen in a proof, by what that says.
    fn said(&self, step: usize, role: Role, place: usize) -> Visibility {
        let statement = self.proofs.get(step).map(|n| &n.proof.statement);
        let list = statement.map(|s| match role {
            Role::Input => &s.inputs,
            Role::Output => &s.outputs,
        });
        let listed = list.and_then(|list| list.get(place));
        listed.map_or(Visibility::Public, |l| l.visibility)
    }

    /// The statement that is expected of a step.
    fn statement(&self, step: usize) -> Statement {
        let mut statement = self.expected.each.clone();
        for (role, list) in [
            (Role::Input, &mut statement.inputs),
            (Role::Output, &mut statement.outputs),
        ] {
            for (place, listed) in list.iter_mut().enumerate() {
                let start = self.expected.start.get(&place);
                let start = start.filter(|_| step == 0 && role == Role::Input);
                listed.visibility = match start {
                    Some(Start::Integers(_)) => Visibility::Public,
                    Some(Start::Committed(id)) => Visibility::Committed(*id),
                    Some(Start::Open) | None => {
                        expected(listed.visibility, self.said(step, role, place))
                    }
                };
            }
        }
        statement
    }

    fn held(&self, step: usize, role: Role, place: usize) -> Held<'a> {
        let Some(named) = self.proofs.get(step) else {
            return Held::Hidden;
        };
        let disclosure = &named.proof.disclosure;
        let list = match role {
            Role::Input => &disclosure.inputs,
            Role::Output => &disclosure.outputs,
        };
        Held::of(self.said(step, role, place), list.get(place), self.curve)
    }

    /// One proof is one step.
    fn check_proofs(&self) -> Result<(), ChainError> {
        let mut seen = BTreeMap::new();
        for (second, named) in self.proofs.iter().enumerate() {
            if let Some(first) = seen.insert(named.proof.argument.as_slice(), second) {
                return Err(ChainError::Repeated {
                    first,
                    second,
                    proof: named.name.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// What is left to the next step is what that reads, all along; and what is committed is never what was there before.
    fn follow(&self, feed: Feed) -> Result<StepLink, ChainError> {
        let (input, output) = (self.input(feed.input), self.output(feed.output));
        let read = |step| self.held(step, Role::Input, feed.input);
        let left = |step| self.held(step, Role::Output, feed.output);
        let steps = 0..self.proofs.len();
        let start = match self.expected.start.get(&feed.input) {
            Some(Start::Integers(values)) => Some(Held::Integers(values)),
            Some(Start::Committed(id)) => Some(Held::Commitment(*id)),
            Some(Start::Open) | None => None,
        };
        if let Some(start) = start {
            start
                .tied(read(0))
                .map_err(|reason| ChainError::OtherStart {
                    proof: self.proof(0),
                    input: input.clone(),
                    reason: Box::new(reason),
                })?;
        }
        for step in steps.clone().skip(1) {
            let before = step - 1;
            left(before).tied(read(step)).map_err(|reason| {
                let maker = steps
                    .clone()
                    .find(|&other| other != before && left(other).tied(read(step)).is_ok());
                ChainError::StepUnlinked {
                    step,
                    proof: self.proof(step),
                    before: self.proof(before).into(),
                    output: output.as_str().into(),
                    input: input.as_str().into(),
                    reason: Box::new(reason),
                    made_by: maker.map(|maker| self.proof(maker)),
                }
            })?;
        }
        let mut known = BTreeSet::new();
        if let Held::Commitment(id) = read(0) {
            known.insert(id);
        }
        for step in steps.clone() {
            if let Held::Commitment(id) = left(step)
                && !known.insert(id)
            {
                return Err(ChainError::Circle {
                    step,
                    proof: self.proof(step),
                    output,
                    id,
                });
            }
        }
        Ok(StepLink {
            start: read(0).tie(),
            end: left(steps.end.saturating_sub(1)).tie(),
            output,
            input,
        })
    }

    /// The input that counts does.
    fn check_positions(&self) -> Result<(), ChainError> {
        let Some(Position { input, first }) = self.expected.position else {
            return Ok(());
        };
        let tensor = self
            .program
            .inputs
            .get(input)
            .and_then(|&id| self.program.tensor(id));
        for step in 0..self.proofs.len() {
            let position = i64::try_from(step)
                .ok()
                .and_then(|step| first.checked_add(step));
            let integer = position
                .zip(tensor)
                .and_then(|(position, tensor)| integer_of(position, tensor));
            let expected = integer.ok_or_else(|| {
                ChainError::Expectation(format!(
                    "`{}` cannot say {}, the position of step {step}",
                    self.input(input),
                    position.map_or_else(|| "more than 2^63".to_owned(), |p| p.to_string())
                ))
            })?;
            let Held::Integers(values) = self.held(step, Role::Input, input) else {
                // It is expected to be public, so that the proof is rejected.
                continue;
            };
            if let Some(&got) = values.iter().find(|&&value| value != expected) {
                return Err(ChainError::Position {
                    step,
                    proof: self.proof(step),
                    input: self.input(input),
                    expected,
                    got,
                });
            }
        }
        Ok(())
    }
}

/// The integer that means a whole number; `None` if there is none in the tensor's range.
fn integer_of(number: i64, tensor: &Tensor) -> Option<i64> {
    let shift = tensor.scale_log2.unsigned_abs();
    let unit = 1i128.checked_shl(shift).filter(|unit| *unit > 0)?;
    let number = i128::from(number);
    let integer = match tensor.scale_log2 >= 0 {
        true => number.checked_mul(unit)?,
        false if number % unit == 0 => number / unit,
        false => return None,
    };
    let integer = i64::try_from(integer).ok()?;
    (tensor.low..=tensor.high)
        .contains(&integer)
        .then_some(integer)
}
