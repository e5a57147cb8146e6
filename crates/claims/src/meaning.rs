//! Which integers satisfy a comparison.
//!
//! A sum of multiples of real numbers `n * 2^-scale` is, times a positive number, a sum of whole multiples of the integers `n` themselves; a
//! bound for the one is a rational bound for the other, and rounded to the side on which the comparison holds it is a bound for integers.
//! So every comparison is, exactly, that one integer is in one of some intervals.

use crate::ClaimProblem;
use crate::claim::{Comparison, Relation};
use crate::number::{Number, gcd, reduced};
use crate::quantity::{Function, Place, Quantity};
use crate::scope::Scope;
use crate::sum::Summand;
use crate::text::{quantity_text, quoted_text};
use inferproof_program::MAX_BOUND;

/// A sum of whole multiples of quantities' integers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Form {
    pub terms: Vec<(i64, Quantity)>,
}

/// From the first to the last, inclusive.
pub(crate) type Interval = (i128, i128);

/// What a comparison says of integers.
#[derive(Clone, Debug)]
pub(crate) struct Meaning {
    pub form: Form,
    /// The range of the form under the declared ranges.
    pub range: Interval,
    /// Where it has to be: disjoint, not adjacent, in order, within the range, and neither nothing nor all of it.
    pub holds: Vec<Interval>,
    /// Entries that must not be missing, beyond what the intervals say.
    pub present: Vec<Quantity>,
}

/// The form of a sum, and what a number that the sum is compared with becomes: `number * numerator / denominator * 2^exponent`.
struct Scaled {
    form: Form,
    range: Interval,
    numerator: i128,
    denominator: i128,
    exponent: i32,
}

impl Meaning {
    /// What a comparison of canonical numbers and existing entries means.
    pub fn of(comparison: &Comparison, scope: &Scope<'_>) -> Result<Self, ClaimProblem> {
        match comparison {
            Comparison::Relation {
                sum,
                relation,
                number,
            } => {
                let scaled = scaled(sum, comparison, scope)?;
                let (floor, ceil) = scaled.bounds(*number).ok_or(ClaimProblem::Digits)?;
                let (low, high) = scaled.range;
                let holds = match relation {
                    Relation::AtLeast => vec![(ceil, high)],
                    Relation::Greater => vec![(floor + 1, high)],
                    Relation::AtMost => vec![(low, floor)],
                    Relation::Less => vec![(low, ceil - 1)],
                    Relation::Equal => vec![(ceil, floor)],
                    Relation::Unequal => vec![(low, ceil - 1), (floor + 1, high)],
                };
                scaled.meaning(comparison, holds, scope)
            }
            Comparison::Range { sum, low, high } => {
                let scaled = scaled(sum, comparison, scope)?;
                let low = scaled.bounds(*low).ok_or(ClaimProblem::Digits)?;
                let high = scaled.bounds(*high).ok_or(ClaimProblem::Digits)?;
                scaled.meaning(comparison, vec![(low.1, high.0)], scope)
            }
            Comparison::Among { sum, numbers } => {
                let scaled = scaled(sum, comparison, scope)?;
                let mut holds = Vec::with_capacity(numbers.len());
                for number in numbers {
                    let (floor, ceil) = scaled.bounds(*number).ok_or(ClaimProblem::Digits)?;
                    if floor != ceil || floor < scaled.range.0 || floor > scaled.range.1 {
                        let equality = Comparison::Relation {
                            sum: sum.clone(),
                            relation: Relation::Equal,
                            number: *number,
                        };
                        return Err(scaled.empty(&equality, false, scope));
                    }
                    holds.push((floor, ceil));
                }
                scaled.meaning(comparison, holds, scope)
            }
            Comparison::Texts { entry, texts } => texts_meaning(comparison, entry, texts, scope),
            Comparison::Missing { entry } => {
                let missing = scope
                    .missing(entry)
                    .ok_or_else(|| not_missing(entry, scope))?;
                let scaled = scaled(&[summand(entry)], comparison, scope)?;
                scaled.meaning(comparison, vec![(missing, missing)], scope)
            }
        }
    }
}

/// That no value of a tensor can be missing.
pub(crate) fn not_missing(entry: &Place, scope: &Scope<'_>) -> ClaimProblem {
    ClaimProblem::Missing(format!(
        "no value of `{}` can be missing: the model does not know missing values there",
        scope.name(entry)
    ))
}

fn summand(entry: &Place) -> Summand {
    Summand {
        factor: Number::ONE,
        quantity: Quantity {
            of: entry.clone(),
            function: Function::Entry,
        },
    }
}

