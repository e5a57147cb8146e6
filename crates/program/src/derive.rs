//! Programs that are made of others: which tensors stand for which.

#[cfg(feature = "interpreter")]
use crate::{BoundWeights, RunError, Weights};
use crate::{
    Builder, Feed, Limit, Meaning, Op, Program, ProgramError, Tensor, TensorId, ValidProgram,
};
use std::collections::BTreeMap;

/// A program made of another one.
#[derive(Clone, Debug)]
pub struct Derived {
    /// The program that was made.
    pub program: ValidProgram,
    /// For tensors of the other program, those that stand for them.
    pub made: BTreeMap<TensorId, TensorId>,
}

/// Why a program cannot be made of another.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// The program that would be made is not allowed.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// There is no such tensor.
    #[error("there is no tensor {position}; the program has {tensors}")]
    Unknown {
        /// Its position.
        position: u32,
        /// How many there are.
        tensors: usize,
    },
    /// A boundary that cannot be one.
    #[error("tensor `{tensor}` cannot be {role} of a slice: {reason}")]
    Boundary {
        /// Its name.
        tensor: String,
        /// `an input` or `an output`.
        role: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// Something before the slice is read that it does not declare.
    #[error(
        "{reader} reads tensor `{tensor}`, which is made of the program's input `{input}` without passing an input of the slice; \
         declare `{tensor}` as an input of the slice as well"
    )]
    Skipped {
        /// The node, in the slice, that reads it.
        reader: String,
        /// What it reads.
        tensor: String,
        /// The input of the program, of which that is made.
        input: String,
    },
    /// An input of the slice that no output of it depends on.
    #[error("no output of the slice depends on its input `{tensor}`; leave it out")]
    Unread {
        /// Its name.
        tensor: String,
    },
}

impl Derived {
    /// The other program's weights, for this one. Arrays are shared, not copied.
    ///
    /// # Errors
    /// If these are not the weights of the program that this one was made of.
    #[cfg(feature = "interpreter")]
    pub fn bind(&self, weights: &BoundWeights) -> Result<BoundWeights, RunError> {
        let mut bound = Weights::new();
        for (from, to) in &self.made {
            let is_weight = self.program.node(*to).is_some_and(|n| n.op == Op::Weight);
            if let Some(array) = weights.get(*from).filter(|_| is_weight) {
                bound.insert(*to, array.clone());
            }
        }
        self.program.bind(bound)
    }
}

/// A program being made of another, tensor by tensor.
pub(crate) struct Deriving<'a> {
    pub builder: Builder,
    pub made: BTreeMap<TensorId, TensorId>,
    original: &'a Program,
}

impl<'a> Deriving<'a> {
    pub fn new(original: &'a Program) -> Self {
        Self {
            builder: Builder::new(),
            made: BTreeMap::new(),
            original,
        }
    }

    /// Says that a tensor, with its own shape, is otherwise described as one of the original.
    pub fn stands_for(
        &mut self,
        of: TensorId,
        id: TensorId,
        like: &Tensor,
    ) -> Result<(), ProgramError> {
        self.builder.describe(id, like)?;
        self.made.insert(of, id);
        Ok(())
    }

    /// Names those that stand for the original's tensors as outputs.
    pub fn outputs(&mut self, of: &[TensorId]) -> Result<(), ProgramError> {
        for id in of {
            let made = self.made.get(id).copied();
            self.builder.output(made.unwrap_or(TensorId(u32::MAX)));
        }
        Ok(())
    }

    /// With the limits, meanings and feeds of the original's tensors, where they are still true: an integer has its meaning where it goes in
    /// or comes out as it did, a limit is of what is computed here, and a feed has both its ends.
    pub fn finish(mut self) -> Result<Derived, ComposeError> {
        for limit in &self.original.limits {
            if let Some(&tensor) = self.made.get(&limit.tensor)
                && self.builder.node(tensor).is_some_and(|n| n.op != Op::Input)
            {
                self.builder.limit(Limit { tensor, ..*limit });
            }
        }
        let is_input = |program: &Program, id| program.node(id).is_some_and(|n| n.op == Op::Input);
        for meaning in &self.original.meanings {
            let Some(&tensor) = self.made.get(&meaning.tensor) else {
                continue;
            };
            let was_input = is_input(self.original, meaning.tensor);
            let is_port = match is_input(&self.builder, tensor) {
                true => was_input,
                false => !was_input && self.builder.outputs.contains(&tensor),
            };
            if is_port {
                self.builder.meaning(Meaning {
                    tensor,
                    ..meaning.clone()
                });
            }
        }
        for feed in &self.original.feeds {
            let Some((output, input)) = self.original.fed(*feed) else {
                continue;
            };
            let place = |of: TensorId, among: &[TensorId]| {
                let made = self.made.get(&of)?;
                among.iter().position(|id| id == made)
            };
            // An output that is an input of a slice is computed elsewhere, and is fed from there.
            let output = place(output, &self.builder.outputs);
            let input = place(input, &self.builder.inputs);
            if let (Some(output), Some(input)) = (output, input) {
                self.builder.feed(Feed { input, output });
            }
        }
        Ok(Derived {
            program: self.builder.finish()?,
            made: self.made,
        })
    }
}
