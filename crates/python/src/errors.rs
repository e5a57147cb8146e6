//! What goes wrong becomes an exception of `inferproof.errors`, with what it names as attributes; files that cannot be read or written
//! are `OSError`s, as everywhere in Python.

use inferproof::Error;
use inferproof::OnnxError;
use inferproof::{InferenceError, KeyError, OpeningError, RunError};
use pyo3::exceptions::{PyFileExistsError, PyKeyboardInterrupt, PyOSError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::any::Any;
use std::path::{Path, PathBuf};

/// Why something was not done.
pub enum Failure {
    /// A model or one of its files.
    Model(Error),
    /// An array does not fit.
    Input {
        message: String,
        tensor: Option<String>,
        expected: Option<String>,
        found: Option<String>,
    },
    /// There was something to warn of, and whoever asked wants no such result.
    Strict(Vec<String>),
    /// A mistake of ours.
    Internal(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Model(error)
    }
}

impl From<InferenceError> for Failure {
    fn from(error: InferenceError) -> Self {
        Self::Model(error.into())
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        InferenceError::from(error).into()
    }
}

impl From<OnnxError> for Failure {
    /// Of arrays, which the error names.
    fn from(error: OnnxError) -> Self {
        let message = error.to_string();
        let (tensor, expected, found) = match error {
            OnnxError::MissingTensor {
                tensor,
                expected,
                found,
                ..
            } => (Some(tensor), Some(expected), Some(found)),
            OnnxError::Shape {
                tensor,
                expected,
                got,
                ..
            } => (Some(tensor), Some(expected), Some(got)),
            OnnxError::Value {
                tensor,
                value,
                expected,
                ..
            } => (Some(tensor), Some(expected), Some(value)),
            _ => (None, None, None),
        };
        Self::Input {
            message,
            tensor,
            expected,
            found,
        }
    }
}

impl Failure {
    /// A tensor was not committed.
    pub fn opening(error: OpeningError) -> Self {
        let message = error.to_string();
        let tensor = match error {
            OpeningError::Values { tensor, .. } => Some(tensor),
            OpeningError::Decode(_) | OpeningError::Wrong(_) => None,
            OpeningError::Prove(_) => return Self::Internal(message),
        };
        Self::Input {
            message,
            tensor,
            expected: None,
            found: None,
        }
    }

    /// A panic, whose message was printed on standard error.
    pub fn of_panic(panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Self::Internal(text.unwrap_or("unknown").to_owned())
    }

    /// The exception.
    pub fn raise(self, py: Python<'_>) -> PyErr {
        match self {
            Self::Model(error) => model(py, error),
            Self::Input {
                message,
                tensor,
                expected,
                found,
            } => exception(
                py,
                "InputError",
                &message,
                &[("tensor", tensor), ("expected", expected), ("found", found)],
            ),
            Self::Strict(warnings) => strict(py, &warnings),
            Self::Internal(reason) => exception(
                py,
                "InternalError",
                &format!("a mistake of inferproof's, please report it: {reason}"),
                &[],
            ),
        }
    }
}

/// What to do about a key that demands too much.
const ALLOW_MORE: &str = "; if you trust its maker, max_work= allows more";

fn inference(py: Python<'_>, error: &InferenceError) -> PyErr {
    let message = format!("no proof was made: {error}");
    match error {
        InferenceError::Key(key) if key.is_limit() => {
            let message = format!("{message}{ALLOW_MORE}");
            exception(py, "ModelFileError", &message, &[])
        }
        InferenceError::Run(_) => exception(py, "InputError", &message, &[]),
        InferenceError::Key(_) | InferenceError::Model | InferenceError::Curves => {
            exception(py, "ModelFileError", &message, &[])
        }
        InferenceError::Opening { tensor, .. }
        | InferenceError::MissingOpening { tensor, .. }
        | InferenceError::NotCommitted { tensor, .. } => {
            let tensor = Some(tensor.clone());
            exception(py, "InputError", &message, &[("tensor", tensor)])
        }
        InferenceError::Statement(_) | InferenceError::Lower(_) | InferenceError::Evaluation(_) => {
            exception(py, "InputError", &message, &[])
        }
        InferenceError::False { claim, .. } => {
            let claim = Some(claim.clone());
            exception(py, "FalseClaimError", &message, &[("claim", claim)])
        }
        InferenceError::Prove(_) => exception(py, "InternalError", &message, &[]),
    }
}

fn model(py: Python<'_>, error: Error) -> PyErr {
    let message = error.to_string();
    match error {
        Error::Interrupted => PyKeyboardInterrupt::new_err(()),
        Error::Read { path, source } | Error::Write { path, source } => system(&path, &source),
        Error::Exists { path, is_folder } => PyFileExistsError::new_err(format!(
            "{}: exists already; choose another name, or pass replace=True{}",
            path.display(),
            if is_folder {
                " (its secrets are lost then)"
            } else {
                ""
            }
        )),
        Error::NotReplaced { .. } | Error::Link { .. } | Error::Foreign { .. } => {
            PyFileExistsError::new_err(message)
        }
        Error::OldRemains { path, source } => system(&path, &source),
        Error::Onnx { path, source } => onnx(py, &message, &path, *source),
        Error::Key { path, source } if source.is_limit() => {
            file(py, &format!("{message}{ALLOW_MORE}"), &path)
        }
        Error::Key { path, source } => match *source {
            KeyError::Lower(_) => unsupported(py, &message, &path, &[]),
            _ => file(py, &message, &path),
        },
        Error::NotAModel { path, .. }
        | Error::Decode { path, .. }
        | Error::Secret { path, .. }
        | Error::PublicWeights { path, .. }
        | Error::Opening { path, .. } => file(py, &message, &path),
        Error::Statement { .. } => exception(py, "InputError", &message, &[]),
        Error::Strict { warnings, .. } => {
            let messages = warnings.iter().map(ToString::to_string);
            strict(py, &messages.collect::<Vec<_>>())
        }
        Error::Inference(error) => inference(py, &error),
        Error::Commit(_) => unsupported(py, &message, Path::new(""), &[]),
    }
}

fn strict(py: Python<'_>, warnings: &[String]) -> PyErr {
    let make = || {
        let class = py.import("inferproof.errors")?.getattr("StrictError")?;
        class.call1((warnings.to_vec(),))
    };
    make().map_or_else(|error| error, PyErr::from_value)
}

/// As `open` would raise it.
fn system(path: &Path, source: &std::io::Error) -> PyErr {
    match source.raw_os_error() {
        Some(number) => {
            PyOSError::new_err((number, inferproof::io_reason(source), PathBuf::from(path)))
        }
        None => {
            // Errors that we made ourselves have a kind, but no number.
            let error: PyErr = std::io::Error::new(
                source.kind(),
                format!("{}: {}", path.display(), inferproof::io_reason(source)),
            )
            .into();
            error
        }
    }
}

fn onnx(py: Python<'_>, message: &str, path: &Path, error: OnnxError) -> PyErr {
    match error {
        OnnxError::Unsupported {
            node, op, opset, ..
        } => unsupported(
            py,
            message,
            path,
            &[
                ("node", Some(node)),
                ("op", Some(op)),
                ("opset", Some(opset.to_string())),
            ],
        ),
        OnnxError::OpenDimensions { open } => {
            let lengths = open.iter().map(|o| format!("\"{}\": 1", o.name));
            let names = open
                .iter()
                .map(|o| format!("`{}` of input `{}` {}", o.name, o.input, o.shape));
            let message = format!(
                "{}: open dimensions: {}; say how long they are: dims={{{}}}",
                path.display(),
                names.collect::<Vec<_>>().join(", "),
                lengths.collect::<Vec<_>>().join(", ")
            );
            let first = open.first().map(|o| o.input.clone());
            unsupported(py, &message, path, &[("tensor", first)])
        }
        OnnxError::Corrupt { .. }
        | OnnxError::UnknownDimension { .. }
        | OnnxError::Model { .. }
        | OnnxError::Program(_)
        | OnnxError::View(_) => unsupported(py, message, path, &[]),
        data => Failure::from(data).raise(py),
    }
}

fn unsupported(
    py: Python<'_>,
    message: &str,
    path: &Path,
    named: &[(&str, Option<String>)],
) -> PyErr {
    let mut all = vec![("path", Some(path.display().to_string()))];
    all.extend(named.iter().cloned());
    exception(py, "UnsupportedModelError", message, &all)
}

fn file(py: Python<'_>, message: &str, path: &Path) -> PyErr {
    let path = path.display().to_string();
    exception(py, "ModelFileError", message, &[("path", Some(path))])
}

/// An exception of `inferproof.errors`, whose constructors take a message and names.
fn exception(
    py: Python<'_>,
    class: &str,
    message: &str,
    named: &[(&str, Option<String>)],
) -> PyErr {
    let make = || {
        let names = PyDict::new(py);
        for (name, value) in named {
            names.set_item(name, value)?;
        }
        let class = py.import("inferproof.errors")?.getattr(class)?;
        class.call((message,), Some(&names))
    };
    match make() {
        Ok(made) => PyErr::from_value(made),
        Err(error) => error,
    }
}
