//! What an input of a model makes of one entry of a data file.

use crate::OnnxError;
use crate::import::Port;
use std::collections::BTreeMap;

/// The integers of an input are below it: more bits than these are not committed to as they are.
const GREATEST: f64 = (1u64 << 32) as f64;

/// One entry, as a file has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Entry<'a> {
    Number(f64),
    Text(&'a str),
    Missing,
}

impl From<bool> for Entry<'_> {
    fn from(value: bool) -> Self {
        Self::Number(value.into())
    }
}

/// An entry that an input cannot take: what it is, and what was expected.
#[derive(Debug, PartialEq)]
pub struct Wrong {
    value: String,
    expected: &'static str,
}

impl Wrong {
    pub fn new(value: String, expected: &'static str) -> Self {
        Self { value, expected }
    }

    /// With the place where it stands.
    pub fn at(self, file: &str, tensor: &str, place: String) -> OnnxError {
        OnnxError::Value {
            file: file.into(),
            tensor: tensor.into(),
            place,
            value: self.value,
            expected: self.expected.into(),
        }
    }
}

/// An input, and where to find the integers of its strings.
pub struct Input<'a> {
    pub port: &'a Port,
    codes: BTreeMap<&'a str, f64>,
}

impl<'a> Input<'a> {
    pub fn new(port: &'a Port) -> Self {
        let categories = port.categories.iter().map(String::as_str);
        let codes = categories
            .enumerate()
            .map(|(code, text)| (text, code as f64));
        Self {
            port,
            codes: codes.collect(),
        }
    }

    /// Whether it takes strings.
    pub fn is_text(&self) -> bool {
        !self.codes.is_empty()
    }

    /// How many entries one sample has.
    pub fn volume(&self) -> usize {
        inferproof_view::volume(&self.port.shape).unwrap_or(0)
    }

    /// The number that stands for an entry.
    pub fn take(&self, entry: Entry<'_>) -> Result<f64, Wrong> {
        match entry {
            Entry::Text(text) if self.is_text() => match self.codes.get(text) {
                Some(&code) => Ok(code),
                None => Ok(self.codes.len() as f64),
            },
            Entry::Number(number) if self.is_text() => Err(Wrong::new(
                number.to_string(),
                "a string, which is what the model takes here",
            )),
            Entry::Missing if self.is_text() => Err(Wrong::new(
                "missing".into(),
                "a string; the model takes no missing ones, so fill it in as its training did",
            )),
            Entry::Text(text) => Err(Wrong::new(quoted(text), "a number")),
            Entry::Missing => self.number(f64::NAN),
            Entry::Number(number) => self.number(number),
        }
    }

    fn number(&self, number: f64) -> Result<f64, Wrong> {
        if self.port.is_integral && number.is_finite() && number.fract() == 0.0 {
            return match number.abs() < GREATEST {
                true => Ok(number),
                false => Err(Wrong::new(
                    number.to_string(),
                    "an integer of at most 32 bits; scale it or split it in two before it goes in",
                )),
            };
        }
        // Models compute in single precision.
        let narrow = number as f32;
        if narrow.is_finite() || narrow.is_nan() && self.port.may_be_missing {
            return Ok(narrow.into());
        }
        if number.is_nan() {
            return Err(Wrong::new(
                "NaN".into(),
                "a finite number; the model takes no missing values here, so fill it in as its training did",
            ));
        }
        let expected = match number.is_finite() {
            true => "a finite number, within what 32 bits hold",
            false => "a finite number",
        };
        Err(Wrong::new(format!("{number:e}"), expected))
    }
}

/// A string of a file as a message shows it: on one line, and not too long.
pub fn quoted(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut shown: String = text
        .chars()
        .take(LONGEST)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push_str("..");
    }
    format!("`{shown}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_their_positions_and_unknown_ones_come_after_them() {
        let port = Port {
            categories: vec!["b".into(), "a".into(), String::new()],
            ..Port::default()
        };
        let input = Input::new(&port);
        let codes =
            ["b", "a", "", "c", "A", " a"].map(|text| input.take(Entry::Text(text)).unwrap());
        assert_eq!(codes, [0.0, 1.0, 2.0, 3.0, 3.0, 3.0]);
        assert!(input.take(Entry::Number(0.0)).is_err());
        assert!(input.take(Entry::Missing).is_err());
    }

    #[test]
    fn numbers_are_finite_and_missing_only_where_the_model_says_so() {
        let plain = Port::default();
        let counts = Port {
            is_integral: true,
            ..Port::default()
        };
        for exact in [16_777_217.0, -1e9 - 1.0, 3e9] {
            assert_eq!(Input::new(&counts).take(Entry::Number(exact)), Ok(exact));
        }
        for other in [4_294_967_296.0, -1e17] {
            assert!(Input::new(&counts).take(Entry::Number(other)).is_err());
        }
        let lenient = Port {
            may_be_missing: true,
            ..Port::default()
        };
        let (plain, lenient) = (Input::new(&plain), Input::new(&lenient));
        assert_eq!(plain.take(Entry::Number(1.5)), Ok(1.5));
        assert_eq!(plain.take(true.into()), Ok(1.0));
        assert!(lenient.take(Entry::Missing).unwrap().is_nan());
        assert!(lenient.take(Entry::Number(f64::NAN)).unwrap().is_nan());
        for (input, entry) in [
            (&plain, Entry::Missing),
            (&plain, Entry::Number(f64::NAN)),
            (&plain, Entry::Text("1")),
            (&lenient, Entry::Number(f64::INFINITY)),
            (&lenient, Entry::Number(1e39)),
        ] {
            assert!(input.take(entry).is_err(), "{entry:?}");
        }
    }

    #[test]
    fn long_and_odd_strings_are_shown_short_and_on_one_line() {
        assert_eq!(quoted("a\nb"), "`a\\nb`");
        assert_eq!(quoted(&"x".repeat(50)), format!("`{}..`", "x".repeat(40)));
    }
}
