//! Where a command reads: a file, or standard input where `-` stands.

use crate::error::Error;
use inferproof::{
    Error as ModelError, ImportOptions, KeyFile, OnnxFile, Port, Samples, parse_samples,
    read_samples,
};
use std::io::Read;
use std::path::{Path, PathBuf};

/// What stands for standard input where something is read, for standard output where something is written.
pub const STANDARD: &str = "-";

/// Whether a path stands for standard input or output.
pub fn is_standard(path: &Path) -> bool {
    path == Path::new(STANDARD)
}

/// What messages call a source.
pub fn name(path: &Path) -> PathBuf {
    if is_standard(path) {
        "standard input".into()
    } else {
        path.to_owned()
    }
}

/// All of a source.
pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let read = if is_standard(path) {
        std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    Ok(read.map_err(ModelError::read(&name(path)))?)
}

/// A key, or the one of a public folder.
pub fn read_key(path: &Path) -> Result<KeyFile, Error> {
    Ok(if is_standard(path) {
        KeyFile::new(name(path), read(path)?)?
    } else {
        KeyFile::read(path)?
    })
}

/// An ONNX model. One from standard input has nothing beside it, and so no weights in other files.
pub fn read_onnx(path: &Path, options: &ImportOptions<'_>) -> Result<OnnxFile, Error> {
    Ok(if is_standard(path) {
        let name = name(path);
        let file = name.to_string_lossy().into_owned();
        OnnxFile::import(file, &read(path)?, options).map_err(ModelError::onnx(&name))?
    } else {
        OnnxFile::read(path, options)?
    })
}

/// Samples. What comes from standard input has no extension, and is known by how it begins.
pub fn read_data(path: &Path, ports: &[Port]) -> Result<Samples, Error> {
    if !is_standard(path) {
        return read_samples(path, ports).map_err(Error::data);
    }
    let bytes = read(path)?;
    let name = format!("{}.{}", name(path).display(), extension(&bytes));
    parse_samples(&name, &bytes, ports).map_err(Error::data)
}

/// Of a data file with these contents.
fn extension(bytes: &[u8]) -> &'static str {
    let text = bytes.trim_ascii_start();
    if bytes.starts_with(b"\x93NUMPY") {
        "npy"
    } else if bytes.starts_with(b"PK") {
        "npz"
    } else if text.starts_with(b"{") || text.starts_with(b"[") {
        "json"
    } else {
        "csv"
    }
}
