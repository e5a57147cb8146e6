//! What a key or a proof is and states.

use crate::card::{Described, describe};
use crate::checked::Checked;
use crate::error::Error;
use crate::folder::{KeyFile, hex};
use inferproof_inference::{
    Curve, DecodeError, FORMAT_VERSION, Kind, PROTOCOL, Proof, Visibility, kind_of,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The frame of a binary file.
#[derive(Debug, Serialize)]
pub struct Frame {
    /// Of the binary formats.
    pub format_version: u16,
    /// Of the argument.
    pub protocol: String,
    /// Its name.
    pub curve: &'static str,
    /// About how many.
    pub security_bits: u32,
    /// Of the whole file.
    pub bytes: usize,
}

/// A verifying key.
#[derive(Debug, Serialize)]
pub struct KeyReport {
    /// What every file has.
    #[serde(flatten)]
    pub frame: Frame,
    /// Of which model.
    pub model_id: String,
    /// Who sees what.
    pub visibility: Visibility,
    /// In order.
    pub inputs: Vec<Described>,
    /// In order.
    pub outputs: Vec<Described>,
    /// Of the program.
    pub nodes: usize,
    /// How many of which operation.
    pub operations: BTreeMap<&'static str, usize>,
    /// How many function tables.
    pub tables: usize,
    /// How many.
    pub weights: usize,
    /// Of all weights.
    pub committed_rows: usize,
    /// How many entries a row has.
    pub row_entries: usize,
    /// How many.
    pub range_proofs: usize,
    /// Of all of them.
    pub range_proof_bytes: usize,
    /// Whether this machine has verified the range proofs.
    pub checked: bool,
}

/// A proof.
#[derive(Debug, Serialize)]
pub struct ProofReport {
    /// What every file has.
    #[serde(flatten)]
    pub frame: Frame,
    /// Of which model.
    pub model_id: String,
    /// How many numbers it shows of each input; `None` if inputs are private.
    pub inputs: Option<Vec<usize>>,
    /// How many numbers it shows of each output; `None` if outputs are private.
    pub outputs: Option<Vec<usize>>,
    /// Of the argument.
    pub argument_bytes: usize,
}

fn frame(curve: Curve, bytes: &[u8]) -> Frame {
    Frame {
        format_version: FORMAT_VERSION,
        protocol: String::from_utf8_lossy(PROTOCOL).into_owned(),
        curve: curve.name(),
        security_bits: curve.security_bits(),
        bytes: bytes.len(),
    }
}

/// Of a key.
///
/// # Errors
/// If its bytes are not a key.
pub fn inspect_key(file: &KeyFile) -> Result<KeyReport, Error> {
    let key = file.decode()?;
    let architecture = key.architecture();
    let program = &architecture.program;
    let mut operations = BTreeMap::new();
    for node in &program.nodes {
        *operations.entry(node.op.name()).or_default() += 1;
    }
    let weights = program.weights().filter_map(|id| program.tensor(id));
    Ok(KeyReport {
        frame: frame(key.curve(), &file.bytes),
        model_id: hex(&key.model_id()),
        visibility: architecture.visibility,
        inputs: describe(program, &program.inputs),
        outputs: describe(program, &program.outputs),
        nodes: program.nodes.len(),
        operations,
        tables: program.tables.len(),
        weights: weights.map(|t| t.volume()).sum(),
        committed_rows: key.rows().iter().sum(),
        row_entries: 1usize.checked_shl(architecture.row_bits).unwrap_or(0),
        range_proofs: key.range_proofs().len(),
        range_proof_bytes: key.range_proofs().iter().map(Vec::len).sum(),
        checked: Checked::of(&file.bytes).is_known(),
    })
}

/// Of a proof; messages call it by `path`.
///
/// # Errors
/// If the bytes are not a proof.
pub fn inspect_proof(path: &Path, bytes: &[u8]) -> Result<ProofReport, Error> {
    let (kind, _) = kind_of(bytes).map_err(Error::decode(path))?;
    if kind != Kind::Proof {
        let source = DecodeError::Magic { expected: "proof" };
        return Err(Error::decode(path)(source));
    }
    let (proof, curve) = Proof::read(bytes).map_err(Error::decode(path))?;
    let lengths = |tensors: &Option<Vec<Vec<i64>>>| {
        tensors.as_ref().map(|t| t.iter().map(Vec::len).collect())
    };
    Ok(ProofReport {
        frame: frame(curve, bytes),
        model_id: hex(&proof.model_id),
        inputs: lengths(&proof.publics.inputs),
        outputs: lengths(&proof.publics.outputs),
        argument_bytes: proof.argument.len(),
    })
}
