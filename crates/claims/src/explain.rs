//! What a claim says of integers, in words.

use crate::ClaimError;
use crate::claim::{Claim, Node};
use crate::meaning::{Interval, Meaning, integer_text};
use crate::quantity::{Function, Quantity};
use crate::scope::Scope;
use crate::text::quantity_text;
use inferproof_program::{Op, Program, TensorId};
use serde::Serialize;
use std::fmt;

/// What one comparison of a claim says of integers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// The comparison, as in the claim's text.
    pub comparison: String,
    /// Which integers satisfy it: `n >= 13108, where n is ..`.
    pub integers: String,
    /// What else has to be known to understand it: ends of saturating ranges, missing values.
    pub notes: Vec<String>,
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` means {}", self.comparison, self.integers)?;
        self.notes.iter().try_for_each(|note| write!(f, "; {note}"))
    }
}

impl Claim {
    /// Which integers satisfy the claim, comparison by comparison.
    ///
    /// # Errors
    /// If the claim is not allowed.
    pub fn explain(&self, scope: &Scope<'_>) -> Result<Vec<Explained>, ClaimError> {
        let meanings = self.meanings(scope)?;
        let comparisons = self.0.iter().filter_map(|node| match node {
            Node::Comparison(comparison) => Some(comparison),
            Node::Not | Node::And(_) | Node::Or(_) => None,
        });
        let explained = comparisons
            .zip(&meanings)
            .map(|(comparison, meaning)| Explained {
                comparison: comparison.text(scope),
                integers: meaning.integers(scope),
                notes: meaning.notes(scope),
            });
        Ok(explained.collect())
    }
}

impl Meaning {
    fn integers(&self, scope: &Scope<'_>) -> String {
        let name = |number: usize| match self.form.terms.len() {
            1 => "n".to_owned(),
            _ => format!("n{}", number + 1),
        };
        let form = self.form.text_with(|number, _| name(number));
        let conditions: Vec<String> = self
            .holds
            .iter()
            .map(|&interval| self.condition(&form, interval))
            .collect();
        let integers = self.form.terms.iter().enumerate();
        let integers: Vec<String> = integers
            .map(|(number, (_, quantity))| {
                format!("{} is {}", name(number), integer(quantity, scope))
            })
            .collect();
        format!("{}, where {}", conditions.join(" or "), integers.join(", "))
    }

    fn condition(&self, form: &str, (first, last): Interval) -> String {
        match (first == self.range.0, last == self.range.1) {
            _ if first == last => format!("{form} = {first}"),
            (_, true) => format!("{form} >= {first}"),
            (true, _) => format!("{form} <= {last}"),
            _ => format!("{first} <= {form} <= {last}"),
        }
    }

    fn notes(&self, scope: &Scope<'_>) -> Vec<String> {
        let mut notes = Vec::new();
        // The greatest integer of an entry that may be missing is no number.
        let missing = self
            .form
            .quantity()
            .filter(|q| scope.missing(&q.of).is_some());
        let greatest = self.range.1 - i128::from(missing.is_some());
        for end in [self.range.0, greatest] {
            // Whether the end is told apart from its neighbour.
            let neighbour = if end == self.range.0 {
                end + 1
            } else {
                end - 1
            };
            let contains = |value| self.holds.iter().any(|(a, b)| (*a..=*b).contains(&value));
            if contains(end) == contains(neighbour) {
                continue;
            }
            for (factor, quantity) in &self.form.terms {
                let is_low = (end == self.range.0) == (*factor > 0);
                if let Some(note) = saturating(quantity, is_low, scope) {
                    notes.push(note);
                }
            }
        }
        for (_, quantity) in &self.form.terms {
            if let Some(missing) = scope.missing(&quantity.of) {
                let entry = quantity_text(quantity, scope);
                notes.push(match self.holds.as_slice() {
                    [(first, last)]
                        if self.form.quantity().is_some()
                            && (*first, *last) == (missing, missing) =>
                    {
                        format!("{missing} is what a missing value is told by")
                    }
                    _ => format!(
                        "it does not hold where `{entry}` is missing, which n = {missing} tells"
                    ),
                });
            }
        }
        notes
    }
}

/// Whose integer it is, and its unit.
fn integer(quantity: &Quantity, scope: &Scope<'_>) -> String {
    let what = integer_text(quantity, scope);
    if quantity.function == Function::Argmax {
        return format!("the index `{what}`");
    }
    let scale = scope
        .tensor(&quantity.of)
        .map_or(0, |tensor| tensor.scale_log2);
    match scale {
        0 => format!("the integer of `{what}`"),
        _ => format!(
            "the integer of `{what}`, in units of 2^{}",
            -i64::from(scale)
        ),
    }
}

/// That an end of the range also stands for what lies beyond it.
fn saturating(quantity: &Quantity, is_low: bool, scope: &Scope<'_>) -> Option<String> {
    let id = scope.id(&quantity.of)?;
    let is_number = quantity.function != Function::Argmax && !scope.has_texts(&quantity.of);
    if !is_number || !cuts_off(scope.program(), id, is_low) {
        return None;
    }
    let tensor = scope.tensor(&quantity.of)?;
    let greatest = tensor.high - i64::from(scope.missing(&quantity.of).is_some());
    let end = if is_low { tensor.low } else { greatest };
    let (name, beyond) = (
        scope.name(&quantity.of),
        if is_low { "below" } else { "above" },
    );
    Some(format!(
        "{end} is the end of the range of `{name}`, to which everything {beyond} it is moved: there it says that the value is {end} or {beyond}"
    ))
}

/// Whether values beyond an end of a tensor's range are moved to it, and not by the model's own will.
fn cuts_off(program: &Program, id: TensorId, is_low: bool) -> bool {
    let mut id = id;
    // Each tensor is made of ones before it.
    loop {
        let Some(node) = program.node(id) else {
            return false;
        };
        match &node.op {
            Op::Input => return true,
            Op::Rescale(_) | Op::Map(_) => {
                return program.limit(id).is_some_and(|limit| match is_low {
                    true => limit.low != i64::MIN,
                    false => limit.high != i64::MAX,
                });
            }
            // Read in another shape.
            Op::Linear(linear) => match linear.terms.as_slice() {
                [term] if term.coefficient == 1 => match term.source {
                    Some(source) if source < id => id = source,
                    _ => return false,
                },
                _ => return false,
            },
            Op::Weight
            | Op::Contract(_)
            | Op::Max(_)
            | Op::OneHot(_)
            | Op::Indicator(_)
            | Op::Root(_)
            | Op::Quotient(_) => return false,
        }
    }
}
