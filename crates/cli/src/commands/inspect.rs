//! `inferproof inspect`: what a file or folder of ours is and states. It reads no secret values, and prints none.

use crate::Outcome;
use crate::args::InspectArgs;
use crate::card::{FORMAT, Tensor, tensors};
use crate::checked::Checked;
use crate::curve::on_curve;
use crate::error::Error;
use crate::folder::{BLINDING, CARD, KEY, KeyFile, PUBLIC, SECRET, WEIGHTS, hex};
use crate::report::{Bytes, Count, Seen, Shape, is_public, print, row};
use crate::secret::{self, SecretSummary};
use inferproof::{Curve, FORMAT_VERSION, Kind, Profile, Proof, Visibility, kind_of};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// What `inspect` prints.
#[derive(Serialize)]
#[serde(tag = "kind")]
enum Report {
    #[serde(rename = "model folder")]
    Model {
        path: PathBuf,
        key: KeyReport,
        secret: Option<FolderReport>,
    },
    #[serde(rename = "public folder")]
    Public {
        path: PathBuf,
        files: BTreeMap<String, u64>,
        key: KeyReport,
    },
    #[serde(rename = "secret folder")]
    Secret { path: PathBuf, secret: FolderReport },
    #[serde(rename = "verifying key")]
    Key { path: PathBuf, key: KeyReport },
    #[serde(rename = "proof")]
    Proof { path: PathBuf, proof: ProofReport },
    #[serde(rename = "secret file")]
    SecretFile {
        path: PathBuf,
        bytes: u64,
        secret: SecretSummary,
    },
    #[serde(rename = "model card")]
    Card { path: PathBuf, card: Value },
}

/// The frame of a binary file.
#[derive(Serialize)]
struct Frame {
    format_version: u16,
    protocol: String,
    curve: &'static str,
    security_bits: u32,
    bytes: usize,
}

/// A verifying key.
#[derive(Serialize)]
struct KeyReport {
    #[serde(flatten)]
    frame: Frame,
    model_id: String,
    visibility: Visibility,
    inputs: Vec<Tensor>,
    outputs: Vec<Tensor>,
    nodes: usize,
    /// How many of which operation.
    operations: BTreeMap<&'static str, usize>,
    tables: usize,
    weights: usize,
    committed_rows: usize,
    row_entries: usize,
    range_proofs: usize,
    range_proof_bytes: usize,
    /// Whether this machine has verified the range proofs.
    checked: bool,
}

/// A proof.
#[derive(Serialize)]
struct ProofReport {
    #[serde(flatten)]
    frame: Frame,
    model_id: String,
    /// How many numbers it shows of each input; `None` if inputs are private.
    inputs: Option<Vec<usize>>,
    /// How many numbers it shows of each output; `None` if outputs are private.
    outputs: Option<Vec<usize>>,
    argument_bytes: usize,
}

/// The files of a folder.
#[derive(Serialize)]
struct FolderReport {
    files: BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_id: Option<String>,
}

pub fn main(args: InspectArgs, json: bool) -> Result<Outcome, Error> {
    print(json, &inspect(&args.file)?);
    Ok(Outcome::Done)
}

fn inspect(path: &Path) -> Result<Report, Error> {
    let place = path.to_owned();
    if path.join(PUBLIC).is_dir() {
        let key = key(&KeyFile::read(&path.join(PUBLIC))?)?;
        let secret = path.join(SECRET);
        let secret = secret
            .is_dir()
            .then(|| secret_folder(&secret))
            .transpose()?;
        return Ok(Report::Model {
            path: place,
            key,
            secret,
        });
    }
    if path.join(KEY).is_file() {
        return Ok(Report::Public {
            path: place,
            files: files(path)?,
            key: key(&KeyFile::read(path)?)?,
        });
    }
    if path.join(BLINDING).is_file() || path.join(WEIGHTS).is_file() {
        return Ok(Report::Secret {
            path: place,
            secret: secret_folder(path)?,
        });
    }
    if path.is_dir() {
        return Err(Error::NotOurs { path: place });
    }
    let bytes = std::fs::read(path).map_err(Error::read(path))?;
    if path.extension().is_some_and(|e| e == "safetensors") {
        let secret = secret::summarize(&bytes).map_err(|source| Error::Secret {
            path: place.clone(),
            source,
        })?;
        return Ok(Report::SecretFile {
            path: place,
            bytes: bytes.len() as u64,
            secret,
        });
    }
    if path.file_name().is_some_and(|name| name == CARD) || bytes.first() == Some(&b'{') {
        let card = serde_json::from_slice::<Value>(&bytes)
            .ok()
            .filter(|card| card["format"] == FORMAT);
        return card
            .map(|card| Report::Card {
                path: place.clone(),
                card,
            })
            .ok_or(Error::NotOurs { path: place });
    }
    match kind_of(&bytes).map_err(Error::decode(path))? {
        (Kind::Key, curve) => Ok(Report::Key {
            path: place.clone(),
            key: key(&KeyFile {
                path: place,
                bytes,
                curve,
            })?,
        }),
        (Kind::Proof, curve) => Ok(Report::Proof {
            path: place,
            proof: proof(path, &bytes, curve)?,
        }),
    }
}

