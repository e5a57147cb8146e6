//! What was typed. Each command validates its own arguments before it does any work.

use clap::{Args, Parser, Subcommand, ValueEnum};
use inferproof::{ASSUMED, Cache, Limits};
use inferproof::{Curve, Visible};
use inferproof::{Dimensions, ImportOptions};
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

/// How a model is read.
#[derive(Clone, Debug, Default, Args)]
pub struct ImportArgs {
    /// Lengths of dimensions that the model leaves open, as `batch=1,sequence=32`
    #[arg(long = "dim", value_name = "NAME=N,..")]
    pub dimensions: Vec<Dimensions>,
    /// Read a quantized model as the float model behind it, with its weights dequantized
    #[arg(long)]
    pub dequantize: bool,
}

impl ImportArgs {
    /// All that was said, together.
    pub fn options(&self) -> ImportOptions<'static> {
        let given = self.dimensions.iter().cloned();
        ImportOptions {
            dimensions: given.fold(Dimensions::default(), Dimensions::and),
            dequantize: self.dequantize,
            ..ImportOptions::default()
        }
    }
}

/// Of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The ONNX model; `-` is standard input
    #[arg(value_name = "MODEL.onnx")]
    pub onnx: PathBuf,
    /// How to read it
    #[command(flatten)]
    pub import: ImportArgs,
    /// Bits of a weight that the estimate is for, 2 to 16; `compile` chooses them by accuracy
    #[arg(long, value_name = "N", default_value_t = ASSUMED.weights, value_parser = clap::value_parser!(u32).range(2..=16))]
    pub weight_bits: u32,
    /// Bits of an activation that the estimate is for, 2 to 16; `compile` chooses them by accuracy
    #[arg(long, value_name = "N", default_value_t = ASSUMED.activations, value_parser = clap::value_parser!(u32).range(2..=16))]
    pub activation_bits: u32,
}

/// Of `compile`.
#[derive(Debug, Args)]
pub struct CompileArgs {
    /// The ONNX model; `-` is standard input
    #[arg(value_name = "MODEL.onnx")]
    pub onnx: PathBuf,
    /// How to read it
    #[command(flatten)]
    pub import: ImportArgs,
    /// Real inputs (.csv, .json, .npy or .npz) from which the scales are chosen
    #[arg(long, value_name = "DATA")]
    pub calibrate: PathBuf,
    /// The folder to write, with `public` and `secret` inside
    #[arg(short = 'o', long = "out", value_name = "MODEL")]
    pub out: PathBuf,
    /// Other inputs to measure accuracy on; an array `label` gives the right answers
    #[arg(long, value_name = "DATA")]
    pub evaluate: Option<PathBuf>,
    /// Whether verifiers see the weights
    #[arg(long, value_enum, default_value_t = VisibilityArg::Private, value_name = "WHO")]
    pub weights: VisibilityArg,
    /// The curve of the commitments: about 126 or 100 bits of security
    #[arg(long, value_enum, default_value_t = CurveArg::Grumpkin)]
    pub curve: CurveArg,
    /// Bits of a weight, 2 to 16; chosen by accuracy if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=16))]
    pub weight_bits: Option<u32>,
    /// Bits of an activation, 2 to 16; chosen by accuracy if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=16))]
    pub activation_bits: Option<u32>,
    /// Bits of an input of real numbers, 2 to 31; those of an activation if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=31))]
    pub input_bits: Option<u32>,
    /// The error on calibration data to stay below, relative to the size of each output column
    #[arg(long, value_name = "T", default_value_t = 0.02, value_parser = tolerance)]
    pub tolerance: f64,
    /// Say that an output is the next run's input: both get one scale and range. Data may leave that input out
    #[arg(long, value_name = "OUTPUT=INPUT")]
    pub feed: Vec<Fed>,
    /// Give an input or output the scale and range of a tensor of another model, whose public folder or key this is
    #[arg(long = "as", value_name = "NAME=PUBLIC:TENSOR")]
    pub alike: Vec<As>,
    /// Refuse to make a model that there is a warning about
    #[arg(long)]
    pub strict: bool,
    /// Replace the output folder if it exists and holds a compiled model, whose secrets are lost
    #[arg(short, long)]
    pub force: bool,
}

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
        match text.split_once('=') {
            Some((tensor, value)) if !tensor.is_empty() && !value.is_empty() => Ok(Self {
                tensor: tensor.to_owned(),
                value: value.into(),
            }),
            _ => Err("expected NAME=VALUE, such as x=x.opening".into()),
        }
    }
}

/// An output and the input that it feeds: `OUTPUT=INPUT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fed {
    /// Of one run.
    pub output: String,
    /// Of the next.
    pub input: String,
}

impl std::str::FromStr for Fed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (output, input) = halves(text).ok_or("expected OUTPUT=INPUT, such as stateN=state")?;
        Ok(Self { output, input })
    }
}

/// An input or output, and the tensor of another model that it is described as: `NAME=PUBLIC:TENSOR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct As {
    /// Of the model that is compiled.
    pub name: String,
    /// A public folder or key, a colon, and an input or output.
    pub tensor: String,
}

impl std::str::FromStr for As {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, tensor) = halves(text)
            .filter(|(_, tensor)| tensor.contains(':'))
            .ok_or("expected NAME=PUBLIC:TENSOR, such as W=server.model/public:W_next")?;
        Ok(Self { name, tensor })
    }
}

