//! The secret side of a model on disk: `weights.safetensors` and `blinding.safetensors`.
//!
//! A tensor is named `<position in the program>.<name>`. Weights have the narrowest integer type of their declared range; blinders
//! are rows of 32 bytes, scalars in little-endian order. Both files name the model they belong to and a digest of their content,
//! so that a mix-up or damage is noticed here and not by a verifier.

use crate::mapped::Mapped;
use inferproof_inference::{EncodingError, ModelSecret, SCALAR_BYTES, VerifyingKey};
use inferproof_program::{
    BoundWeights, Integers, Program, RunError, TensorId, ValidProgram, Weights,
};
use safetensors::Dtype;
use safetensors::View;
use safetensors::tensor::{SafeTensorError, SafeTensors, TensorView};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use zeroize::Zeroizing;

/// Why a secret file does not fit a model.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file does not parse.
    #[error("not a readable safetensors file: {0}")]
    Format(SafeTensorError),
    /// A line of the header is missing.
    #[error("its metadata has no `{0}`; expected a file that `inferproof compile` wrote")]
    Metadata(&'static str),
    /// The file is of another model.
    #[error(
        "it belongs to model {got}, but the key is of model {expected}; use the folders that one `compile` wrote"
    )]
    Model {
        /// The key's model.
        expected: String,
        /// The file's model.
        got: String,
    },
    /// The content was changed.
    #[error(
        "its content does not have the digest that its metadata gives: it is damaged or was changed; restore it from a copy"
    )]
    Digest,
    /// A tensor is not there.
    #[error("no tensor `{0}`")]
    Missing(String),
    /// There are more tensors than the model has.
    #[error("expected {expected} tensors, got {got}")]
    Count {
        /// As the program has.
        expected: usize,
        /// As the file has.
        got: usize,
    },
    /// A tensor has another type.
    #[error("tensor `{tensor}`: expected type {expected}, got {got}")]
    Type {
        /// Its name.
        tensor: String,
        /// What it should be.
        expected: Dtype,
        /// What it is.
        got: Dtype,
    },
    /// A tensor has another shape.
    #[error("tensor `{tensor}`: expected shape {expected:?}, got {got:?}")]
    Shape {
        /// Its name.
        tensor: String,
        /// What it should be.
        expected: Vec<usize>,
        /// What it is.
        got: Vec<usize>,
    },
    /// The weights are outside their ranges.
    #[error(transparent)]
    Weights(#[from] RunError),
    /// A blinder is not a scalar.
    #[error("tensor `{tensor}`: row {row}: {reason}")]
    Scalar {
        /// Its name.
        tensor: String,
        /// Which row.
        row: usize,
        /// What is wrong.
        reason: EncodingError,
    },
}

/// Writes the file `weights.safetensors`, tensor by tensor.
pub fn write_weights(
    program: &Program,
    model_id: &str,
    weights: &BoundWeights,
    path: &Path,
) -> Result<(), SecretError> {
    let mut tensors = Vec::new();
    for id in program.weights() {
        let (Some(tensor), Some(values)) = (program.tensor(id), weights.get(id)) else {
            return Err(SecretError::Missing(name(program, id)));
        };
        let array = WeightArray {
            values,
            shape: &tensor.shape,
        };
        tensors.push((name(program, id), array));
    }
    let digest = digest(tensors.iter().map(|(_, array)| array.data()));
    safetensors::serialize_to_file(tensors, Some(metadata(model_id, digest)), path)
        .map_err(SecretError::Format)
}

/// A weight tensor as it is written: as it lies in memory, without a copy.
struct WeightArray<'a> {
    values: &'a Integers,
    shape: &'a [usize],
}

impl View for WeightArray<'_> {
    fn dtype(&self) -> Dtype {
        dtype(self.values)
    }

    fn shape(&self) -> &[usize] {
        self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.values.as_bytes()
    }

    fn data_len(&self) -> usize {
        self.values.len() * self.values.bits() as usize / 8
    }
}

/// Reads `weights.safetensors`.
pub fn decode_weights(
    program: &ValidProgram,
    model_id: &str,
    file: &Mapped,
) -> Result<BoundWeights, SecretError> {
    Ok(program.bind(read_weights(program, model_id, file, |_| true)?)?)
}

