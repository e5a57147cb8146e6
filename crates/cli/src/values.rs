//! Inputs and outputs, between files, reals and the program's integers.

use crate::error::Error;
use crate::report::row;
use crate::shown::{Class, Shown};
use crate::source::{name, read_data};
use inferproof::{Entries, Port, Program, RunInput, Saturated, TensorId, ports};
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
    /// Of outputs that are distributions.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    classes: BTreeMap<String, Class>,
    #[serde(skip)]
    shown: Vec<Shown>,
}

impl Outputs {
    /// From the integers, in the program's order.
    pub fn new(program: &Program, integers: Vec<Vec<i64>>) -> Self {
        Self::shown(program, integers.into_iter().map(Some))
    }

    /// From the integers of those that are shown, in the program's order.
    pub fn shown(program: &Program, integers: impl IntoIterator<Item = Option<Vec<i64>>>) -> Self {
        let shown = shown(program, &program.outputs, integers);
        let (outputs, outputs_quantized) = by_name(&shown);
        let classes = shown
            .iter()
            .filter_map(|output| Some((output.name.clone(), output.class(&shown)?)));
        Self {
            outputs,
            outputs_quantized,
            classes: classes.collect(),
            shown,
        }
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
        let mut outputs = self.shown.iter();
        outputs.try_for_each(|output| row(f, "output", output.among(&self.shown)))
    }
}

/// The inputs that a proof shows, likewise.
#[derive(Debug, Default, Serialize)]
pub struct Inputs {
    inputs: BTreeMap<String, Entries>,
    inputs_quantized: BTreeMap<String, Vec<i64>>,
    #[serde(skip)]
    shown: Vec<Shown>,
}

impl Inputs {
    /// From the integers of those that are shown, in the program's order.
    pub fn shown(program: &Program, integers: impl IntoIterator<Item = Option<Vec<i64>>>) -> Self {
        let shown = shown(program, &program.inputs, integers);
        let (inputs, inputs_quantized) = by_name(&shown);
        Self {
            inputs,
            inputs_quantized,
            shown,
        }
    }
}

impl fmt::Display for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut inputs = self.shown.iter();
        inputs.try_for_each(|input| row(f, "input", input.among(&[])))
    }
}

fn shown(
    program: &Program,
    ids: &[TensorId],
    integers: impl IntoIterator<Item = Option<Vec<i64>>>,
) -> Vec<Shown> {
    let tensors = ids.iter().zip(integers);
    let tensors = tensors.filter_map(|(&id, integers)| Shown::new(program, id, integers?));
    tensors.collect()
}

type ByName = (BTreeMap<String, Entries>, BTreeMap<String, Vec<i64>>);

fn by_name(shown: &[Shown]) -> ByName {
    let named = |tensor: &Shown| tensor.name.clone();
    let entries = shown.iter().map(|t| (named(t), t.entries.clone()));
    let integers = shown.iter().map(|t| (named(t), t.integers.clone()));
    (entries.collect(), integers.collect())
}
