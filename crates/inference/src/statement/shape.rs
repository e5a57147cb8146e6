//! The shape of a statement: what its relations depend on.

use super::{Statement, Visibility};

/// How a tensor of a run enters the relations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    /// Its integers are known.
    Public,
    /// It is committed in the proof.
    Private,
    /// It was committed before, in rows of at most `2^row_bits` entries.
    Committed { row_bits: u32 },
}

/// How each input and output enters the relations, in the program's order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StatementShape {
    pub inputs: Vec<Form>,
    pub outputs: Vec<Form>,
}

impl StatementShape {
    /// Everything is public.
    pub fn plain(inputs: usize, outputs: usize) -> Self {
        Self {
            inputs: vec![Form::Public; inputs],
            outputs: vec![Form::Public; outputs],
        }
    }

    /// Of a statement whose committed tensors, inputs first, lie in rows of these lengths.
    pub fn of(statement: &Statement, row_bits: impl IntoIterator<Item = u32>) -> Self {
        let mut row_bits = row_bits.into_iter();
        let mut form = |visibility| match visibility {
            Visibility::Public => Form::Public,
            Visibility::Private => Form::Private,
            Visibility::Commit | Visibility::Committed(_) => Form::Committed {
                row_bits: row_bits.next().unwrap_or(0),
            },
        };
        let inputs = statement
            .inputs
            .iter()
            .map(|l| form(l.visibility))
            .collect();
        let outputs = statement.outputs.iter().map(|l| form(l.visibility));
        Self {
            inputs,
            outputs: outputs.collect(),
        }
    }
}
