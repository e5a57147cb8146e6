//! What a model scores on a data set: commitments to its samples, the proof, and the verification.

use crate::arrays::{Given, Numpy, Tensor, allow, saturations};
use crate::errors::Failure;
use crate::opening::Opening;
use crate::prover::Prover;
use crate::statements::lines;
use crate::verifier::Verifier;
use crate::work::run;
use inferproof::{
    Array, Curve, DataGiven, DataSet, DataSetPort, DataTensor, Entries, EvaluationStatement,
    ExecutionError, ExplainedClaim, Measure, SampleSet, Saturated, Score, TensorCommitment,
    TensorOpening, ValidProgram, data_set_of, hex, integer_of_text, ports, right_integers,
    scored_output, stage_done, sum_in_units,
};
use numpy::{PyArray1, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::collections::BTreeMap;

/// What is counted, as Python hands it over.
#[derive(FromPyObject)]
pub struct Counted {
    measure: String,
    /// Of which output, unless it is the only one.
    output: Option<String>,
    groups: Option<u32>,
}

/// What is said of it.
#[derive(FromPyObject)]
pub struct Scored {
    counted: Counted,
    claims: Vec<String>,
    show: bool,
    context: Vec<u8>,
}

/// What is given for one tensor of a data set.
pub enum Item {
    Array(Array),
    Opening(TensorOpening),
    /// The file of a commitment.
    Commitment(Vec<u8>),
}

impl<'py> FromPyObject<'_, 'py> for Item {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(opening) = object.extract::<PyRef<'py, Opening>>() {
            return Ok(Self::Opening(opening.opening.clone()));
        }
        if let Ok(bytes) = object.cast::<PyBytes>() {
            return Ok(Self::Commitment(bytes.as_bytes().to_vec()));
        }
        let Numpy(array) = object.extract()?;
        Ok(Self::Array(array))
    }
}

/// A data set as Python hands it over: all inputs of the model together, or each tensor by name.
#[derive(FromPyObject)]
pub struct Data {
    all: Option<Given>,
    each: BTreeMap<String, Item>,
}

/// A tensor of a data set.
enum Found {
    Integers(Vec<i64>),
    Opening(TensorOpening),
    Commitment(TensorCommitment),
}

/// A data set in the order of what an evaluation reads.
struct Samples {
    count: u64,
    tensors: Vec<Found>,
    saturated: Vec<Saturated>,
}

/// Sums, the proof's bytes, the data set's identifier, how many samples it has, what is claimed in integers, and what was cut off.
type Proven<'py> = (
    Vec<Tensor<'py>>,
    Bound<'py, PyBytes>,
    String,
    u64,
    Vec<(String, Vec<String>)>,
    String,
);

/// Why a proof is rejected; else the sums that it shows and in how many parts it was made; then as for a proof that was made.
type Judged<'py> = (
    Option<String>,
    Option<Vec<Tensor<'py>>>,
    usize,
    String,
    u64,
    Vec<(String, Vec<String>)>,
    String,
);

/// Commits to a tensor of a data set, outside of any proof; also what had to be moved into the declared range.
#[pyfunction]
pub fn commit_samples(
    py: Python<'_>,
    verifier: PyRef<'_, Verifier>,
    values: Item,
    name: String,
    counted: Option<Counted>,
    strict: bool,
) -> PyResult<(Opening, String)> {
    let verifier = verifier.verifier.clone();
    run(py, None, move |_| {
        let program = verifier.program();
        let score = counted.map(|counted| score(program, &counted));
        let score = score.transpose()?;
        let further = score.map(|score| DataSetPort::further(program, score, &name));
        let further = further.transpose().map_err(Failure::evaluation)?.flatten();
        let inputs = ports(program, &program.inputs);
        let place = inputs.iter().position(|port| port.name == name);
        let port = match (further, place) {
            (Some(tensor), _) => DataSetPort::Further { tensor },
            (None, Some(place)) => DataSetPort::Input { place },
            (None, None) => {
                let known = inputs.iter().map(|port| port.name.as_str());
                let known = known.collect::<Vec<_>>().join(", ");
                return Err(Failure::data(
                    &name,
                    &format!("the model has no such input; it has {known}"),
                ));
            }
        };
        let Item::Array(array) = values else {
            return Err(Failure::data(&name, "expected an array to commit to"));
        };
        let (count, integers, saturated) = integers(program, score, &port, &name, array)?;
        allow(&saturated, strict)?;
        let made = verifier.commit_samples(score, &name, count, integers);
        let made = made.map_err(Failure::opening)?;
        Ok((
            Opening::new(made, verifier.curve()),
            saturations(&saturated),
        ))
    })
}

