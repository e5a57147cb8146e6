//! What a file lacks, said with all that it has.

use super::entry::quoted;
use crate::OnnxError;
use crate::import::Port;

/// How many names of a file a message lists.
pub const MAX_NAMES: usize = 20;

/// Names of a model's inputs, for messages.
pub fn names(ports: &[Port]) -> String {
    let names: Vec<_> = ports.iter().map(|p| format!("`{}`", p.name)).collect();
    names.join(", ")
}

/// A tensor is missing from a file that has others.
pub fn missing<'a>(
    file: &str,
    tensor: &str,
    inputs: &[Port],
    found: impl Iterator<Item = &'a str>,
) -> OnnxError {
    // In an order of their own: that of an archive's directory is anybody's guess.
    let mut quoted: Vec<String> = found.map(quoted).collect();
    quoted.sort_unstable();
    let mut found = match quoted.get(..MAX_NAMES) {
        Some(first) if quoted.len() > MAX_NAMES => format!("{}, ..", first.join(", ")),
        _ => quoted.join(", "),
    };
    if found.is_empty() {
        found = "nothing".into();
    }
    OnnxError::MissingTensor {
        file: file.into(),
        tensor: tensor.into(),
        expected: names(inputs),
        found,
    }
}
