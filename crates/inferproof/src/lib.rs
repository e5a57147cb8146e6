//! Machine-learning models that ship proofs: commit to a model, run it on an input, and prove to anyone that this committed model gave
//! that output.
//!
//! ```
//! use inferproof::{Cache, Expected, ImportOptions, OnnxFile, Plan, Verdict, judge, quantize_inputs, read_samples};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # std::env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))?;
//! let onnx = OnnxFile::read("models/mlp_credit/model.onnx".as_ref(), &ImportOptions::default())?;
//! let data = read_samples("models/mlp_credit/calibration.npz".as_ref(), onnx.model.inputs())?;
//! let model = onnx.compile(&data, &Plan::default())?; // quantize, and commit to the weights
//!
//! let prover = model.prover(&Cache::none())?;
//! let input = quantize_inputs(prover.program(), &data.inputs[0]);
//! let said = prover.statement(b"request 17"); // inputs and outputs are shown, the weights are not
//! let proved = prover.prove(&said, &input, &[], &mut |_| true)?;
//!
//! let verifier = model.key.verifier(&Cache::none())?; // from the public key alone
//! let expected = Expected::new(verifier.statement(b"request 17"));
//! assert!(matches!(judge(&verifier, &expected, &proved.proof), Verdict::Accepted(_)));
//! # Ok(())
//! # }
//! ```
//!
//! ```text
//! OnnxFile + Samples --compile--> Model (key, card, secrets) --save--> folder --open--> Model
//! Model --prover--> Prover;  Statement + input --prove--> proof
//! KeyFile --verifier--> Verifier;  Expected statement + proof --judge--> Verdict
//! ```
//!
//! A [`Model`] holds the files of its folder as they are, so a model in memory and one on disk are the same thing.
//!
//! With the feature `onnx` (the default) this is everything; with `prover` alone, proofs of programs that were compiled before; without
//! both, the verifier: no importer, thread pool, randomness or file system.
#![deny(unsafe_code)]
#![cfg_attr(not(feature = "onnx"), forbid(unsafe_code))]

#[cfg(feature = "onnx")]
mod atomic;
#[cfg(feature = "onnx")]
mod bound_card;
#[cfg(feature = "onnx")]
mod cache;
#[cfg(feature = "onnx")]
mod card;
mod chain;
#[cfg(feature = "onnx")]
mod chain_link;
#[cfg(feature = "onnx")]
mod check;
#[cfg(feature = "onnx")]
mod coarse;
#[cfg(feature = "onnx")]
mod compile;
#[cfg(feature = "onnx")]
mod data_set_port;
#[cfg(feature = "onnx")]
mod error;
#[cfg(feature = "onnx")]
mod estimate;
#[cfg(feature = "onnx")]
mod folder;
#[cfg(feature = "onnx")]
mod inspect;
#[cfg(feature = "onnx")]
mod links;
#[cfg(feature = "onnx")]
mod listing;
#[cfg(feature = "onnx")]
mod mapped;
#[cfg(feature = "onnx")]
mod onnx_file;
#[cfg(feature = "page")]
mod page;
#[cfg(feature = "onnx")]
mod printable;
#[cfg(feature = "onnx")]
mod public_weights;
#[cfg(feature = "onnx")]
mod quantities;
#[cfg(feature = "onnx")]
mod ranking;
#[cfg(feature = "onnx")]
mod replaceable;
#[cfg(feature = "onnx")]
mod run_input;
#[cfg(feature = "onnx")]
mod sample_set;
#[cfg(feature = "onnx")]
mod saturation;
#[cfg(feature = "onnx")]
mod secret;
#[cfg(feature = "onnx")]
mod slicing;
#[cfg(feature = "onnx")]
mod stage;
#[cfg(feature = "onnx")]
mod unfinished;
#[cfg(feature = "onnx")]
mod values;
#[cfg(feature = "onnx")]
mod verdict;