/// Whether a proof is of what is expected to be said of the score on a data set.
#[pyfunction]
pub fn verify_accuracy<'py>(
    py: Python<'py>,
    verifier: PyRef<'py, Verifier>,
    proof: Vec<u8>,
    said: Scored,
    data: Data,
    strict: bool,
) -> PyResult<Judged<'py>> {
    let own = verifier.verifier.clone();
    let verifier = own.clone();
    let (verdict, said, id, count, claims, saturated) = run(py, None, move |_| {
        let program = verifier.program();
        let said = statement(program, said)?;
        let samples = samples(program, said.score, data, verifier.curve())?;
        allow(&samples.saturated, strict)?;
        let claims = claims(program, &said, samples.count)?;
        let tensors = samples.tensors.into_iter().map(|found| match found {
            Found::Integers(integers) => DataTensor::Public(integers),
            Found::Opening(opening) => DataTensor::Committed(opening.commitment().clone()),
            Found::Commitment(commitment) => DataTensor::Committed(commitment),
        });
        let data_set = DataSet {
            samples: samples.count,
            tensors: tensors.collect(),
        };
        let id = hex(&data_set.id(verifier.curve()));
        let verdict = verifier.verify_evaluation(&said, &data_set, &proof);
        let verdict = verdict.map_err(|rejection| rejection.to_string());
        Ok((verdict, said, id, samples.count, claims, samples.saturated))
    })?;
    let saturated = saturations(&saturated);
    Ok(match verdict {
        Err(reason) => (Some(reason), None, 0, id, count, claims, saturated),
        Ok((shown, parts)) => {
            let program = own.program();
            let shown = shown.map(|values| sums(py, program, &said, values));
            let shown = shown.transpose()?;
            (None, shown, parts, id, count, claims, saturated)
        }
    })
}

/// Proves what is said of the score on a data set, in parts of so many samples, or of as many as the memory allows.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "as Python hands them over")]
pub fn prove_accuracy<'py>(
    py: Python<'py>,
    prover: PyRef<'py, Prover>,
    said: Scored,
    data: Data,
    memory: u64,
    part: Option<u64>,
    strict: bool,
    listener: Option<Bound<'py, PyAny>>,
) -> PyResult<Proven<'py>> {
    let (own, curve) = (prover.prover.clone(), prover.curve);
    let prover = own.clone();
    let work = run(py, listener.as_ref(), move |step| {
        let program = prover.program();
        let said = statement(program, said)?;
        let samples = samples(program, said.score, data, curve)?;
        allow(&samples.saturated, strict)?;
        // A claim that is none is said before the long work.
        let claims = claims(program, &said, samples.count)?;
        let given = samples.tensors.into_iter().map(|found| match found {
            Found::Integers(integers) => Ok(DataGiven::Public(integers)),
            Found::Opening(opening) => Ok(DataGiven::Committed(opening)),
            Found::Commitment(_) => Err(Failure::data(
                "data",
                "a commitment does not tell what it holds; to prove, give what opens it",
            )),
        });
        let given = given.collect::<Result<Vec<_>, Failure>>()?;
        let id = hex(&data_set_of(samples.count, &given).id(curve));
        let part = part.unwrap_or_else(|| prover.samples_within(memory));
        let mut progress = |done: u64, of: u64, stage| {
            let (_, share) = stage_done(stage);
            let of_part = part.min(of.saturating_sub(done)) as f64 * share;
            step("proving", (done as f64 + of_part) as usize, of as usize)
        };
        let (values, proof) = prover.evaluate(&said, samples.count, &given, part, &mut progress)?;
        Ok((
            said,
            values,
            proof,
            id,
            samples.count,
            claims,
            samples.saturated,
        ))
    })?;
    let (said, values, proof, id, count, claims, saturated) = work;
    Ok((
        sums(py, own.program(), &said, values)?,
        PyBytes::new(py, &proof),
        id,
        count,
        claims,
        saturations(&saturated),
    ))
}

