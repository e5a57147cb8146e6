//! Sums and products: what a comparison compares.

use super::{Parser, RESERVED, Said, What};
use crate::claim::MAX_DEPTH;
use crate::number::Number;
use crate::quantity::{Function, Quantity};
use crate::sum::Sum;
use crate::token::Word;
use crate::{ClaimError, ClaimProblem};

impl Parser<'_> {
    /// A sum; or a formula in parentheses, or what is said of a missing value.
    pub(super) fn addition(&mut self) -> Result<Said, ClaimError> {
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
}
