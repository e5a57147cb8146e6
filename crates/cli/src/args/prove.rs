//! What is run, committed to and proven, and what is said of it.

use super::{CacheArgs, LimitArgs, ScoreArgs, halves};
use clap::Args;
use std::path::PathBuf;

/// Of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The folder that `compile` wrote
    pub model: PathBuf,
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub cache: CacheArgs,
}

/// A tensor's name, and what is said of it: `NAME=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The tensor.
    pub tensor: String,
    /// A file, or an identifier.
    pub value: PathBuf,
}

impl std::str::FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (tensor, value) =
            halves(text, '=').ok_or("expected NAME=VALUE, such as x=x.opening")?;
        Ok(Self {
            tensor,
            value: value.into(),
        })
    }
}

/// What is said of a run. What is not hidden is shown.
#[derive(Clone, Debug, Default, Args)]
pub struct StatementArgs {
    /// Hide these: inputs and outputs by name, `inputs` or `outputs` for all of them
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    pub private: Vec<String>,
    /// Say this of inputs and outputs, as `score[0] >= 0.8` or `argmax(label) == 3`; several times for several claims
    #[arg(long = "claim", value_name = "CLAIM")]
    pub claims: Vec<String>,
    /// Only the part of the model that begins at these tensors, as `inferproof slice plan` lists them
    #[arg(long, value_name = "NAME,..", value_delimiter = ',', requires = "to")]
    pub from: Vec<String>,
    /// Only the part of the model that ends at these tensors
    #[arg(long, value_name = "NAME,..", value_delimiter = ',', requires = "from")]
    pub to: Vec<String>,
    /// A nonce or request id to bind the proof to
    #[arg(long, default_value = "", value_name = "STRING")]
    pub context: String,
}

/// Of `prove`.
#[derive(Debug, Args)]
pub struct ProveArgs {
    /// The folder that `compile` wrote
    pub model: PathBuf,
    /// The input: .csv, .json, .npy or .npz; `-` is standard input
    #[arg(long, value_name = "IN", required_unless_present = "committed")]
    pub input: Option<PathBuf>,
    /// Which sample of the file, from 0
    #[arg(long, default_value_t = 0, value_name = "N", requires = "input")]
    pub sample: usize,
    /// Refuse if a value of the input, or one computed from it, is beyond the range that calibration gave
    #[arg(long)]
    pub strict: bool,
    /// What the proof says
    #[command(flatten)]
    pub statement: StatementArgs,
    /// Prove this statement, a file that `inferproof statement` wrote
    #[arg(long = "statement", value_name = "FILE", conflicts_with_all = ["private", "context", "claims", "from", "to"])]
    pub statement_file: Option<PathBuf>,
    /// Hide a tensor and commit to it: what opens the commitment is written to this new secret file
    #[arg(long, value_name = "NAME=OPENING")]
    pub commit: Vec<Named>,
    /// Say that a tensor is what was committed before, and take an input's values from there
    #[arg(long, value_name = "NAME=OPENING")]
    pub committed: Vec<Named>,
    /// The proof to write; `-` is standard output
    #[arg(short = 'o', long = "out", value_name = "OUT.proof")]
    pub out: PathBuf,
    /// Replace the proof if that file exists
    #[arg(short, long)]
    pub force: bool,
    #[command(flatten)]
    pub limit: LimitArgs,
    #[command(flatten)]
    pub cache: CacheArgs,
}

/// A tensor of a model: `MODEL:NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorOf {
    /// The model, its public folder, or its key.
    pub model: PathBuf,
    /// The tensor.
    pub tensor: String,
}

impl std::str::FromStr for TensorOf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (model, tensor) =
            halves(text, ':').ok_or("expected MODEL:NAME, such as digits.model:input")?;
        Ok(Self {
            model: model.into(),
            tensor,
        })
    }
}

/// Of `commit`.
#[derive(Debug, Args)]
pub struct CommitArgs {
    /// All samples of this data file, to commit to for --for
    #[arg(value_name = "DATA", requires = "of", conflicts_with_all = ["key", "input"])]
    pub data: Option<PathBuf>,
    /// Which tensor of which model will read them: an input, or `labels`, `targets` or `groups` of an evaluation
    #[arg(long = "for", value_name = "MODEL:NAME", requires = "data")]
    pub of: Option<TensorOf>,
    /// What will be counted, of labels and groups
    #[command(flatten)]
    pub score: ScoreArgs,
    /// The public folder, or the verifying key, of a model that will read the input
    #[arg(long, value_name = "PUBLIC", required_unless_present = "data")]
    pub key: Option<PathBuf>,
    /// The input: .csv, .json, .npy or .npz; `-` is standard input
    #[arg(long, value_name = "IN", required_unless_present = "data")]
    pub input: Option<PathBuf>,
    /// Which sample of the file, from 0
    #[arg(long, default_value_t = 0, value_name = "N", conflicts_with = "data")]
    pub sample: usize,
    /// Which input of the model, if it has several
    #[arg(long, value_name = "NAME", conflicts_with = "data")]
    pub tensor: Option<String>,
    /// Refuse if a value is beyond the range that calibration gave
    #[arg(long)]
    pub strict: bool,
    /// What opens the commitment, to write: a secret. Of a data set, OUT.opening is written, and the public OUT.commitment
    #[arg(short = 'o', long = "out", value_name = "OUT")]
    pub out: PathBuf,
    /// The commitment, to write: public
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    pub commitment: Option<PathBuf>,
    /// Replace files that exist
    #[arg(short, long)]
    pub force: bool,
}

/// Of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A model's folder, its public folder, or its verifying key; `-` is standard input
    #[arg(value_name = "MODEL|PUBLIC")]
    pub key: PathBuf,
    /// What may be claimed of inputs and outputs, as `score[0] >= 0.8`
    #[arg(value_name = "CLAIM", required = true)]
    pub claims: Vec<String>,
    /// Of the part of the model that begins at these tensors
    #[arg(long, value_name = "NAME,..", value_delimiter = ',', requires = "to")]
    pub from: Vec<String>,
    /// Of the part of the model that ends at these tensors
    #[arg(long, value_name = "NAME,..", value_delimiter = ',', requires = "from")]
    pub to: Vec<String>,
}

/// Of `statement`.
#[derive(Debug, Args)]
pub struct WriteStatementArgs {
    /// The model's public folder, or its verifying key
    #[arg(long, value_name = "PUBLIC")]
    pub key: PathBuf,
    /// What the proof must say
    #[command(flatten)]
    pub statement: StatementArgs,
    /// The proof hides these, and comes with fresh commitments to them
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    pub commit: Vec<String>,
    /// A tensor is what was committed before: an identifier, or a file with a commitment
    #[arg(long, value_name = "NAME=ID")]
    pub committed: Vec<Named>,
    /// The statement to write; `-` is standard output
    #[arg(short = 'o', long = "out", value_name = "FILE", default_value = "-")]
    pub out: PathBuf,
    /// Replace the file if it exists
    #[arg(short, long)]
    pub force: bool,
}

/// Which input.
#[derive(Debug, Args)]
pub struct InputArgs {
    /// The input: .csv, .json, .npy or .npz; `-` is standard input
    #[arg(long, value_name = "IN")]
    pub input: PathBuf,
    /// Which sample of the file, from 0
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub sample: usize,
    /// Refuse if a value of the input, or one computed from it, is beyond the range that calibration gave
    #[arg(long)]
    pub strict: bool,
}
