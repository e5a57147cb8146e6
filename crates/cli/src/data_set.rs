//! The tensors of a data set, from files: integers that everybody may see, commitments, or what opens them.

use crate::args::{MeasureArg, ScoreArgs};
use crate::error::Error;
use crate::source::{name, read, read_data};
use inferproof::{
    DataGiven, DataSetPort, DataTensor, Error as ModelError, ExecutionError, Kind, Measure, Port,
    SampleSet, Saturated, Score, Tensor, TensorCommitment, TensorOpening, ValidProgram, kind_of,
    ports, right_integers, scored_output,
};
use std::path::{Path, PathBuf};

/// The names of what an evaluation reads beside the model's inputs.
const FURTHER: [&str; 3] = ["labels", "targets", "groups"];

/// Integers of all samples.
pub struct Integers {
    pub samples: u64,
    pub integers: Vec<i64>,
    pub saturated: Vec<Saturated>,
}

/// What is counted, of an output that is named or the only one. `further` is the name of a tensor that is read for it, from which the measure follows.
pub fn score(
    program: &ValidProgram,
    args: &ScoreArgs,
    further: Option<&str>,
) -> Result<Score, Error> {
    let output = scored_output(program, args.output.as_deref());
    let output = output.map_err(|names| Error::WhichOutput(names.join(", ")))?;
    let measure = match (args.measure, further) {
        (MeasureArg::Accuracy, Some("targets")) | (MeasureArg::Error, _) => Measure::Error,
        (MeasureArg::Accuracy, _) => Measure::Accuracy,
        (MeasureArg::Confusion, _) => Measure::Confusion,
    };
    Ok(Score {
        measure,
        output,
        groups: args.groups,
    })
}

/// The tensor of a data set with this name.
pub fn port_named(
    program: &ValidProgram,
    args: &ScoreArgs,
    name: &str,
) -> Result<DataSetPort, Error> {
    let inputs = ports(program, &program.inputs);
    if let Some(place) = inputs.iter().position(|port| port.name == name) {
        return Ok(DataSetPort::Input { place });
    }
    let unknown = || {
        let names = inputs.iter().map(|port| port.name.as_str());
        let known: Vec<&str> = names.chain(FURTHER).collect();
        Error::WhichInput(known.join(", "))
    };
    if !FURTHER.contains(&name) {
        return Err(unknown());
    }
    let score = score(program, args, Some(name))?;
    let further = DataSetPort::further(program, score, name).map_err(not_counted)?;
    Ok(DataSetPort::Further {
        tensor: further.ok_or_else(unknown)?,
    })
}

/// All that an evaluation reads, in order.
pub fn all_ports(program: &ValidProgram, score: Score) -> Result<Vec<DataSetPort>, Error> {
    DataSetPort::all(program, score).map_err(not_counted)
}

fn not_counted(error: ExecutionError) -> Error {
    Error::Evaluation(error.to_string())
}

/// All samples of a data file, of one tensor.
pub fn read_integers(
    program: &ValidProgram,
    port: &DataSetPort,
    path: &Path,
) -> Result<Integers, Error> {
    let inputs = ports(program, &program.inputs);
    match port {
        DataSetPort::Input { place } => {
            let port = inputs.get(*place).cloned();
            let samples = read_data(path, port.as_slice())?.inputs.into_iter();
            let samples = samples.map(|sample| sample.into_iter().flatten().collect());
            let set = SampleSet::of_input(program, *place, samples.collect());
            Ok(Integers {
                samples: set.samples,
                integers: set.integers.into_iter().flatten().collect(),
                saturated: set.saturated,
            })
        }
        DataSetPort::Further { tensor } => {
            let numbers = right_numbers(path, &inputs, tensor)?;
            let per_sample: usize = tensor.shape.iter().skip(1).product();
            let integers = right_integers(tensor, &numbers);
            Ok(Integers {
                samples: (numbers.len() / per_sample.max(1)) as u64,
                integers: integers.map_err(|error| {
                    Error::Evaluation(format!("{}: {error}", name(path).display()))
                })?,
                saturated: Vec::new(),
            })
        }
    }
}

