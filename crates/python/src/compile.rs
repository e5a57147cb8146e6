//! From an ONNX model and arrays to a committed model.

use crate::arrays::Given;
use crate::inspect::dimensions;
use crate::model::Model;
use crate::work::run;
use inferproof::{Alike, Error, KeyFile, Links, OnnxFile, Plan};
use inferproof::{Curve, Visible};
use inferproof::{ImportOptions, QuantizeOptions};
use pyo3::prelude::*;
use std::path::{Path, PathBuf};

/// A word that `inferproof compile` takes too.
pub struct Word<T>(T);

impl<'py> FromPyObject<'_, 'py> for Word<Visible> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match object.extract::<String>()?.as_str() {
            "public" => Ok(Self(Visible::Public)),
            "private" => Ok(Self(Visible::Private)),
            other => Err(unknown(other, "\"public\" or \"private\"")),
        }
    }
}

impl<'py> FromPyObject<'_, 'py> for Word<Curve> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match object.extract::<String>()?.as_str() {
            "grumpkin" => Ok(Self(Curve::Grumpkin)),
            "bn254" => Ok(Self(Curve::Bn254)),
            other => Err(unknown(other, "\"grumpkin\" or \"bn254\"")),
        }
    }
}

fn unknown(word: &str, expected: &str) -> PyErr {
    pyo3::exceptions::PyValueError::new_err(format!("{word:?}: expected {expected}"))
}

/// An output entry of the float model, and the integer program's.
type Pairs = Vec<(f64, f64)>;

/// The model, and output entries on the calibration and evaluation data.
#[pyfunction]
#[pyo3(signature = (onnx, name, *, dims, dequantize, calibration, evaluation, labels, weights, curve, weight_bits, activation_bits, input_bits, tolerance, feeds, alike, strict, listener))]
#[expect(clippy::too_many_arguments, reason = "named in Python")]
pub fn compile(
    py: Python<'_>,
    onnx: Vec<u8>,
    name: String,
    dims: Vec<String>,
    dequantize: bool,
    calibration: Given,
    evaluation: Option<Given>,
    labels: Option<Vec<i64>>,
    weights: Word<Visible>,
    curve: Word<Curve>,
    weight_bits: Option<u32>,
    activation_bits: Option<u32>,
    input_bits: Option<u32>,
    tolerance: f64,
    feeds: Vec<(String, String)>,
    alike: Vec<(String, String, Vec<u8>, String)>,
    strict: bool,
    listener: Option<Bound<'_, PyAny>>,
) -> PyResult<(Model, Pairs, Pairs)> {
    let dimensions = dimensions(dims).map_err(|failure| failure.raise(py))?;
    let plan = Plan {
        weights: weights.0,
        curve: curve.0,
        options: QuantizeOptions {
            weight_bits,
            activation_bits,
            input_bits,
            tolerance,
        },
        strict,
    };
    run(py, listener.as_ref(), move |step| {
        let path = PathBuf::from(&name);
        let options = ImportOptions {
            dimensions,
            folder: path.parent(),
            dequantize,
        };
        let mut file = OnnxFile::import(name, &onnx, &options).map_err(Error::onnx(&path))?;
        drop(onnx);
        let alike = alike.into_iter().map(|(name, key, bytes, tensor)| {
            let key = KeyFile::new(PathBuf::from(key), bytes)?;
            Ok(Alike { name, key, tensor })
        });
        let alike = alike.collect::<Result<_, Error>>()?;
        file.link(&path, &Links { feeds, alike })?;
        let inputs = file.model.inputs();
        let calibration = calibration.samples("calibration", None, inputs)?;
        let evaluation = evaluation
            .map(|given| given.samples("evaluate", labels, inputs))
            .transpose()?;
        let place = Path::new("model");
        let made = inferproof::compile(
            &path,
            place,
            file,
            &calibration,
            evaluation.as_ref(),
            &plan,
            step,
        )?;
        let evaluated = made.card.evaluation.map(|e| e.agreement.entries);
        let model = Model::new(made.model)?;
        Ok((
            model,
            made.card.calibration.agreement.entries,
            evaluated.unwrap_or_default(),
        ))
    })
}
