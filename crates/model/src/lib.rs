//! A compiled model: made from ONNX, held in memory, kept in a folder. What the command line and the Python package share.
//!
//! ```text
//! OnnxFile + Samples --compile--> Model (key, card, secrets) --save--> folder --open--> Model
//! ```
//!
//! A [`Model`] holds the files of its folder as they are, so a model in memory and one on disk are the same thing.
#![forbid(unsafe_code)]

mod atomic;
mod card;
mod check;
mod checked;
mod compile;
mod error;
mod estimate;
mod folder;
mod inspect;
mod onnx_file;
mod saturation;
mod secret;
mod stage;
mod unfinished;
mod values;

pub use atomic::{Access, Folder, write_file};
pub use card::{Card, External, FORMAT, Source, Tensor, tensors};
pub use check::{ASSUMED, Check, check};
pub use checked::Checked;
pub use compile::{Compilation, Plan, Progress, compile};
pub use error::Error;
pub use estimate::Estimate;
pub use folder::{BLINDING, CARD, KEY, KeyFile, Model, PUBLIC, SECRET, WEIGHTS, hex};
pub use inspect::{Frame, KeyReport, ProofReport, inspect_key, inspect_proof};
pub use onnx_file::OnnxFile;
pub use saturation::{Place, Saturated, saturated_inputs, saturated_nodes};
pub use secret::{SecretError, SecretSummary, summarize};
pub use stage::stage;
pub use unfinished::{Unfinished, remove_unfinished};
pub use values::{difference, nearest, ports};
