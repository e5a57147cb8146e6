//! What is counted over the samples of a data set.

use super::{CacheArgs, LimitArgs, bytes};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What is compared with what is right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MeasureArg {
    /// How often the greatest entry, or the only one's value, is the label
    #[default]
    Accuracy,
    /// The sum of absolute differences from the targets
    Error,
    /// How often each class was taken for each
    Confusion,
}

/// What is counted over the samples of a data set.
#[derive(Clone, Debug, Default, Args)]
pub struct ScoreArgs {
    /// What is counted: accuracy (right answers), error (of targets), or confusion (of classes)
    #[arg(
        long,
        value_enum,
        default_value_t,
        hide_possible_values = true,
        value_name = "WHAT"
    )]
    pub measure: MeasureArg,
    /// Of which output, if the model has several
    #[arg(long, value_name = "NAME")]
    pub output: Option<String>,
    /// Count within so many groups, which are numbered from 0
    #[arg(long, value_name = "N")]
    pub groups: Option<u32>,
}

/// Of `accuracy`.
#[derive(Debug, Args)]
pub struct AccuracyArgs {
    /// The folder that `compile` wrote; to verify, its public folder
    #[arg(value_name = "MODEL")]
    pub model: PathBuf,
    /// The samples: a data file that everybody may see, or what `inferproof commit` wrote; NAME=DATA for each of several inputs
    #[arg(long, value_name = "DATA", required = true)]
    pub data: Vec<String>,
    /// The labels, or targets: likewise; of a data file with an array `label` they are that
    #[arg(long, value_name = "DATA")]
    pub labels: Option<PathBuf>,
    /// The group of each sample: likewise
    #[arg(long, value_name = "DATA", requires = "groups")]
    pub group_of: Option<PathBuf>,
    /// What is counted
    #[command(flatten)]
    pub score: ScoreArgs,
    /// Say that at least so many answers are right
    #[arg(long, value_name = "K")]
    pub at_least: Option<u64>,
    /// Say this of the sums, as `correct[0] >= 950`, `error[0] < 12.5` or `correct[1] >= 0.9 * samples[1]`; several times for several claims
    #[arg(long = "claim", value_name = "CLAIM")]
    pub claims: Vec<String>,
    /// Show the sums
    #[arg(long)]
    pub show: bool,
    /// A nonce or request id to bind the proof to
    #[arg(long, default_value = "", value_name = "STRING")]
    pub context: String,
    /// The memory that each part's proof may take, as 512MB or 2GB
    #[arg(long, default_value = "1GB", value_parser = bytes, value_name = "SIZE", conflicts_with = "verify")]
    pub memory: u64,
    /// Samples of a part, if not as many as fit the memory
    #[arg(long, value_name = "N", conflicts_with = "verify")]
    pub part: Option<u64>,
    /// The proof to write
    #[arg(
        short = 'o',
        long = "out",
        value_name = "OUT.proof",
        required_unless_present = "verify"
    )]
    pub out: Option<PathBuf>,
    /// Verify this proof instead of making one
    #[arg(long, value_name = "PROOF", conflicts_with_all = ["out", "force"])]
    pub verify: Option<PathBuf>,
    /// Replace the proof if that file exists
    #[arg(short, long)]
    pub force: bool,
    #[command(flatten)]
    pub limit: LimitArgs,
    #[command(flatten)]
    pub cache: CacheArgs,
}
