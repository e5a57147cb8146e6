//! The parser.
//!
//! Formulas and sums share one grammar, by precedence, so that a parenthesis may hold either; what an operator is given is checked when it
//! is applied, and what is wrong is said with its place.

use crate::claim::{Claim, Comparison, MAX_DEPTH, Node, Relation, joined, not};
use crate::meaning::Meaning;
use crate::number::Number;
use crate::quantity::{Function, Place, Quantity};
use crate::scope::Scope;
use crate::sum::Sum;
use crate::text::{place_text, quoted_text};
use crate::token::{RESERVED, Token, Word, words};
use crate::{ClaimError, ClaimProblem, Role};
use std::ops::Range;

/// The longest text.
const MAX_BYTES: usize = 1 << 16;

impl Claim {
    /// Reads a claim. `docs/concepts/claims.md` has the grammar.
    ///
    /// # Errors
    /// If it is no claim, if it speaks of what is not there, or if a comparison in it is the same for all values in the declared ranges; with
    /// the place in the text.
    pub fn parse(text: &str, scope: &Scope<'_>) -> Result<Self, ClaimError> {
        if text.len() > MAX_BYTES {
            let problem = crate::check::limit(format!("{MAX_BYTES} bytes"));
            return Err(ClaimError::of(problem, String::new()));
        }
        let tokens = words(text)?;
        let mut parser = Parser {
            text,
            tokens: &tokens,
            at: 0,
            depth: 0,
            scope,
        };
        let formula = parser.disjunction()?;
        let formula = parser.formula(formula)?;
        if parser.peek() != &Word::End {
            return Err(parser.expected("`and`, `or` or the end"));
        }
        let claim = Self(formula);
        claim
            .check_form()
            .map_err(|problem| parser.refusal(problem, 0..text.len()))?;
        Ok(claim)
    }
}

/// A part of the text and what it says.
struct Said {
    what: What,
    span: Range<usize>,
}

enum What {
    Sum(Sum),
    Formula(Vec<Node>),
}

struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    scope: &'a Scope<'a>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> &'a Word {
        self.tokens.get(self.at).map_or(&Word::End, |t| &t.word)
    }

    /// The bytes of the next word.
    fn span(&self) -> Range<usize> {
        let end = self.text.len();
        self.tokens
            .get(self.at)
            .map_or(end..end, |t| t.span.clone())
    }

    fn take(&mut self, symbol: char) -> bool {
        let found = self.peek() == &Word::Symbol(symbol);
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Word::Plain(name) if name == word)
    }

    /// From a byte to the end of the word before the next.
    fn since(&self, start: usize) -> Range<usize> {
        let last = self
            .at
            .checked_sub(1)
            .and_then(|last| self.tokens.get(last));
        start..last.map_or(start, |t| t.span.end)
    }

    fn refusal(&self, problem: ClaimProblem, span: Range<usize>) -> ClaimError {
        ClaimError::at(problem, self.text, span)
    }

    /// That something else should come next.
    fn expected(&self, expected: &'static str) -> ClaimError {
        let found = self.peek().shown();
        self.refusal(ClaimProblem::Expected { expected, found }, self.span())
    }

    fn expect(&mut self, symbol: char, expected: &'static str) -> Result<(), ClaimError> {
        match self.take(symbol) {
            true => Ok(()),
            false => Err(self.expected(expected)),
        }
    }

    fn formula(&self, said: Said) -> Result<Vec<Node>, ClaimError> {
        match said.what {
            What::Formula(formula) => Ok(formula),
            What::Sum(_) => Err(self.refusal(
                ClaimProblem::Expected {
                    expected: "a comparison, as in `x[0] >= 0.5`",
                    found: "a number".to_owned(),
                },
                said.span,
            )),
        }
    }

    fn sum(&self, said: Said) -> Result<(Sum, Range<usize>), ClaimError> {
        match said.what {
            What::Sum(sum) => Ok((sum, said.span)),
            What::Formula(_) => Err(self.refusal(
                ClaimProblem::Expected {
                    expected: "a number",
                    found: "a comparison".to_owned(),
                },
                said.span,
            )),
        }
    }

    fn disjunction(&mut self) -> Result<Said, ClaimError> {
        self.joined("or", Node::Or, Self::conjunction)
    }

    fn conjunction(&mut self) -> Result<Said, ClaimError> {
        self.joined("and", Node::And, Self::negation)
    }

    fn joined(
        &mut self,
        word: &str,
        join: fn(u32) -> Node,
        member: fn(&mut Self) -> Result<Said, ClaimError>,
    ) -> Result<Said, ClaimError> {
        let first = member(self)?;
        if !self.is_word(word) {
            return Ok(first);
        }
        let start = first.span.start;
        let mut members = vec![self.formula(first)?];
        while self.take_word(word) {
            let next = member(self)?;
            members.push(self.formula(next)?);
        }
        Ok(Said {
            what: What::Formula(joined(join, members)),
            span: self.since(start),
        })
    }

    fn negation(&mut self) -> Result<Said, ClaimError> {
        let start = self.span().start;
        let mut negations = 0usize;
        while self.take_word("not") {
            negations += 1;
        }
        let inner = self.comparison()?;
        if negations == 0 {
            return Ok(inner);
        }
        let mut formula = self.formula(inner)?;
        for _ in 0..negations {
            formula = not(formula);
        }
        Ok(Said {
            what: What::Formula(formula),
            span: self.since(start),
        })
    }

    /// A sum alone, a chain of comparisons, or `in`.
    fn comparison(&mut self) -> Result<Said, ClaimError> {
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
        match self.peek() {
            Word::Quoted(text) if next != Some(&Word::Symbol('[')) => Some(text),
            _ => None,
        }
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
        Ok(match relation {
            Relation::Unequal => not(formula),
            _ => formula,
        })
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

    fn oriented(&self, sum: Sum, is_flipped: bool, span: &Range<usize>) -> Result<Sum, ClaimError> {
        if !is_flipped {
            return Ok(sum);
        }
        let negated = sum.times(Number::ONE.negated());
        negated.ok_or_else(|| self.refusal(ClaimProblem::Digits, span.clone()))
    }

    /// A comparison that says something.
    fn checked(&self, comparison: Comparison, span: Range<usize>) -> Result<Vec<Node>, ClaimError> {
        Meaning::of(&comparison, self.scope).map_err(|problem| self.refusal(problem, span))?;
        Ok(vec![Node::Comparison(comparison)])
    }

    fn addition(&mut self) -> Result<Said, ClaimError> {
        let first = self.multiplication()?;
        if !matches!(self.peek(), Word::Symbol('+' | '-')) {
            return Ok(first);
        }
        let start = first.span.start;
        let (mut sum, _) = self.sum(first)?;
        while let Word::Symbol(sign @ ('+' | '-')) = self.peek() {
            self.at += 1;
            let next = self.multiplication()?;
            let (next, span) = self.sum(next)?;
            let next = match sign {
                '-' => next.times(Number::ONE.negated()),
                _ => Some(next),
            };
            let total = next.and_then(|next| sum.plus(next));
            sum = total.ok_or_else(|| self.refusal(ClaimProblem::Digits, start..span.end))?;
        }
        Ok(Said {
            what: What::Sum(sum),
            span: self.since(start),
        })
    }

    fn multiplication(&mut self) -> Result<Said, ClaimError> {
        let first = self.sign()?;
        if !matches!(self.peek(), Word::Symbol('*' | '/')) {
            return Ok(first);
        }
        let start = first.span.start;
        let (mut product, _) = self.sum(first)?;
        while let Word::Symbol(operator @ ('*' | '/')) = self.peek() {
            self.at += 1;
            let next = self.sign()?;
            let (next, span) = self.sum(next)?;
            let not_linear = |what| self.refusal(ClaimProblem::NotLinear(what), start..span.end);
            let (of, factor) = match (operator, product.number(), next.number()) {
                ('*', _, Some(factor)) => (product, Some(factor)),
                ('*', Some(factor), None) => (next, Some(factor)),
                ('*', None, None) => {
                    return Err(not_linear(
                        "a product of two entries: one side of `*` has to be a number that reads no tensor",
                    ));
                }
                (_, _, Some(divisor)) if divisor.is_zero() => {
                    return Err(not_linear("a division by zero"));
                }
                (_, _, Some(divisor)) => (product, Number::ONE.over(divisor)),
                (_, _, None) => {
                    return Err(not_linear(
                        "a division by an entry: what is behind `/` has to be a number that reads no tensor",
                    ));
                }
            };
            let result = factor.and_then(|factor| of.times(factor));
            product = result.ok_or_else(|| self.refusal(ClaimProblem::Digits, start..span.end))?;
        }
        Ok(Said {
            what: What::Sum(product),
            span: self.since(start),
        })
    }

    fn sign(&mut self) -> Result<Said, ClaimError> {
        let start = self.span().start;
        let (mut signs, mut is_negative) = (0usize, false);
        while let Word::Symbol(sign @ ('+' | '-')) = self.peek() {
            self.at += 1;
            signs += 1;
            is_negative ^= *sign == '-';
        }
        let operand = self.operand()?;
        if signs == 0 {
            return Ok(operand);
        }
        let (sum, _) = self.sum(operand)?;
        let span = self.since(start);
        let sum = self.oriented(sum, is_negative, &span)?;
        Ok(Said {
            what: What::Sum(sum),
            span,
        })
    }

    fn operand(&mut self) -> Result<Said, ClaimError> {
        let start = self.span().start;
        let followed_by_parenthesis =
            self.tokens.get(self.at + 1).map(|t| &t.word) == Some(&Word::Symbol('('));
        let what = match self.peek() {
            Word::Number(number) => {
                self.at += 1;
                What::Sum(Sum::of_number(*number))
            }
            Word::Symbol('(') => {
                if self.depth == MAX_DEPTH {
                    let problem =
                        crate::check::limit(format!("{MAX_DEPTH} parentheses inside each other"));
                    return Err(self.refusal(problem, self.span()));
                }
                self.at += 1;
                self.depth += 1;
                let inner = self.disjunction()?;
                self.depth -= 1;
                self.expect(')', "`)`")?;
                inner.what
            }
            Word::Plain(name) if followed_by_parenthesis => {
                let named = Function::NAMED.iter().find(|f| f.name() == name);
                if named.is_none() && name != "missing" {
                    return Err(self.expected(
                        "a function (`argmax`, `max`, `min`, `sum`, `mean` or `missing`) before `(`",
                    ));
                }
                self.at += 2;
                let what = match named {
                    Some(&function) => What::Sum(self.function(function, start)?),
                    None => What::Formula(self.missing(start)?),
                };
                self.expect(')', "`)`")?;
                what
            }
            Word::Plain(name) if RESERVED.contains(&name.as_str()) => {
                return Err(self.expected("a number, a name or `(`"));
            }
            Word::Plain(_) | Word::Quoted(_) | Word::Role(_) => {
                let reference = self.reference()?;
                let (axes, span) = (self.axes(&reference), reference.span.clone());
                let of = self.place(reference, Some(axes))?;
                let function = Function::Entry;
                What::Sum(Sum::of_quantity(Quantity { of, function }, span))
            }
            Word::Relation(_) | Word::Symbol(_) | Word::End => {
                return Err(self.expected("a number, a name or `(`"));
            }
        };
        Ok(Said {
            what,
            span: self.since(start),
        })
    }

    fn function(&mut self, function: Function, start: usize) -> Result<Sum, ClaimError> {
        let reference = self.reference()?;
        let (axes, span) = (self.axes(&reference), reference.span.clone());
        let of = match (function, axes) {
            (Function::Argmax, 0) => {
                let problem =
                    ClaimProblem::NotLinear("it is one number, which has no greatest index");
                return Err(self.refusal(problem, span));
            }
            (Function::Argmax, _) => self.place(reference, Some(axes - 1))?,
            _ => self.place(reference, None)?.trimmed(self.scope),
        };
        let quantity = Quantity { of, function };
        quantity
            .check_unit(self.scope)
            .map_err(|problem| self.refusal(problem, span.clone()))?;
        Ok(Sum::of_quantity(quantity, start..self.span().end))
    }

    fn missing(&mut self, start: usize) -> Result<Vec<Node>, ClaimError> {
        let reference = self.reference()?;
        let axes = self.axes(&reference);
        let entry = self.place(reference, Some(axes))?;
        self.checked(Comparison::Missing { entry }, start..self.span().end)
    }

    /// A name and indices.
    fn reference(&mut self) -> Result<Reference, ClaimError> {
        let start = self.span().start;
        let role = match self.peek() {
            Word::Role(role) => Some(*role),
            _ => None,
        };
        self.at += usize::from(role.is_some());
        let name = match self.peek() {
            Word::Plain(name) if !RESERVED.contains(&name.as_str()) => name,
            Word::Quoted(name) => name,
            _ => return Err(self.expected("the name of an input or output")),
        };
        self.at += 1;
        let span = self.since(start);
        let (role, position) = self
            .scope
            .find(role, name)
            .map_err(|problem| self.refusal(problem, span))?;
        let mut indices = Vec::new();
        while self.take('[') {
            loop {
                let Word::Number(number) = self.peek() else {
                    return Err(self.expected("an index: a whole number from 0"));
                };
                indices.push((*number, self.span()));
                self.at += 1;
                if !self.take(',') {
                    break;
                }
            }
            self.expect(']', "`,` or `]`")?;
        }
        Ok(Reference {
            role,
            position,
            indices,
            span: self.since(start),
        })
    }

    /// The place under the first so many axes; under as many as there are indices, if it does not matter. Where there are fewer indices,
    /// axes of length 1 in front may be left out.
    fn place(&self, reference: Reference, axes: Option<usize>) -> Result<Place, ClaimError> {
        let mut place = Place {
            role: reference.role,
            position: reference.position,
            index: Vec::new(),
        };
        let shape = self.scope.tensor(&place).map(|t| t.shape.as_slice());
        let shape = shape.unwrap_or_default();
        let given = reference.indices.len();
        let axes = axes.unwrap_or(given);
        let left_out = axes.checked_sub(given).filter(|&left_out| {
            let front = shape.get(..left_out);
            axes <= shape.len() && front.is_some_and(|front| front.iter().all(|&len| len == 1))
        });
        let Some(left_out) = left_out else {
            let most = axes.min(shape.len());
            let expected = match (most, given) {
                (0, _) => "no index can be given here".to_owned(),
                (1, 0) => "an index has to be given, as in `[0]`".to_owned(),
                (1, _) => format!("one index is needed here, not {given}"),
                _ => format!("{most} indices are needed here, not {given}"),
            };
            let problem = ClaimProblem::Indices {
                tensor: self.scope.name(&place),
                shape: shape.to_vec(),
                expected,
            };
            return Err(self.refusal(problem, reference.span));
        };
        place.index = vec![0; left_out];
        for (axis, (number, span)) in (left_out..).zip(reference.indices) {
            let length = shape.get(axis).copied().unwrap_or(0);
            let index = (number.denominator() == 1).then(|| number.numerator());
            let index = index.and_then(|index| u32::try_from(index).ok());
            let index = index.filter(|&index| (index as usize) < length);
            place.index.push(index.ok_or_else(|| {
                let problem = ClaimProblem::Index {
                    tensor: self.scope.name(&place),
                    axis,
                    index: number.to_string(),
                    length,
                };
                self.refusal(problem, span)
            })?);
        }
        Ok(place)
    }

    /// How many axes the tensor has.
    fn axes(&self, reference: &Reference) -> usize {
        let ids = self.scope.ids(reference.role);
        let id = ids.get(reference.position as usize);
        let tensor = id.and_then(|&id| self.scope.program().tensor(id));
        tensor.map_or(0, |tensor| tensor.shape.len())
    }
}

/// A tensor, and the indices that are given for it.
struct Reference {
    role: Role,
    position: u32,
    indices: Vec<(Number, Range<usize>)>,
    span: Range<usize>,
}
