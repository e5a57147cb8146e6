//! Tensors by name, and their indices.

use super::{Parser, RESERVED};
use crate::claim::{Comparison, Node};
use crate::number::Number;
use crate::quantity::Place;
use crate::token::Word;
use crate::{ClaimError, ClaimProblem, Role};
use std::ops::Range;

/// A tensor, and the indices that are given for it.
pub(super) struct Reference {
    role: Role,
    position: u32,
    indices: Vec<(Number, Range<usize>)>,
    pub span: Range<usize>,
}

impl Parser<'_> {
    /// A name and indices.
    pub(super) fn reference(&mut self) -> Result<Reference, ClaimError> {
        let start = self.span().start;
        let mut role = None;
        if let Word::Role(given) = self.peek() {
            role = Some(*given);
            self.at += 1;
        }
        let (Word::Plain(name) | Word::Quoted(name)) = self.peek() else {
            return Err(self.expected("the name of an input or output"));
        };
        if matches!(self.peek(), Word::Plain(name) if RESERVED.contains(&name.as_str())) {
            return Err(self.expected("the name of an input or output"));
        }
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
    pub(super) fn place(
        &self,
        reference: Reference,
        axes: Option<usize>,
    ) -> Result<Place, ClaimError> {
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
    pub(super) fn axes(&self, reference: &Reference) -> usize {
        let ids = self.scope.ids(reference.role);
        let id = ids.get(reference.position as usize);
        let tensor = id.and_then(|&id| self.scope.program().tensor(id));
        tensor.map_or(0, |tensor| tensor.shape.len())
    }

    /// What is in the parentheses of `missing`.
    pub(super) fn missing(&mut self, start: usize) -> Result<Vec<Node>, ClaimError> {
        let reference = self.reference()?;
        let axes = self.axes(&reference);
        let entry = self.place(reference, Some(axes))?;
        self.checked(Comparison::Missing { entry }, start..self.span().end)
    }
}
