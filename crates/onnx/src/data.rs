//! Samples from files and arrays: CSV tables, JSON as this field's tools write it, `.npy` and `.npz` as numpy does.
//!
//! Whatever the form, an entry is a number, a string, or missing; [`entry`] says what a model's input makes of it. Shapes and sizes are
//! checked before entries are read, so that a small file cannot ask for much memory.

mod array;
mod csv;
mod entry;
mod fit;
mod json;
mod labels;
mod npy;
mod npz;
mod table;

pub use array::{Array, Entries};

use crate::OnnxError;
use crate::calibrate::Sample;
use crate::error::io_reason;
use crate::import::Port;
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

/// Samples of a data file.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    /// For each sample, one array for each input of the model. A string is its position among the input's categories, and their number
    /// if it is none of them; a missing value is NaN.
    pub inputs: Vec<Sample>,
    /// The right answers, if the data have some under the name `label`: one for each sample.
    pub labels: Option<Vec<i64>>,
}

/// The array, column or key of the right answers.
const LABEL: &str = "label";

/// The most samples that are read: each takes some memory, however short.
const MAX_SAMPLES: usize = 1 << 22;

/// Reads samples from a file, whose kind is told by its extension: `.csv` (or `.tsv`), `.json`, `.npy` or `.npz`.
///
/// # Errors
/// If the file cannot be read, or does not fit the model's inputs; the message names the file, the tensor and the entry, what was
/// expected and what was found.
pub fn read_samples(path: &Path, inputs: &[Port]) -> Result<Samples, OnnxError> {
    let name = path.display().to_string();
    let kind = Kind::of(&name)?;
    let unreadable = |e: std::io::Error| OnnxError::File {
        file: name.clone(),
        reason: io_reason(&e),
    };
    let file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.is_dir() {
        return Err(unreadable(std::io::ErrorKind::IsADirectory.into()));
    }
    read(&name, kind, BufReader::new(file), inputs)
}

/// Reads samples from the contents of a file of this name.
///
/// # Errors
/// As [`read_samples`].
pub fn parse_samples(file: &str, bytes: &[u8], inputs: &[Port]) -> Result<Samples, OnnxError> {
    read(file, Kind::of(file)?, Cursor::new(bytes), inputs)
}

/// The kinds of data files.
#[derive(Clone, Copy)]
enum Kind {
    Csv,
    Json,
    Npy,
    Npz,
}

impl Kind {
    fn of(file: &str) -> Result<Self, OnnxError> {
        let extension = Path::new(file).extension().and_then(|e| e.to_str());
        let extension = extension.unwrap_or_default().to_ascii_lowercase();
        let advice = match extension.as_str() {
            "csv" | "tsv" => return Ok(Self::Csv),
            "json" => return Ok(Self::Json),
            "npy" => return Ok(Self::Npy),
            "npz" => return Ok(Self::Npz),
            "parquet" | "feather" | "arrow" | "xls" | "xlsx" | "ods" => {
                "save the table as text: `table.to_csv(\"data.csv\", index=False)` in pandas"
            }
            "pkl" | "pickle" | "joblib" | "pt" | "pth" | "safetensors" | "h5" | "hdf5" => {
                "save its arrays by the names of the model's inputs: `numpy.savez(\"data.npz\", name=array)`"
            }
            "jsonl" | "ndjson" => "join its lines into a JSON list, `[{..}, {..}]`",
            _ => "give the file the extension of what it holds",
        };
        Err(OnnxError::File {
            file: file.into(),
            reason: format!(
                "its extension is `{extension}`; expected csv, json, npy or npz: {advice}"
            ),
        })
    }
}

fn read(
    file: &str,
    kind: Kind,
    mut reader: impl Read + Seek,
    inputs: &[Port],
) -> Result<Samples, OnnxError> {
    let unreadable = |e: std::io::Error| OnnxError::File {
        file: file.into(),
        reason: io_reason(&e),
    };
    let length = reader.seek(SeekFrom::End(0)).map_err(unreadable)?;
    reader.rewind().map_err(unreadable)?;
    if length == 0 {
        return Err(OnnxError::File {
            file: file.into(),
            reason: "it is empty".into(),
        });
    }
    match kind {
        Kind::Npy => npy::samples(file, reader, length, inputs),
        Kind::Npz => npz::samples(file, reader, inputs),
        Kind::Csv | Kind::Json => {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).map_err(unreadable)?;
            match kind {
                Kind::Csv => csv::samples(file, &bytes, inputs),
                _ => json::samples(file, &bytes, inputs),
            }
        }
    }
}

/// Names of a model's inputs, for messages.
fn names(ports: &[Port]) -> String {
    let names: Vec<_> = ports.iter().map(|p| format!("`{}`", p.name)).collect();
    names.join(", ")
}

/// What is missing is said with all that is there.
fn missing<'a>(
    file: &str,
    tensor: &str,
    inputs: &[Port],
    found: impl Iterator<Item = &'a str>,
) -> OnnxError {
    // In an order of their own: that of an archive's directory is anybody's guess.
    let mut quoted: Vec<String> = found.map(entry::quoted).collect();
    quoted.sort_unstable();
    let mut found = match quoted.get(..MAX_NAMES) {
        Some(first) if quoted.len() > MAX_NAMES => format!("{}, ..", first.join(", ")),
        _ => quoted.join(", "),
    };
    if found.is_empty() {
        found = "nothing".into();
    }
    OnnxError::MissingTensor {
        file: file.into(),
        tensor: tensor.into(),
        expected: names(inputs),
        found,
    }
}

/// How many names of a file a message lists.
const MAX_NAMES: usize = 20;
