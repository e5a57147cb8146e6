//! `inferproof inspect`: what a file or folder of ours is and states. It reads no secret values, and prints none.

use crate::Outcome;
use crate::args::InspectArgs;
use crate::console::Console;
use crate::error::Error;
use crate::recognise::{INSPECTED, PUBLIC_KEY, check_all, once};
use crate::report::{Bytes, Count, Shape, is_public, row};
use crate::source::{is_standard, name, read, read_key};
use crate::statement::{ClaimRows, Seen, explained};
use inferproof::{
    BLINDING, CARD, Cache, CardBinding, Described, DisclosedReport, Error as ModelError,
    EvaluationReport, ExplainedClaim, FORMAT, FeedReport, Frame, KEY, KeyFile, KeyReport, Listing,
    PUBLIC, Proof, ProofReport, SECRET, SecretSummary, ShownEntry, Statement, TensorReport,
    ValidProgram, VerifyingKey, WEIGHTS, check_public_weights, hex, inspect_commitment,
    inspect_evaluation, inspect_key, inspect_opening, inspect_proof, printable_json, summarize,
};
use inferproof::{Kind, kind_of};
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
    Proof {
        path: PathBuf,
        proof: ProofReport,
        #[serde(flatten, skip_serializing_if = "Option::is_none")]
        by_key: Option<ByKey>,
    },
    #[serde(rename = "statement")]
    Statement {
        path: PathBuf,
        statement: Value,
        #[serde(flatten, skip_serializing_if = "Option::is_none")]
        by_key: Option<ByKey>,
    },
    #[serde(rename = "commitment")]
    Commitment { path: PathBuf, tensor: TensorReport },
    #[serde(rename = "opening")]
    Opening { path: PathBuf, tensor: TensorReport },
    Evaluation {
        path: PathBuf,
        evaluation: EvaluationReport,
    },
    #[serde(rename = "secret file")]
    SecretFile {
        path: PathBuf,
        bytes: u64,
        secret: SecretSummary,
    },
    #[serde(rename = "model card")]
    Card { path: PathBuf, card: Value },
}

/// What a statement says, by the key of its model. Nothing of a proof is verified.
#[derive(Serialize)]
struct ByKey {
    says: String,
    claims: Vec<ExplainedClaim>,
}

impl ByKey {
    /// Of a statement that was found in a file.
    fn new(key: &VerifyingKey, path: &Path, statement: &Statement) -> Result<Self, Error> {
        is_of(key, path, &hex(&statement.model_id))?;
        let model = &key.architecture().program;
        Ok(Self {
            says: Seen { statement, model }.to_string(),
            claims: explained(statement, model)?,
        })
    }
}

/// Refuses what is of another model than the key.
fn is_of(key: &VerifyingKey, path: &Path, found: &str) -> Result<(), Error> {
    let own = hex(&key.model_id());
    match own == found {
        true => Ok(()),
        false => Err(Error::OtherModel {
            path: path.into(),
            found: found.to_owned(),
            key: own,
        }),
    }
}

/// The files of a folder.
#[derive(Serialize)]
struct FolderReport {
    files: BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_id: Option<String>,
}

pub fn main(args: InspectArgs, console: &Console) -> Result<Outcome, Error> {
    let mut sources = vec![(INSPECTED, args.file.as_path())];
    sources.extend(args.key.as_deref().map(|key| (PUBLIC_KEY, key)));
    once(&sources)?;
    let key = args.key.as_deref().map(|key| {
        check_all(&[(PUBLIC_KEY, key)])?;
        Ok::<_, Error>(read_key(key)?.decode()?)
    });
    let key = key.transpose()?;
    let report = inspect(&args.file, &args.cache.cache(), key.as_ref())?;
    if key.is_some() && !report.has_statement() {
        let path = name(&args.file);
        return Err(Error::NothingToExplain { path });
    }
    let edited = report.key().and_then(|key| key.card);
    let edited = edited.filter(|card| *card == CardBinding::Edited);
    let program = match args.program {
        true if is_standard(&args.file) => return Err(Error::ProgramOfStandardInput),
        true => Some(
            read_key(&args.file)?
                .decode()?
                .architecture()
                .program
                .clone(),
        ),
        false => None,
    };
    console.report(&Inspected { report, program });
    let edited = edited.map(|card| format!("the model card is {card}"));
    console.warn(edited.as_slice());
    Ok(Outcome::Done)
}

