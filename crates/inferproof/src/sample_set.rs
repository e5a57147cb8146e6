//! Many samples as the program's integers: each input with the samples along its first axis, as data sets are committed and evaluated.

use crate::saturation::{Saturated, saturated_inputs};
use crate::values::ports;
use inferproof_onnx::{Sample, quantize_inputs};
use inferproof_program::{Program, Tensor};

/// Many samples.
#[derive(Clone, Debug, Default)]
pub struct SampleSet {
    /// How many.
    pub samples: u64,
    /// The program's integers of every input, of all samples.
    pub integers: Vec<Vec<i64>>,
    /// What had to be moved into the declared ranges, of all samples together.
    pub saturated: Vec<Saturated>,
}

/// A number that is no value of a tensor.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "{tensor}: sample {sample}: {value} is none of the integers from {low} to {high} that it may have, in units of 2^-{scale_log2}"
)]
pub struct NoValue {
    /// The tensor's name.
    pub tensor: String,
    /// Which sample.
    pub sample: usize,
    /// The number.
    pub value: f64,
    /// The least integer.
    pub low: i64,
    /// The greatest.
    pub high: i64,
    /// Of the unit.
    pub scale_log2: i32,
}

impl SampleSet {
    /// Of real numbers for all inputs of the program, sample by sample.
    #[must_use]
    pub fn new(program: &Program, samples: &[Sample]) -> Self {
        let mut set = Self {
            samples: samples.len() as u64,
            integers: vec![Vec::new(); program.inputs.len()],
            saturated: Vec::new(),
        };
        for sample in samples {
            let integers = quantize_inputs(program, sample);
            for (all, one) in set.integers.iter_mut().zip(integers) {
                all.extend(one);
            }
            for found in saturated_inputs(program, sample) {
                let same = set
                    .saturated
                    .iter_mut()
                    .find(|known| known.name == found.name);
                match same {
                    Some(known) => {
                        known.entries += found.entries;
                        known.total += found.total;
                        if found.farthest.abs() > known.farthest.abs() {
                            known.farthest = found.farthest;
                        }
                    }
                    None => set.saturated.push(found),
                }
            }
        }
        set
    }

    /// Of real numbers for one input alone; its integers are the only ones.
    #[must_use]
    pub fn of_input(program: &Program, place: usize, samples: Vec<Vec<f64>>) -> Self {
        let ports = ports(program, &program.inputs);
        // Zeros stand for the others, of which nothing is read.
        let zeros: Sample = ports
            .iter()
            .map(|port| vec![0.0; port.shape.iter().product()])
            .collect();
        let samples = samples.into_iter().map(|values| {
            let mut sample = zeros.clone();
            if let Some(slot) = sample.get_mut(place) {
                *slot = values;
            }
            sample
        });
        let mut set = Self::new(program, &samples.collect::<Vec<_>>());
        let name = ports.get(place).map(|port| port.name.as_str());
        set.saturated
            .retain(|found| name.is_some_and(|name| found.name == name));
        set.integers = set.integers.into_iter().skip(place).take(1).collect();
        set
    }
}

/// What is right of each sample, as integers of the tensor that it is compared in. Nothing is moved into the range: a label that the model does not
/// know is an error.
///
/// # Errors
/// The first number that is no value of the tensor.
pub fn right_integers(tensor: &Tensor, numbers: &[f64]) -> Result<Vec<i64>, NoValue> {
    let unit = 2f64.powi(tensor.scale_log2);
    let per_sample = tensor.shape.iter().skip(1).product::<usize>().max(1);
    let integers = numbers.iter().enumerate().map(|(place, &value)| {
        let integer = (value * unit).round();
        let is_exact = tensor.scale_log2 != 0 || integer == value;
        let fits = is_exact && integer >= tensor.low as f64 && integer <= tensor.high as f64;
        // In range, so that the conversion is exact.
        fits.then_some(integer as i64).ok_or_else(|| NoValue {
            tensor: tensor.name.clone(),
            sample: place / per_sample,
            value,
            low: tensor.low,
            high: tensor.high,
            scale_log2: tensor.scale_log2,
        })
    });
    integers.collect()
}
