//! A verifying key on disk.

use super::names::{KEY, PUBLIC};
use crate::cache::Cache;
use crate::error::Error;
use inferproof_inference::{Curve, DecodeError, Kind, Limits, Verifier, VerifyingKey, kind_of};
use std::path::{Path, PathBuf};

/// A verifying key's bytes and the curve they are on.
pub struct KeyFile {
    /// Where it was read.
    pub path: PathBuf,
    /// What was read.
    pub bytes: Vec<u8>,
    /// From its header.
    pub curve: Curve,
}

impl KeyFile {
    /// Reads the key of a model's public folder, also in the model's own, or a key itself.
    ///
    /// # Errors
    /// If there is none.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let public = path.join(PUBLIC).join(KEY);
        let file = if public.is_file() {
            public
        } else if path.is_dir() {
            path.join(KEY)
        } else {
            path.to_owned()
        };
        if path.is_dir() && !file.exists() {
            let expected = "the `public` folder that `inferproof compile` wrote";
            return Err(Error::NotAModel {
                path: path.into(),
                missing: "`verifying.key`",
                expected,
            });
        }
        let bytes = std::fs::read(&file).map_err(Error::read(&file))?;
        Self::new(file, bytes)
    }

    /// A key's bytes; messages call them by `path`.
    ///
    /// # Errors
    /// If their header is not a key's.
    pub fn new(path: PathBuf, bytes: Vec<u8>) -> Result<Self, Error> {
        let curve = match kind_of(&bytes).map_err(Error::decode(&path))? {
            (Kind::Key, curve) => curve,
            (Kind::Proof | Kind::Commitment | Kind::Opening | Kind::Evaluation, _) => {
                return Err(Error::Decode {
                    path,
                    source: DecodeError::Magic {
                        expected: "verifying key",
                    },
                });
            }
        };
        Ok(Self { path, bytes, curve })
    }

    /// The key.
    ///
    /// # Errors
    /// If the bytes are not a key.
    pub fn decode(&self) -> Result<VerifyingKey, Error> {
        VerifyingKey::decode(&self.bytes).map_err(Error::decode(&self.path))
    }

    /// A verifier, whose key's range proofs have been verified, now or before: the cache remembers it.
    ///
    /// # Errors
    /// If the bytes are not a key, the key is defective, or a range proof is rejected.
    pub fn verifier(&self, cache: &Cache) -> Result<Verifier, Error> {
        self.verifier_within(cache, &Limits::default())
    }

    /// The same, of a key that may demand as much as the limits allow.
    ///
    /// # Errors
    /// As [`verifier`](Self::verifier), and if the key demands more.
    pub fn verifier_within(&self, cache: &Cache, limits: &Limits) -> Result<Verifier, Error> {
        let verifier = Verifier::within(self.decode()?, limits).map_err(Error::key(&self.path))?;
        if !cache.has_range_proofs(&self.bytes) {
            let checked = verifier.check_range_proofs();
            checked.map_err(Error::key(&self.path))?;
            cache.add_range_proofs(&self.bytes);
        }
        Ok(verifier)
    }
}
