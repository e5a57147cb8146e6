//! Public files.

use crate::work::{run, whole};
use inferproof::{Access, CARD, Existing, Folder, KEY, KeyFile, Unfinished};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::PathBuf;

/// The key, and the card if there is one, of a model's folder or the public one in it, or of a key file.
#[pyfunction]
pub fn read_public(
    py: Python<'_>,
    path: PathBuf,
) -> PyResult<(Bound<'_, PyBytes>, Option<String>)> {
    let (key, card) = run(py, None, move |_| {
        let key = KeyFile::read(&path)?;
        let card = path.is_dir().then(|| key.path.with_file_name(CARD));
        let card = card.and_then(|card| std::fs::read_to_string(card).ok());
        Ok((key.bytes, card))
    })?;
    Ok((PyBytes::new(py, &key), card))
}

/// Writes a public folder, whole or not at all.
#[pyfunction]
pub fn save_public(
    py: Python<'_>,
    path: PathBuf,
    key: Vec<u8>,
    card: Option<String>,
    replace: bool,
) -> PyResult<()> {
    whole(py, || {
        let folder = Folder::new(&path, Existing::replace_if(replace), &Unfinished::default())?;
        folder.file(KEY, &key, Access::Shared)?;
        if let Some(card) = card {
            folder.file(CARD, card.as_bytes(), Access::Shared)?;
        }
        Ok(folder.finish()?)
    })
}

/// Writes a file, whole or not at all.
#[pyfunction]
pub fn write_file(py: Python<'_>, path: PathBuf, data: Vec<u8>, replace: bool) -> PyResult<()> {
    let (access, existing) = (Access::Shared, Existing::replace_if(replace));
    whole(py, || {
        let unfinished = Unfinished::default();
        Ok(inferproof::write_file(
            &path,
            &data,
            access,
            existing,
            &unfinished,
        )?)
    })
}
