//! What a claim may be: canonical, bounded, and about entries that there are.

use crate::claim::{Claim, Comparison, MAX_COMPARISONS, MAX_DEPTH, MAX_SUMMANDS, Node};
use crate::meaning::{Meaning, not_missing};
use crate::number::Number;
use crate::quantity::{Function, Place, Quantity};
use crate::scope::Scope;
use crate::sum::Summand;
use crate::text::quantity_text;
use crate::{ClaimError, ClaimProblem};

/// A part of a claim's value that the parser never makes.
const fn not_canonical(what: &'static str) -> ClaimProblem {
    ClaimProblem::NotCanonical(what)
}

impl Claim {
    /// Checks a claim that was read from bytes: that it is the value of some text, and speaks of entries that the program has. What
    /// [`Claim::parse`] gives is checked.
    ///
    /// # Errors
    /// If it is not canonical, or not allowed.
    pub fn check(&self, scope: &Scope<'_>) -> Result<(), ClaimError> {
        self.meanings(scope).map(|_| ())
    }

    /// The meaning of each comparison, in order, of a claim that is as it should be.
    pub(crate) fn meanings(&self, scope: &Scope<'_>) -> Result<Vec<Meaning>, ClaimError> {
        self.check_form()
            .map_err(|problem| ClaimError::of(problem, String::new()))?;
        let mut meanings = Vec::new();
        for node in &self.0 {
            if let Node::Comparison(comparison) = node {
                let refused = |problem| ClaimError::of(problem, comparison.text(scope));
                comparison.check(scope).map_err(refused)?;
                meanings.push(Meaning::of(comparison, scope).map_err(refused)?);
            }
        }
        self.check_joins(&meanings, scope)
            .map_err(|problem| ClaimError::of(problem, self.text(scope)))?;
        Ok(meanings)
    }

    /// That the postfix form is one formula, as the parser would have made it, and not too large.
    pub(crate) fn check_form(&self) -> Result<(), ClaimProblem> {
        let (mut comparisons, mut summands) = (0usize, 0usize);
        // Of each formula so far, how deep it is and by what it is joined.
        let mut formulas: Vec<(usize, &Node)> = Vec::new();
        for node in &self.0 {
            let (members, is_join) = match node {
                Node::Comparison(comparison) => {
                    comparisons = comparisons.saturating_add(comparison.count().max(1));
                    summands = summands.saturating_add(comparison.sum().len());
                    (0, false)
                }
                Node::Not => (1, false),
                Node::And(members) | Node::Or(members) => (*members, true),
            };
            let members = usize::try_from(members).unwrap_or(usize::MAX);
            let before = formulas.len().checked_sub(members);
            let before = before.ok_or(not_canonical("a formula has no members"))?;
            let inner = formulas.split_off(before);
            if is_join && members < 2 {
                return Err(not_canonical("`and` or `or` of fewer than two formulas"));
            }
            let same = |(_, inner): &(usize, &Node)| {
                matches!(
                    (inner, node),
                    (Node::Not, Node::Not)
                        | (Node::And(_), Node::And(_))
                        | (Node::Or(_), Node::Or(_))
                )
            };
            if inner.iter().any(same) {
                return Err(not_canonical("a formula directly in one of its own kind"));
            }
            let depth = inner.iter().map(|(depth, _)| depth + 1).max();
            let depth = depth.unwrap_or(0);
            if depth > MAX_DEPTH {
                return Err(limit(format!("{MAX_DEPTH} formulas inside each other")));
            }
            formulas.push((depth, node));
        }
        if formulas.len() != 1 {
            return Err(not_canonical("it is not one formula"));
        }
        if comparisons > MAX_COMPARISONS {
            return Err(limit(format!("{MAX_COMPARISONS} comparisons")));
        }
        if summands > MAX_SUMMANDS {
            return Err(limit(format!("{MAX_SUMMANDS} summands")));
        }
        Ok(())
    }
}

pub(crate) fn limit(limit: String) -> ClaimProblem {
    ClaimProblem::Limit { limit }
}

