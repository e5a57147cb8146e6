//! An ONNX file: imported, with what the model card says of it.

use crate::card::Source;
use crate::error::Error;
use inferproof_onnx::{Dimensions, FloatModel, OnnxError};
use std::path::Path;

/// A file's float model, and where it comes from.
pub struct OnnxFile {
    /// Imported.
    pub model: FloatModel,
    /// For the card.
    pub source: Source,
}

impl OnnxFile {
    /// Reads and imports a file.
    ///
    /// # Errors
    /// If it cannot be read or imported.
    pub fn read(path: &Path, dimensions: &Dimensions) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(Error::read(path))?;
        let file = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Self::import(file, &bytes, dimensions, path.parent()).map_err(Error::onnx(path))
    }

    /// Imports a file's bytes; constants that it keeps in other files are looked for in the folder.
    ///
    /// # Errors
    /// If they cannot be imported.
    pub fn import(
        file: String,
        bytes: &[u8],
        dimensions: &Dimensions,
        folder: Option<&Path>,
    ) -> Result<Self, OnnxError> {
        let model = FloatModel::import_from(bytes, dimensions, folder)?;
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
