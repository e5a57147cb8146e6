//! What was typed. Each command validates its own arguments before it does any work.

mod accuracy;
mod chain;
mod compile;
mod prove;
mod verify;

pub use accuracy::{AccuracyArgs, MeasureArg, ScoreArgs};
pub use chain::{ChainCommand, ChainVerifyArgs, SliceCommand, SlicePlanArgs, SliceRunArgs};
pub use compile::{CheckArgs, CompileArgs};
pub use prove::{
    CommitArgs, ExplainArgs, InputArgs, Named, ProveArgs, RunArgs, StatementArgs, TensorOf,
    WriteStatementArgs,
};
pub use verify::{InspectArgs, ReportArgs, VerifyArgs};

use clap::{Args, Parser, Subcommand, ValueEnum};
use inferproof::{Cache, Limits};
use std::path::PathBuf;

/// Zero-knowledge proofs of machine-learning inference: commit to a model, prove what it says, verify.
#[derive(Debug, Parser)]
#[command(
    name = "inferproof",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
#[command(
    after_help = "Where a file is read, `-` is standard input. Nothing that exists is replaced without --force.\n\nExit codes: 0 done or accepted, 1 proof rejected, 2 error, 130 interrupted."
)]
pub struct Cli {
    /// How it speaks
    #[command(flatten)]
    pub console: ConsoleArgs,

    #[command(subcommand)]
    pub command: Command,
}

/// How a command speaks.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct ConsoleArgs {
    /// Print one JSON object on standard output instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// Print errors alone: no report, unless it is JSON, no progress, no warnings
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say how long each part of the work takes
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Colour the report and messages: always, never, or auto: on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_enum, default_value_t = ColorArg::Auto, hide_possible_values = true, value_name = "WHEN")]
    pub color: ColorArg,
    /// Write a log on standard error, json or text, instead of messages; INFERPROOF_LOG chooses levels
    #[arg(
        long,
        global = true,
        value_enum,
        hide_possible_values = true,
        value_name = "FORMAT"
    )]
    pub log: Option<LogArg>,
}

/// When there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What a log looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogArg {
    /// One JSON object a line
    Json,
    /// One line of text for each event
    Text,
}

/// What a key may demand: it may be a stranger's.
#[derive(Clone, Debug, Args)]
pub struct LimitArgs {
    /// The most that the key may demand, in field operations: a million takes some 30 milliseconds
    #[arg(long, value_name = "N", default_value_t = MAX_WORK)]
    pub max_work: u64,
}

/// As the library's own limit.
const MAX_WORK: u64 = 1 << 28;

impl LimitArgs {
    /// In proportion.
    pub fn limits(&self) -> Limits {
        Limits::of_work(self.max_work)
    }
}

impl Default for LimitArgs {
    fn default() -> Self {
        Self { max_work: MAX_WORK }
    }
}

/// Where it is remembered what was verified.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Cache")]
pub struct CacheArgs {
    /// Remember in this folder which keys and public weights were verified [default: inferproof/verified in the user's cache]
    #[arg(long, value_name = "DIR", conflicts_with = "no_cache")]
    pub cache: Option<PathBuf>,
    /// Remember nothing, and verify again what was verified before
    #[arg(long)]
    pub no_cache: bool,
}

impl CacheArgs {
    /// The one to use.
    pub fn cache(&self) -> Cache {
        match (&self.cache, self.no_cache) {
            (_, true) => Cache::none(),
            (Some(folder), false) => Cache::at(folder.clone()),
            (None, false) => Cache::of_user(),
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Prove and verify what the bundled LeNet says of one handwritten digit
    Demo(DemoArgs),
    /// Say node by node whether a model is supported, and estimate what proving it takes
    Check(CheckArgs),
    /// Quantize a model, commit to its weights, and write its public and secret folders
    Compile(CompileArgs),
    /// Run a compiled model on an input, without a proof
    Run(RunArgs),
    /// Run a compiled model on an input and prove the output
    Prove(ProveArgs),
    /// Commit to an input, or to all samples of a data set, for any number of proofs to read
    Commit(CommitArgs),
    /// Prove what a model scores on a data set, or verify such a proof
    Accuracy(AccuracyArgs),
    /// Say which integers satisfy claims, to the last one
    Explain(ExplainArgs),
    /// Write down what a proof must say, for `verify --expect` and `prove --statement`
    Statement(WriteStatementArgs),
    /// Verify proofs with nothing but a model's public folder
    Verify(VerifyArgs),
    /// Cut a model into parts that are proven apart
    #[command(subcommand)]
    Slice(SliceCommand),
    /// Verify many proofs that are one: parts of a run, or steps of a history
    #[command(subcommand)]
    Chain(ChainCommand),
    /// Say what a file or folder of ours is, and what it states
    Inspect(InspectArgs),
    /// Make a page to look at, of a model or a proof
    Report(ReportArgs),
    /// Print what a shell needs to complete command lines
    Completions(CompletionsArgs),
    /// Write the manual pages
    Manual(ManualArgs),
}

/// Of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Of `manual`.
#[derive(Debug, Args)]
pub struct ManualArgs {
    /// The folder for the pages, one for each command; `man` finds them in `share/man/man1`
    #[arg(short = 'o', long = "out", value_name = "DIR")]
    pub out: PathBuf,
    /// Replace pages that exist
    #[arg(short, long)]
    pub force: bool,
}

/// Of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Which of the bundled digits to prove
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub digit: usize,
    /// Keep the compiled model, the input and the proof in this new folder
    #[arg(short = 'o', long = "out", value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// What stands before and after the first separator, if both are there.
fn halves(text: &str, separator: char) -> Option<(String, String)> {
    let (left, right) = text.split_once(separator)?;
    let are_there = !left.is_empty() && !right.is_empty();
    are_there.then(|| (left.to_owned(), right.to_owned()))
}

/// A number of bytes with a unit.
fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match &text[digits.len()..] {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err("expected a unit such as MB or GB".into()),
    };
    match digits.parse::<f64>() {
        Ok(number) if number > 0.0 && number * (unit as f64) < 1e18 => {
            Ok((number * unit as f64) as u64)
        }
        _ => Err("expected a number of bytes, such as 300MB or 2GB".into()),
    }
}