/// What stands before and after the first equals sign.
fn halves(text: &str) -> Option<(String, String)> {
    let (left, right) = text.split_once('=')?;
    let are_there = !left.is_empty() && !right.is_empty();
    are_there.then(|| (left.to_owned(), right.to_owned()))
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
        match text.split_once(':') {
            Some((model, tensor)) if !tensor.is_empty() && !model.is_empty() => Ok(Self {
                model: model.into(),
                tensor: tensor.to_owned(),
            }),
            _ => Err("expected MODEL:NAME, such as digits.model:input".into()),
        }
    }
}

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
    #[arg(long, default_value = "512MB", value_parser = memory, value_name = "SIZE", conflicts_with = "verify")]
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

/// A number of bytes, as people write it.
pub fn memory(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?}: expected a size such as 300MB or 2GB");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text
        .get(digits.len()..)
        .unwrap_or_default()
        .to_ascii_uppercase()
        .as_str()
    {
        "" | "B" => 1,
        "KB" | "K" => 1_000,
        "MB" | "M" => 1_000_000,
        "GB" | "G" => 1_000_000_000,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number
        .checked_mul(unit)
        .filter(|&bytes| bytes > 0)
        .ok_or_else(wrong)
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

/// What is done with parts of a model.
#[derive(Debug, Subcommand)]
pub enum SliceCommand {
    /// Say where to cut a model, and what proving each part takes
    Plan(SlicePlanArgs),
    /// Run a model, and commit to all that passes between its parts, so that each can be proven anywhere
    Run(SliceRunArgs),
}

/// Of `slice plan`.
#[derive(Debug, Args)]
pub struct SlicePlanArgs {
    /// The folder that `compile` wrote, its public folder, or the verifying key
    #[arg(value_name = "MODEL|PUBLIC")]
    pub key: PathBuf,
    /// The memory that a prover of a part has, as 300MB or 2GB
    #[arg(long, value_name = "BYTES", value_parser = bytes, required_unless_present = "parts")]
    pub memory: Option<u64>,
    /// Cut into so many parts, which take as little memory as possible
    #[arg(long, value_name = "N", conflicts_with = "memory", value_parser = clap::value_parser!(u16).range(1..))]
    pub parts: Option<u16>,
    /// Write the plan to this file, for `slice run`
    #[arg(short = 'o', long = "out", value_name = "PLAN.json")]
    pub out: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(short, long)]
    pub force: bool,
}

/// Of `slice run`.
#[derive(Debug, Args)]
pub struct SliceRunArgs {
    /// The folder that `compile` wrote
    pub model: PathBuf,
    #[command(flatten)]
    pub input: InputArgs,
    /// Where to cut: what `slice plan -o` wrote
    #[arg(long, value_name = "PLAN.json")]
    pub plan: PathBuf,
    /// Commit to the model's inputs as well, so that no proof shows them
    #[arg(long)]
    pub hide_inputs: bool,
    /// The new folder for what opens the commitments: secrets
    #[arg(short = 'o', long = "out", value_name = "FOLDER")]
    pub out: PathBuf,
    #[command(flatten)]
    pub cache: CacheArgs,
}

/// What is done with many proofs that are one.
#[derive(Debug, Subcommand)]
pub enum ChainCommand {
    /// Verify that proofs of parts, in any order, or of steps, in this order, are one chain
    Verify(ChainVerifyArgs),
}

/// Of `chain verify`.
#[derive(Debug, Args)]
pub struct ChainVerifyArgs {
    /// The model's public folder, or its verifying key
    #[arg(long, value_name = "PUBLIC")]
    pub key: PathBuf,
    /// The proofs: of parts in any order, of steps in the order of the steps
    #[arg(value_name = "PROOF", required = true)]
    pub proofs: Vec<PathBuf>,
    /// What the parts have to show together, or each step alone: a file that `inferproof statement` wrote
    #[arg(long, value_name = "STATEMENT", conflicts_with_all = ["private", "commit", "claims", "context"])]
    pub expect: Option<PathBuf>,
    /// Expect these to be hidden: inputs and outputs by name
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    pub private: Vec<String>,
    /// Expect these to be committed, by whichever commitment links the proofs; of steps, the state that each leaves to the next
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    pub commit: Vec<String>,
    /// Expect this claim: of parts once, of steps in each
    #[arg(long = "claim", value_name = "CLAIM")]
    pub claims: Vec<String>,
    /// The nonce or request id that every proof must be bound to
    #[arg(long, default_value = "", value_name = "STRING")]
    pub context: String,
    /// Of steps, where an input that the step before leaves begins: `zeros`, a JSON list of the program's integers, the identifier or file of a commitment, or `any`
    #[arg(long, value_name = "NAME=START")]
    pub start: Vec<Named>,
    /// Of steps, which public input counts them, and its value in the first one
    #[arg(long, value_name = "NAME=FIRST")]
    pub position: Option<Named>,
    /// Of steps, how many there must be
    #[arg(long, value_name = "N")]
    pub steps: Option<usize>,
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

/// Who sees something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum VisibilityArg {
    /// Verifiers see it
    Public,
    /// Verifiers see a hiding commitment to it
    Private,
}

impl From<VisibilityArg> for Visible {
    fn from(arg: VisibilityArg) -> Self {
        match arg {
            VisibilityArg::Public => Self::Public,
            VisibilityArg::Private => Self::Private,
        }
    }
}

/// A curve profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CurveArg {
    /// About 126 bits
    Grumpkin,
    /// About 100 bits, for what meets a chain
    Bn254,
}

impl From<CurveArg> for Curve {
    fn from(arg: CurveArg) -> Self {
        match arg {
            CurveArg::Grumpkin => Self::Grumpkin,
            CurveArg::Bn254 => Self::Bn254,
        }
    }
}

fn tolerance(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
        _ => Err("expected a number that is not negative, such as 0.02".into()),
    }
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
