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
use crate::mapped::Mapped;
use crate::public_weights;
use crate::secret::{
    SecretError, decode_secret, decode_some_weights, decode_weights, write_weights,
};
use inferproof_inference::{
    Execution, Limits, ModelSecret, Prover, StatementError, VerifyingKey, Visible, hex,
};
use inferproof_program::BoundWeights;
use safetensors::SafeTensorError;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// A model's weights.
pub(crate) enum ModelWeights {
    /// In their file, which is mapped.
    Kept { path: PathBuf, file: Mapped },
    /// As they were just made, and committed to.
    Made(BoundWeights),
}

impl ModelWeights {
    fn open(path: PathBuf) -> Result<Self, Error> {
        let file = Mapped::open(&path).map_err(Error::read(&path))?;
        Ok(Self::Kept { path, file })
    }
}

/// What went wrong with a secret file.
fn wrong(path: &Path) -> impl FnOnce(SecretError) -> Error {
    |source| Error::Secret {
        path: path.into(),
        source,
    }
}

/// The file of a model's blinding.
pub(crate) struct SecretFile {
    path: PathBuf,
    bytes: Zeroizing<Vec<u8>>,
}

impl SecretFile {
    /// The blinding of a model in a folder to come.
    pub fn blinding(model: &Path, bytes: Zeroizing<Vec<u8>>) -> Self {
        let path = model.join(SECRET).join(BLINDING);
        Self { path, bytes }
    }

    fn read(path: PathBuf) -> Result<Self, Error> {
        let bytes = Zeroizing::new(std::fs::read(&path).map_err(Error::read(&path))?);
        Ok(Self { path, bytes })
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
    pub(crate) weights: ModelWeights,
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
        let weights = ModelWeights::open(path.join(folder_of(visible)).join(WEIGHTS))?;
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
        match &self.blinding {
            None => self.save_weights(&folder, PUBLIC, Access::Shared)?,
            Some(blinding) => {
                folder.folder(SECRET, Access::Owner)?;
                self.save_weights(&folder, SECRET, Access::Owner)?;
                folder.file(
                    &format!("{SECRET}/{BLINDING}"),
                    &blinding.bytes,
                    Access::Owner,
                )?;
            }
        }
        folder.finish()
    }

    fn save_weights(&self, folder: &Folder, inside: &str, access: Access) -> Result<(), Error> {
        let name = format!("{inside}/{WEIGHTS}");
        match &self.weights {
            ModelWeights::Kept { file, .. } => folder.file(&name, file, access),
            ModelWeights::Made(weights) => {
                let program = &self.decoded.architecture().program;
                let id = hex(&self.decoded.model_id());
                let place = folder.place(&name);
                folder.file_by(&name, access, |path| {
                    write_weights(program, &id, weights, path).map_err(|error| match error {
                        SecretError::Format(SafeTensorError::IoError(source)) => {
                            Error::write(&place)(source)
                        }
                        error => wrong(&place)(error),
                    })
                })
            }
        }
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
        let (path, file) = match &self.weights {
            ModelWeights::Kept { path, file } => (path, file),
            ModelWeights::Made(weights) => return Ok(weights.clone()),
        };
        let weights = decode_weights(program, &id, file).map_err(wrong(path))?;
        if self.blinding.is_none() {
            public_weights::check(&self.key, key, &weights, path, file, cache)?;
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
        let weights = match (&self.weights, &self.blinding) {
            (ModelWeights::Kept { path, file }, Some(_)) => {
                let id = hex(&key.model_id());
                decode_some_weights(program, &id, file, &wanted).map_err(wrong(path))?
            }
            // What the key commits to without blinding can only be compared as a whole.
            _ => self.weights(key, cache)?.only(&wanted),
        };
        self.blinded(key, weights)
    }

    fn blinded(&self, key: &VerifyingKey, weights: BoundWeights) -> Result<ModelSecret, Error> {
        match &self.blinding {
            None => Ok(ModelSecret::unblinded(key, weights)),
            Some(file) => {
                let id = hex(&key.model_id());
                decode_secret(key, &id, weights, &file.bytes).map_err(wrong(&file.path))
            }
        }
    }
}
