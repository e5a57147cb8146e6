//! Inputs and outputs, between files, reals and the program's integers.

use crate::error::Error;
use crate::report::{Values, row};
use crate::source::{name, read_data};
use inferproof::{Entries, Port, Program, RunInput, Saturated, meant, ports};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// Reads one sample of a data file.
pub fn read_input(program: &Program, path: &Path, sample: usize) -> Result<RunInput, Error> {
    let values = read_sample(path, sample, &ports(program, &program.inputs))?;
    Ok(RunInput::new(program, &values))
}

/// Reads one sample of a data file with these tensors.
pub fn read_sample(path: &Path, sample: usize, ports: &[Port]) -> Result<Vec<Vec<f64>>, Error> {
    let samples = read_data(path, ports)?;
    let count = samples.inputs.len();
    let values = samples.inputs.into_iter().nth(sample);
    values.ok_or_else(|| Error::Sample {
        path: name(path),
        sample,
        count,
    })
}

/// Refuses what was cut off, if that was asked for.
pub fn allow(saturated: &[Saturated], strict: bool) -> Result<(), Error> {
    match strict && !saturated.is_empty() {
        true => Err(Error::Strict(
            saturated.iter().map(Saturated::to_string).collect(),
        )),
        false => Ok(()),
    }
}

/// A program's outputs by name, as what they mean (real numbers or strings) and as integers.
#[derive(Debug, Default, Serialize)]
pub struct Outputs {
    outputs: BTreeMap<String, Entries>,
    outputs_quantized: BTreeMap<String, Vec<i64>>,
}

impl Outputs {
    /// From the integers, in the program's order.
    pub fn new(program: &Program, integers: Vec<Vec<i64>>) -> Self {
        Self::shown(program, integers.into_iter().map(Some))
    }

    /// From the integers of those that are shown, in the program's order.
    pub fn shown(program: &Program, integers: impl IntoIterator<Item = Option<Vec<i64>>>) -> Self {
        let mut all = Self::default();
        for (&id, integers) in program.outputs.iter().zip(integers) {
            let (Some(tensor), Some(integers)) = (program.tensor(id), integers) else {
                continue;
            };
            if let Some(meaning) = meant(program, id, &integers) {
                all.outputs.insert(tensor.name.clone(), meaning);
            }
            all.outputs_quantized.insert(tensor.name.clone(), integers);
        }
        all
    }

    /// The position of the greatest entry of the only output, if there is one output with several entries.
    pub fn answer(&self) -> Option<usize> {
        let mut all = self.outputs_quantized.values();
        let (Some(only), None) = (all.next(), all.next()) else {
            return None;
        };
        let greatest = only.iter().max().filter(|_| only.len() > 1)?;
        only.iter().position(|v| v == greatest)
    }
}

impl fmt::Display for Outputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, entries) in &self.outputs {
            match entries {
                Entries::Numbers(values) => {
                    row(f, "output", format_args!("{name}: {}", Values(values)))?;
                }
                Entries::Texts(texts) => {
                    let texts = texts.iter().map(|text| match text {
                        Some(text) => format!("{text:?}"),
                        None => "another string".into(),
                    });
                    let texts: Vec<String> = texts.collect();
                    row(f, "output", format_args!("{name}: {}", texts.join(", ")))?;
                }
            }
        }
        Ok(())
    }
}