/// A report, and the program if that was asked for.
#[derive(Serialize)]
struct Inspected {
    #[serde(flatten)]
    report: Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    program: Option<ValidProgram>,
}

impl fmt::Display for Inspected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.report.fmt(f)?;
        match &self.program {
            Some(program) => write!(f, "\n{}", Listing(program)),
            None => Ok(()),
        }
    }
}

impl Report {
    /// Whether a key can say what it means.
    fn has_statement(&self) -> bool {
        matches!(self, Self::Proof { .. } | Self::Statement { .. })
    }

    /// What is said of a key.
    fn key(&self) -> Option<&KeyReport> {
        match self {
            Self::Model { key, .. } | Self::Public { key, .. } | Self::Key { key, .. } => Some(key),
            Self::Secret { .. }
            | Self::Proof { .. }
            | Self::Statement { .. }
            | Self::Commitment { .. }
            | Self::Opening { .. }
            | Self::Evaluation { .. }
            | Self::SecretFile { .. }
            | Self::Card { .. } => None,
        }
    }
}

fn inspect(path: &Path, cache: &Cache, key: Option<&VerifyingKey>) -> Result<Report, Error> {
    if is_standard(path) {
        return inspect_file(path, cache, key);
    }
    let place = path.to_owned();
    if path.join(PUBLIC).is_dir() {
        let public = path.join(PUBLIC);
        let file = KeyFile::read(&public)?;
        check_public_weights(&public, &file, cache)?;
        let key = inspect_key(&file, cache)?;
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
        let file = KeyFile::read(path)?;
        check_public_weights(path, &file, cache)?;
        return Ok(Report::Public {
            path: place,
            files: files(path)?,
            key: inspect_key(&file, cache)?,
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
    inspect_file(path, cache, key)
}

/// A file by itself, or standard input.
fn inspect_file(path: &Path, cache: &Cache, key: Option<&VerifyingKey>) -> Result<Report, Error> {
    let bytes = read(path)?;
    let place = name(path);
    let path = place.clone();
    let path = path.as_path();
    if path.extension().is_some_and(|e| e == "safetensors") {
        let secret = summarize(&bytes).map_err(|source| ModelError::Secret {
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
        let json = serde_json::from_slice::<Value>(&bytes).ok();
        if let Some(statement) = json.as_ref().filter(|json| is_statement(json)) {
            return inspect_statement(path, &bytes, statement, key);
        }
        let card = json.filter(|card| card["format"] == FORMAT);
        return card
            .map(|card| Report::Card {
                path: place.clone(),
                card,
            })
            .ok_or(Error::NotOurs { path: place });
    }
    match kind_of(&bytes).map_err(ModelError::decode(path))? {
        (Kind::Key, curve) => Ok(Report::Key {
            path: place.clone(),
            key: inspect_key(
                &KeyFile {
                    path: place,
                    bytes,
                    curve,
                },
                cache,
            )?,
        }),
        (Kind::Proof, _) => {
            let proof = inspect_proof(path, &bytes)?;
            let by_key = key.map(|key| {
                let (proof, _) = Proof::read(&bytes).map_err(ModelError::decode(path))?;
                ByKey::new(key, path, &proof.statement)
            });
            Ok(Report::Proof {
                proof,
                by_key: by_key.transpose()?,
                path: place,
            })
        }
        (Kind::Commitment, _) => Ok(Report::Commitment {
            path: place,
            tensor: inspect_commitment(path, &bytes)?,
        }),
        (Kind::Opening, _) => Ok(Report::Opening {
            path: place,
            tensor: inspect_opening(path, &bytes)?,
        }),
        (Kind::Evaluation, _) => Ok(Report::Evaluation {
            path: place,
            evaluation: inspect_evaluation(path, &bytes)?,
        }),
    }
}

/// Whether a JSON object says that it is a statement.
fn is_statement(json: &Value) -> bool {
    let format = json["format"].as_str();
    format.is_some_and(|format| format.starts_with("inferproof statement "))
}

/// A statement as JSON, which is read as such if there is a key to read it by.
fn inspect_statement(
    path: &Path,
    bytes: &[u8],
    statement: &Value,
    key: Option<&VerifyingKey>,
) -> Result<Report, Error> {
    let by_key = key.map(|key| {
        // Of another model the names may be unknown, which would be said instead.
        is_of(
            key,
            path,
            statement["model_id"].as_str().unwrap_or_default(),
        )?;
        let text = String::from_utf8_lossy(bytes);
        let read = Statement::from_json(&key.architecture().program, &text);
        ByKey::new(key, path, &read.map_err(ModelError::statement(path))?)
    });
    Ok(Report::Statement {
        path: path.into(),
        statement: statement.clone(),
        by_key: by_key.transpose()?,
    })
}

fn files(path: &Path) -> Result<BTreeMap<String, u64>, Error> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(path).map_err(ModelError::read(path))? {
        let entry = entry.map_err(ModelError::read(path))?;
        let metadata = entry.metadata().map_err(ModelError::read(path))?;
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
    let bytes =
        zeroize::Zeroizing::new(std::fs::read(&weights).map_err(ModelError::read(&weights))?);
    let summary = summarize(&bytes).map_err(|source| ModelError::Secret {
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
                print_key(key, f)?;
                match secret {
                    Some(secret) => row(f, "secret", secret),
                    None if is_public(key.weights_visibility) => {
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
                print_key(key, f)
            }
            Self::Secret { path, secret } => {
                head(f, path, "secret folder of a model")?;
                row(f, "files", secret)?;
                row(f, "model", secret.model_id.as_deref().unwrap_or("unknown"))
            }
            Self::Key { path, key } => {
                head(f, path, "verifying key")?;
                print_key(key, f)
            }
            Self::Proof {
                path,
                proof,
                by_key,
            } => {
                head(f, path, "proof")?;
                print_proof(proof, f)?;
                print_by_key(by_key.as_ref(), f)
            }
            Self::Statement {
                path,
                statement,
                by_key,
            } => {
                head(f, path, "statement: what a proof may say")?;
                print_by_key(by_key.as_ref(), f)?;
                let statement = serde_json::to_string_pretty(statement).unwrap_or_default();
                write!(f, "{}", printable_json(&statement))
            }
            Self::Commitment { path, tensor } => {
                head(f, path, "commitment to a tensor")?;
                print_tensor(tensor, f)
            }
            Self::Opening { path, tensor } => {
                head(f, path, "opening of a tensor's commitment: a secret")?;
                print_tensor(tensor, f)
            }
            Self::Evaluation { path, evaluation } => {
                head(f, path, "proof of what a model scores on a data set")?;
                row(f, "model", &evaluation.model_id)?;
                row(f, "data set", &evaluation.data_set_id)?;
                let (samples, parts) = (evaluation.samples, evaluation.parts);
                row(f, "samples", format_args!("{samples}, in {parts} parts"))?;
                let sums = if evaluation.shows_sums {
                    "shown"
                } else {
                    "hidden"
                };
                row(f, "sums", sums)
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
                let card = serde_json::to_string_pretty(card).unwrap_or_default();
                write!(f, "{}", printable_json(&card))
            }
        }
    }
}

fn print_by_key(by_key: Option<&ByKey>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Some(ByKey { says, claims }) = by_key else {
        return Ok(());
    };
    row(f, "says", says)?;
    write!(f, "{}", ClaimRows(claims))
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

fn print_frame(frame: &Frame, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    row(
        f,
        "format",
        format_args!(
            "version {}, protocol {}",
            frame.format_version, frame.protocol
        ),
    )?;
    row(
        f,
        "curve",
        format_args!("{}, about {} bits", frame.curve, frame.security_bits),
    )?;
    row(f, "size", Bytes(frame.bytes as u64))
}

fn print_key(key: &KeyReport, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    print_frame(&key.frame, f)?;
    row(f, "model", &key.model_id)?;
    for (label, tensors) in [("input", &key.inputs), ("output", &key.outputs)] {
        for t in tensors {
            let Described {
                name,
                shape,
                scale_log2,
                low,
                high,
                categories,
                missing,
            } = t;
            let mut means = match categories.is_empty() {
                true => format!("integers {low} to {high}, times 2^{}", -scale_log2),
                false => format!("strings: {}", Few(categories)),
            };
            if let Some(missing) = missing {
                means.push_str(&format!(", {missing} for a missing value"));
            }
            row(f, label, format_args!("{name}: {}, {means}", Shape(shape)))?;
        }
    }
    for FeedReport { output, input } in &key.feeds {
        row(f, "feeds", format_args!("{output} feeds {input}"))?;
    }
    let operations: Vec<String> = key
        .operations
        .iter()
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    row(
        f,
        "program",
        format_args!("{} nodes: {}", key.nodes, operations.join(", ")),
    )?;
    row(
        f,
        "weights",
        format_args!(
            "{} {}, in {} committed rows of {}",
            Count(key.weights),
            key.weights_visibility,
            key.committed_rows,
            key.row_entries
        ),
    )?;
    row(f, "", format_args!("committed as {}", key.weights_id))?;
    let checked = if key.checked {
        "verified on this machine"
    } else {
        "not yet verified on this machine"
    };
    row(
        f,
        "range proofs",
        format_args!(
            "{} ({}), {checked}",
            key.range_proofs,
            Bytes(key.range_proof_bytes as u64)
        ),
    )?;
    if let Some(card) = key.card {
        row(f, "card", card)?;
    }
    for ShownEntry { node, what, count } in &key.shown {
        row(f, "key shows", format_args!("{node}: {count} {what}"))?;
    }
    Ok(())
}

/// The first of some strings.
struct Few<'a>(&'a [String]);

impl fmt::Display for Few<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 8;
        for (position, text) in self.0.iter().take(SHOWN).enumerate() {
            write!(f, "{}{text:?}", if position > 0 { ", " } else { "" })?;
        }
        match self.0.len().checked_sub(SHOWN) {
            Some(more @ 1..) => write!(f, " and {more} more"),
            _ => Ok(()),
        }
    }
}

fn print_tensor(tensor: &TensorReport, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    print_frame(&tensor.frame, f)?;
    row(f, "commitment", &tensor.tensor_id)?;
    row(
        f,
        "to",
        format_args!(
            "{}, {}, integers {} to {}, times 2^{}",
            tensor.tensor_kind,
            Shape(&tensor.shape),
            tensor.low,
            tensor.high,
            -tensor.scale_log2
        ),
    )
}

fn print_proof(proof: &ProofReport, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    print_frame(&proof.frame, f)?;
    row(f, "model", &proof.model_id)?;
    for (label, shown) in [("input", &proof.inputs), ("output", &proof.outputs)] {
        for disclosed in shown {
            match disclosed {
                DisclosedReport::Public(count) => {
                    row(f, label, format_args!("public, {} integers", Count(*count)))?;
                }
                DisclosedReport::Private => row(f, label, "private")?,
                DisclosedReport::OfDataSet => row(f, label, "samples of a data set")?,
                DisclosedReport::Committed(id) => {
                    row(f, label, format_args!("committed as {id}"))?;
                }
            }
        }
    }
    row(f, "argument", Bytes(proof.argument_bytes as u64))
}
