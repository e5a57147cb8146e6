//! How a model is read, checked and compiled.

use super::halves;
use clap::{Args, ValueEnum};
use inferproof::{ASSUMED, Curve, Dimensions, ImportOptions, Visible};
use std::path::PathBuf;

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
        let (output, input) =
            halves(text, '=').ok_or("expected OUTPUT=INPUT, such as stateN=state")?;
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
        let (name, tensor) = halves(text, '=')
            .filter(|(_, tensor)| tensor.contains(':'))
            .ok_or("expected NAME=PUBLIC:TENSOR, such as W=server.model/public:W_next")?;
        Ok(Self { name, tensor })
    }
}

/// Who sees something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum VisibilityArg {
    /// Verifiers see it
    Public,
    /// Verifiers see a hiding commitment to it
    Private,
}

/// A curve profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CurveArg {
    /// About 126 bits
    Grumpkin,
    /// About 100 bits, for what meets a chain
    Bn254,
}

fn tolerance(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
        _ => Err("expected a number that is not negative, such as 0.02".into()),
    }
}

impl From<VisibilityArg> for Visible {
    fn from(arg: VisibilityArg) -> Self {
        match arg {
            VisibilityArg::Public => Self::Public,
            VisibilityArg::Private => Self::Private,
        }
    }
}

impl From<CurveArg> for Curve {
    fn from(arg: CurveArg) -> Self {
        match arg {
            CurveArg::Grumpkin => Self::Grumpkin,
            CurveArg::Bn254 => Self::Bn254,
        }
    }
}