/// Of the same file, whose content is checked as a whole, these weights alone.
pub fn decode_some_weights(
    program: &ValidProgram,
    model_id: &str,
    file: &Mapped,
    wanted: &BTreeSet<TensorId>,
) -> Result<BoundWeights, SecretError> {
    let is_wanted = |id| wanted.contains(&id);
    Ok(program.bind_some(read_weights(program, model_id, file, is_wanted)?)?)
}

fn read_weights(
    program: &Program,
    model_id: &str,
    file: &Mapped,
    is_wanted: impl Fn(TensorId) -> bool,
) -> Result<Weights, SecretError> {
    let checked = Checked::new(file, model_id, program)?;
    let mut weights = Weights::new();
    for id in program.weights().filter(|&id| is_wanted(id)) {
        let Some(tensor) = program.tensor(id) else {
            continue;
        };
        let narrowest = Integers::narrowest(&[], tensor.low, tensor.high);
        let expected = narrowest.as_ref().map_or(Dtype::I64, dtype);
        let data = checked.tensor(&name(program, id), expected, &tensor.shape)?;
        weights.insert(id, integers(expected, file, data));
    }
    Ok(weights)
}

/// The file `blinding.safetensors`.
pub fn encode_blinding(
    program: &Program,
    model_id: &str,
    secret: &ModelSecret,
) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let blinding = secret.blinding();
    let tensors = program.weights().zip(blinding).map(|(id, data)| {
        let shape = vec![data.len() / SCALAR_BYTES, SCALAR_BYTES];
        (name(program, id), Dtype::U8, shape, data)
    });
    encode(model_id, tensors.collect())
}

/// The secret of a model whose weights have been read, with the blinders of `blinding.safetensors`: as many rows for each weight as the
/// key commits to.
pub fn decode_secret(
    key: &VerifyingKey,
    model_id: &str,
    weights: BoundWeights,
    file: &[u8],
) -> Result<ModelSecret, SecretError> {
    let program = &key.architecture().program;
    let file = Checked::new(file, model_id, program)?;
    let names: Vec<String> = program.weights().map(|id| name(program, id)).collect();
    let tensors = names.iter().zip(key.rows());
    let blinding = tensors.map(|(name, rows)| file.tensor(name, Dtype::U8, &[rows, SCALAR_BYTES]));
    let blinding = blinding.collect::<Result<Vec<_>, _>>()?;
    ModelSecret::blinded(key, weights, &blinding).map_err(|wrong| SecretError::Scalar {
        tensor: names.get(wrong.weight).cloned().unwrap_or_default(),
        row: wrong.row,
        reason: wrong.reason,
    })
}

type Entry = (String, Dtype, Vec<usize>, Zeroizing<Vec<u8>>);

fn encode(model_id: &str, tensors: Vec<Entry>) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let digest = digest(tensors.iter().map(|(_, _, _, data)| data.as_slice()));
    let views = tensors.iter().map(|(name, dtype, shape, data)| {
        Ok((name, TensorView::new(*dtype, shape.clone(), data)?))
    });
    let views = views
        .collect::<Result<Vec<_>, _>>()
        .map_err(SecretError::Format)?;
    safetensors::serialize(views, Some(metadata(model_id, digest)))
        .map(Zeroizing::new)
        .map_err(SecretError::Format)
}

fn metadata(model_id: &str, digest: String) -> HashMap<String, String> {
    HashMap::from([
        (MODEL.to_owned(), model_id.to_owned()),
        (DIGEST.to_owned(), digest),
    ])
}

const MODEL: &str = "model_id";
const DIGEST: &str = "blake3";

/// A file of the right model, with the content it was written with.
struct Checked<'a>(SafeTensors<'a>);

