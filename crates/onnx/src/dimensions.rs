//! Values for dimensions that a model leaves open.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Lengths by the names of open dimensions: `batch=1,sequence=32`; `past=0` is an empty axis. A dimension without a name is called by its input and axis:
/// `image.0=1`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dimensions(BTreeMap<String, usize>);

impl Dimensions {
    /// The length given for a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<usize> {
        self.0.get(name).copied()
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Takes the lengths of others over.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }
}

/// What is wrong with `name=length,..`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not of the form NAME=LENGTH, with a length from 0 to 2^32 - 1")]
pub struct DimensionsError(String);

impl FromStr for Dimensions {
    type Err = DimensionsError;

    fn from_str(text: &str) -> Result<Self, DimensionsError> {
        let pairs = text.split(',').map(|pair| {
            let error = || DimensionsError(pair.to_owned());
            // The name may have any sign but a comma in it.
            let (name, length) = pair.rsplit_once('=').ok_or_else(error)?;
            let length: u32 = length.trim().parse().map_err(|_| error())?;
            let name = name.trim();
            if name.is_empty() {
                return Err(error());
            }
            Ok((name.to_owned(), length as usize))
        });
        Ok(Self(pairs.collect::<Result<_, _>>()?))
    }
}

impl fmt::Display for Dimensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<String> = self.0.iter().map(|(n, l)| format!("{n}={l}")).collect();
        f.write_str(&pairs.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_are_parsed() {
        let given: Dimensions = "batch=1, seq=len=32".parse().unwrap();
        assert_eq!(
            (given.get("batch"), given.get("seq=len")),
            (Some(1), Some(32))
        );
        assert_eq!(given.to_string(), "batch=1,seq=len=32");
        for wrong in ["batch", "batch=", "=3", "batch=-1", "a=1,,b=2"] {
            assert!(wrong.parse::<Dimensions>().is_err(), "{wrong}");
        }
    }
}
