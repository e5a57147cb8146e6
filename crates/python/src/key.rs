//! What a verifying key says: its report, and the statements of its model.

use crate::statements::{Said, Text, explain, of_model, of_names, text};
use crate::work::run;
use inferproof::{Cache, KeyFile, Statement, ValidProgram};
use pyo3::prelude::*;
use std::path::PathBuf;

/// What a verifying key says; nothing of it is verified. The points of the key are left behind: only verifiers need them.
#[pyclass(frozen, module = "inferproof._native")]
pub struct Key {
    pub program: ValidProgram,
    plain: Statement,
    report: String,
}

#[pymethods]
impl Key {
    #[new]
    fn new(py: Python<'_>, key: Vec<u8>, path: PathBuf) -> PyResult<Self> {
        run(py, None, move |_| {
            let file = KeyFile::new(path, key)?;
            let key = file.decode()?;
            Ok(Self {
                program: key.architecture().program.clone(),
                plain: key.statement(b""),
                report: crate::inspect::json(&inferproof::inspect_key(&file, &Cache::none())?)?,
            })
        })
    }

    /// What `inferproof inspect` prints.
    #[getter]
    fn report(&self) -> &str {
        &self.report
    }

    /// A statement of the model, in which all is public of which nothing else is said.
    fn statement(&self, py: Python<'_>, said: Said) -> PyResult<Text> {
        let statement = of_names(&self.plain, &self.program, said);
        let statement = statement.map_err(|failure| failure.raise(py))?;
        Ok(text(&self.program, &statement))
    }

    /// What claims about a run would say: of each its canonical text, and what each of its comparisons means in integers.
    fn explain(
        &self,
        py: Python<'_>,
        claims: Vec<String>,
        start: Vec<String>,
        stop: Vec<String>,
    ) -> PyResult<Vec<(String, Vec<String>)>> {
        let explained = explain(&self.program, &start, &stop, &claims);
        explained.map_err(|failure| failure.raise(py))
    }

    /// A statement of the model, from JSON.
    fn read_statement(&self, py: Python<'_>, json: &str) -> PyResult<Text> {
        let statement = of_model(&self.plain, &self.program, json);
        let statement = statement.map_err(|failure| failure.raise(py))?;
        Ok(text(&self.program, &statement))
    }
}
