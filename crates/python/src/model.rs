//! A compiled model with its secrets.

use crate::errors::Failure;
use crate::work::{run, whole};
use inferproof::Visible;
use inferproof::{Existing, Folder, Unfinished, hex};
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
        let key = model.key.decode()?;
        Ok(Self {
            model: Arc::new(model),
            id: hex(&key.model_id()),
            private: key.architecture().visibility.weights == Visible::Private,
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