/// The integers that mean a text: where the real number is rounded, halves away from zero, to the text's position.
fn texts_meaning(
    comparison: &Comparison,
    entry: &Place,
    texts: &[String],
    scope: &Scope<'_>,
) -> Result<Meaning, ClaimProblem> {
    let scaled = scaled(&[summand(entry)], comparison, scope)?;
    let categories = scope.meaning(entry).map(|m| m.categories.as_slice());
    let categories = categories.unwrap_or_default();
    let mut holds = Vec::new();
    for text in texts {
        let mut found = false;
        for (position, _) in (0i128..)
            .zip(categories)
            .filter(|(_, known)| *known == text)
        {
            let twice = |value: i128| scaled.bounds(Number::new(value, 2)?);
            let ends = match position {
                // What is nearer to -1 is no text.
                0 => twice(-1)
                    .zip(twice(1))
                    .map(|(low, high)| (low.0 + 1, high.1 - 1)),
                _ => {
                    let ends = twice(2 * position - 1).zip(twice(2 * position + 1));
                    ends.map(|(low, high)| (low.1, high.1 - 1))
                }
            };
            let (first, last) = ends.ok_or(ClaimProblem::Digits)?;
            let within = (first.max(scaled.range.0), last.min(scaled.range.1));
            found |= within.0 <= within.1;
            holds.push(within);
        }
        if !found {
            return Err(ClaimProblem::Text {
                text: quoted_text(text),
                tensor: scope.name(entry),
                known: crate::text::list(categories.iter().map(|c| quoted_text(c))),
            });
        }
    }
    scaled.meaning(comparison, holds, scope)
}

/// The whole multiples that a sum is of, without a common divisor.
fn scaled(
    sum: &[Summand],
    comparison: &Comparison,
    scope: &Scope<'_>,
) -> Result<Scaled, ClaimProblem> {
    let great = || ClaimProblem::Great {
        comparison: comparison.text(scope),
    };
    let mut parts = Vec::with_capacity(sum.len());
    let mut denominator = 1i128;
    for summand in sum {
        let known = scope.known(&summand.quantity);
        let known = known.ok_or(ClaimProblem::NotCanonical(
            "it reads a tensor that is not there",
        ))?;
        let divisor = match summand.quantity.function {
            Function::Mean => known.entries,
            Function::Entry | Function::Max | Function::Min | Function::Sum | Function::Argmax => 1,
        };
        let divisor = summand.factor.denominator().checked_mul(divisor);
        let factor = reduced(summand.factor.numerator(), divisor.ok_or_else(great)?);
        let factor = factor.ok_or_else(great)?;
        let common = denominator / gcd(denominator, factor.1);
        denominator = common.checked_mul(factor.1).ok_or_else(great)?;
        parts.push((factor, known, summand));
    }
    let exponent = parts.iter().map(|(_, known, _)| known.scale_log2).max();
    let exponent = exponent.unwrap_or(0);
    let mut whole = Vec::with_capacity(parts.len());
    let mut divisor = 0;
    for ((numerator, own), known, summand) in parts {
        let factor = numerator
            .checked_mul(denominator / own)
            .and_then(|factor| shifted(factor, exponent.checked_sub(known.scale_log2)?));
        let factor = factor.ok_or_else(great)?;
        divisor = gcd(divisor, factor);
        whole.push((factor, known, summand));
    }
    let mut terms = Vec::with_capacity(whole.len());
    let (mut low, mut high, mut reach) = (0i128, 0i128, 0i128);
    for (factor, known, summand) in whole {
        let factor = factor.checked_div(divisor).ok_or_else(great)?;
        let ends = [known.low, known.high].map(|end| end.saturating_mul(factor));
        low = low.saturating_add(ends[0].min(ends[1]));
        high = high.saturating_add(ends[0].max(ends[1]));
        reach = reach.saturating_add(known.reach.saturating_mul(factor.saturating_abs()));
        let factor = i64::try_from(factor).map_err(|_| great())?;
        terms.push((factor, summand.quantity.clone()));
    }
    // A bit for the bound that it is compared with, which is within the range.
    if reach.saturating_mul(2) >= i128::from(MAX_BOUND) {
        return Err(great());
    }
    Ok(Scaled {
        form: Form { terms },
        range: (low, high),
        numerator: denominator,
        denominator: divisor,
        exponent,
    })
}

/// `value * 2^by`, if that does not overflow.
fn shifted(value: i128, by: i32) -> Option<i128> {
    let power = 1i128.checked_shl(by.try_into().ok()?)?;
    if power <= 0 {
        return None;
    }
    value.checked_mul(power)
}

