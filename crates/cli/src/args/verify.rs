//! What is verified and looked at.

use super::{CacheArgs, LimitArgs};
use clap::Args;
use std::path::PathBuf;

/// Of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The model's public folder, or its verifying key; `-` is standard input
    #[arg(long, value_name = "PUBLIC")]
    pub key: PathBuf,
    /// The proof, or several of one statement, which takes less time than one after the other; `-` is standard input
    #[arg(value_name = "PROOF", required = true)]
    pub proofs: Vec<PathBuf>,
    /// The nonce or request id that each proof must be bound to
    #[arg(long, default_value = "", value_name = "STRING")]
    pub context: String,
    /// The statement that each proof must be of; without it, one that shows all inputs and outputs
    #[arg(long, value_name = "STATEMENT", conflicts_with = "context")]
    pub expect: Option<PathBuf>,
    /// Reject a proof unless it is of this input
    #[arg(long, value_name = "IN")]
    pub input: Option<PathBuf>,
    /// Which sample of the input file, from 0
    #[arg(long, default_value_t = 0, value_name = "N", requires = "input")]
    pub sample: usize,
    /// Refuse to compare with an input of which a value is beyond the declared range
    #[arg(long, requires = "input")]
    pub strict: bool,
    /// Reject a proof unless it is of this output: a JSON list, or a file with one
    #[arg(long, value_name = "VALUES", allow_hyphen_values = true)]
    pub output: Option<String>,
    /// The values of --output are the program's integers, not real numbers
    #[arg(long, requires = "output")]
    pub quantized: bool,
    /// Check the range proofs of the weights again, though this key has passed before
    #[arg(long)]
    pub recheck: bool,
    #[command(flatten)]
    pub limit: LimitArgs,
    #[command(flatten)]
    pub cache: CacheArgs,
}

/// Of `inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// A model folder, its public or secret folder, a key, a proof, a statement, a commitment, an opening, or a model card; `-` is standard input
    pub file: PathBuf,
    /// Of a proof or statement, say by this public folder or key what its tensors are called, and what its claims mean in integers
    #[arg(long, value_name = "PUBLIC", conflicts_with = "program")]
    pub key: Option<PathBuf>,
    /// Print the program of a model or key as well: every operation, coefficient, gather and table
    #[arg(long)]
    pub program: bool,
    #[command(flatten)]
    pub cache: CacheArgs,
}

/// Of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// A model folder, its public folder or its key; or a proof; `-` is standard input
    #[arg(value_name = "MODEL|PROOF")]
    pub file: PathBuf,
    /// The page to write, one HTML file; `-` is standard output
    #[arg(short = 'o', long = "out", value_name = "FILE")]
    pub out: PathBuf,
    /// Verify the proof with this public folder or key; without one the page says that nobody has verified it
    #[arg(long, value_name = "PUBLIC")]
    pub key: Option<PathBuf>,
    /// The nonce or request id that the proof must be bound to
    #[arg(long, default_value = "", value_name = "STRING", requires = "key")]
    pub context: String,
    /// The statement that the proof must be of; without it, one that shows all inputs and outputs
    #[arg(
        long,
        value_name = "STATEMENT",
        conflicts_with = "context",
        requires = "key"
    )]
    pub expect: Option<PathBuf>,
    /// Reject the proof unless it is of this input
    #[arg(long, value_name = "IN", requires = "key")]
    pub input: Option<PathBuf>,
    /// Which sample of the input file, from 0
    #[arg(long, default_value_t = 0, value_name = "N", requires = "input")]
    pub sample: usize,
    /// Names of the entries of an output, one a line, such as the classes of a classifier
    #[arg(long, value_name = "FILE", requires = "key")]
    pub labels: Option<PathBuf>,
    /// Check the range proofs of the weights again, though this key has passed before
    #[arg(long, requires = "key")]
    pub recheck: bool,
    /// The most that the key may demand, in field operations: a million takes some 30 milliseconds
    #[arg(long, value_name = "N", default_value_t = 1 << 28)]
    pub max_work: u64,
    /// Replace the page if that file exists
    #[arg(short, long)]
    pub force: bool,
    #[command(flatten)]
    pub cache: CacheArgs,
}