pub use inferproof_inference::{
    Architecture, Batch, BoundaryError, ChainError, ClaimError, Curve, DataSet, DataTensor,
    DecodeError, Digest, Disclosed, Disclosure, Evaluation, EvaluationRejection,
    EvaluationStatement, Execution, ExecutionError, Explained, ExplainedClaim, FORMAT_VERSION,
    KeyError, Kind, Limits, LowerError, MarkedLine, Measure, Named as NamedProof, PROTOCOL,
    Place as DataSetPlace, Proof, Rejection, Role, Said, Score, SharingError, Slice, SliceChain,
    SliceLink, Start, Statement, StatementError, StepChain, StepLink, Steps, TensorCommitment,
    TensorKind, Tie, Verifier, VerifyingKey, Visibility, Visible, hex, kind_of, name_of,
    tensor_named,
};
#[cfg(feature = "prover")]
pub use inferproof_inference::{
    BlindingError, CommitError, DataGiven, EvaluationProgress, Forecast, FreshOpening, Inference,
    InferenceError, Instructions, ModelSecret, OpeningError, ProveError, Prover, SCALAR_BYTES,
    Stage, TensorOpening, UnknownInstructions, commit, data_set_of, forecast,
};
#[cfg(feature = "onnx")]
pub use inferproof_onnx::{
    Accuracy, Agreement, Array, Dimensions, Entries, ImportOptions, NodeSummary, OnnxError, Port,
    QuantizeOptions, Sample, Samples, Widths, io_reason, meant, parse_samples, quantize_inputs,
    read_samples,
};
#[cfg(feature = "onnx")]
pub use inferproof_program::{Op, Program, RunError, Tensor, TensorId, Trace, ValidProgram};

#[cfg(feature = "onnx")]
pub use atomic::{Access, Existing, Folder, check_file, write_file};
#[cfg(feature = "onnx")]
pub use bound_card::CardBinding;
#[cfg(feature = "onnx")]
pub use cache::Cache;
#[cfg(feature = "onnx")]
pub use card::{Card, Described, External, FORMAT, Source, describe};
pub use chain::{Chain, ExpectedChain, is_of_slices, verify_chain};
#[cfg(feature = "onnx")]
pub use chain_link::{ChainLink, Tied};
#[cfg(feature = "onnx")]
pub use check::{ASSUMED, Check, check};
#[cfg(feature = "onnx")]
pub use compile::{Compilation, Plan, Progress, compile};
#[cfg(feature = "onnx")]
pub use data_set_port::{DataSetPort, scored_output, sum_in_units};
#[cfg(feature = "onnx")]
pub use error::Error;
#[cfg(feature = "onnx")]
pub use estimate::Estimate;
#[cfg(feature = "onnx")]
pub use folder::{BLINDING, CARD, KEY, KeyFile, Model, PUBLIC, SECRET, WEIGHTS};
#[cfg(feature = "onnx")]
pub use inspect::{
    DisclosedReport, EvaluationReport, FeedReport, Frame, KeyReport, ProofReport, ShownEntry,
    TensorReport, inspect_commitment, inspect_evaluation, inspect_key, inspect_opening,
    inspect_proof,
};
#[cfg(feature = "onnx")]
pub use links::{Alike, Links};
#[cfg(feature = "onnx")]
pub use listing::Listing;
#[cfg(feature = "onnx")]
pub use onnx_file::OnnxFile;
#[cfg(feature = "page")]
pub use page::{Judged, Timings, model_page, proof_page};
#[cfg(feature = "onnx")]
pub use printable::{printable, printable_json};
#[cfg(feature = "onnx")]
pub use public_weights::check_public_weights;
#[cfg(feature = "onnx")]
pub use quantities::{Bytes, Count, Seconds, Shape};
#[cfg(feature = "onnx")]
pub use ranking::Ranking;
#[cfg(feature = "onnx")]
pub use run_input::{InputPlan, RunInput, single_input};
#[cfg(feature = "onnx")]
pub use sample_set::{NoValue, SampleSet, right_integers};
#[cfg(feature = "onnx")]
pub use saturation::{Place, Saturated, saturated_inputs, saturated_nodes};
#[cfg(feature = "onnx")]
pub use secret::{SecretError, SecretSummary, summarize};
#[cfg(feature = "onnx")]
pub use slicing::{SliceError, SliceGoal, SlicePart, SlicePlan, slice_plan};
#[cfg(feature = "onnx")]
pub use stage::{stage, stage_done};
#[cfg(feature = "onnx")]
pub use unfinished::{Unfinished, UnfinishedFolder, leftovers};
#[cfg(feature = "onnx")]
pub use values::{integer_of_number, integer_of_text, nearest, ports};
#[cfg(feature = "onnx")]
pub use verdict::{Expected, Hidden, Verdict, judge, judge_all};
