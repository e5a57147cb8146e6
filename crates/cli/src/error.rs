//! Everything that ends a command without a verdict: what happened, to which file, and what to do.

use inferproof::{CommitError, DecodeError, InferenceError, KeyError};
use inferproof_argument::ProveError;
use inferproof_onnx::OnnxError;
use inferproof_program::RunError;
use std::path::{Path, PathBuf};

use crate::secret::SecretError;

/// Why a command failed; exit code 2, or 130 if it was interrupted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read.
    #[error("{}: cannot be read: {}", path.display(), reason(source))]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file or folder could not be written.
    #[error("{}: cannot be written: {}", path.display(), reason(source))]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A folder is there already.
    #[error("{}: exists already; choose another folder, or replace it (and lose its secrets) with --force", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// A folder is not what `compile` writes.
    #[error("{}: {missing} is missing; expected {expected}", path.display())]
    NotAModel {
        /// The folder.
        path: PathBuf,
        /// What was looked for in it.
        missing: &'static str,
        /// What the argument should be.
        expected: &'static str,
    },
    /// `inspect` was given something that is not ours.
    #[error("{}: not a file or folder of inferproof; expected a model folder, a key, a proof, or a model card", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// Something is wrong with an ONNX file.
    #[error("{}: {source}", path.display())]
    Model {
        /// The file.
        path: PathBuf,
        /// What.
        source: Box<OnnxError>,
    },
    /// Something is wrong with a data file, which the message names.
    #[error(transparent)]
    Data(Box<OnnxError>),
    /// A data file has fewer samples.
    #[error("{}: sample {sample} was asked for, but there are {count}; count from 0", path.display())]
    Sample {
        /// The file.
        path: PathBuf,
        /// Which one was asked for.
        sample: usize,
        /// How many there are.
        count: usize,
    },
    /// A file is not of our format.
    #[error("{}: {source}", path.display())]
    Decode {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: DecodeError,
    },
    /// A key cannot be trusted or used.
    #[error("{}: {source}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: Box<KeyError>,
    },
    /// The secret folder does not fit.
    #[error("{}: {source}", path.display())]
    Secret {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: SecretError,
    },
    /// The model could not be committed.
    #[error("the model cannot be committed: {0}")]
    Commit(Box<CommitError>),
    /// The inference could not be proven.
    #[error("no proof was made: {0}")]
    Prove(Box<InferenceError>),
    /// The program could not be run.
    #[error("the program could not be run: {0}")]
    Run(#[from] RunError),
    /// The values to compare with are not a list of numbers, or do not fit the outputs.
    #[error("--output: {0}")]
    Expected(String),
    /// Something was given to compare with a private tensor.
    #[error(
        "{flag} cannot be compared: this model's {what} is private, so that proofs do not show it; leave {flag} out"
    )]
    ComparePrivate {
        /// The argument.
        flag: &'static str,
        /// Input or output.
        what: &'static str,
    },
    /// The demo's verifier did not say yes.
    #[error("the verifying process failed: {0}")]
    Child(String),
    /// A model that cannot be compiled was checked.
    #[error("{}: {reason}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// For `map_err` on reading a file.
    pub fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Read {
            path: path.into(),
            source,
        }
    }

    /// For `map_err` on writing a file.
    pub fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Write {
            path: path.into(),
            source,
        }
    }

    /// For `map_err` on decoding a file.
    pub fn decode(path: &Path) -> impl FnOnce(DecodeError) -> Self {
        move |source| Self::Decode {
            path: path.into(),
            source,
        }
    }

    /// For `map_err` on what is wrong with an ONNX file.
    pub fn model(path: &Path) -> impl Fn(OnnxError) -> Self {
        move |source| Self::Model {
            path: path.into(),
            source: Box::new(source),
        }
    }

    /// For `map_err` on what is wrong with a data file.
    pub fn data(source: OnnxError) -> Self {
        Self::Data(Box::new(source))
    }

    /// For `map_err` on what is wrong with a key.
    pub fn key(path: &Path) -> impl FnOnce(KeyError) -> Self {
        move |source| Self::Key {
            path: path.into(),
            source: Box::new(source),
        }
    }

    /// Whether the command has printed its report all the same.
    pub fn is_reported(&self) -> bool {
        matches!(self, Self::Unsupported { .. })
    }

    /// The process's exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Interrupted => 130,
            _ => 2,
        }
    }
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Prove(ProveError::Interrupted) => Self::Interrupted,
            other => Self::Commit(Box::new(other)),
        }
    }
}

impl From<InferenceError> for Error {
    fn from(error: InferenceError) -> Self {
        match error {
            InferenceError::Prove(ProveError::Interrupted) => Self::Interrupted,
            InferenceError::Run(error) => Self::Run(error),
            other => Self::Prove(Box::new(other)),
        }
    }
}

/// The common reasons in our words; the system's for the rest.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or folder".into(),
        std::io::ErrorKind::PermissionDenied => "permission denied".into(),
        std::io::ErrorKind::IsADirectory => "it is a folder".into(),
        std::io::ErrorKind::NotADirectory => "part of its path is not a folder".into(),
        _ => error.to_string().to_lowercase(),
    }
}
