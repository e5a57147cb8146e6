//! A compiled model on disk.
//!
//! ```text
//! lenet.model/
//!   public/   verifying.key  model.json  [weights.safetensors, if the weights are public]
//!   secret/   weights.safetensors  blinding.safetensors        (only if the weights are private)
//! ```

mod key_file;
mod names;

pub use key_file::KeyFile;
pub use names::{BLINDING, CARD, KEY, PUBLIC, SECRET, WEIGHTS};

use crate::atomic::{Access, Folder};
use crate::cache::Cache;
use crate::error::Error;
use crate::public_weights;
use crate::secret::{SecretError, decode_secret, decode_some_weights, decode_weights};
use inferproof_inference::{
    Execution, Limits, ModelSecret, Prover, StatementError, VerifyingKey, Visible, hex,
};
use inferproof_program::BoundWeights;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// A file with secrets, unless the weights are public.
pub(crate) struct SecretFile {
    path: PathBuf,
    bytes: Zeroizing<Vec<u8>>,
}

impl SecretFile {
    /// The weights of a model in a folder to come.
    pub fn weights(model: &Path, visible: Visible, bytes: Zeroizing<Vec<u8>>) -> Self {
        let path = model.join(folder_of(visible)).join(WEIGHTS);
        Self { path, bytes }
    }

    /// The blinding of a model in a folder to come.
    pub fn blinding(model: &Path, bytes: Zeroizing<Vec<u8>>) -> Self {
        let path = model.join(SECRET).join(BLINDING);
        Self { path, bytes }
    }

    fn read(path: PathBuf) -> Result<Self, Error> {
        let bytes = Zeroizing::new(std::fs::read(&path).map_err(Error::read(&path))?);
        Ok(Self { path, bytes })
    }

    fn wrong(&self) -> impl FnOnce(SecretError) -> Error {
        |source| Error::Secret {
            path: self.path.clone(),
            source,
        }
    }
}

/// Where weights lie.
fn folder_of(visible: Visible) -> &'static str {
    match visible {
        Visible::Public => PUBLIC,
        Visible::Private => SECRET,
    }
}

/// A compiled model with all it takes to prove: the contents of its folder.
pub struct Model {
    /// The verifying key's file.
    pub key: KeyFile,
    pub(crate) decoded: VerifyingKey,
    /// The model card, if there is one: proving does not need it.
    pub card: Option<String>,
    pub(crate) weights: SecretFile,
    /// Only of private weights.
    pub(crate) blinding: Option<SecretFile>,
}

impl Model {
    /// Reads a model's folder.
    ///
    /// # Errors
    /// If it is not what `compile` wrote, or without its secrets.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let expected = "the folder that `inferproof compile` wrote, with `public` inside";
        if !path.exists() {
            return Err(Error::read(path)(std::io::ErrorKind::NotFound.into()));
        }
        let public = path.join(PUBLIC);
        if !public.is_dir() {
            return Err(Error::NotAModel {
                path: path.into(),
                missing: "the folder `public`",
                expected,
            });
        }
        let key = KeyFile::read(&public)?;
        let decoded = key.decode()?;
        let visible = decoded.architecture().weights;
        let weights = SecretFile::read(path.join(folder_of(visible)).join(WEIGHTS))?;
        let blinding = (visible == Visible::Private)
            .then(|| SecretFile::read(path.join(SECRET).join(BLINDING)))
            .transpose()?;
        Ok(Self {
            key,
            decoded,
            card: std::fs::read_to_string(public.join(CARD)).ok(),
            weights,
            blinding,
        })
    }

    /// The verifying key.
    #[must_use]
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.decoded
    }

    /// Writes all of it into a folder that has just been begun, secrets for the owner alone.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self, mut folder: Folder) -> Result<(), Error> {
        folder.folder(PUBLIC, Access::Shared)?;
        folder.file(&format!("{PUBLIC}/{KEY}"), &self.key.bytes, Access::Shared)?;
        if let Some(card) = &self.card {
            folder.file(&format!("{PUBLIC}/{CARD}"), card.as_bytes(), Access::Shared)?;
        }
        let weights = &self.weights.bytes;
        match &self.blinding {
            None => folder.file(&format!("{PUBLIC}/{WEIGHTS}"), weights, Access::Shared)?,
            Some(blinding) => {
                folder.folder(SECRET, Access::Owner)?;
                folder.file(&format!("{SECRET}/{WEIGHTS}"), weights, Access::Owner)?;
                folder.file(
                    &format!("{SECRET}/{BLINDING}"),
                    &blinding.bytes,
                    Access::Owner,
                )?;
            }
        }
        folder.finish()
    }

    /// The model made ready to prove.
    ///
    /// # Errors
    /// If key and secrets do not fit, or the key is defective.
    pub fn prover(&self, cache: &Cache) -> Result<Prover, Error> {
        self.prover_within(cache, &Limits::default())
    }

    /// The same, of a key that may demand as much as the limits allow.
    ///
    /// # Errors
    /// As [`prover`](Self::prover), and if the key demands more.
    pub fn prover_within(&self, cache: &Cache, limits: &Limits) -> Result<Prover, Error> {
        let key = self.verifying_key();
        let secret = self.secret(key, cache)?;
        Ok(Prover::within(key.clone(), secret, limits)?)
    }

    /// The weights alone, for a run without a proof. Public ones are checked to be those that the key commits to, unless the cache
    /// knows it: anybody can have exchanged their file.
    ///
    /// # Errors
    /// If they are not those of the key.
    pub fn weights(&self, key: &VerifyingKey, cache: &Cache) -> Result<BoundWeights, Error> {
        let (program, id) = (&key.architecture().program, hex(&key.model_id()));
        let SecretFile { path, bytes } = &self.weights;
        let weights = decode_weights(program, &id, bytes).map_err(self.weights.wrong())?;
        if self.blinding.is_none() {
            public_weights::check(&self.key, key, &weights, path, bytes, cache)?;
        }
        Ok(weights)
    }

    /// Weights and blinders, checked as [`Self::weights`] does.
    ///
    /// # Errors
    /// If they are not those of the key.
    pub fn secret(&self, key: &VerifyingKey, cache: &Cache) -> Result<ModelSecret, Error> {
        self.blinded(key, self.weights(key, cache)?)
    }

    /// The same, of the weights alone that such a run of the model reads: a part of a model is proven in the memory of that part.
    ///
    /// # Errors
    /// As [`Self::secret`], and if the model cannot be run like this.
    pub fn secret_of(
        &self,
        key: &VerifyingKey,
        execution: &Execution,
        cache: &Cache,
    ) -> Result<ModelSecret, Error> {
        let program = &key.architecture().program;
        let wanted = execution
            .weights(program)
            .map_err(|reason| Error::statement(&self.key.path)(StatementError::from(reason)))?;
        let weights = match self.blinding {
            Some(_) => {
                let (id, bytes) = (hex(&key.model_id()), &self.weights.bytes);
                let weights = decode_some_weights(program, &id, bytes, &wanted);
                weights.map_err(self.weights.wrong())?
            }
            // What the key commits to can only be compared as a whole.
            None => self.weights(key, cache)?.only(&wanted),
        };
        self.blinded(key, weights)
    }

    fn blinded(&self, key: &VerifyingKey, weights: BoundWeights) -> Result<ModelSecret, Error> {
        match &self.blinding {
            None => Ok(ModelSecret::unblinded(key, weights)),
            Some(file) => {
                let id = hex(&key.model_id());
                decode_secret(key, &id, weights, &file.bytes).map_err(file.wrong())
            }
        }
    }
}
