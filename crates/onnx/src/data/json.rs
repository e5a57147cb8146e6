//! JSON: `input_data` as EZKL has it, and objects by the names of the model's inputs.
//!
//! ```text
//! {"input_data": [[..], ..]}        a list for each input, flat or nested; of one sample or several
//! {"input_data": {"name": [..]}}    the same by name
//! {"name": [..], "other": [..]}     the same without `input_data`
//! [{"name": .., "other": ..}, ..]   an object for each sample
//! [[..], ..]                        the array of the only input
//! ```

mod document;
mod list;

use super::array::place;
use super::entry::{Entry, Input, Wrong};
use super::labels;
use super::labels::LABEL;
use super::missing::{missing, names};
use super::samples::Samples;
use crate::OnnxError;
use crate::import::Port;
use document::Value;

/// Reads samples from JSON.
pub fn samples(file: &str, bytes: &[u8], ports: &[Port]) -> Result<Samples, OnnxError> {
    let document = document::parse(bytes).map_err(|reason| OnnxError::File {
        file: file.into(),
        reason,
    })?;
    let inputs: Vec<Input<'_>> = ports.iter().map(Input::new).collect();
    let reader = Reader {
        file,
        ports,
        inputs: &inputs,
    };
    let is_an_input = ports.iter().any(|port| port.name == INPUT_DATA);
    let data = match document.get(INPUT_DATA) {
        Some(data) if !is_an_input => data,
        _ => &document,
    };
    let mut found = Found::default();
    found.values.resize_with(inputs.len(), Vec::new);
    found.lacking.resize(inputs.len(), false);
    match data {
        Value::Object(_) => reader.object(file, data, &mut found)?,
        Value::List(records) if is_list_of_objects(records) => {
            for (position, record) in records.iter().enumerate() {
                reader.object(&format!("{file}: object {position}"), record, &mut found)?;
            }
        }
        Value::List(_) | Value::Numbers(_) => reader.lists(data, &mut found)?,
        _ => {
            return Err(OnnxError::File {
                file: file.into(),
                reason: format!(
                    "expected `{{\"input_data\": [[..], ..]}}` with a list for each input of the model ({}), or an object with their names",
                    names(ports)
                ),
            });
        }
    }
    Samples::assembled(file, &inputs, found.values, found.labels)
}

/// The key under which EZKL's files have all inputs.
const INPUT_DATA: &str = "input_data";

fn is_list_of_objects(members: &[Value]) -> bool {
    matches!(members.first(), Some(Value::Object(_)))
}

/// What was read so far: all entries of each input, and the labels.
#[derive(Default)]
struct Found {
    values: Vec<Vec<f64>>,
    /// Whether a sample lacks the input, which an output of the one before gives it.
    lacking: Vec<bool>,
    labels: Option<Vec<i64>>,
}

struct Reader<'a> {
    file: &'a str,
    ports: &'a [Port],
    inputs: &'a [Input<'a>],
}

impl Reader<'_> {
    /// Values by the names of the inputs, of one sample or several. Other keys are left aside, but for the labels.
    fn object(&self, place: &str, object: &Value, found: &mut Found) -> Result<(), OnnxError> {
        let Value::Object(members) = object else {
            return Err(OnnxError::File {
                file: place.into(),
                reason: "expected an object, as the first of the list is one".into(),
            });
        };
        let slots = found.values.iter_mut().zip(&mut found.lacking);
        for (input, (values, lacking)) in self.inputs.iter().zip(slots) {
            let name = &input.port.name;
            let given = object.get(name);
            if input.port.is_fed && given.is_none() {
                *lacking = true;
                continue;
            }
            if *lacking {
                return Err(OnnxError::File {
                    file: place.into(),
                    reason: format!(
                        "it has `{name}`, which samples before it lack; give it to the first alone, or to all"
                    ),
                });
            }
            let Some(value) = given else {
                let keys = members.iter().map(|(key, _)| key.as_str());
                return Err(missing(place, name, self.ports, keys));
            };
            values.append(&mut list::entries(place, input, value)?);
        }
        let is_input = self.ports.iter().any(|port| port.name == LABEL);
        match object.get(LABEL).filter(|_| !is_input) {
            None => Ok(()),
            Some(value) => append_labels(found.labels.get_or_insert_default(), place, value),
        }
    }

    /// Lists without names: one for each input, or the array of the only input.
    fn lists(&self, data: &Value, found: &mut Found) -> Result<(), OnnxError> {
        let members = match data {
            Value::List(members) => &members[..],
            _ => &[],
        };
        let is_list = |value: &Value| matches!(value, Value::List(_) | Value::Numbers(_));
        let one_each = members.len() == self.inputs.len() && members.iter().all(is_list);
        match self.inputs {
            _ if one_each => {
                let lists = self.inputs.iter().zip(members);
                for ((input, list), values) in lists.zip(&mut found.values) {
                    values.append(&mut list::entries(self.file, input, list)?);
                }
                Ok(())
            }
            [only] => {
                let entries = list::entries(self.file, only, data)?;
                found.values = vec![entries];
                Ok(())
            }
            _ => Err(OnnxError::File {
                file: self.file.into(),
                reason: format!(
                    "expected a list for each input of the model ({}), got {}",
                    names(self.ports),
                    match data {
                        Value::Numbers(numbers) => format!("{} numbers", numbers.len()),
                        _ => format!("{} values", members.len()),
                    }
                ),
            }),
        }
    }
}

/// Labels of one sample or several.
fn append_labels(labels: &mut Vec<i64>, file: &str, value: &Value) -> Result<(), OnnxError> {
    let mut push = |entry: Result<Entry<'_>, Wrong>, shape: &[usize], position| {
        let label = entry.and_then(labels::take);
        labels.push(label.map_err(|e| e.at(file, LABEL, place(shape, position)))?);
        Ok(())
    };
    match value {
        Value::Numbers(numbers) => (0..).zip(numbers).try_for_each(|(position, &number)| {
            push(Ok(Entry::Number(number)), &[numbers.len()], position)
        }),
        Value::List(members) => (0..).zip(members).try_for_each(|(position, member)| {
            push(list::entry(member), &[members.len()], position)
        }),
        single => push(list::entry(single), &[], 0),
    }
}
