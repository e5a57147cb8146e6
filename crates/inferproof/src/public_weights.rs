//! Public weights are bound to their key: whoever reads them recomputes the commitment.

use crate::cache::Cache;
use crate::error::Error;
use crate::folder::{KeyFile, WEIGHTS};
use crate::mapped::Mapped;
use crate::secret::decode_weights;
use inferproof_inference::{VerifyingKey, hex};
use inferproof_program::BoundWeights;
use std::path::Path;

/// Refuses weights, of a file with these bytes, that are not what the key commits to without blinding.
pub(crate) fn check(
    file: &KeyFile,
    key: &VerifyingKey,
    weights: &BoundWeights,
    path: &Path,
    bytes: &[u8],
    cache: &Cache,
) -> Result<(), Error> {
    if cache.has_weights(&file.bytes, bytes) {
        return Ok(());
    }
    if !key
        .commits_unblinded_to(weights)
        .map_err(Error::key(&file.path))?
    {
        return Err(Error::PublicWeights {
            path: path.into(),
            key: file.path.clone(),
        });
    }
    cache.add_weights(&file.bytes, bytes);
    Ok(())
}

/// Checks the weights of a public folder, if there are any.
///
/// # Errors
/// If they cannot be read, or are not what the key commits to.
pub fn check_public_weights(folder: &Path, file: &KeyFile, cache: &Cache) -> Result<bool, Error> {
    let path = folder.join(WEIGHTS);
    if !path.exists() {
        return Ok(false);
    }
    let bytes = Mapped::open(&path).map_err(Error::read(&path))?;
    let key = file.decode()?;
    let (program, id) = (&key.architecture().program, hex(&key.model_id()));
    let weights = decode_weights(program, &id, &bytes).map_err(|source| Error::Secret {
        path: path.clone(),
        source,
    })?;
    check(file, &key, &weights, &path, &bytes, cache)?;
    Ok(true)
}
