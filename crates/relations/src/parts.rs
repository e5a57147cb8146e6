//! What relations are made of: committed tensors, public ones, tables, lookups, contractions, linear claims.

use crate::{Layout, Table, bits_of};
use inferproof_view::View;
use serde::Serialize;

/// A tensor that terms can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Source {
    /// The constant one, of shape `[]`.
    One,
    /// A tensor of integers that the verifier knows.
    Public(usize),
    /// A committed tensor.
    Committed(usize),
    /// The output of a contraction. Operands of contractions may not read it.
    Contraction(usize),
    /// A public tensor of field elements.
    Constant(usize),
}

/// `coefficient * view(source)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Term {
    /// A small public factor.
    pub coefficient: i64,
    /// What is read.
    pub source: Source,
    /// How it is read; its target is the shape of whatever the term is part of.
    pub view: View,
}

/// Who committed to a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Origin {
    /// Committed before (the model): its row commitments are part of the statement.
    External,
    /// Committed in the proof.
    Fresh,
}

/// A committed tensor.
#[derive(Clone, Debug, Serialize)]
pub struct CommittedTensor {
    /// For messages only.
    pub name: String,
    /// Where its entries lie.
    pub layout: Layout,
    /// Who committed to it.
    pub origin: Origin,
}

/// Every index of `shape` gives a tuple, one entry for each column (a sum of terms), which must be in the table.
#[derive(Clone, Debug, Serialize)]
pub struct Lookup {
    /// For messages only.
    pub name: String,
    /// Index in [`Parts::tables`].
    pub table: usize,
    /// How many tuples, in axes.
    pub shape: Vec<usize>,
    /// As many as the table's arity.
    pub columns: Vec<Vec<Term>>,
}

/// `out[s, f, g] = sum_k left[s, f, k] * right[s, g, k]`, over axes of any number.
#[derive(Clone, Debug, Serialize)]
pub struct Contraction {
    /// For messages only.
    pub name: String,
    /// The first operand, of shape `[shared, left_free, contracted]`.
    pub left: Vec<Term>,
    /// The second operand, of shape `[shared, right_free, contracted]`.
    pub right: Vec<Term>,
    /// Axes that both operands and the output have.
    pub shared: Vec<usize>,
    /// Axes of the left operand and the output.
    pub left_free: Vec<usize>,
    /// Axes of the right operand and the output.
    pub right_free: Vec<usize>,
    /// Axes that are summed over.
    pub contracted: Vec<usize>,
}

impl Contraction {
    /// Whether claims made through `view` factor over shared, left free and right free axes, as the contraction sumcheck
    /// needs. Where they do not, the output has to be committed.
    #[must_use]
    pub fn factors_through(&self, view: &View) -> bool {
        let mut ends = vec![0];
        for count in view.groups() {
            ends.push(ends.last().copied().unwrap_or(0) + count);
        }
        let free = self.shared.len() + self.left_free.len();
        ends.contains(&self.shared.len()) && ends.contains(&free)
    }

    /// The shape of the left operand.
    #[must_use]
    pub fn left_shape(&self) -> Vec<usize> {
        [&self.shared[..], &self.left_free, &self.contracted].concat()
    }

    /// The shape of the right operand.
    #[must_use]
    pub fn right_shape(&self) -> Vec<usize> {
        [&self.shared[..], &self.right_free, &self.contracted].concat()
    }

    /// The shape of the output.
    #[must_use]
    pub fn output_shape(&self) -> Vec<usize> {
        [&self.shared[..], &self.left_free, &self.right_free].concat()
    }

    /// The variables of its sumcheck: bits of the shared, then of the contracted axes.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.shared
            .iter()
            .chain(&self.contracted)
            .map(|&n| bits_of(n))
            .sum()
    }
}

/// A sum of terms that is zero at every index of `shape`.
#[derive(Clone, Debug, Serialize)]
pub struct Linear {
    /// For messages only.
    pub name: String,
    /// The shape of every term.
    pub shape: Vec<usize>,
    /// The summands.
    pub terms: Vec<Term>,
}

/// What relations are made of.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Parts {
    /// Rows have `2^c` entries.
    pub c: u32,
    /// Committed tensors. [`Relations::new`](crate::Relations::new) adds the multiplicities of every table behind them.
    pub tensors: Vec<CommittedTensor>,
    /// Shapes of the public tensors.
    pub publics: Vec<Vec<usize>>,
    /// Tables, each with a tag of its own.
    pub tables: Vec<Table>,
    /// Lookups into them.
    pub lookups: Vec<Lookup>,
    /// Products.
    pub contractions: Vec<Contraction>,
    /// Linear claims.
    pub linears: Vec<Linear>,
    /// What is not made of small integers.
    #[serde(skip_serializing_if = "FieldParts::is_empty")]
    pub field: FieldParts,
}

impl Parts {
    /// Index of the multiplicity tensor of a table, once they stand behind the others.
    #[must_use]
    pub fn multiplicities(&self, table: usize) -> usize {
        self.tensors.len().saturating_sub(self.tables.len()) + table
    }
}

/// Tensors of field elements: full-size scalars without a range, of which only products entry by entry, linear claims and unscaled
/// range lookups make sense ([`Relations::new`](crate::Relations::new) refuses any other reader).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FieldParts {
    /// Which of the committed tensors hold field elements, in ascending order.
    pub tensors: Vec<usize>,
    /// Public tensors of field elements. They are part of the relations: another root, say, makes other relations.
    pub constants: Vec<Constant>,
}

impl FieldParts {
    /// Whether all is made of small integers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tensors.is_empty() && self.constants.is_empty()
    }
}

/// A public tensor of field elements.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Constant {
    /// The logical shape.
    pub shape: Vec<usize>,
    /// Row-major; 32 bytes each, little-endian. Who knows the field refuses what is not below its order.
    pub values: Vec<[u8; 32]>,
}
