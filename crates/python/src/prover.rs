//! A model made ready to prove any number of inferences.

use crate::arrays::{Given, Tensor, allow, saturations, tensors};
use crate::errors::Failure;
use crate::model::Model;
use crate::opening::{Opening, by_name};
use crate::rows::{Rows, Stacked, run_all, stacked};
use crate::statements::{executed, of_model};
use crate::trust::Trust;
use crate::work::run;
use inferproof::{Curve, InputPlan, TensorOpening, ValidProgram, saturated_nodes, stage};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::Arc;

/// A model made ready to prove any number of inferences.
#[pyclass(frozen, module = "inferproof._native")]
pub struct Prover {
    pub prover: Arc<inferproof::Prover>,
    pub curve: Curve,
}

/// The outputs of a run, the proof's bytes, what opens its fresh commitments, and what was cut off.
type Proven<'py> = (
    Vec<Tensor<'py>>,
    Bound<'py, PyBytes>,
    Vec<(String, Opening)>,
    String,
);

#[pymethods]
impl Prover {
    #[new]
    fn new(py: Python<'_>, model: &Model, trust: Trust) -> PyResult<Self> {
        let model = model.model.clone();
        run(py, None, move |_| {
            Ok(Self {
                curve: model.key.curve,
                prover: Arc::new(model.prover_within(&trust.cache(), &trust.limits())?),
            })
        })
    }

    /// Samples made ready to be run and proven under a statement. What was committed before is in openings.
    fn rows(
        &self,
        py: Python<'_>,
        given: Option<Given>,
        statement: String,
        openings: Vec<PyRef<'_, Opening>>,
    ) -> PyResult<Rows> {
        let openings = opened(&openings);
        let (prover, curve) = (self.prover.clone(), self.curve);
        run(py, None, move |_| {
            let program = prover.program();
            let statement = of_model(&prover.statement(b""), program, &statement)?;
            let program = executed(program, &statement)?;
            let plan = InputPlan::new(&program, curve, &statement, &openings);
            Rows::read(given, &plan)
        })
    }

    /// The outputs for one sample, without a proof, and what was cut off.
    fn run<'py>(
        &self,
        py: Python<'py>,
        rows: &Rows,
        strict: bool,
    ) -> PyResult<(Vec<Tensor<'py>>, String)> {
        let prover = self.prover.clone();
        let input = rows.only().map_err(|failure| failure.raise(py))?;
        let (outputs, saturated) = run(py, None, move |_| {
            let program = prover.program();
            let trace = prover.run(&input.integers)?;
            let mut saturated = input.saturated;
            saturated.extend(saturated_nodes(program, &trace));
            allow(&saturated, strict)?;
            Ok((trace.outputs(program), saturated))
        })?;
        let program = self.prover.program();
        let outputs = outputs.into_iter().map(Some);
        let outputs = tensors(py, program, &program.outputs, outputs)?;
        Ok((outputs, saturations(&saturated)))
    }

    /// The outputs for all samples, without proofs, and what was cut off.
    fn predict<'py>(
        &self,
        py: Python<'py>,
        rows: &Rows,
        strict: bool,
        listener: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Vec<Stacked<'py>>, String)> {
        let prover = self.prover.clone();
        let rows = rows.all();
        let (outputs, saturated) = run(py, listener.as_ref(), move |step| {
            let one = |inputs: &[Vec<i64>]| Ok(prover.run(inputs)?);
            run_all(prover.program(), &rows, &one, strict, step)
        })?;
        let outputs = stacked(py, self.prover.program(), outputs)?;
        Ok((outputs, saturations(&saturated)))
    }

    /// Runs one sample, and proves what the statement says of it.
    #[expect(clippy::too_many_arguments, reason = "as Python hands them over")]
    fn prove<'py>(
        &self,
        py: Python<'py>,
        rows: &Rows,
        row: usize,
        statement: String,
        openings: Vec<PyRef<'py, Opening>>,
        strict: bool,
        listener: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Proven<'py>> {
        let openings = opened(&openings);
        let input = rows.row(row).map_err(|failure| failure.raise(py))?;
        let (prover, curve) = (self.prover.clone(), self.curve);
        let ((statement, made), saturated) = run(py, listener.as_ref(), move |step| {
            let program = prover.program();
            let statement = of_model(&prover.statement(b""), program, &statement)?;
            let program = executed(program, &statement)?;
            let trace = prover.run_of(&statement, &input.integers)?;
            let mut saturated = input.saturated;
            saturated.extend(saturated_nodes(&program, &trace));
            allow(&saturated, strict)?;
            let progress = &mut |reached| {
                let (doing, done, of) = stage(reached);
                step(doing, done, of)
            };
            let inputs = &input.integers;
            let made = prover.prove_run(&statement, inputs, trace, &openings, progress)?;
            Ok(((statement, made), saturated))
        })?;
        let program = executed(self.prover.program(), &statement);
        let program = program.map_err(|failure| failure.raise(py))?;
        let program: &ValidProgram = &program;
        let outputs = made.outputs.into_iter().map(Some);
        let outputs = tensors(py, program, &program.outputs, outputs)?;
        let proof = PyBytes::new(py, &made.proof);
        let fresh = by_name(program, made.openings, curve);
        Ok((outputs, proof, fresh, saturations(&saturated)))
    }
}

/// For a thread of its own.
fn opened(openings: &[PyRef<'_, Opening>]) -> Vec<TensorOpening> {
    let openings = openings.iter().map(|opening| opening.opening.clone());
    openings.collect()
}

impl Failure {
    /// Not one sample where one is proven.
    pub fn samples(count: usize) -> Self {
        Self::Input {
            message: format!(
                "input: {count} samples; one is run or proven here, several with predict or prove_batch"
            ),
            tensor: None,
            expected: Some("1 sample".into()),
            found: Some(format!("{count} samples")),
        }
    }
}
