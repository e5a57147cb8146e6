//! A JSON document as it is needed here: lists of numbers packed, keys in order and each once.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeSet;
use std::fmt;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    /// A list of numbers alone, which most of them are.
    Numbers(Vec<f64>),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

impl Value {
    /// Of an object.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Object(members) => members.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }
}

/// Reads a document; what is wrong is said with its place.
pub fn parse(bytes: &[u8]) -> Result<Value, String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|e| words(bytes, &e))
}

fn words(bytes: &[u8], error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let (line, column) = (error.line(), error.column());
    let place = format!("line {line}, column {column}");
    if std::str::from_utf8(bytes).is_err() {
        return "it is not UTF-8 text".into();
    }
    match error.classify() {
        Category::Eof => format!("it ends at {place}, in the middle: is it the whole file?"),
        Category::Data => format!("an object that ends at {place} has a key twice; keep one"),
        Category::Syntax | Category::Io => match is_not_finite(bytes, line, column) {
            true => format!(
                "NaN or infinity at {place}, which JSON does not have; write null for a missing value"
            ),
            false => format!("it is not JSON from {place} on"),
        },
    }
}

/// Whether Python's or JavaScript's words for what is not finite stand where reading stopped.
fn is_not_finite(bytes: &[u8], line: usize, column: usize) -> bool {
    let line = bytes.split(|&b| b == b'\n').nth(line.saturating_sub(1));
    let start = column.saturating_sub(2);
    let rest = line.and_then(|l| l.get(start..)).unwrap_or_default();
    let near = rest.get(..12).unwrap_or(rest);
    let holds = |word: &[u8]| near.windows(word.len()).any(|w| w == word);
    holds(b"NaN") || holds(b"nan") || holds(b"Infin")
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut numbers = Vec::new();
        let mut others = Vec::new();
        while let Some(value) = list.next_element()? {
            match value {
                Value::Number(number) if others.is_empty() => numbers.push(number),
                other => {
                    others.extend(numbers.drain(..).map(Value::Number));
                    others.push(other);
                }
            }
        }
        match others.is_empty() {
            true => Ok(Value::Numbers(numbers)),
            false => Ok(Value::List(others)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members: Vec<(String, Value)> = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        let keys: BTreeSet<&String> = members.iter().map(|(key, _)| key).collect();
        match keys.len() == members.len() {
            true => Ok(Value::Object(members)),
            false => Err(A::Error::custom("a key twice")),
        }
    }
}