impl Scaled {
    /// What a number becomes, rounded down and up.
    fn bounds(&self, number: Number) -> Option<Interval> {
        // Divided by common factors as early as can be, so that as little as can be overflows.
        let (upper, own) = reduced(number.numerator(), self.denominator)?;
        let (scale, lower) = reduced(self.numerator, number.denominator())?;
        let (mut upper, mut lower) = (upper.checked_mul(scale)?, lower.checked_mul(own)?);
        if upper == 0 {
            return Some((0, 0));
        }
        if self.exponent > 0 {
            // Halving the denominator comes before doubling the numerator.
            let halvings = lower.trailing_zeros().min(self.exponent.unsigned_abs());
            lower >>= halvings;
            let rest = self.exponent.unsigned_abs() - halvings;
            upper = shifted(upper, i32::try_from(rest).ok()?)?;
        } else {
            let halvings = upper.trailing_zeros().min(self.exponent.unsigned_abs());
            upper >>= halvings;
            let rest = self.exponent.unsigned_abs() - halvings;
            lower = shifted(lower, i32::try_from(rest).ok()?)?;
        }
        let floor = upper.checked_div_euclid(lower)?;
        let exact = upper.checked_rem_euclid(lower)? == 0;
        Some((floor, if exact { floor } else { floor.checked_add(1)? }))
    }

    fn empty(&self, comparison: &Comparison, answer: bool, scope: &Scope<'_>) -> ClaimProblem {
        let (low, high) = self.range;
        let form = self.form.text(scope);
        let unit = match (self.exponent, self.form.quantity()) {
            (0, _) | (_, None) => String::new(),
            (scale, Some(_)) => format!(", in units of 2^{}", -i64::from(scale)),
        };
        let mut reason = format!("the integer of `{form}` is between {low} and {high}{unit}");
        if let Comparison::Relation {
            relation: Relation::Equal | Relation::Unequal,
            number,
            ..
        } = comparison
            && let Some((floor, ceil)) = self.bounds(*number)
            && floor != ceil
        {
            reason = format!(
                "the integer of `{form}` would have to be between {floor} and {ceil}{unit}"
            );
        }
        ClaimProblem::Empty {
            comparison: comparison.text(scope),
            answer,
            reason,
        }
    }

    /// The comparison that holds in these intervals, which may be empty, adjacent, in any order and beyond the range.
    fn meaning(
        self,
        comparison: &Comparison,
        holds: Vec<Interval>,
        scope: &Scope<'_>,
    ) -> Result<Meaning, ClaimProblem> {
        let (low, mut high) = self.range;
        let mut present = Vec::new();
        if !matches!(comparison, Comparison::Missing { .. }) {
            for (_, quantity) in &self.form.terms {
                if scope.missing(&quantity.of).is_some() {
                    present.push(quantity.clone());
                }
            }
            // Of one entry alone, a missing value is the greatest integer, and is cut off the intervals.
            if let ([(1, quantity)], Some(missing)) = (
                self.form.terms.as_slice(),
                present
                    .first()
                    .and_then(|quantity| scope.missing(&quantity.of)),
            ) && quantity.function == Function::Entry
            {
                high = high.min(missing.saturating_sub(1));
                present.clear();
            }
        }
        let mut within: Vec<Interval> = holds
            .into_iter()
            .map(|(first, last)| (first.max(low), last.min(high)))
            .filter(|(first, last)| first <= last)
            .collect();
        within.sort_unstable();
        let mut merged: Vec<Interval> = Vec::new();
        for (first, last) in within {
            match merged.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => {
                    before.1 = before.1.max(last);
                }
                _ => merged.push((first, last)),
            }
        }
        if merged.is_empty() {
            return Err(self.empty(comparison, false, scope));
        }
        if merged == [self.range] && present.is_empty() {
            return Err(self.empty(comparison, true, scope));
        }
        Ok(Meaning {
            form: self.form,
            range: self.range,
            holds: merged,
            present,
        })
    }
}

impl Form {
    /// One quantity itself.
    pub fn of(quantity: Quantity) -> Self {
        Self {
            terms: vec![(1, quantity)],
        }
    }

    /// The quantity, if there is no other and no factor.
    pub fn quantity(&self) -> Option<&Quantity> {
        match self.terms.as_slice() {
            [(1, quantity)] => Some(quantity),
            _ => None,
        }
    }

    /// As a sum of quantities by their names.
    pub fn text(&self, scope: &Scope<'_>) -> String {
        self.text_with(|_, quantity| integer_text(quantity, scope))
    }

    /// As a sum of quantities that are called so, by their number.
    pub fn text_with(&self, name: impl Fn(usize, &Quantity) -> String) -> String {
        let terms = self.terms.iter().enumerate();
        let terms = terms.filter_map(|(number, (factor, quantity))| {
            Some((Number::new((*factor).into(), 1)?, name(number, quantity)))
        });
        crate::text::linear_text(terms)
    }
}

/// What a quantity's integer is of. That of a mean is the sum's: its divisor is in the factors.
pub(crate) fn integer_text(quantity: &Quantity, scope: &Scope<'_>) -> String {
    let function = if quantity.function == Function::Mean {
        Function::Sum
    } else {
        quantity.function
    };
    quantity_text(
        &Quantity {
            function,
            of: quantity.of.clone(),
        },
        scope,
    )
}
