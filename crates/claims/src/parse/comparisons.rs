//! Comparisons: of two sums, of a sum with a range or a list, and of an entry with texts.

use super::{Parser, Said, What};
use crate::claim::{Comparison, Node, Relation, joined, not};
use crate::meaning::Meaning;
use crate::number::Number;
use crate::quantity::{Function, Place};
use crate::sum::Sum;
use crate::text::{place_text, quoted_text};
use crate::token::Word;
use crate::{ClaimError, ClaimProblem};
use std::ops::Range;

impl<'a> Parser<'a> {
    /// A sum alone, a chain of comparisons, or `in`.
    pub(super) fn comparison(&mut self) -> Result<Said, ClaimError> {
        let left = self.addition()?;
        let start = left.span.start;
        let is_negated = self.is_word("not");
        if is_negated || self.is_word("in") {
            self.at += 1;
            if is_negated && !self.take_word("in") {
                return Err(self.expected("`in`"));
            }
            let (left, _) = self.sum(left)?;
            let mut formula = self.membership(left, start)?;
            if is_negated {
                formula = not(formula);
            }
            return Ok(Said {
                what: What::Formula(formula),
                span: self.since(start),
            });
        }
        if !matches!(self.peek(), Word::Relation(_)) {
            return Ok(left);
        }
        let (mut left, mut left_span) = self.sum(left)?;
        let mut members = Vec::new();
        while let Word::Relation(relation) = self.peek() {
            self.at += 1;
            if let Some(entry) = self.entry_of_texts(&left) {
                let formula = self.equals_text(entry, *relation, left_span.clone())?;
                members.push(formula);
                break;
            }
            self.refuse_text(&left, &left_span)?;
            let right = self.addition()?;
            let (right, right_span) = self.sum(right)?;
            let span = left_span.start..right_span.end;
            members.push(self.relation(left, *relation, right.clone(), span)?);
            (left, left_span) = (right, right_span);
        }
        Ok(Said {
            what: What::Formula(joined(Node::And, members)),
            span: self.since(start),
        })
    }

    /// The entry, if the sum is nothing but one of a tensor of texts.
    fn entry_of_texts(&self, sum: &Sum) -> Option<Place> {
        let (quantity, _) = sum.quantity()?;
        let is_entry = quantity.function == Function::Entry;
        (is_entry && self.scope.has_texts(&quantity.of)).then(|| quantity.of.clone())
    }