/// What is right of each sample: the array `label` of a file with the model's inputs, or a file with nothing else.
fn right_numbers(path: &Path, inputs: &[Port], tensor: &Tensor) -> Result<Vec<f64>, Error> {
    if tensor.name == "labels"
        && let Ok(samples) = read_data(path, inputs)
        && let Some(labels) = samples.labels
    {
        return Ok(labels.into_iter().map(|label| label as f64).collect());
    }
    let shape = tensor.shape.get(1..).unwrap_or_default().to_vec();
    let port = Port {
        name: tensor.name.clone(),
        shape: if shape.is_empty() { vec![1] } else { shape },
        categories: Vec::new(),
        may_be_missing: false,
        is_integral: tensor.scale_log2 == 0,
        is_fed: false,
    };
    let samples = read_data(path, &[port])?;
    Ok(samples.inputs.into_iter().flatten().flatten().collect())
}

/// What is given for a tensor of a data set.
pub enum Given {
    /// A data file: everybody may see it.
    Integers(Integers),
    Opening(TensorOpening),
    Commitment(TensorCommitment),
}

impl Given {
    /// From a file, or from what `commit` wrote under a name without its ending: what opens a commitment to prove, the commitment to verify.
    pub fn read(
        program: &ValidProgram,
        port: &DataSetPort,
        path: &Path,
        proves: bool,
    ) -> Result<Self, Error> {
        let path = existing(path, proves);
        let start = zeroize::Zeroizing::new(read(&path)?);
        Ok(match kind_of(&start) {
            Ok((Kind::Opening, _)) => {
                let opening = TensorOpening::decode(&start).map_err(ModelError::opening(&path));
                Self::Opening(opening?.0)
            }
            Ok((Kind::Commitment, _)) => {
                let decoded = TensorCommitment::decode(&start).map_err(ModelError::decode(&path));
                Self::Commitment(decoded?.0)
            }
            _ => Self::Integers(read_integers(program, port, &path)?),
        })
    }

    /// How many samples.
    pub fn samples(&self) -> u64 {
        let first = |shape: &[usize]| shape.first().map_or(0, |&samples| samples as u64);
        match self {
            Self::Integers(integers) => integers.samples,
            Self::Opening(opening) => first(&opening.commitment().shape),
            Self::Commitment(commitment) => first(&commitment.shape),
        }
    }

    /// For a prover, who needs what is behind a commitment.
    pub fn into_given(self, path: &Path) -> Result<DataGiven, Error> {
        Ok(match self {
            Self::Integers(integers) => DataGiven::Public(integers.integers),
            Self::Opening(opening) => DataGiven::Committed(opening),
            Self::Commitment(_) => {
                return Err(Error::Evaluation(format!(
                    "{}: a commitment does not tell what it holds; to prove, give what opens it",
                    path.display()
                )));
            }
        })
    }

    /// For a verifier.
    pub fn into_tensor(self) -> DataTensor {
        match self {
            Self::Integers(integers) => DataTensor::Public(integers.integers),
            Self::Opening(opening) => DataTensor::Committed(opening.commitment().clone()),
            Self::Commitment(commitment) => DataTensor::Committed(commitment),
        }
    }
}

/// The path, or that with the ending that `commit` gave it.
fn existing(path: &Path, proves: bool) -> PathBuf {
    if path.exists() {
        return path.to_owned();
    }
    let endings = match proves {
        true => ["opening", "commitment"],
        false => ["commitment", "opening"],
    };
    let named = |ending| crate::commands::commit::beside(path, ending);
    let mut found = endings.into_iter().map(named).filter(|path| path.exists());
    found.next().unwrap_or_else(|| path.to_owned())
}
