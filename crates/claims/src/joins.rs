//! Comparisons of one sum that together say nothing: `x[0] >= 0.8 and x[0] < 0.2`.
//!
//! What is said of one sum is a set of integers, of which `and`, `or` and `not` are intersection, union and complement. Where formulas of
//! different sums are joined, nothing is known of the whole.

use crate::ClaimProblem;
use crate::claim::{Claim, Node};
use crate::meaning::{Form, Interval, Meaning};
use crate::scope::Scope;

/// The integers of a form for which a formula is true: disjoint intervals, in order.
struct Set {
    form: Form,
    range: Interval,
    intervals: Vec<Interval>,
}

/// A formula: which nodes it has, and its set, if it is about one sum.
struct Formula {
    from: usize,
    set: Option<Set>,
}

impl Claim {
    /// Refuses a formula that is constant because of what it says of one sum.
    pub(crate) fn check_joins(
        &self,
        meanings: &[Meaning],
        scope: &Scope<'_>,
    ) -> Result<(), ClaimProblem> {
        let mut meanings = meanings.iter();
        let mut formulas: Vec<Formula> = Vec::new();
        for (position, node) in self.0.iter().enumerate() {
            let formula = match node {
                Node::Comparison(_) => Formula {
                    from: position,
                    set: meanings.next().and_then(Set::of),
                },
                Node::Not => {
                    let inner = formulas.pop();
                    Formula {
                        from: inner.as_ref().map_or(position, |inner| inner.from),
                        set: inner.and_then(|inner| inner.set).map(Set::complement),
                    }
                }
                Node::And(members) | Node::Or(members) => {
                    let members = usize::try_from(*members).unwrap_or(usize::MAX);
                    let members = formulas.split_off(formulas.len().saturating_sub(members));
                    let from = members.first().map_or(position, |first| first.from);
                    let is_and = matches!(node, Node::And(_));
                    let set = joined(members, is_and).map_err(|form| {
                        let part = self.0.get(from..=position).unwrap_or_default();
                        ClaimProblem::Empty {
                            comparison: Self(part.to_vec()).text(scope),
                            answer: !is_and,
                            reason: format!(
                                "its conditions on `{}` {}",
                                form.text(scope),
                                if is_and {
                                    "exclude each other"
                                } else {
                                    "leave nothing out"
                                }
                            ),
                        }
                    })?;
                    Formula { from, set }
                }
            };
            formulas.push(formula);
        }
        Ok(())
    }
}

/// The set of several formulas by `and` or `or`, if they are all about one sum. The form of which all or nothing is left is an error.
fn joined(members: Vec<Formula>, is_and: bool) -> Result<Option<Set>, Form> {
    let count = members.len();
    let mut sets: Vec<(usize, Set)> = Vec::new();
    for set in members.into_iter().filter_map(|member| member.set) {
        // A union is the complement of the intersection of the complements.
        let set = if is_and { set } else { set.complement() };
        match sets.iter_mut().find(|(_, known)| known.form == set.form) {
            Some((members, known)) => {
                *members += 1;
                known.intersect(&set.intervals);
            }
            None => sets.push((1, set)),
        }
    }
    if let Some((_, empty)) = sets.iter().find(|(_, set)| set.intervals.is_empty()) {
        return Err(empty.form.clone());
    }
    let whole = sets.pop().filter(|(members, _)| *members == count);
    Ok(whole.map(|(_, set)| if is_and { set } else { set.complement() }))
}

impl Set {
    /// Of a comparison that depends on nothing but one sum.
    fn of(meaning: &Meaning) -> Option<Self> {
        meaning.present.is_empty().then(|| Self {
            form: meaning.form.clone(),
            range: meaning.range,
            intervals: meaning.holds.clone(),
        })
    }

    fn complement(mut self) -> Self {
        let (mut next, high) = self.range;
        let mut outside = Vec::with_capacity(self.intervals.len() + 1);
        for (first, last) in self.intervals {
            if next < first {
                outside.push((next, first - 1));
            }
            next = last + 1;
        }
        if next <= high {
            outside.push((next, high));
        }
        self.intervals = outside;
        self
    }

    fn intersect(&mut self, others: &[Interval]) {
        let mut both = Vec::new();
        let mut others = others.iter().copied().peekable();
        let mut own = self.intervals.iter().copied().peekable();
        while let (Some(a), Some(b)) = (own.peek().copied(), others.peek().copied()) {
            let overlap = (a.0.max(b.0), a.1.min(b.1));
            if overlap.0 <= overlap.1 {
                both.push(overlap);
            }
            if a.1 <= b.1 {
                own.next();
            } else {
                others.next();
            }
        }
        self.intervals = both;
    }
}
