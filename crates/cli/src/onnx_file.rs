//! An ONNX file: imported, with what the model card says of it.

use crate::card::Source;
use crate::error::Error;
use inferproof_onnx::{Dimensions, FloatModel, OnnxError};
use std::path::Path;

/// A file's float model, and where it comes from.
pub struct OnnxFile {
    pub model: FloatModel,
    pub source: Source,
}

impl OnnxFile {
    /// Reads and imports a file.
    pub fn read(path: &Path, dimensions: &Dimensions) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(Error::read(path))?;
        let file = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Self::import(file, &bytes, dimensions).map_err(Error::model(path))
    }

    /// Imports a file's bytes.
    pub fn import(file: String, bytes: &[u8], dimensions: &Dimensions) -> Result<Self, OnnxError> {
        let model = quietly(|| FloatModel::import_with(bytes, dimensions))?;
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

/// What `--dim` says, each time it was given.
pub fn joined(dimensions: Vec<Dimensions>) -> Dimensions {
    let given = dimensions.into_iter();
    given.fold(Dimensions::default(), Dimensions::and)
}

/// Runs work of the ONNX front end, which panics on some malformed models; the importer turns that into an error, and nobody
/// needs to read of it twice.
pub fn quietly<T>(work: impl FnOnce() -> T) -> T {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let result = work();
    std::panic::set_hook(hook);
    result
}
