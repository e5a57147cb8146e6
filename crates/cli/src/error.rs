//! Everything that ends a command without a verdict: what happened, to which file, and what to do.

use inferproof::OnnxError;
use inferproof::{ClaimError, ExecutionError, StatementError};
use inferproof::{InferenceError, ProveError};
use inferproof::{KeyError, RunError};
use std::path::PathBuf;

/// Why a command failed; exit code 2, or 130 if it was interrupted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A model or one of its files.
    #[error(transparent)]
    Model(inferproof::Error),
    /// A file or folder is there already.
    #[error("{}: exists already; choose another {}", path.display(), if *is_folder { "folder, or replace it (and lose its secrets) with --force" } else { "name, or replace it with --force" })]
    Exists {
        /// The file or folder.
        path: PathBuf,
        /// Which of them it is.
        is_folder: bool,
    },
    /// What is to be written would replace what the command reads.
    #[error("{}: is not replaced, since this command reads {}; choose another name", path.display(), read.display())]
    Own {
        /// The file to be written.
        path: PathBuf,
        /// What is read.
        read: PathBuf,
    },
    /// Standard input can be read once.
    #[error(
        "{first} and {second} are both `-`, but standard input can be read only once; give one of them as a file"
    )]
    StandardTwice {
        /// An argument.
        first: &'static str,
        /// Another.
        second: &'static str,
    },
    /// One tensor cannot be seen in two ways.
    #[error(
        "tensor `{}` is named by {first} and by {second}; keep one of them",
        inferproof::printable(tensor)
    )]
    SaidTwice {
        /// The tensor.
        tensor: String,
        /// An argument.
        first: &'static str,
        /// Another, or the same again.
        second: &'static str,
    },
    /// A program is printed of what is read twice.
    #[error("--program wants a file or folder; standard input can be read only once")]
    ProgramOfStandardInput,
    /// Something else belongs there.
    #[error("{}: this is {is}, but {argument} wants {wants}; {remedy}", path.display())]
    Misplaced {
        /// What was given.
        path: PathBuf,
        /// What it is.
        is: &'static str,
        /// Where it was given.
        argument: &'static str,
        /// What belongs there.
        wants: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A key demands more than is allowed.
    #[error("{}: {source}; if you trust its maker, --max-work allows more", path.display())]
    Limit {
        /// The key.
        path: PathBuf,
        /// What there is too much of.
        source: Box<KeyError>,
    },
    /// The environment names instructions that there are none of.
    #[error(transparent)]
    Instructions(#[from] inferproof::UnknownInstructions),
    /// The log cannot be set up.
    #[error("{0}")]
    Log(String),
    /// Bytes are of no use on a screen.
    #[error(
        "standard output is a terminal, and a proof is not text; redirect it, or write a file with -o FILE"
    )]
    Terminal,
    /// A folder does not fit through a pipe.
    #[error(
        "a model is a folder, which cannot be written to standard output; name one with -o FOLDER"
    )]
    FolderToStandard,
    /// `inspect` was given something that is not ours.
    #[error("{}: not a file or folder of inferproof; expected a model folder, a key, a proof, a statement, or a model card", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// `inspect` was given a key for what has no statement.
    #[error("{}: is no proof of a run and no statement, so that there is nothing for --key to explain; leave --key out", path.display())]
    NothingToExplain {
        /// The file.
        path: PathBuf,
    },
    /// `inspect` was given the key of another model.
    #[error("{}: is of model {found}, but --key is of model {key}; give the public folder of its model", path.display())]
    OtherModel {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: String,
        /// Whose the key is.
        key: String,
    },
    /// `report` of a model was given a key to verify it with.
    #[error("--key: {} is a model or its key, which is not verified with a key; give a proof, or leave --key out", path.display())]
    KeyOfModel {
        /// The model.
        path: PathBuf,
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
    /// The inference could not be proven.
    #[error("no proof was made: {0}")]
    Prove(Box<InferenceError>),
    /// Nothing can be said of a model's score.
    #[error("{0}")]
    Evaluation(String),
    /// The model has several outputs.
    #[error("--output: say which output is scored: {0}")]
    WhichOutput(String),
    /// The program could not be run.
    #[error("the program could not be run: {0}")]
    Run(#[from] RunError),
    /// The values to compare with are not a list of numbers, or do not fit the outputs.
    #[error("--output: {0}")]
    Expected(String),
    /// Something was given to compare with what the statement hides.
    #[error("{flag}: {hidden}; leave {flag} out")]
    Compare {
        /// The argument.
        flag: &'static str,
        /// What is hidden.
        hidden: inferproof::Hidden,
    },
    /// `--commit` names more than one tensor.
    #[error(
        "--commit: `{0}` stands for several tensors, but one file opens one commitment; name them one by one"
    )]
    CommitOne(String),
    /// A fresh commitment without a place for what opens it, or a place without a commitment.
    #[error(
        "--commit: the statement {} a fresh commitment to `{tensor}`; {}",
        if *is_fresh { "has" } else { "does not have" },
        if *is_fresh { "say where to write what opens it, as --commit NAME=FILE" } else { "leave it out" }
    )]
    CommitWhere {
        /// The tensor's name.
        tensor: String,
        /// Whether the statement has one.
        is_fresh: bool,
    },
    /// Inputs that are in no commitment.
    #[error("--input is missing: the values of {0} are in no commitment that --committed names")]
    NoInput(String),
    /// `commit` of a model with several inputs.
    #[error("--tensor: say which input of the model is committed to: {0}")]
    WhichInput(String),
    /// What is expected is nothing that a chain can be.
    #[error("{0}")]
    Chain(inferproof::ChainError),
    /// A position that is no number.
    #[error("--position: `{0}` is no whole number")]
    Position(String),
    /// Where an input begins is no list.
    #[error("--start: of `{0}`: expected a JSON list of integers: {1}")]
    Start(String, String),
    /// The model cannot be cut like this.
    #[error("no plan was made: {0}")]
    Slice(Box<inferproof::SliceError>),
    /// A file is no plan of this model.
    #[error("{}: not a plan for this model: {reason}; make one with `inferproof slice plan -o FILE`", path.display())]
    Plan {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
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
    /// Values were cut off, and whoever asked wants no such answer.
    #[error("refused, because of --strict: {}", .0.join("; "))]
    Strict(Vec<String>),
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// For `map_err` on what is wrong with a data file.
    pub fn data(source: OnnxError) -> Self {
        Self::Data(Box::new(source))
    }

    /// What is wrong with a claim that was read from text, if that is it: the place in the text is shown on lines of its own.
    pub fn claim(&self) -> Option<&ClaimError> {
        match self {
            Self::Model(inferproof::Error::Statement {
                source: StatementError::Execution(ExecutionError::Claim(error)),
                ..
            }) if error.line().is_some() => Some(error),
            _ => None,
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

impl From<inferproof::Error> for Error {
    fn from(error: inferproof::Error) -> Self {
        match error {
            inferproof::Error::Interrupted => Self::Interrupted,
            inferproof::Error::Key { path, source } if source.is_limit() => {
                Self::Limit { path, source }
            }
            inferproof::Error::Exists { path, is_folder } => Self::Exists { path, is_folder },
            other => Self::Model(other),
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
