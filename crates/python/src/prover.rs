//! A model made ready to prove any number of inferences.

use crate::arrays::{Given, Tensor, allow, saturations, tensors};
use crate::errors::Failure;
use crate::model::Model;
use crate::work::run;
use inferproof::{Bn254, Curve, Grumpkin, Profile};
use inferproof_model::{saturated_nodes, stage};
use inferproof_program::{Program, Trace};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::Arc;

/// On one of the curves.
enum OnCurve {
    Grumpkin(inferproof::Prover<Grumpkin>),
    Bn254(inferproof::Prover<Bn254>),
}

impl OnCurve {
    fn program(&self) -> &Program {
        match self {
            Self::Grumpkin(prover) => prover.program(),
            Self::Bn254(prover) => prover.program(),
        }
    }

    fn run(&self, inputs: &[Vec<i64>]) -> Result<Trace, Failure> {
        Ok(match self {
            Self::Grumpkin(prover) => prover.run(inputs)?,
            Self::Bn254(prover) => prover.run(inputs)?,
        })
    }
}

fn ready<P: Profile>(model: &inferproof_model::Model) -> Result<inferproof::Prover<P>, Failure> {
    let key = model.key.decode::<P>()?;
    let secret = model.secret(&key)?;
    Ok(inferproof::Prover::new(key, secret)?)
}

/// A model made ready to prove any number of inferences.
#[pyclass(frozen, module = "inferproof._native")]
pub struct Prover(Arc<OnCurve>);

#[pymethods]
impl Prover {
    #[new]
    fn new(py: Python<'_>, model: &Model) -> PyResult<Self> {
        let model = model.model.clone();
        run(py, None, move |_| {
            let prover = match model.key.curve {
                Curve::Grumpkin => OnCurve::Grumpkin(ready(&model)?),
                Curve::Bn254 => OnCurve::Bn254(ready(&model)?),
            };
            Ok(Self(Arc::new(prover)))
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
            let (outputs, proof) = match &*prover {
                OnCurve::Grumpkin(prover) => {
                    let made = prover.prove_run(inputs, trace, &context, progress)?;
                    (made.outputs, made.proof.encode::<Grumpkin>())
                }
                OnCurve::Bn254(prover) => {
                    let made = prover.prove_run(inputs, trace, &context, progress)?;
                    (made.outputs, made.proof.encode::<Bn254>())
                }
            };
            Ok((outputs, proof, saturated))
        })?;
        let program = self.0.program();
        let outputs = tensors(py, program, &program.outputs, outputs)?;
        Ok((outputs, PyBytes::new(py, &proof), saturations(&saturated)))
    }
}
