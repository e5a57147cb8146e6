//! What can go wrong with a model: what happened, to which file, and what to do.

use crate::secret::SecretError;
use inferproof_inference::{
    CommitError, DecodeError, InferenceError, KeyError, OpeningError, ProveError, StatementError,
};
use inferproof_onnx::{OnnxError, Warning, io_reason};
use std::path::{Path, PathBuf};

/// Why a model was not made, read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read.
    #[error("{}: cannot be read: {}", path.display(), io_reason(source))]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file or folder could not be written.
    #[error("{}: cannot be written: {}", path.display(), io_reason(source))]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file or folder is there already.
    #[error("{}: exists already; choose another name, or say that it may be replaced{}", path.display(), lost(*is_folder))]
    Exists {
        /// The file or folder.
        path: PathBuf,
        /// Which of them it is.
        is_folder: bool,
    },
    /// Something is there that is never replaced.
    #[error("{}: is {what}, which is never replaced; choose another name", path.display())]
    NotReplaced {
        /// What is in the way.
        path: PathBuf,
        /// A link, a folder, a device.
        what: &'static str,
    },
    /// A folder that would be replaced, or a part of it, is a link.
    #[error("{}: is a link to {}, where the old files, secrets perhaps, would remain; remove both yourself, or choose another folder", path.display(), target.display())]
    Link {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// A folder that would be replaced holds something else than a model.
    #[error("{}: is not replaced, since it holds `{entry}`, which is no part of a compiled model; choose another folder", path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// What it holds.
        entry: String,
    },
    /// The new folder is in its place, but the old one could not be removed.
    #[error("{}: the replaced folder, with its secrets, could not be removed: {}; remove it yourself", path.display(), io_reason(source))]
    OldRemains {
        /// Where the old one lies.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
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
    /// Something is wrong with an ONNX model.
    #[error("{}: {source}", path.display())]
    Onnx {
        /// The file, or what stands for it.
        path: PathBuf,
        /// What.
        source: Box<OnnxError>,
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
    /// The secrets do not fit.
    #[error("{}: {source}", path.display())]
    Secret {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: SecretError,
    },
    /// Public weights are not those of the key.
    #[error("{}: these are not the weights to which {} commits without blinding: one of the two was exchanged, or the key hides other weights; get both from the model's maker again", path.display(), key.display())]
    PublicWeights {
        /// The file with the weights.
        path: PathBuf,
        /// The key.
        key: PathBuf,
    },
    /// Something is to be said against a model, and whoever asked for it wants none such.
    #[error("{}: strictly, this is no good: {}", path.display(), joined(warnings))]
    Strict {
        /// The file, or what stands for it.
        path: PathBuf,
        /// What there is to say.
        warnings: Vec<Warning>,
    },
    /// An opening of a tensor cannot be used.
    #[error("{}: {source}", path.display())]
    Opening {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: OpeningError,
    },
    /// A statement cannot be read, or does not speak of the model.
    #[error("{}: {source}", path.display())]
    Statement {
        /// The file, or the argument.
        path: PathBuf,
        /// What is wrong.
        source: StatementError,
    },
    /// The model could not be committed.
    #[error("the model cannot be committed: {0}")]
    Commit(Box<CommitError>),
    /// A model cannot be made ready to prove, or an inference was not proven.
    #[error("no proof was made: {0}")]
    Inference(Box<InferenceError>),
    /// Whoever listened to the progress asked to stop.
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

    /// For `map_err` on what is wrong with an ONNX model.
    pub fn onnx(path: &Path) -> impl Fn(OnnxError) -> Self {
        move |source| match source {
            OnnxError::Interrupted => Self::Interrupted,
            source => Self::Onnx {
                path: path.into(),
                source: Box::new(source),
            },
        }
    }

    /// For `map_err` on reading what opens a commitment.
    pub fn opening(path: &Path) -> impl FnOnce(OpeningError) -> Self {
        move |source| Self::Opening {
            path: path.into(),
            source,
        }
    }

    /// For `map_err` on a statement.
    pub fn statement(path: &Path) -> impl Fn(StatementError) -> Self {
        move |source| Self::Statement {
            path: path.into(),
            source,
        }
    }

    /// For `map_err` on what is wrong with a key.
    pub fn key(path: &Path) -> impl FnOnce(KeyError) -> Self {
        move |source| Self::Key {
            path: path.into(),
            source: Box::new(source),
        }
    }
}

impl From<InferenceError> for Error {
    fn from(error: InferenceError) -> Self {
        match error {
            InferenceError::Prove(ProveError::Interrupted) => Self::Interrupted,
            other => Self::Inference(Box::new(other)),
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

/// What goes with a model's folder.
fn lost(is_folder: bool) -> &'static str {
    if is_folder {
        " (its secrets are lost then)"
    } else {
        ""
    }
}

/// One after the other.
fn joined(warnings: &[Warning]) -> String {
    let messages: Vec<String> = warnings.iter().map(Warning::to_string).collect();
    messages.join("; ")
}
