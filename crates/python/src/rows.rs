//! Any number of samples, made ready to be run.

use crate::arrays::{Given, allow};
use crate::errors::Failure;
use crate::work::Step;
use inferproof::{
    Entries, InputPlan, Port, Program, RunInput, Saturated, Trace, meant, saturated_nodes,
};
use numpy::{PyArray1, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyList;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use std::sync::Arc;

/// Samples as the program's integers.
#[pyclass(frozen, module = "inferproof._native")]
pub struct Rows(Arc<Vec<RunInput>>);

#[pymethods]
impl Rows {
    fn __len__(&self) -> usize {
        self.0.len()
    }
}

impl Rows {
    /// From what a caller gives for the inputs that are not in openings.
    pub fn read(given: Option<Given>, plan: &InputPlan<'_>) -> Result<Self, Failure> {
        let ports = plan.open();
        let rows = match given {
            None if ports.is_empty() => vec![plan.with(vec![])],
            None => return Err(missing(&ports)),
            Some(given) => {
                if let (Given::Named(named), committed) = (&given, plan.committed())
                    && let Some(twice) = committed.iter().find(|name| named.contains_key(*name))
                {
                    return Err(committed_before(twice));
                }
                if ports.is_empty() {
                    let committed = plan.committed();
                    return Err(committed_before(&committed.join("`, `")));
                }
                let samples = given.samples("input", None, &ports)?;
                let rows = samples.inputs.into_iter();
                rows.map(|sample| plan.with(sample)).collect()
            }
        };
        Ok(Self(Arc::new(rows)))
    }

    /// The only one.
    pub fn only(&self) -> Result<RunInput, Failure> {
        match self.0.as_slice() {
            [only] => Ok(only.clone()),
            several => Err(Failure::samples(several.len())),
        }
    }

    /// One of them.
    pub fn row(&self, row: usize) -> Result<RunInput, Failure> {
        let found = self.0.get(row).cloned();
        found.ok_or_else(|| Failure::samples(self.0.len()))
    }

    /// All of them.
    pub fn all(&self) -> Arc<Vec<RunInput>> {
        self.0.clone()
    }
}

fn missing(ports: &[Port]) -> Failure {
    let names: Vec<&str> = ports.iter().map(|p| p.name.as_str()).collect();
    let names = names.join(", ");
    Failure::Input {
        message: format!("input: nothing was given for {names}, which is not in an opening"),
        tensor: ports.first().map(|p| p.name.clone()),
        expected: Some(names),
        found: Some("nothing".into()),
    }
}

fn committed_before(name: &str) -> Failure {
    Failure::Input {
        message: format!(
            "input: `{name}` was committed before: its values are in the opening, so leave it out"
        ),
        tensor: Some(name.to_owned()),
        expected: Some("nothing".into()),
        found: Some("an array".into()),
    }
}

/// So many rows are run before it is asked whether to go on.
const CHUNK: usize = 32;

/// The outputs of many runs: for each output, the integers of all rows.
pub type Outputs = Vec<Vec<Vec<i64>>>;

/// Runs one row.
pub type RunOne<'a> = dyn Fn(&[Vec<i64>]) -> Result<Trace, Failure> + Sync + 'a;

/// Runs all rows, on all cores.
pub fn run_all(
    program: &Program,
    rows: &[RunInput],
    one: &RunOne<'_>,
    strict: bool,
    step: &mut Step<'_>,
) -> Result<(Outputs, Vec<Saturated>), Failure> {
    let mut outputs: Outputs = vec![Vec::with_capacity(rows.len()); program.outputs.len()];
    let mut saturated = Vec::new();
    for (chunk, inputs) in rows.chunks(CHUNK).enumerate() {
        if !step("running", chunk * CHUNK, rows.len()) {
            return Err(inferproof::Error::Interrupted.into());
        }
        let ran = inputs.par_iter().map(|input| {
            let trace = one(&input.integers)?;
            let mut cut = input.saturated.clone();
            cut.extend(saturated_nodes(program, &trace));
            Ok((trace.outputs(program), cut))
        });
        for (of_row, cut) in ran.collect::<Result<Vec<_>, Failure>>()? {
            for (all, one) in outputs.iter_mut().zip(of_row) {
                all.push(one);
            }
            cut.into_iter().for_each(|cut| add(&mut saturated, cut));
        }
    }
    // Also the rows in which nothing was cut off have these entries.
    for found in &mut saturated {
        found.total *= rows.len();
    }
    allow(&saturated, strict)?;
    Ok((outputs, saturated))
}

/// Adds what one row's run cut off to that of the rows before.
fn add(all: &mut Vec<Saturated>, cut: Saturated) {
    let same = |found: &&mut Saturated| found.place == cut.place && found.name == cut.name;
    let Some(found) = all.iter_mut().find(same) else {
        all.push(cut);
        return;
    };
    found.entries += cut.entries;
    let beyond = |value: f64| {
        let below = cut.low.map_or(f64::NEG_INFINITY, |low| low - value);
        below.max(cut.high.map_or(f64::NEG_INFINITY, |high| value - high))
    };
    if beyond(cut.farthest) > beyond(found.farthest) {
        found.farthest = cut.farthest;
    }
}

/// An output of all rows for Python: its name, the shape in one row, and what its integers mean, row after row.
pub type Stacked<'py> = (String, Vec<usize>, Bound<'py, PyAny>);

/// For Python.
pub fn stacked<'py>(
    py: Python<'py>,
    program: &Program,
    outputs: Outputs,
) -> PyResult<Vec<Stacked<'py>>> {
    let all = program.outputs.iter().zip(outputs);
    let all = all.filter_map(|(&id, rows)| Some((id, program.tensor(id)?, rows)));
    let all = all.map(|(id, tensor, rows)| {
        let (mut reals, mut texts) = (Vec::new(), Vec::new());
        for integers in rows {
            match meant(program, id, &integers) {
                Some(Entries::Numbers(numbers)) => reals.extend(numbers),
                Some(Entries::Texts(words)) => texts.extend(words),
                None => {}
            }
        }
        let means = match texts.is_empty() {
            true => PyArray1::from_vec(py, reals).to_dyn().clone().into_any(),
            false => PyList::new(py, texts)?.into_any(),
        };
        Ok((tensor.name.clone(), tensor.shape.clone(), means))
    });
    all.collect()
}