/// What is counted, of an output that is named or the only one.
fn score(program: &ValidProgram, counted: &Counted) -> Result<Score, Failure> {
    let measure = match counted.measure.as_str() {
        "accuracy" => Measure::Accuracy,
        "error" => Measure::Error,
        "confusion" => Measure::Confusion,
        other => {
            let expected = "\"accuracy\", \"error\" or \"confusion\"";
            return Err(Failure::Input {
                message: format!("measure: expected {expected}, found {other:?}"),
                tensor: None,
                expected: Some(expected.into()),
                found: Some(other.into()),
            });
        }
    };
    let output = scored_output(program, counted.output.as_deref());
    let output = output.map_err(|names| {
        let names = names.join(", ");
        Failure::Input {
            message: format!("output: say which output is scored: {names}"),
            tensor: counted.output.clone(),
            expected: Some(names),
            found: counted.output.clone(),
        }
    })?;
    Ok(Score {
        measure,
        output,
        groups: counted.groups,
    })
}

fn statement(program: &ValidProgram, said: Scored) -> Result<EvaluationStatement, Failure> {
    Ok(EvaluationStatement {
        score: score(program, &said.counted)?,
        claims: said.claims,
        shows_sums: said.show,
        context: said.context,
    })
}

/// What is claimed of the sums over so many samples, in integers.
fn claims(
    program: &ValidProgram,
    said: &EvaluationStatement,
    samples: u64,
) -> Result<Vec<(String, Vec<String>)>, Failure> {
    let explained = said.explained(program, samples);
    let explained = explained.map_err(|error| Failure::at("claims", "", error.into()))?;
    Ok(explained
        .into_iter()
        .map(|claim: ExplainedClaim| lines(claim))
        .collect())
}

/// A data set in the order of what an evaluation reads.
fn samples(
    program: &ValidProgram,
    score: Score,
    data: Data,
    curve: Curve,
) -> Result<Samples, Failure> {
    let inputs = ports(program, &program.inputs);
    let Data { all, mut each } = data;
    let mut set = match all {
        Some(given) => {
            let samples = given.samples("data", None, &inputs)?.inputs;
            Some(SampleSet::new(program, &samples))
        }
        None => None,
    };
    let mut found = Samples {
        count: 0,
        tensors: Vec::new(),
        saturated: Vec::new(),
    };
    if let Some(set) = &mut set {
        found.saturated.append(&mut set.saturated);
    }
    let mut from: Option<(u64, String)> = None;
    for port in DataSetPort::all(program, score).map_err(Failure::evaluation)? {
        let name = match &port {
            DataSetPort::Input { place } => inputs.get(*place).map(|port| port.name.clone()),
            DataSetPort::Further { tensor } => Some(tensor.name.clone()),
        };
        let name = name.unwrap_or_default();
        let (count, tensor) = match (&port, &mut set, each.remove(&name)) {
            (DataSetPort::Input { place }, Some(set), None) => {
                let integers = set.integers.get_mut(*place).map(std::mem::take);
                (set.samples, Found::Integers(integers.unwrap_or_default()))
            }
            (_, _, Some(item)) => {
                let (count, tensor, cut) = one(program, score, &port, &name, item, curve)?;
                found.saturated.extend(cut);
                (count, tensor)
            }
            (_, _, None) => return Err(Failure::data(&name, "nothing is given for it")),
        };
        match &from {
            Some((first, of)) if *first != count => {
                let reason = format!("it has {count} samples, but `{of}` has {first}");
                return Err(Failure::data(&name, &reason));
            }
            Some(_) => {}
            None => from = Some((count, name)),
        }
        found.tensors.push(tensor);
    }
    found.count = from.map_or(0, |(count, _)| count);
    match each.into_keys().next() {
        Some(name) => Err(Failure::data(
            &name,
            "neither the model nor what is counted reads it",
        )),
        None => Ok(found),
    }
}

