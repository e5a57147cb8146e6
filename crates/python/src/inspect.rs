//! Reports, as JSON text that the Python side reads.

use crate::errors::Failure;
use crate::work::run;
use inferproof::{Dimensions, ImportOptions, Widths};
use pyo3::prelude::*;
use std::path::{Path, PathBuf};

/// What `inferproof check` prints.
#[pyfunction]
pub fn check(
    py: Python<'_>,
    onnx: Vec<u8>,
    name: PathBuf,
    dims: Vec<String>,
    dequantize: bool,
    weight_bits: u32,
    activation_bits: u32,
) -> PyResult<String> {
    let options = ImportOptions {
        dimensions: dimensions(dims).map_err(|failure| failure.raise(py))?,
        dequantize,
        ..ImportOptions::default()
    };
    let widths = Widths::new(weight_bits, activation_bits);
    run(py, None, move |_| {
        let report = inferproof::check(&name, &onnx, &options, widths)?;
        json(&report)
    })
}

/// What `inferproof inspect` prints of a proof.
#[pyfunction]
pub fn inspect_proof(py: Python<'_>, proof: Vec<u8>) -> PyResult<String> {
    run(py, None, move |_| {
        json(&inferproof::inspect_proof(Path::new("proof"), &proof)?)
    })
}

/// Lengths of open dimensions, each as `NAME=LENGTH`.
pub fn dimensions(given: Vec<String>) -> Result<Dimensions, Failure> {
    let mut all = Dimensions::default();
    for pair in given {
        let parsed = pair.parse().map_err(|error| Failure::Input {
            message: format!("dims: {error}"),
            tensor: None,
            expected: Some("a name and a length of at least 1".into()),
            found: Some(pair),
        });
        all = all.and(parsed?);
    }
    Ok(all)
}

/// As text.
pub fn json(report: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string(report).map_err(|error| Failure::Internal(error.to_string()))
}
