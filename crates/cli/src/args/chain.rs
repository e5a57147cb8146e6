//! A model in parts, and many proofs that are one.

use super::{CacheArgs, InputArgs, LimitArgs, Named, bytes};
use clap::{Args, Subcommand};
use std::path::PathBuf;

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