/// One tensor of a data set, with how many samples it has and what was cut off.
fn one(
    program: &ValidProgram,
    score: Score,
    port: &DataSetPort,
    name: &str,
    item: Item,
    curve: Curve,
) -> Result<(u64, Found, Vec<Saturated>), Failure> {
    let first = |shape: &[usize]| shape.first().map_or(0, |&count| count as u64);
    Ok(match item {
        Item::Array(array) => {
            let (count, integers, cut) = integers(program, Some(score), port, name, array)?;
            (count, Found::Integers(integers), cut)
        }
        Item::Opening(opening) => (
            first(&opening.commitment().shape),
            Found::Opening(opening),
            Vec::new(),
        ),
        Item::Commitment(bytes) => {
            let (commitment, of) = TensorCommitment::decode(&bytes)
                .map_err(|error| Failure::data(name, &error.to_string()))?;
            if of != curve {
                let reason = "the commitment is on another curve than the model's key";
                return Err(Failure::data(name, reason));
            }
            (
                first(&commitment.shape),
                Found::Commitment(commitment),
                Vec::new(),
            )
        }
    })
}

/// The integers of all samples of a tensor, how many samples they are, and what was cut off.
fn integers(
    program: &ValidProgram,
    score: Option<Score>,
    port: &DataSetPort,
    name: &str,
    array: Array,
) -> Result<(u64, Vec<i64>, Vec<Saturated>), Failure> {
    match port {
        DataSetPort::Input { place } => {
            let inputs = ports(program, &program.inputs);
            let port = inputs.get(*place).map(std::slice::from_ref);
            let samples = Given::One(array).samples(name, None, port.unwrap_or_default())?;
            let samples = samples.inputs.into_iter();
            let samples = samples.map(|sample| sample.into_iter().flatten().collect());
            let set = SampleSet::of_input(program, *place, samples.collect());
            let integers = set.integers.into_iter().flatten().collect();
            Ok((set.samples, integers, set.saturated))
        }
        DataSetPort::Further { tensor } => {
            let shape = array.shape.clone();
            let integers = match (&array.entries, score) {
                (Entries::Numbers(numbers), _) => {
                    let integers = right_integers(tensor, numbers);
                    integers.map_err(|error| Failure::data(name, &error.to_string()))?
                }
                (Entries::Texts(texts), score) => {
                    let output = score.and_then(|score| usize::try_from(score.output).ok());
                    let output = output.and_then(|place| program.outputs.get(place).copied());
                    let integer = |text: &Option<String>| {
                        let found = integer_of_text(program, output?, text.as_deref()?);
                        found.filter(|_| name == "labels")
                    };
                    let integers = texts.iter().map(|text| {
                        integer(text).ok_or_else(|| {
                            let said = text.as_deref().unwrap_or("missing");
                            let reason = format!("{said:?} is nothing that the model can say; give numbers of classes");
                            Failure::data(name, &reason)
                        })
                    });
                    integers.collect::<Result<Vec<i64>, Failure>>()?
                }
            };
            let per_sample: usize = tensor.shape.iter().skip(1).product();
            let count = integers.len() / per_sample.max(1);
            // Axes of length 1 may be left out, others may not be taken for samples.
            let samples = shape.first().copied().unwrap_or(0);
            if samples != count || count * per_sample.max(1) != integers.len() {
                let reason = format!(
                    "expected a row of shape {:?} for each sample, found shape {shape:?}",
                    tensor.shape.get(1..).unwrap_or_default()
                );
                return Err(Failure::data(name, &reason));
            }
            Ok((count as u64, integers, Vec::new()))
        }
    }
}

/// What was counted, in its units.
fn sums<'py>(
    py: Python<'py>,
    program: &ValidProgram,
    said: &EvaluationStatement,
    values: Vec<Vec<i64>>,
) -> PyResult<Vec<Tensor<'py>>> {
    let tensors = said.sums(program).map_err(Failure::evaluation);
    let tensors = tensors.map_err(|failure| failure.raise(py))?;
    let named = tensors.into_iter().zip(values).map(|(tensor, integers)| {
        let reals = sum_in_units(&tensor, &integers);
        let shape = &tensor.shape[..];
        let reals = PyArray1::from_vec(py, reals).reshape(shape)?.into_any();
        let integers = PyArray1::from_vec(py, integers).reshape(shape)?;
        Ok((tensor.name, Some(reals), Some(integers)))
    });
    named.collect()
}

impl Failure {
    /// Nothing of this kind can be counted.
    fn evaluation(error: ExecutionError) -> Self {
        Self::at("measure", "", error.into())
    }

    /// A tensor of a data set does not fit.
    fn data(name: &str, reason: &str) -> Self {
        Self::Input {
            message: format!("`{name}`: {reason}"),
            tensor: Some(name.to_owned()),
            expected: None,
            found: None,
        }
    }
}