    /// The text that comes next; `None` if something else does.
    fn next_text(&self) -> Option<&'a str> {
        let next = self.tokens.get(self.at + 1).map(|t| &t.word);
        if let Word::Quoted(text) = self.peek()
            && next != Some(&Word::Symbol('['))
        {
            return Some(text);
        }
        None
    }

    /// A text, where the left side is a number: unless it is the name of a tensor.
    fn refuse_text(&self, left: &Sum, left_span: &Range<usize>) -> Result<(), ClaimError> {
        let Some(text) = self.next_text() else {
            return Ok(());
        };
        if self.scope.find(None, text).is_ok() {
            return Ok(());
        }
        let what = self.text.get(left_span.clone()).unwrap_or_default();
        let instead = match left.number() {
            Some(_) => format!("{} is a text, and no tensor's name", quoted_text(text)),
            None => format!("it cannot be compared with the text {}", quoted_text(text)),
        };
        let problem = ClaimProblem::Unit {
            what: what.to_owned(),
            holds: "numbers",
            instead,
        };
        Err(self.refusal(problem, self.span()))
    }

    fn equals_text(
        &mut self,
        entry: Place,
        relation: Relation,
        left: Range<usize>,
    ) -> Result<Vec<Node>, ClaimError> {
        let is_equality = matches!(relation, Relation::Equal | Relation::Unequal);
        let Some(text) = self.next_text().filter(|_| is_equality) else {
            let span = left.start..self.span().end;
            return Err(self.refusal(self.needs_text(&entry), span));
        };
        let span = self.span();
        self.at += 1;
        let comparison = Comparison::Texts {
            entry,
            texts: vec![text.to_owned()],
        };
        let formula = self.checked(comparison, span)?;
        let is_negated = relation == Relation::Unequal;
        Ok(if is_negated { not(formula) } else { formula })
    }

    fn needs_text(&self, entry: &Place) -> ClaimProblem {
        let meaning = self.scope.meaning(entry);
        let categories = meaning.map(|m| m.categories.as_slice()).unwrap_or_default();
        let known = crate::text::list(categories.iter().map(|c| quoted_text(c)));
        ClaimProblem::Unit {
            what: place_text(entry, self.scope),
            holds: "texts",
            instead: format!("compare it by `==`, `!=` or `in` with one of {known}"),
        }
    }

    /// What is in `[low, high]` or `{a, b}`, behind `in`.
    fn membership(&mut self, left: Sum, start: usize) -> Result<Vec<Node>, ClaimError> {
        if let Some(entry) = self.entry_of_texts(&left) {
            if self.peek() != &Word::Symbol('{') {
                return Err(self.refusal(self.needs_text(&entry), start..self.span().end));
            }
            let list = self.list(|parser| {
                let text = parser.next_text().map(str::to_owned);
                parser.at += usize::from(text.is_some());
                text.ok_or_else(|| parser.expected("a text in quotation marks"))
            })?;
            let mut texts: Vec<String> = list;
            texts.sort_unstable();
            texts.dedup();
            return self.checked(Comparison::Texts { entry, texts }, self.since(start));
        }
        let constant = left.constant();
        let relative = |parser: &mut Self| {
            parser.refuse_text(&left, &(start..parser.since(start).end))?;
            let said = parser.addition()?;
            let (sum, span) = parser.sum(said)?;
            let number = sum.number().ok_or_else(|| {
                let problem = ClaimProblem::Expected {
                    expected: "a number that reads no tensor",
                    found: "one that does".to_owned(),
                };
                parser.refusal(problem, span.clone())
            })?;
            let number = number.plus(constant.negated());
            number.ok_or_else(|| parser.refusal(ClaimProblem::Digits, span))
        };
        let (low, high, numbers) = if self.take('[') {
            let low = relative(self)?;
            self.expect(',', "`,` and the end of the range")?;
            let high = relative(self)?;
            self.expect(']', "`]`: a range is `[low, high]`, with both ends")?;
            if low > high {
                let comparison = self.text.get(self.since(start)).unwrap_or_default();
                let problem = ClaimProblem::Empty {
                    comparison: comparison.to_owned(),
                    answer: false,
                    reason: "the range ends before it begins".to_owned(),
                };
                return Err(self.refusal(problem, self.since(start)));
            }
            (low, high, None)
        } else if self.peek() == &Word::Symbol('{') {
            let mut numbers = self.list(relative)?;
            numbers.sort_unstable();
            numbers.dedup();
            let ends = numbers.first().copied().zip(numbers.last().copied());
            let (low, high) = ends.unwrap_or((Number::ZERO, Number::ZERO));
            (low, high, Some(numbers))
        } else {
            return Err(self.expected("`[low, high]` or a list in braces"));
        };
        let span = self.since(start);
        let sum = self.numeric(left, &span)?;
        let is_flipped = self.is_flipped(&sum);
        let sum = self.oriented(sum, is_flipped, &span)?.into_summands();
        let oriented = |number: Number| if is_flipped { number.negated() } else { number };
        let comparison = match numbers {
            _ if low == high => Comparison::Relation {
                sum,
                relation: Relation::Equal,
                number: oriented(low),
            },
            None => {
                let (a, b) = (oriented(low), oriented(high));
                Comparison::Range {
                    sum,
                    low: a.min(b),
                    high: a.max(b),
                }
            }
            Some(numbers) => {
                let mut numbers: Vec<Number> = numbers.into_iter().map(oriented).collect();
                numbers.sort_unstable();
                Comparison::Among { sum, numbers }
            }
        };
        self.checked(comparison, span)
    }

    /// Members in braces.
    fn list<T>(
        &mut self,
        member: impl Fn(&mut Self) -> Result<T, ClaimError>,
    ) -> Result<Vec<T>, ClaimError> {
        self.expect('{', "`{`")?;
        let mut members = vec![member(self)?];
        while self.take(',') {
            members.push(member(self)?);
        }
        self.expect('}', "`,` or `}`")?;
        Ok(members)
    }

    /// A comparison of two sums.
    fn relation(
        &self,
        left: Sum,
        relation: Relation,
        right: Sum,
        span: Range<usize>,
    ) -> Result<Vec<Node>, ClaimError> {
        let digits = || self.refusal(ClaimProblem::Digits, span.clone());
        let minus_right = right.times(Number::ONE.negated()).ok_or_else(digits)?;
        let difference = left.plus(minus_right).ok_or_else(digits)?;
        let difference = self.numeric(difference, &span)?;
        let is_flipped = self.is_flipped(&difference);
        let sum = self.oriented(difference, is_flipped, &span)?;
        let number = sum.constant().negated();
        let relation = if is_flipped {
            relation.flipped()
        } else {
            relation
        };
        let comparison = Comparison::Relation {
            sum: sum.into_summands(),
            relation,
            number,
        };
        self.checked(comparison, span)
    }

    /// A sum that reads something, and only numbers.
    fn numeric(&self, sum: Sum, span: &Range<usize>) -> Result<Sum, ClaimError> {
        if sum.number().is_some() {
            let comparison = self.text.get(span.clone()).unwrap_or_default();
            let problem = ClaimProblem::Expected {
                expected: "a comparison that reads an input or an output",
                found: format!("`{comparison}`"),
            };
            return Err(self.refusal(problem, span.clone()));
        }
        for (quantity, span) in sum.quantities() {
            quantity
                .check_unit(self.scope)
                .map_err(|problem| self.refusal(problem, span.clone()))?;
        }
        Ok(sum)
    }

    /// Whether its first factor is negative.
    fn is_flipped(&self, sum: &Sum) -> bool {
        sum.first_factor().is_some_and(Number::is_negative)
    }

    pub(super) fn oriented(
        &self,
        sum: Sum,
        is_flipped: bool,
        span: &Range<usize>,
    ) -> Result<Sum, ClaimError> {
        if !is_flipped {
            return Ok(sum);
        }
        let negated = sum.times(Number::ONE.negated());
        negated.ok_or_else(|| self.refusal(ClaimProblem::Digits, span.clone()))
    }

    /// A comparison that says something.
    pub(super) fn checked(
        &self,
        comparison: Comparison,
        span: Range<usize>,
    ) -> Result<Vec<Node>, ClaimError> {
        Meaning::of(&comparison, self.scope).map_err(|problem| self.refusal(problem, span))?;
        Ok(vec![Node::Comparison(comparison)])
    }
}
