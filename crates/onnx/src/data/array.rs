//! Arrays that a caller holds, by the names of a model's inputs.

use super::entry::{Entry, Input};
use super::missing::missing;
use super::samples::Samples;
use super::{fit, table};
use crate::OnnxError;
use crate::import::Port;
use serde::Serialize;
use std::collections::BTreeMap;

/// An array of numbers or strings.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// The lengths of its axes.
    pub shape: Vec<usize>,
    /// What it holds, row-major.
    pub entries: Entries,
}

/// The entries of an array.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Entries {
    /// Numbers; one that is missing is NaN.
    Numbers(Vec<f64>),
    /// Strings; one that is missing is `None`.
    Texts(Vec<Option<String>>),
}

impl Entries {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(numbers) => numbers.len(),
            Self::Texts(texts) => texts.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An entry of a column.
    pub(super) fn get(&self, position: usize) -> Option<Entry<'_>> {
        match self {
            Self::Numbers(numbers) => numbers.get(position).map(|&n| Entry::Number(n)),
            Self::Texts(texts) => {
                let text = texts.get(position)?.as_deref();
                Some(text.map_or(Entry::Missing, Entry::Text))
            }
        }
    }
}

/// An entry's place in an array, as numpy writes it.
pub fn place(shape: &[usize], position: usize) -> String {
    let mut rest = position;
    let mut index: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&length| {
            let along = rest % length.max(1);
            rest /= length.max(1);
            along
        })
        .collect();
    index.reverse();
    match &index[..] {
        [] => "its entry".into(),
        [one] => format!("entry {one}"),
        several => format!("entry {several:?}"),
    }
}

impl Samples {
    /// From arrays by the names of the model's inputs; the first axis of each may count samples. Errors name the arrays' `origin`.
    ///
    /// # Errors
    /// If an array is missing or does not fit its input, or there are not as many labels as samples.
    pub fn from_arrays(
        origin: &str,
        arrays: &BTreeMap<String, Array>,
        labels: Option<Vec<i64>>,
        inputs: &[Port],
    ) -> Result<Self, OnnxError> {
        let inputs: Vec<Input<'_>> = inputs.iter().map(Input::new).collect();
        let mut values = Vec::new();
        for input in &inputs {
            let name = &input.port.name;
            let Some(array) = arrays.get(name) else {
                if input.port.is_fed {
                    values.push(vec![]);
                    continue;
                }
                let ports: Vec<Port> = inputs.iter().map(|i| i.port.clone()).collect();
                return Err(missing(
                    origin,
                    name,
                    &ports,
                    arrays.keys().map(String::as_str),
                ));
            };
            values.push(array.values(origin, input)?);
        }
        Self::assembled(origin, &inputs, values, labels)
    }

    /// From the columns of a table, in order and by name: all entries of one input in order, or one column by the name of each input.
    /// A column `label` holds the right answers, if none are given. Errors name the table's `origin`.
    ///
    /// # Errors
    /// If the columns do not fit the inputs, or there are not as many labels as samples.
    pub fn from_table(
        origin: &str,
        columns: &[(String, Entries)],
        labels: Option<Vec<i64>>,
        inputs: &[Port],
    ) -> Result<Self, OnnxError> {
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let inputs: Vec<Input<'_>> = inputs.iter().map(Input::new).collect();
        let mut reader = table::Reader::new(origin, names, &inputs)?;
        for row in 0..columns.first().map_or(0, |(_, entries)| entries.len()) {
            let entry = |column: usize| {
                let (_, entries) = columns.get(column)?;
                entries.get(row)
            };
            reader.row(&format!("row {row}"), |column, _| entry(column))?;
        }
        let table = reader.finish()?;
        Self::assembled(origin, &inputs, table.values, labels.or(table.labels))
    }
}

impl Array {
    fn values(&self, origin: &str, input: &Input<'_>) -> Result<Vec<f64>, OnnxError> {
        let samples = fit::count(origin, input, &self.shape)?;
        if samples * input.volume() != self.entries.len() {
            let got = format!("{} entries of shape {:?}", self.entries.len(), self.shape);
            return Err(fit::mismatch(origin, input, got));
        }
        let entries = (0..self.entries.len()).filter_map(|position| {
            let value = input.take(self.entries.get(position)?);
            Some(value.map_err(|e| e.at(origin, &input.port.name, place(&self.shape, position))))
        });
        entries.collect()
    }
}
