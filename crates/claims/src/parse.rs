//! The parser.
//!
//! Formulas and sums share one grammar, by precedence, so that a parenthesis may hold either; what an operator is given is checked when it
//! is applied, and what is wrong is said with its place.

mod comparisons;
mod references;
mod sums;

use crate::claim::{Claim, Node, joined, not};
use crate::scope::Scope;
use crate::sum::Sum;
use crate::token::{RESERVED, Token, Word, words};
use crate::{ClaimError, ClaimProblem};
use std::ops::Range;

impl Claim {
    /// Reads a claim. `docs/concepts/claims.md` has the grammar.
    ///
    /// # Errors
    /// If it is no claim, if it speaks of what is not there, or if a comparison in it is the same for all values in the declared ranges; with
    /// the place in the text.
    pub fn parse(text: &str, scope: &Scope<'_>) -> Result<Self, ClaimError> {
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
        match claim.check(scope) {
            Ok(()) => Ok(claim),
            Err(e) => Err(ClaimError::at(e.problem().clone(), text, 0..text.len())),
        }
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
}
