//! A model made ready to prove any number of inferences.

use crate::arrays::{Given, Tensor, tensors};
use crate::errors::Failure;
use crate::model::Model;
use crate::work::run;
use inferproof::{Bn254, Curve, Grumpkin, Profile};
use inferproof_model::stage;
use inferproof_program::Program;
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

    /// The outputs, without a proof.
    fn run<'py>(&self, py: Python<'py>, input: Given) -> PyResult<Vec<Tensor<'py>>> {
        let prover = self.0.clone();
        let outputs = run(py, None, move |_| {
            let input = input.input("input", prover.program())?;
            Ok(match &*prover {
                OnCurve::Grumpkin(prover) => prover.run(&input)?,
                OnCurve::Bn254(prover) => prover.run(&input)?,
            })
        })?;
        let program = self.0.program();
        tensors(py, program, &program.outputs, outputs)
    }

    /// The outputs and the proof's bytes.
    fn prove<'py>(
        &self,
        py: Python<'py>,
        input: Given,
        context: Vec<u8>,
        listener: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Vec<Tensor<'py>>, Bound<'py, PyBytes>)> {
        let prover = self.0.clone();
        let (outputs, proof) = run(py, listener.as_ref(), move |step| {
            let input = input.input("input", prover.program())?;
            let progress = &mut |reached| {
                let (doing, done, of) = stage(reached);
                step(doing, done, of)
            };
            Ok(match &*prover {
                OnCurve::Grumpkin(prover) => {
                    let made = prover.prove(&input, &context, progress)?;
                    (made.outputs, made.proof.encode::<Grumpkin>())
                }
                OnCurve::Bn254(prover) => {
                    let made = prover.prove(&input, &context, progress)?;
                    (made.outputs, made.proof.encode::<Bn254>())
                }
            })
        })?;
        let program = self.0.program();
        let outputs = tensors(py, program, &program.outputs, outputs)?;
        Ok((outputs, PyBytes::new(py, &proof)))
    }
}
