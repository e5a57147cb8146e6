//! Inputs and outputs, between files, reals and the program's integers.

use crate::error::Error;
use crate::report::{Values, row};
use inferproof_onnx::{Port, dequantize_outputs, quantize_inputs, read_samples};
use inferproof_program::{Program, TensorId};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// The integer inputs of one sample of a data file.
pub fn read_input(program: &Program, path: &Path, sample: usize) -> Result<Vec<Vec<i64>>, Error> {
    let samples = read_samples(path, &ports(program, &program.inputs)).map_err(Error::data)?;
    let count = samples.inputs.len();
    let values = samples.inputs.get(sample).ok_or_else(|| Error::Sample {
        path: path.into(),
        sample,
        count,
    })?;
    Ok(quantize_inputs(program, values))
}

/// Names and shapes of a program's inputs or outputs.
pub fn ports(program: &Program, ids: &[TensorId]) -> Vec<Port> {
    let tensors = ids.iter().filter_map(|&id| program.tensor(id));
    tensors
        .map(|t| Port {
            name: t.name.clone(),
            shape: t.shape.clone(),
        })
        .collect()
}

/// A program's outputs by name, as reals and as integers.
#[derive(Debug, Default, Serialize)]
pub struct Outputs {
    outputs: BTreeMap<String, Vec<f64>>,
    outputs_quantized: BTreeMap<String, Vec<i64>>,
}

impl Outputs {
    /// From the integers, in the program's order.
    pub fn new(program: &Program, integers: Vec<Vec<i64>>) -> Self {
        let names = || ports(program, &program.outputs).into_iter().map(|p| p.name);
        let reals = dequantize_outputs(program, &integers);
        Self {
            outputs: names().zip(reals).collect(),
            outputs_quantized: names().zip(integers).collect(),
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
        for (name, values) in &self.outputs {
            row(f, "output", format_args!("{name}: {}", Values(values)))?;
        }
        Ok(())
    }
}

/// Compares shown with expected integers; the first difference in words.
pub fn difference(
    program: &Program,
    what: &str,
    ids: &[TensorId],
    shown: &[Vec<i64>],
    expected: &[Vec<i64>],
) -> Option<String> {
    for ((port, shown), expected) in ports(program, ids).iter().zip(shown).zip(expected) {
        let differs = |(s, e): &(&i64, &i64)| s != e;
        let count = shown.iter().zip(expected).filter(differs).count();
        if let Some(entry) = shown.iter().zip(expected).position(|pair| differs(&pair)) {
            let (shown, expected) = (shown.get(entry)?, expected.get(entry)?);
            let name = &port.name;
            return Some(format!(
                "{what} `{name}`: {count} entries differ from what the proof shows; entry {entry}: expected {expected}, the proof shows {shown} (quantized)"
            ));
        }
    }
    None
}
