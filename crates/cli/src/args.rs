//! What was typed. Each command validates its own arguments before it does any work.

use clap::{Args, Parser, Subcommand, ValueEnum};
use inferproof::ASSUMED;
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
    /// Print one JSON object on standard output instead of text
    #[arg(long, global = true)]
    pub json: bool,

    #[command(subcommand)]
    pub command: Command,
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
    /// Verify a proof with nothing but a model's public folder
    Verify(VerifyArgs),
    /// Say what a file or folder of ours is, and what it states
    Inspect(InspectArgs),
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
    /// The ONNX model
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
    /// The ONNX model
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
    /// Whether verifiers see the input
    #[arg(long, value_enum, default_value_t = VisibilityArg::Public, value_name = "WHO")]
    pub input: VisibilityArg,
    /// Whether verifiers see the output
    #[arg(long, value_enum, default_value_t = VisibilityArg::Public, value_name = "WHO")]
    pub output: VisibilityArg,
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
}

/// Of `prove`.
#[derive(Debug, Args)]
pub struct ProveArgs {
    /// The folder that `compile` wrote
    pub model: PathBuf,
    #[command(flatten)]
    pub input: InputArgs,
    /// The proof to write; `-` is standard output
    #[arg(short = 'o', long = "out", value_name = "OUT.proof")]
    pub out: PathBuf,
    /// Replace the proof if that file exists
    #[arg(short, long)]
    pub force: bool,
    /// A nonce or request id to bind the proof to
    #[arg(long, default_value = "", value_name = "STRING")]
    pub context: String,
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
    /// The model's public folder, or its verifying key
    #[arg(long, value_name = "PUBLIC")]
    pub key: PathBuf,
    /// The proof; `-` is standard input
    #[arg(value_name = "PROOF")]
    pub proof: PathBuf,
    /// The nonce or request id that the proof must be bound to
    #[arg(long, default_value = "", value_name = "STRING")]
    pub context: String,
    /// Reject unless the proof is of this input
    #[arg(long, value_name = "IN")]
    pub input: Option<PathBuf>,
    /// Which sample of the input file, from 0
    #[arg(long, default_value_t = 0, value_name = "N", requires = "input")]
    pub sample: usize,
    /// Refuse to compare with an input of which a value is beyond the declared range
    #[arg(long, requires = "input")]
    pub strict: bool,
    /// Reject unless the proof is of this output: a JSON list, or a file with one
    #[arg(long, value_name = "VALUES", allow_hyphen_values = true)]
    pub output: Option<String>,
    /// The values of --output are the program's integers, not real numbers
    #[arg(long, requires = "output")]
    pub quantized: bool,
    /// Check the range proofs of the weights again, though this key has passed before
    #[arg(long)]
    pub recheck: bool,
}

/// Of `inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// A model folder, its public or secret folder, a key, a proof, or a model card
    pub file: PathBuf,
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