impl<'a> Checked<'a> {
    fn new(file: &'a [u8], model_id: &str, program: &Program) -> Result<Self, SecretError> {
        let (_, metadata) = SafeTensors::read_metadata(file).map_err(SecretError::Format)?;
        let metadata = metadata.metadata().clone().unwrap_or_default();
        let line = |key: &'static str| metadata.get(key).ok_or(SecretError::Metadata(key));
        let got = line(MODEL)?;
        if got != model_id {
            return Err(SecretError::Model {
                expected: model_id.to_owned(),
                got: got.clone(),
            });
        }
        let tensors = SafeTensors::deserialize(file).map_err(SecretError::Format)?;
        let expected = program.weights().count();
        if tensors.len() != expected {
            return Err(SecretError::Count {
                expected,
                got: tensors.len(),
            });
        }
        let names = program.weights().map(|id| name(program, id));
        let views = names.map(|name| {
            tensors
                .tensor(&name)
                .map_err(|_| SecretError::Missing(name))
        });
        let views = views.collect::<Result<Vec<_>, _>>()?;
        if digest(views.iter().map(TensorView::data)) != *line(DIGEST)? {
            return Err(SecretError::Digest);
        }
        Ok(Self(tensors))
    }

    fn tensor(
        &self,
        name: &str,
        expected: Dtype,
        shape: &[usize],
    ) -> Result<&'a [u8], SecretError> {
        let view = self
            .0
            .tensor(name)
            .map_err(|_| SecretError::Missing(name.to_owned()))?;
        if view.dtype() != expected {
            return Err(SecretError::Type {
                tensor: name.to_owned(),
                expected,
                got: view.dtype(),
            });
        }
        if view.shape() != shape {
            return Err(SecretError::Shape {
                tensor: name.to_owned(),
                expected: shape.to_vec(),
                got: view.shape().to_vec(),
            });
        }
        Ok(view.data())
    }
}

fn name(program: &Program, id: TensorId) -> String {
    format!(
        "{}.{}",
        id.0,
        program
            .tensor(id)
            .map(|t| t.name.as_str())
            .unwrap_or_default()
    )
}

/// Of the tensors' bytes in the program's order, each with its length.
fn digest(tensors: impl Iterator<Item = impl AsRef<[u8]>>) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("inferproof secret file 1");
    for data in tensors {
        let data = data.as_ref();
        hasher.update(&(data.len() as u64).to_le_bytes());
        hasher.update(data);
    }
    hasher.finalize().to_hex().to_string()
}

fn dtype(values: &Integers) -> Dtype {
    match values {
        Integers::I8(_) => Dtype::I8,
        Integers::I16(_) => Dtype::I16,
        Integers::I32(_) => Dtype::I32,
        Integers::I64(_) => Dtype::I64,
    }
}

/// What a file holds, where it lies if it can be read there, else in a copy; the length was checked with the shape.
fn integers(dtype: Dtype, file: &Mapped, data: &[u8]) -> Integers {
    // The data are a part of the file.
    let start = data.as_ptr().addr().saturating_sub(file.as_ptr().addr());
    let (bits, range) = (dtype.bitsize() as u32, start..start + data.len());
    if let Some(integers) = Integers::within(bits, file.bytes(), range) {
        return integers;
    }
    match dtype {
        Dtype::I8 => Integers::I8(
            data.as_chunks()
                .0
                .iter()
                .map(|c| i8::from_le_bytes(*c))
                .collect(),
        ),
        Dtype::I16 => Integers::I16(
            data.as_chunks()
                .0
                .iter()
                .map(|c| i16::from_le_bytes(*c))
                .collect(),
        ),
        Dtype::I32 => Integers::I32(
            data.as_chunks()
                .0
                .iter()
                .map(|c| i32::from_le_bytes(*c))
                .collect(),
        ),
        _ => Integers::I64(
            data.as_chunks()
                .0
                .iter()
                .map(|c| i64::from_le_bytes(*c))
                .collect(),
        ),
    }
}

/// What may be said of a secret file: no values.
#[derive(Debug, serde::Serialize)]
pub struct SecretSummary {
    /// From its metadata.
    pub model_id: Option<String>,
    /// How many tensors.
    pub tensors: usize,
    /// How many entries they have together.
    pub entries: usize,
}

/// Reads the header of a secret file.
///
/// # Errors
/// If it is no secret file.
pub fn summarize(file: &[u8]) -> Result<SecretSummary, SecretError> {
    let (_, metadata) = SafeTensors::read_metadata(file).map_err(SecretError::Format)?;
    let tensors = metadata.tensors();
    Ok(SecretSummary {
        model_id: metadata
            .metadata()
            .as_ref()
            .and_then(|m| m.get(MODEL))
            .cloned(),
        tensors: tensors.len(),
        entries: tensors
            .values()
            .map(|t| t.shape.iter().product::<usize>())
            .sum(),
    })
}
