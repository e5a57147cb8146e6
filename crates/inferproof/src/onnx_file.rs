//! An ONNX file: imported, with what the model card says of it.

use crate::card::{External, Source};
use crate::error::Error;
use inferproof_onnx::{FloatModel, ImportOptions, OnnxError};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// A file's float model, and where it comes from.
pub struct OnnxFile {
    /// Imported.
    pub model: FloatModel,
    /// For the card.
    pub source: Source,
}

impl OnnxFile {
    /// Reads and imports a file. Constants that it keeps in other files are looked for beside it, whatever the options say.
    ///
    /// # Errors
    /// If it cannot be read or imported.
    pub fn read(path: &Path, options: &ImportOptions<'_>) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(Error::read(path))?;
        let file = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let options = ImportOptions {
            folder: path.parent(),
            ..options.clone()
        };
        let mut file = Self::import(file, &bytes, &options).map_err(Error::onnx(path))?;
        drop(bytes);
        for name in file.model.external_files() {
            let beside = path.with_file_name(name);
            let (digest, bytes) = digest(&beside).map_err(Error::read(&beside))?;
            file.source.external.push(External {
                file: name.clone(),
                blake3: Some(digest),
                bytes,
            });
        }
        Ok(file)
    }

    /// Imports a file's bytes.
    ///
    /// # Errors
    /// If they cannot be imported.
    pub fn import(
        file: String,
        bytes: &[u8],
        options: &ImportOptions<'_>,
    ) -> Result<Self, OnnxError> {
        let model = FloatModel::import_as(bytes, options)?;
        let opset = model.opset();
        let blake3 = blake3::hash(bytes).to_hex().to_string();
        Ok(Self {
            model,
            source: Source {
                file,
                blake3: Some(blake3),
                bytes: bytes.len(),
                opset,
                external: Vec::new(),
            },
        })
    }
}

/// The digest of a file, and its length.
fn digest(path: &Path) -> io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => hasher.update(&buffer[..read]),
        };
    }
    Ok((hasher.finalize().to_hex().to_string(), hasher.count()))
}
