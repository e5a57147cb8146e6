//! A compiled model with its secrets.

use crate::arrays::{Given, saturations};
use crate::errors::Failure;
use crate::rows::{Rows, Stacked, run_all, stacked};
use crate::work::{run, whole};
use inferproof::{Cache, Existing, Folder, InputPlan, Unfinished, Visible, hex};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::PathBuf;
use std::sync::Arc;

/// A compiled model with its secrets.
#[pyclass(frozen, module = "inferproof._native")]
pub struct Model {
    pub model: Arc<inferproof::Model>,
    id: String,
    private: bool,
}

impl Model {
    pub fn new(model: inferproof::Model) -> Result<Self, Failure> {
        let key = model.verifying_key().clone();
        Ok(Self {
            model: Arc::new(model),
            id: hex(&key.model_id()),
            private: key.architecture().weights == Visible::Private,
        })
    }
}

#[pymethods]
impl Model {
    /// Reads a model's folder.
    #[staticmethod]
    fn open(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        run(py, None, move |_| {
            Self::new(inferproof::Model::open(&path)?)
        })
    }

    /// Writes a model's folder, whole or not at all, secrets for the owner alone.
    fn save(&self, py: Python<'_>, path: PathBuf, replace: bool) -> PyResult<()> {
        let model = &self.model;
        whole(py, || {
            Ok(model.save(Folder::new(
                &path,
                Existing::replace_if(replace),
                &Unfinished::default(),
            )?)?)
        })
    }

    /// The outputs for all samples, without proofs, and what was cut off.
    fn predict<'py>(
        &self,
        py: Python<'py>,
        given: Given,
        strict: bool,
        listener: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Vec<Stacked<'py>>, String)> {
        let model = self.model.clone();
        let (program, outputs, saturated) = run(py, listener.as_ref(), move |step| {
            let key = model.key.decode()?;
            let weights = model.weights(&key, &Cache::none())?;
            let program = &key.architecture().program;
            let plan = InputPlan::new(program, key.curve(), &key.statement(b""), &[]);
            let rows = Rows::read(Some(given), &plan)?.all();
            let one = |inputs: &[Vec<i64>]| Ok(weights.run(inputs)?);
            let (outputs, saturated) = run_all(program, &rows, &one, strict, step)?;
            Ok((program.clone(), outputs, saturated))
        })?;
        let outputs = stacked(py, &program, outputs)?;
        Ok((outputs, saturations(&saturated)))
    }

    /// The published identifier.
    #[getter]
    fn id(&self) -> &str {
        &self.id
    }

    /// Whether its weights are private.
    #[getter]
    fn private(&self) -> bool {
        self.private
    }

    /// The verifying key.
    #[getter]
    fn key<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.model.key.bytes)
    }

    /// The model card, if there is one.
    #[getter]
    fn card(&self) -> Option<&str> {
        self.model.card.as_deref()
    }
}
