//! What a claim reads: integers that are made of one tensor.

use crate::Role;
use serde::{Deserialize, Serialize};

/// An entry, or all entries under the first axes' indices.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Place {
    pub role: Role,
    /// In the program's list of inputs or outputs.
    pub position: u32,
    /// Of the first axes.
    pub index: Vec<u32>,
}

/// An integer made of a tensor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Quantity {
    pub of: Place,
    pub function: Function,
}

/// What is made of the entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Function {
    /// The one entry itself.
    Entry,
    /// The greatest.
    Max,
    /// The least.
    Min,
    /// The sum.
    Sum,
    /// The sum divided by how many they are.
    Mean,
    /// The first index, along the last axis, of the greatest.
    Argmax,
}

impl Function {
    /// All that are written as a function of a tensor.
    pub const NAMED: [Self; 5] = [Self::Max, Self::Min, Self::Sum, Self::Mean, Self::Argmax];

    pub fn name(self) -> &'static str {
        match self {
            Self::Entry => "",
            Self::Max => "max",
            Self::Min => "min",
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Argmax => "argmax",
        }
    }
}