fn frame<P: Profile>(bytes: &[u8]) -> Frame {
    Frame {
        format_version: FORMAT_VERSION,
        protocol: String::from_utf8_lossy(inferproof_argument::PROTOCOL).into_owned(),
        curve: P::NAME,
        security_bits: P::SECURITY_BITS,
        bytes: bytes.len(),
    }
}

fn key(file: &KeyFile) -> Result<KeyReport, Error> {
    on_curve!(file.curve, P => key_on::<P>(file))
}

fn key_on<P: Profile>(file: &KeyFile) -> Result<KeyReport, Error> {
    let key = file.decode::<P>()?;
    let architecture = &key.architecture;
    let program = &architecture.program;
    let valid = program.validate().map_err(inferproof::KeyError::Program);
    valid.map_err(Error::key(&file.path))?;
    let mut operations = BTreeMap::new();
    for node in &program.nodes {
        *operations.entry(operation(&node.op)).or_default() += 1;
    }
    let weights = program.weights().filter_map(|id| program.tensor(id));
    Ok(KeyReport {
        frame: frame::<P>(&file.bytes),
        model_id: hex(&key.model_id()),
        visibility: architecture.visibility,
        inputs: tensors(program, &program.inputs),
        outputs: tensors(program, &program.outputs),
        nodes: program.nodes.len(),
        operations,
        tables: program.tables.len(),
        weights: weights.map(|t| t.volume()).sum(),
        committed_rows: key.commitments.iter().map(Vec::len).sum(),
        row_entries: 1usize.checked_shl(architecture.row_bits).unwrap_or(0),
        range_proofs: key.range_proofs.len(),
        range_proof_bytes: key.range_proofs.iter().map(Vec::len).sum(),
        checked: Checked::of(&file.bytes).is_known(),
    })
}

fn operation(op: &inferproof_program::Op) -> &'static str {
    use inferproof_program::Op;
    match op {
        Op::Input => "input",
        Op::Weight => "weight",
        Op::Linear { .. } => "linear",
        Op::Contract { .. } => "contract",
        Op::Rescale { .. } => "rescale",
        Op::Map { .. } => "map",
        Op::Max { .. } => "max",
        Op::OneHot { .. } => "one-hot",
        Op::Indicator { .. } => "indicator",
        Op::Root { .. } => "root",
    }
}

fn proof(path: &Path, bytes: &[u8], curve: Curve) -> Result<ProofReport, Error> {
    let (frame, proof) = on_curve!(curve, P => (frame::<P>(bytes), Proof::decode::<P>(bytes).map_err(Error::decode(path))?));
    let lengths = |tensors: &Option<Vec<Vec<i64>>>| {
        tensors.as_ref().map(|t| t.iter().map(Vec::len).collect())
    };
    Ok(ProofReport {
        frame,
        model_id: hex(&proof.model_id),
        inputs: lengths(&proof.publics.inputs),
        outputs: lengths(&proof.publics.outputs),
        argument_bytes: proof.argument.len(),
    })
}

fn files(path: &Path) -> Result<BTreeMap<String, u64>, Error> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(path).map_err(Error::read(path))? {
        let entry = entry.map_err(Error::read(path))?;
        let metadata = entry.metadata().map_err(Error::read(path))?;
        if metadata.is_file() {
            files.insert(
                entry.file_name().to_string_lossy().into_owned(),
                metadata.len(),
            );
        }
    }
    Ok(files)
}

