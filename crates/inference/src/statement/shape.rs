//! The shape of a statement: what its relations depend on.

use super::{Statement, Visibility};
use crate::execution::{Batch, Execution, Place};
use inferproof_claims::Claim;
use inferproof_program::Program;

/// How a tensor of a run enters the relations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    /// Its integers are known.
    Public,
    /// It is committed in the proof.
    Private,
    /// It was committed before, or is committed beside the proof.
    Committed {
        /// In rows of at most `2^row_bits` entries.
        row_bits: u32,
        /// Only these samples of what is committed are read.
        window: Option<Window>,
    },
}

/// Samples of a committed data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Window {
    /// The first.
    pub start: usize,
    /// How many samples are committed.
    pub total: usize,
}

/// What the relations of a statement depend on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StatementShape {
    pub execution: Execution,
    pub claims: Vec<Claim>,
    /// How each input enters the relations, in the order of the program that is run.
    pub inputs: Vec<Form>,
    /// How each output does.
    pub outputs: Vec<Form>,
}

impl StatementShape {
    /// Of the plain statement: the whole program, one sample, everything public, no claims.
    pub fn plain(program: &Program) -> Self {
        Self {
            execution: Execution::default(),
            claims: Vec::new(),
            inputs: vec![Form::Public; program.inputs.len()],
            outputs: vec![Form::Public; program.outputs.len()],
        }
    }

    /// Of a statement whose committed tensors, inputs first, lie in rows of these lengths.
    pub fn of(statement: &Statement, row_bits: impl IntoIterator<Item = u32>) -> Self {
        let window = statement.window();
        let mut row_bits = row_bits.into_iter();
        let mut form = |visibility| match visibility {
            Visibility::Public => Form::Public,
            Visibility::Private => Form::Private,
            Visibility::Commit | Visibility::Committed(_) => {
                let is_before = visibility != Visibility::Commit;
                Form::Committed {
                    row_bits: row_bits.next().unwrap_or(0),
                    window: window.filter(|_| is_before),
                }
            }
        };
        let inputs = statement
            .inputs
            .iter()
            .map(|l| form(l.visibility))
            .collect();
        let outputs = statement.outputs.iter().map(|l| form(l.visibility));
        Self {
            outputs: outputs.collect(),
            inputs,
            execution: statement.execution.clone(),
            claims: statement.claims.clone(),
        }
    }

    /// The longest rows of what was committed before.
    pub fn row_bits(&self) -> u32 {
        let forms = self.inputs.iter().chain(&self.outputs);
        let bits = forms.filter_map(|form| match form {
            Form::Committed { row_bits, .. } => Some(*row_bits),
            Form::Public | Form::Private => None,
        });
        bits.max().unwrap_or(0)
    }
}

impl Statement {
    /// Which samples of the commitments that it names are read: of those of a data set, the statement's.
    pub(crate) fn window(&self) -> Option<Window> {
        let Some(Batch {
            of: Some(Place { start, total, .. }),
            ..
        }) = self.execution.batch
        else {
            return None;
        };
        let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        Some(Window {
            start: number(start),
            total: number(total),
        })
    }
}
