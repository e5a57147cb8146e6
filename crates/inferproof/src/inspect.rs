//! What a key or a proof is and states.

use crate::bound_card::CardBinding;
use crate::cache::Cache;
use crate::card::{Described, describe};
use crate::error::Error;
use crate::folder::{CARD, KeyFile};
use inferproof_inference::{
    Curve, DecodeError, Disclosed, Evaluation, FORMAT_VERSION, Kind, PROTOCOL, Proof,
    TensorCommitment, TensorKind, TensorOpening, Visible, hex, kind_of,
};
use inferproof_program::Program;
use serde::{Deserialize, Serialize};
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
    /// Whether the weights are public or private.
    pub weights_visibility: Visible,
    /// Equal for keys that share a commitment to weights.
    pub weights_id: String,
    /// In order.
    pub inputs: Vec<Described>,
    /// In order.
    pub outputs: Vec<Described>,
    /// Which outputs are the next run's inputs, in the inputs' order.
    pub feeds: Vec<FeedReport>,
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
    /// Of the model card beside it, if there is one.
    pub card: Option<CardBinding>,
    /// Numbers of the model that stand in the key though its weights are secret, as the card that the key was made with lists them.
    pub shown: Vec<ShownEntry>,
}

/// An output of one run that is an input of the next.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct FeedReport {
    /// Its name.
    pub output: String,
    /// Its name.
    pub input: String,
}

/// By name.
pub fn feeds(program: &Program) -> Vec<FeedReport> {
    let fed = program.feeds.iter().filter_map(|feed| {
        let (output, input) = program.fed(*feed)?;
        Some(FeedReport {
            output: program.tensor(output)?.name.clone(),
            input: program.tensor(input)?.name.clone(),
        })
    });
    fed.collect()
}

/// Public numbers of one node of the model.
#[derive(Debug, Serialize, Deserialize)]
pub struct ShownEntry {
    /// The node's name and operation.
    pub node: String,
    /// What they are: coefficients, parameters, places, scales, divisors.
    pub what: String,
    /// How many different ones.
    pub count: usize,
}

/// What the card beside a key lists of these.
fn shown(file: &KeyFile) -> Result<Vec<ShownEntry>, Error> {
    let path = file.path.with_file_name(CARD);
    let card = std::fs::read(&path).map_err(Error::read(&path))?;
    let card: serde_json::Value = serde_json::from_slice(&card).unwrap_or_default();
    Ok(serde_json::from_value(card["calibration"]["shown"].clone()).unwrap_or_default())
}

/// A proof.
#[derive(Debug, Serialize)]
pub struct ProofReport {
    /// What every file has.
    #[serde(flatten)]
    pub frame: Frame,
    /// Of which model.
    pub model_id: String,
    /// What it discloses of each input, in the program's order.
    pub inputs: Vec<DisclosedReport>,
    /// What it discloses of each output, in the program's order.
    pub outputs: Vec<DisclosedReport>,
    /// Of the argument.
    pub argument_bytes: usize,
}

/// What a proof discloses of a tensor.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DisclosedReport {
    /// This many integers.
    Public(usize),
    /// Nothing.
    Private,
    /// The commitment with this identifier.
    Committed(String),
    /// What a data set holds.
    OfDataSet,
}

/// A proof of what a model scores on a data set. What is claimed of the sums is the verifier's to say.
#[derive(Debug, Serialize)]
pub struct EvaluationReport {
    /// What every file has.
    #[serde(flatten)]
    pub frame: Frame,
    /// As the file says.
    pub model_id: String,
    /// As the file says.
    pub data_set_id: String,
    /// Of the data set.
    pub samples: u64,
    /// In how many parts.
    pub parts: usize,
    /// Whether the sums are in the file.
    pub shows_sums: bool,
}