fn secret_folder(path: &Path) -> Result<FolderReport, Error> {
    let weights = path.join(WEIGHTS);
    let bytes = zeroize::Zeroizing::new(std::fs::read(&weights).map_err(Error::read(&weights))?);
    let summary = secret::summarize(&bytes).map_err(|source| Error::Secret {
        path: weights,
        source,
    })?;
    Ok(FolderReport {
        files: files(path)?,
        model_id: summary.model_id,
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model { path, key, secret } => {
                head(f, path, "model folder")?;
                key.fmt(f)?;
                match secret {
                    Some(secret) => row(f, "secret", secret),
                    None if is_public(key.visibility.weights) => {
                        row(f, "secret", "none: the weights are public")
                    }
                    None => row(
                        f,
                        "secret",
                        "none here: this folder verifies, but cannot prove",
                    ),
                }
            }
            Self::Public { path, files, key } => {
                head(f, path, "public folder of a model")?;
                for (name, bytes) in files {
                    row(f, "file", format_args!("{name} ({})", Bytes(*bytes)))?;
                }
                key.fmt(f)
            }
            Self::Secret { path, secret } => {
                head(f, path, "secret folder of a model")?;
                row(f, "files", secret)?;
                row(f, "model", secret.model_id.as_deref().unwrap_or("unknown"))
            }
            Self::Key { path, key } => {
                head(f, path, "verifying key")?;
                key.fmt(f)
            }
            Self::Proof { path, proof } => {
                head(f, path, "proof")?;
                proof.fmt(f)
            }
            Self::SecretFile {
                path,
                bytes,
                secret,
            } => {
                head(f, path, "secret file of a model")?;
                row(f, "model", secret.model_id.as_deref().unwrap_or("unknown"))?;
                row(
                    f,
                    "holds",
                    format_args!(
                        "{} tensors, {} entries ({})",
                        secret.tensors,
                        Count(secret.entries),
                        Bytes(*bytes)
                    ),
                )
            }
            Self::Card { path, card } => {
                head(
                    f,
                    path,
                    "model card (what its maker says; only the key counts)",
                )?;
                write!(
                    f,
                    "{}",
                    serde_json::to_string_pretty(card).unwrap_or_default()
                )
            }
        }
    }
}

fn head(f: &mut fmt::Formatter<'_>, path: &Path, kind: &str) -> fmt::Result {
    row(f, "path", path.display())?;
    row(f, "kind", kind)
}

impl fmt::Display for FolderReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (name, bytes)) in self.files.iter().enumerate() {
            write!(
                f,
                "{}{name} ({})",
                if position > 0 { ", " } else { "" },
                Bytes(*bytes)
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        row(
            f,
            "format",
            format_args!(
                "version {}, protocol {}",
                self.format_version, self.protocol
            ),
        )?;
        row(
            f,
            "curve",
            format_args!("{}, about {} bits", self.curve, self.security_bits),
        )?;
        row(f, "size", Bytes(self.bytes as u64))
    }
}

impl fmt::Display for KeyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.frame.fmt(f)?;
        row(f, "model", &self.model_id)?;
        row(f, "shows", Seen(self.visibility))?;
        for (label, tensors) in [("input", &self.inputs), ("output", &self.outputs)] {
            for t in tensors {
                let Tensor {
                    name,
                    shape,
                    scale_log2,
                    low,
                    high,
                } = t;
                row(
                    f,
                    label,
                    format_args!(
                        "{name}: {}, integers {low} to {high}, times 2^{}",
                        Shape(shape),
                        -scale_log2
                    ),
                )?;
            }
        }
        let operations: Vec<String> = self
            .operations
            .iter()
            .map(|(name, count)| format!("{count} {name}"))
            .collect();
        row(
            f,
            "program",
            format_args!("{} nodes: {}", self.nodes, operations.join(", ")),
        )?;
        row(
            f,
            "weights",
            format_args!(
                "{} in {} committed rows of {}",
                Count(self.weights),
                self.committed_rows,
                self.row_entries
            ),
        )?;
        let checked = if self.checked {
            "verified on this machine"
        } else {
            "not yet verified on this machine"
        };
        row(
            f,
            "range proofs",
            format_args!(
                "{} ({}), {checked}",
                self.range_proofs,
                Bytes(self.range_proof_bytes as u64)
            ),
        )
    }
}

impl fmt::Display for ProofReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.frame.fmt(f)?;
        row(f, "model", &self.model_id)?;
        for (label, shown) in [("input", &self.inputs), ("output", &self.outputs)] {
            match shown {
                Some(lengths) => {
                    let lengths: Vec<String> =
                        lengths.iter().map(|&n| Count(n).to_string()).collect();
                    row(
                        f,
                        label,
                        format_args!("public, {} integers", lengths.join(" and ")),
                    )?;
                }
                None => row(f, label, "private")?,
            }
        }
        row(f, "argument", Bytes(self.argument_bytes as u64))
    }
}
