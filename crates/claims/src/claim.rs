//! The canonical value of a claim.

use crate::Role;
use crate::number::Number;
use crate::quantity::Place;
use crate::sum::Summand;
use serde::{Deserialize, Serialize};

/// The most comparisons in a claim; of a list, every member is one.
pub(crate) const MAX_COMPARISONS: usize = 256;
/// How deep `and`, `or`, `not` and parentheses may be nested.
pub(crate) const MAX_DEPTH: usize = 64;
/// The most summands in all comparisons together.
pub(crate) const MAX_SUMMANDS: usize = 1024;

/// A predicate over the inputs and outputs of a program.
///
/// What was read from bytes may be anything: [`Claim::check`] it against the program first. It speaks of tensors by their role and place, so that its
/// bytes do not depend on names.
// The formula is in postfix order: a decoder of it does not recurse, however it was made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Claim(pub(crate) Vec<Node>);

/// A step of a formula in postfix order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Node {
    Comparison(Comparison),
    /// Of the formula before.
    Not,
    /// Of so many formulas before.
    And(u32),
    /// Of so many formulas before.
    Or(u32),
}

/// What has no formula inside.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Comparison {
    /// A sum with a number.
    Relation {
        sum: Vec<Summand>,
        relation: Relation,
        number: Number,
    },
    /// `low <= sum <= high`.
    Range {
        sum: Vec<Summand>,
        low: Number,
        high: Number,
    },
    /// A sum is one of several numbers.
    Among {
        sum: Vec<Summand>,
        numbers: Vec<Number>,
    },
    /// An entry is one of these texts.
    Texts { entry: Place, texts: Vec<String> },
    /// An entry is a missing value.
    Missing { entry: Place },
}

/// How two numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Relation {
    Less,
    AtMost,
    Greater,
    AtLeast,
    Equal,
    Unequal,
}

impl Relation {
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::Equal => "==",
            Self::Unequal => "!=",
        }
    }

    /// The relation of the negated sides.
    pub fn flipped(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::AtMost => Self::AtLeast,
            Self::Greater => Self::Less,
            Self::AtLeast => Self::AtMost,
            Self::Equal | Self::Unequal => self,
        }
    }
}

impl Claim {
    /// The tensors that it reads: role, and place in the program's list of inputs or outputs.
    pub fn reads(&self) -> impl Iterator<Item = (Role, usize)> + '_ {
        let comparisons = self.0.iter().filter_map(|node| match node {
            Node::Comparison(comparison) => Some(comparison),
            Node::Not | Node::And(_) | Node::Or(_) => None,
        });
        let places = comparisons.flat_map(|comparison| {
            let summed = comparison.sum().iter().map(|summand| &summand.quantity.of);
            summed.chain(comparison.entry())
        });
        places.map(|place| {
            let position = usize::try_from(place.position).unwrap_or(usize::MAX);
            (place.role, position)
        })
    }
}

impl Comparison {
    /// What is summed; nothing of what speaks of texts and missing values.
    pub fn sum(&self) -> &[Summand] {
        match self {
            Self::Relation { sum, .. } | Self::Range { sum, .. } | Self::Among { sum, .. } => sum,
            Self::Texts { .. } | Self::Missing { .. } => &[],
        }
    }

    /// Of what speaks of texts and missing values, the entry.
    fn entry(&self) -> Option<&Place> {
        match self {
            Self::Texts { entry, .. } | Self::Missing { entry } => Some(entry),
            Self::Relation { .. } | Self::Range { .. } | Self::Among { .. } => None,
        }
    }

    /// How many comparisons it counts for.
    pub fn count(&self) -> usize {
        match self {
            Self::Relation { .. } | Self::Range { .. } | Self::Missing { .. } => 1,
            Self::Among { numbers, .. } => numbers.len(),
            Self::Texts { texts, .. } => texts.len(),
        }
    }
}

/// The formula that something does not hold. Twice is not at all.
pub(crate) fn not(mut formula: Vec<Node>) -> Vec<Node> {
    if formula.last() == Some(&Node::Not) {
        formula.pop();
    } else {
        formula.push(Node::Not);
    }
    formula
}

/// One formula of several by `and` or `or`; those of the same kind are merged.
pub(crate) fn joined(join: fn(u32) -> Node, formulas: Vec<Vec<Node>>) -> Vec<Node> {
    let mut whole = Vec::new();
    let mut members = 0u32;
    for mut formula in formulas {
        let inner = match (formula.last(), join(0)) {
            (Some(Node::And(inner)), Node::And(_)) | (Some(Node::Or(inner)), Node::Or(_)) => {
                Some(*inner)
            }
            _ => None,
        };
        if inner.is_some() {
            formula.pop();
        }
        members = members.saturating_add(inner.unwrap_or(1));
        whole.append(&mut formula);
    }
    if members != 1 {
        whole.push(join(members));
    }
    whole
}
