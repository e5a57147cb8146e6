//! A model made ready to prove any number of inferences.

use crate::arrays::{Given, Tensor, allow, saturations, tensors};
use crate::model::Model;
use crate::work::run;
use inferproof::{Cache, saturated_nodes, stage};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::Arc;

/// A model made ready to prove any number of inferences.
#[pyclass(frozen, module = "inferproof._native")]
pub struct Prover(Arc<inferproof::Prover>);

#[pymethods]
impl Prover {
    #[new]
    fn new(py: Python<'_>, model: &Model) -> PyResult<Self> {
        let model = model.model.clone();
        run(py, None, move |_| {
            let key = model.key.decode()?;
            let secret = model.secret(&key, &Cache::of_user())?;
            Ok(Self(Arc::new(inferproof::Prover::new(key, secret)?)))
        })
    }

    /// The outputs, without a proof, and what was cut off.
    fn run<'py>(
        &self,
        py: Python<'py>,
        input: Given,
        strict: bool,
    ) -> PyResult<(Vec<Tensor<'py>>, String)> {
        let prover = self.0.clone();
        let (outputs, saturated) = run(py, None, move |_| {
            let program = prover.program();
            let input = input.input("input", program)?;
            let trace = prover.run(&input.integers)?;
            let mut saturated = input.saturated;
            saturated.extend(saturated_nodes(program, &trace));
            allow(&saturated, strict)?;
            Ok((trace.outputs(program), saturated))
        })?;
        let program = self.0.program();
        let outputs = tensors(py, program, &program.outputs, outputs)?;
        Ok((outputs, saturations(&saturated)))
    }

    /// The outputs, the proof's bytes, and what was cut off.
    fn prove<'py>(
        &self,
        py: Python<'py>,
        input: Given,
        context: Vec<u8>,
        strict: bool,
        listener: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Vec<Tensor<'py>>, Bound<'py, PyBytes>, String)> {
        let prover = self.0.clone();
        let (outputs, proof, saturated) = run(py, listener.as_ref(), move |step| {
            let program = prover.program();
            let input = input.input("input", program)?;
            let trace = prover.run(&input.integers)?;
            let mut saturated = input.saturated;
            saturated.extend(saturated_nodes(program, &trace));
            allow(&saturated, strict)?;
            let progress = &mut |reached| {
                let (doing, done, of) = stage(reached);
                step(doing, done, of)
            };
            let inputs = &input.integers;
            let made = prover.prove_run(inputs, trace, &context, progress)?;
            Ok((made.outputs, made.proof, saturated))
        })?;
        let program = self.0.program();
        let outputs = tensors(py, program, &program.outputs, outputs)?;
        Ok((outputs, PyBytes::new(py, &proof), saturations(&saturated)))
    }
}