/// A commitment to a tensor, or what opens one: no values.
#[derive(Debug, Serialize)]
pub struct TensorReport {
    /// What every file has.
    #[serde(flatten)]
    pub frame: Frame,
    /// Of the commitment.
    pub tensor_id: String,
    /// `weight`, `data` or `boundary`.
    pub tensor_kind: &'static str,
    /// The lengths of its axes.
    pub shape: Vec<usize>,
    /// The least integer that it may hold.
    pub low: i64,
    /// The greatest.
    pub high: i64,
    /// The integer `n` means `n * 2^-scale_log2`.
    pub scale_log2: i32,
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
pub fn inspect_key(file: &KeyFile, cache: &Cache) -> Result<KeyReport, Error> {
    let key = file.decode()?;
    let architecture = key.architecture();
    let program = &architecture.program;
    let mut operations = BTreeMap::new();
    for node in &program.nodes {
        *operations.entry(node.op.name()).or_default() += 1;
    }
    let weights = program.weights().filter_map(|id| program.tensor(id));
    let card = CardBinding::beside(file, &key)?;
    Ok(KeyReport {
        frame: frame(key.curve(), &file.bytes),
        model_id: hex(&key.model_id()),
        weights_visibility: architecture.weights,
        weights_id: hex(&key.weights_id()),
        inputs: describe(program, &program.inputs),
        outputs: describe(program, &program.outputs),
        feeds: feeds(program),
        nodes: program.nodes.len(),
        operations,
        tables: program.tables.len(),
        weights: weights.map(|t| t.volume()).sum(),
        committed_rows: key.rows().iter().sum(),
        row_entries: 1usize.checked_shl(architecture.row_bits).unwrap_or(0),
        range_proofs: key.range_proofs().len(),
        range_proof_bytes: key.range_proofs().iter().map(Vec::len).sum(),
        checked: cache.has_range_proofs(&file.bytes),
        card,
        shown: match card {
            Some(CardBinding::Bound) => shown(file)?,
            Some(CardBinding::Edited | CardBinding::Unbound) | None => Vec::new(),
        },
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
    let report = |disclosed: &Disclosed| match disclosed {
        Disclosed::Integers(values) => DisclosedReport::Public(values.len()),
        Disclosed::Nothing => DisclosedReport::Private,
        Disclosed::Commitment(commitment) => DisclosedReport::Committed(hex(&commitment.id(curve))),
        Disclosed::OfDataSet => DisclosedReport::OfDataSet,
    };
    Ok(ProofReport {
        frame: frame(curve, bytes),
        model_id: hex(&proof.statement.model_id),
        inputs: proof.disclosure.inputs.iter().map(report).collect(),
        outputs: proof.disclosure.outputs.iter().map(report).collect(),
        argument_bytes: proof.argument.len(),
    })
}

/// Of a proof of what a model scores on a data set; messages call it by `path`.
///
/// # Errors
/// If the bytes are not an evaluation.
pub fn inspect_evaluation(path: &Path, bytes: &[u8]) -> Result<EvaluationReport, Error> {
    let (evaluation, curve) = Evaluation::decode(bytes).map_err(Error::decode(path))?;
    let first = evaluation.statements().next();
    let place = first.and_then(|s| s.execution.batch).and_then(|b| b.of);
    Ok(EvaluationReport {
        frame: frame(curve, bytes),
        model_id: first.map(|s| hex(&s.model_id)).unwrap_or_default(),
        data_set_id: place.map(|place| hex(&place.data_set)).unwrap_or_default(),
        samples: place.map_or(0, |place| place.total),
        parts: evaluation.parts(),
        shows_sums: evaluation.shows_sums(),
    })
}

/// Of a commitment to a tensor; messages call it by `path`.
///
/// # Errors
/// If the bytes are not a commitment.
pub fn inspect_commitment(path: &Path, bytes: &[u8]) -> Result<TensorReport, Error> {
    let (commitment, curve) = TensorCommitment::decode(bytes).map_err(Error::decode(path))?;
    Ok(tensor(&commitment, curve, bytes))
}

/// Of what opens a commitment to a tensor; messages call it by `path`. It tells no values.
///
/// # Errors
/// If the bytes are not an opening, or open something else than they say.
pub fn inspect_opening(path: &Path, bytes: &[u8]) -> Result<TensorReport, Error> {
    let (opening, curve) = TensorOpening::decode(bytes).map_err(Error::opening(path))?;
    Ok(tensor(opening.commitment(), curve, bytes))
}

fn tensor(commitment: &TensorCommitment, curve: Curve, bytes: &[u8]) -> TensorReport {
    TensorReport {
        frame: frame(curve, bytes),
        tensor_id: hex(&commitment.id(curve)),
        tensor_kind: match commitment.kind {
            TensorKind::Weight => "weight",
            TensorKind::Data => "data",
            TensorKind::Boundary => "boundary",
            TensorKind::Score => "score",
        },
        shape: commitment.shape.clone(),
        low: commitment.low,
        high: commitment.high,
        scale_log2: commitment.scale_log2,
    }
}
