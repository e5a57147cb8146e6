//! Nested lists as arrays.

use super::document::Value;
use crate::OnnxError;
use crate::data::array::place;
use crate::data::entry::{Entry, Input, Wrong};
use crate::data::fit;

/// All entries that a value holds for an input: a list nested as the input's shape says, with the freedoms of an array; or one flat list
/// of one sample or several, row-major.
pub fn entries(file: &str, input: &Input<'_>, value: &Value) -> Result<Vec<f64>, OnnxError> {
    let shape = shape(value);
    let each = input.volume();
    let samples = match shape[..] {
        // Flat.
        [length] if each > 0 && length > 0 && length.is_multiple_of(each) => {
            fit::samples(file, input, length / each)?
        }
        // A flat list for each sample.
        [count, length] if each > 0 && count > 0 && length == each => {
            fit::samples(file, input, count)?
        }
        _ => match fit::held(input, &shape) {
            Some(count) => fit::samples(file, input, count)?,
            None => return Err(mismatch(file, input, &shape)),
        },
    };
    let mut values = Vec::with_capacity(samples * each);
    gather(file, input, value, &shape, &shape, &mut values)?;
    Ok(values)
}

fn mismatch(file: &str, input: &Input<'_>, shape: &[usize]) -> OnnxError {
    OnnxError::Shape {
        file: file.into(),
        tensor: input.port.name.clone(),
        expected: format!(
            "a flat list of {} entries, or lists nested as shape {:?}, for each sample",
            input.volume(),
            input.port.shape
        ),
        got: match shape {
            [] => "a single entry".into(),
            [0] => "an empty list".into(),
            [length] => format!("a flat list of {length} entries"),
            _ => format!("lists nested as shape {shape:?}"),
        },
    }
}

/// The shape of nested lists, as their first members have it.
fn shape(value: &Value) -> Vec<usize> {
    let mut shape = Vec::new();
    let mut value = value;
    loop {
        match value {
            Value::Numbers(numbers) => {
                shape.push(numbers.len());
                return shape;
            }
            Value::List(members) => {
                shape.push(members.len());
                match members.first() {
                    Some(first) => value = first,
                    None => return shape,
                }
            }
            _ => return shape,
        }
    }
}

/// Appends entries in order; `rest` is the shape that this value has to have.
fn gather(
    file: &str,
    input: &Input<'_>,
    value: &Value,
    shape: &[usize],
    rest: &[usize],
    values: &mut Vec<f64>,
) -> Result<(), OnnxError> {
    let wrong =
        |wrong: Wrong, values: &[f64]| wrong.at(file, &input.port.name, place(shape, values.len()));
    match (value, rest) {
        (Value::Numbers(numbers), [length]) if numbers.len() == *length => {
            for &number in numbers {
                let taken = input.take(Entry::Number(number));
                values.push(taken.map_err(|e| wrong(e, values))?);
            }
            Ok(())
        }
        (Value::List(members), [length, rest @ ..]) if members.len() == *length => members
            .iter()
            .try_for_each(|member| gather(file, input, member, shape, rest, values)),
        (leaf, []) => {
            let taken = entry(leaf).and_then(|entry| input.take(entry));
            values.push(taken.map_err(|e| wrong(e, values))?);
            Ok(())
        }
        (Value::Numbers(_) | Value::List(_), _) => Err(OnnxError::Shape {
            file: file.into(),
            tensor: input.port.name.clone(),
            expected: "lists of one length at each depth".into(),
            got: format!("another one at {}", place(shape, values.len())),
        }),
        (_, _) => Err(wrong(
            Wrong::new("no list".into(), "a list, as its neighbours are"),
            values,
        )),
    }
}

/// What a value is that is no list.
pub fn entry(value: &Value) -> Result<Entry<'_>, Wrong> {
    match value {
        Value::Null => Ok(Entry::Missing),
        Value::Bool(value) => Ok((*value).into()),
        Value::Number(number) => Ok(Entry::Number(*number)),
        Value::Text(text) => Ok(Entry::Text(text)),
        Value::Numbers(_) | Value::List(_) => Err(Wrong::new("a list".into(), "a single entry")),
        Value::Object(_) => Err(Wrong::new(
            "an object".into(),
            "a single entry (of a table in pandas, `to_json(orient=\"records\")`)",
        )),
    }
}
