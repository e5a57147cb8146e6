//! Tables: rows are samples, columns are entries of inputs.

use super::entry::{Entry, Input, quoted};
use super::labels::LABEL;
use super::missing::{MAX_NAMES, missing};
use super::{fit, labels};
use crate::OnnxError;
use crate::import::Port;

/// Reads a table row by row.
pub struct Reader<'a> {
    file: &'a str,
    names: Vec<&'a str>,
    inputs: &'a [Input<'a>],
    /// For each input, the columns of its entries.
    columns: Vec<Vec<usize>>,
    label: Option<usize>,
    values: Vec<Vec<f64>>,
    labels: Vec<i64>,
    rows: usize,
}

/// What a table holds.
pub struct Content {
    /// For each input, the entries of all rows.
    pub values: Vec<Vec<f64>>,
    /// The right answers, if there is a column of them.
    pub labels: Option<Vec<i64>>,
}

impl<'a> Reader<'a> {
    /// Finds the columns of each input. If every input has one entry, its column has its name, and other columns are left aside. Else
    /// there is one input, and all columns (but `label`) are its entries in order, whatever they are called.
    pub fn new(
        file: &'a str,
        names: Vec<&'a str>,
        inputs: &'a [Input<'a>],
    ) -> Result<Self, OnnxError> {
        let position = |wanted: &str| names.iter().position(|name| *name == wanted);
        let is_input = inputs.iter().any(|input| input.port.name == LABEL);
        let label = if is_input { None } else { position(LABEL) };
        let by_name = |input: &Input<'_>| match position(&input.port.name) {
            None if input.port.is_fed => Some(vec![]),
            found => found.map(|column| vec![column]),
        };
        let scalars = inputs.iter().all(|input| input.volume() == 1);
        let named: Option<Vec<_>> = inputs.iter().map(by_name).collect();
        let columns = match (named, inputs) {
            (Some(named), _) if scalars => {
                check_unique(file, &names, inputs)?;
                named
            }
            (_, [only]) => vec![in_order(file, &names, label, only)?],
            _ if scalars => {
                let ports: Vec<Port> = inputs.iter().map(|input| input.port.clone()).collect();
                let absent = ports.iter().find(|port| position(&port.name).is_none());
                let absent = absent.map_or("", |port| port.name.as_str());
                return Err(missing(file, absent, &ports, names.iter().copied()));
            }
            _ => return Err(needs_arrays(file, inputs)),
        };
        Ok(Self {
            file,
            names,
            inputs,
            values: vec![Vec::new(); inputs.len()],
            columns,
            label,
            labels: Vec::new(),
            rows: 0,
        })
    }

    /// Reads a row, whose entries are asked for by column; of the label's column without an input.
    pub fn row<'e>(
        &mut self,
        place: &str,
        entry: impl Fn(usize, Option<&Input<'_>>) -> Option<Entry<'e>>,
    ) -> Result<(), OnnxError> {
        self.rows += 1;
        if let Some(first) = self.inputs.first() {
            fit::samples(self.file, first, self.rows)?;
        }
        let columns = self.inputs.iter().zip(&self.columns);
        for ((input, columns), values) in columns.zip(&mut self.values) {
            for &column in columns {
                let value = input.take(entry(column, Some(input)).unwrap_or(Entry::Missing));
                let value = value.map_err(|wrong| {
                    let place = placed(place, self.names.get(column));
                    wrong.at(self.file, &input.port.name, place)
                });
                values.push(value?);
            }
        }
        if let Some(column) = self.label {
            let label = labels::take(entry(column, None).unwrap_or(Entry::Missing));
            let place = || placed(place, self.names.get(column));
            self.labels
                .push(label.map_err(|wrong| wrong.at(self.file, LABEL, place()))?);
        }
        Ok(())
    }

    /// All that was read.
    pub fn finish(self) -> Result<Content, OnnxError> {
        if self.rows == 0 {
            return Err(OnnxError::File {
                file: self.file.into(),
                reason: "it has a header and no rows; each row is a sample".into(),
            });
        }
        Ok(Content {
            values: self.values,
            labels: self.label.map(|_| self.labels),
        })
    }
}

fn placed(row: &str, column: Option<&&str>) -> String {
    format!(
        "{row}, column {}",
        quoted(column.copied().unwrap_or_default())
    )
}

/// All columns but the label's.
fn in_order(
    file: &str,
    names: &[&str],
    label: Option<usize>,
    input: &Input<'_>,
) -> Result<Vec<usize>, OnnxError> {
    let columns: Vec<usize> = (0..names.len()).filter(|&c| Some(c) != label).collect();
    let expected = input.volume();
    if columns.len() == expected && expected > 0 {
        return Ok(columns);
    }
    let mut got = format!("{} columns", columns.len());
    if label.is_some() {
        got.push_str(" beside `label`, which holds right answers");
    }
    let first = names.first().copied().unwrap_or_default();
    if columns.len() == expected + 1 && (first.is_empty() || first == "Unnamed: 0") {
        got.push_str("; the first has no name: if it counts rows, save the table without it (`index=False` in pandas)");
    } else {
        let shown: Vec<String> = names.iter().take(MAX_NAMES).map(|n| quoted(n)).collect();
        let more = if names.len() > MAX_NAMES { ", .." } else { "" };
        got.push_str(&format!(" ({}{more})", shown.join(", ")));
    }
    Err(OnnxError::Shape {
        file: file.into(),
        tensor: input.port.name.clone(),
        expected: format!(
            "{expected} columns, one for each entry of shape {:?}, in order",
            input.port.shape
        ),
        got,
    })
}

/// Of two columns of one name, nobody knows which is meant.
fn check_unique(file: &str, names: &[&str], inputs: &[Input<'_>]) -> Result<(), OnnxError> {
    for input in inputs {
        let name = input.port.name.as_str();
        if names.iter().filter(|n| **n == name).count() > 1 {
            return Err(OnnxError::File {
                file: file.into(),
                reason: format!("two columns are called {}; keep one", quoted(name)),
            });
        }
    }
    Ok(())
}

fn needs_arrays(file: &str, inputs: &[Input<'_>]) -> OnnxError {
    let shapes = inputs.iter().map(|input| {
        let port = input.port;
        format!("`{}` {:?}", port.name, port.shape)
    });
    let shapes: Vec<String> = shapes.collect();
    OnnxError::File {
        file: file.into(),
        reason: format!(
            "a table fits one input, or inputs of one entry each; the model has {}: use an .npz file with an array for each, or JSON, `{{\"name\": [..], ..}}`",
            shapes.join(", ")
        ),
    }
}
