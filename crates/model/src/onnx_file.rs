//! An ONNX file: imported, with what the model card says of it.

use crate::card::Source;
use crate::error::Error;
use inferproof_onnx::{FloatModel, ImportOptions, OnnxError};
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
        Self::import(file, &bytes, &options).map_err(Error::onnx(path))
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
            },
        })
    }
}
