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
mod missing;
mod npy;
mod npz;
mod samples;
mod table;

pub use array::{Array, Entries};
pub use samples::Samples;

use crate::OnnxError;
use crate::error::io_reason;
use crate::import::Port;
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

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
