//! The inputs and outputs of a model, as whoever uses it sees them.

use serde::Serialize;

/// An input or output of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Port {
    /// Its ONNX name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Of a tensor of strings: the integer `n` stands for `categories[n]`, and in an input `categories.len()` for every other string.
    /// Empty for a tensor of numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Whether the model takes missing values (NaN) for this input: everything that reads them says what it makes of one. The greatest
    /// integer of the program's input stands for them, and for nothing else.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub may_be_missing: bool,
    /// Whether its entries are integers or truth values, and not real numbers.
    #[serde(skip)]
    pub is_integral: bool,
    /// Of an input, whether an output of the run before is given to it, so that data may leave it out.
    #[serde(skip)]
    pub is_fed: bool,
}
