//! A compiled model on disk.
//!
//! ```text
//! lenet.model/
//!   public/   verifying.key  model.json  [weights.safetensors, if the weights are public]
//!   secret/   weights.safetensors  blinding.safetensors        (only if the weights are private)
//! ```

use crate::error::Error;
use crate::secret::{decode_blinding, decode_weights};
use inferproof::{Curve, DecodeError, Kind, ModelSecret, Profile, VerifyingKey, Visible, kind_of};
use inferproof_argument::curve::Scalar;
use inferproof_program::Weights;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

pub const PUBLIC: &str = "public";
pub const SECRET: &str = "secret";
pub const KEY: &str = "verifying.key";
pub const CARD: &str = "model.json";
pub const WEIGHTS: &str = "weights.safetensors";
pub const BLINDING: &str = "blinding.safetensors";

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
    /// Reads the key of a model's public folder, or a key itself.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let file = if path.is_dir() {
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
        let curve = match kind_of(&bytes).map_err(Error::decode(&file))? {
            (Kind::Key, curve) => curve,
            (Kind::Proof, _) => {
                return Err(Error::Decode {
                    path: file,
                    source: DecodeError::Magic {
                        expected: "verifying key",
                    },
                });
            }
        };
        Ok(Self {
            path: file,
            bytes,
            curve,
        })
    }

    /// The key.
    pub fn decode<P: Profile>(&self) -> Result<VerifyingKey<P>, Error> {
        VerifyingKey::decode(&self.bytes).map_err(Error::decode(&self.path))
    }
}

/// The folder that `compile` wrote, before any secret is read.
pub struct ModelFolder {
    path: PathBuf,
    /// Its verifying key.
    pub key: KeyFile,
}

impl ModelFolder {
    /// Reads the key of a model's folder.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let expected = "the folder that `inferproof compile` wrote, with `public` inside";
        if !path.exists() {
            return Err(Error::read(path)(std::io::ErrorKind::NotFound.into()));
        }
        if !path.join(PUBLIC).is_dir() {
            return Err(Error::NotAModel {
                path: path.into(),
                missing: "the folder `public`",
                expected,
            });
        }
        Ok(Self {
            path: path.into(),
            key: KeyFile::read(&path.join(PUBLIC))?,
        })
    }

    /// The weights alone, for a run without a proof.
    pub fn weights<P: Profile>(&self, key: &VerifyingKey<P>) -> Result<Weights, Error> {
        let folder = match key.architecture.visibility.weights {
            Visible::Public => PUBLIC,
            Visible::Private => SECRET,
        };
        let path = self.path.join(folder).join(WEIGHTS);
        let bytes = Zeroizing::new(std::fs::read(&path).map_err(Error::read(&path))?);
        let weights = decode_weights(&key.architecture.program, &hex(&key.model_id()), &bytes);
        weights.map_err(|source| Error::Secret { path, source })
    }

    /// Weights and blinders.
    pub fn secret<P: Profile>(&self, key: &VerifyingKey<P>) -> Result<ModelSecret<P>, Error> {
        let weights = self.weights(key)?;
        let blinders = match key.architecture.visibility.weights {
            Visible::Public => key
                .commitments
                .iter()
                .map(|rows| Zeroizing::new(vec![Scalar::<P>::default(); rows.len()]))
                .collect(),
            Visible::Private => {
                let path = self.path.join(SECRET).join(BLINDING);
                let bytes = Zeroizing::new(std::fs::read(&path).map_err(Error::read(&path))?);
                decode_blinding(key, &hex(&key.model_id()), &bytes)
                    .map_err(|source| Error::Secret { path, source })?
            }
        };
        Ok(ModelSecret { weights, blinders })
    }
}

/// A digest as it is printed.
pub fn hex(digest: &inferproof::Digest) -> String {
    digest.iter().map(|b| format!("{b:02x}")).collect()
}