impl Comparison {
    /// That its parts are canonical and that what it reads is there. Nothing is computed with numbers before they were checked.
    fn check(&self, scope: &Scope<'_>) -> Result<(), ClaimProblem> {
        let sum = self.sum();
        let numbers: Vec<Number> = match self {
            Self::Relation { number, .. } => vec![*number],
            Self::Range { low, high, .. } => vec![*low, *high],
            Self::Among { numbers, .. } => numbers.clone(),
            Self::Texts { .. } | Self::Missing { .. } => Vec::new(),
        };
        let all = numbers.iter().chain(sum.iter().map(|s| &s.factor));
        if !all.copied().all(Number::is_canonical) {
            return Err(not_canonical("a number that is not reduced"));
        }
        match self {
            Self::Relation { .. } => {}
            Self::Range { low, high, .. } if low < high => {}
            Self::Range { .. } => return Err(not_canonical("a range that is empty or one number")),
            Self::Among { numbers, .. } => in_order(numbers, 2)?,
            Self::Texts { entry, texts } => {
                in_order(texts, 1)?;
                check_entry(entry, scope)?;
                if !scope.has_texts(entry) {
                    return Err(not_canonical("numbers that are compared with texts"));
                }
                return Ok(());
            }
            Self::Missing { entry } => {
                check_entry(entry, scope)?;
                return match scope.missing(entry) {
                    Some(_) => Ok(()),
                    None => Err(not_missing(entry, scope)),
                };
            }
        }
        let leads = sum.first().map(|summand| summand.factor);
        if leads.is_none_or(Number::is_negative) || sum.iter().any(|s| s.factor.is_zero()) {
            return Err(not_canonical(
                "a sum of nothing, or one that begins with a negative factor",
            ));
        }
        let ordered = sum.iter().zip(sum.iter().skip(1));
        if ordered.into_iter().any(|(a, b)| a.quantity >= b.quantity) {
            return Err(not_canonical("a sum that is not in order"));
        }
        sum.iter()
            .try_for_each(|Summand { quantity, .. }| quantity.check(scope))
    }
}

fn in_order<T: Ord>(members: &[T], least: usize) -> Result<(), ClaimProblem> {
    let mut pairs = members.iter().zip(members.iter().skip(1));
    match members.len() >= least && pairs.all(|(a, b)| a < b) {
        true => Ok(()),
        false => Err(not_canonical("a list that is not in order, or too short")),
    }
}

/// That a place is an entry, named by its first place in the program's list.
fn check_entry(place: &Place, scope: &Scope<'_>) -> Result<(), ClaimProblem> {
    check_place(place, scope)?;
    match scope.tensor(place).map(|t| t.shape.len()) == Some(place.index.len()) {
        true => Ok(()),
        false => Err(not_canonical("several entries in place of one")),
    }
}

fn check_place(place: &Place, scope: &Scope<'_>) -> Result<(), ClaimProblem> {
    let id = scope.id(place);
    let first = scope
        .ids(place.role)
        .iter()
        .position(|&other| Some(other) == id);
    if id.is_none() || first != usize::try_from(place.position).ok() {
        return Err(not_canonical(
            "a tensor that is not there, or not by its first place",
        ));
    }
    match scope.entries(place) {
        Some(_) => Ok(()),
        None => Err(not_canonical("an index that is out of range")),
    }
}

impl Quantity {
    fn check(&self, scope: &Scope<'_>) -> Result<(), ClaimProblem> {
        check_place(&self.of, scope)?;
        let axes = scope
            .tensor(&self.of)
            .map_or(0, |tensor| tensor.shape.len());
        let fixed = self.of.index.len();
        let is_canonical = match self.function {
            Function::Entry => fixed == axes,
            Function::Argmax => fixed + 1 == axes,
            Function::Max | Function::Min | Function::Sum | Function::Mean => {
                self.of.trimmed(scope) == self.of
            }
        };
        if !is_canonical {
            return Err(not_canonical("too few or too many indices"));
        }
        self.check_unit(scope)
    }

    /// That it is a number.
    pub fn check_unit(&self, scope: &Scope<'_>) -> Result<(), ClaimProblem> {
        if scope.has_texts(&self.of) {
            let what = quantity_text(self, scope);
            let categories = scope.meaning(&self.of).map(|m| m.categories.as_slice());
            let known = categories.unwrap_or_default().iter();
            let known = crate::text::list(known.map(|c| crate::text::quoted_text(c)));
            return Err(ClaimProblem::Unit {
                what,
                holds: "texts",
                instead: format!("compare an entry by `==`, `!=` or `in` with one of {known}"),
            });
        }
        if self.function != Function::Entry && scope.missing(&self.of).is_some() {
            return Err(ClaimProblem::Missing(format!(
                "values of `{}` may be missing, so `{}` is not defined; compare its entries",
                scope.name(&self.of),
                self.function.name()
            )));
        }
        Ok(())
    }
}

impl Place {
    /// The same entries by as few indices as can be: the last ones along axes of length 1 are left out.
    pub fn trimmed(&self, scope: &Scope<'_>) -> Self {
        let mut trimmed = self.clone();
        let shape = scope.tensor(self).map(|tensor| tensor.shape.as_slice());
        let shape = shape.unwrap_or_default();
        while let Some(last) = trimmed.index.len().checked_sub(1)
            && shape.get(last) == Some(&1)
        {
            trimmed.index.pop();
        }
        trimmed
    }
}
