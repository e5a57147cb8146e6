//! Files beside a model, and parts of them that hold a tensor's numbers.
//!
//! Files are read, and not mapped: one that is truncated while it is used is then an error in words, and not the end of the process.

use super::facts::Facts;
use crate::OnnxError;
use crate::element::Element;
use half::{bf16, f16};
use prost::bytes::Bytes;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The files of a model, opened when a tensor is first looked for in them.
#[derive(Debug, Default)]
pub struct Files {
    folder: Option<PathBuf>,
    /// Tensors that are not read, with how far the numbers that are assumed for them reach.
    assumed: BTreeMap<String, f32>,
    open: Mutex<BTreeMap<String, Arc<WeightsFile>>>,
    failure: Arc<OnceLock<String>>,
}

/// One of them.
#[derive(Debug)]
pub struct WeightsFile {
    /// As the model calls it.
    name: String,
    file: Mutex<File>,
    length: u64,
    failure: Arc<OnceLock<String>>,
}

/// The numbers of a tensor as bytes of a file: of one beside the model, or of the model's own, which is in memory.
#[derive(Clone, Debug)]
pub struct FilePart {
    source: Source,
    tensor: Arc<str>,
    element: Element,
    count: usize,
}

#[derive(Clone, Debug)]
enum Source {
    Beside {
        file: Arc<WeightsFile>,
        offset: u64,
    },
    Own(Bytes),
    /// No bytes: numbers that reach so far either way.
    Assumed {
        reach: f32,
    },
}

/// Bytes that are read together.
const RUN: usize = 1 << 18;

impl Files {
    /// Files below a model's folder, if it has one.
    pub fn beside(folder: Option<&Path>) -> Self {
        // A file that is named without a folder lies in the current one.
        let folder = folder.map(|folder| match folder.as_os_str().is_empty() {
            true => PathBuf::from("."),
            false => folder.to_owned(),
        });
        Self {
            folder,
            ..Self::default()
        }
    }

    /// The same files, of which some tensors are not read: numbers that reach so far either way are assumed for them.
    pub fn assuming(self, assumed: BTreeMap<String, f32>) -> Self {
        Self { assumed, ..self }
    }

    /// The file that a model calls so. An error is the end of a sentence on the tensor that is kept there.
    pub fn open(&self, name: &str) -> Result<Arc<WeightsFile>, String> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.get(name) {
            return Ok(file.clone());
        }
        let Some(folder) = &self.folder else {
            return Err(format!(
                "is kept in the file `{name}` beside the model; read the model from its folder, or save it as one file \
                 (onnx.save_model(model, path, save_as_external_data=False))"
            ));
        };
        // Only files below the model's folder: the name comes from the model, which may be anybody's.
        let relative = Path::new(name);
        let is_below = relative
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !is_below {
            return Err(format!(
                "is kept in `{name}`, which is not below the model's folder"
            ));
        }
        let inside = || -> Option<PathBuf> {
            let folder = folder.canonicalize().ok()?;
            let path = folder.join(relative).canonicalize().ok()?;
            path.starts_with(&folder).then_some(path)
        };
        let opened = inside().and_then(|path| {
            let file = File::open(path).ok()?;
            let length = file.metadata().ok()?.len();
            Some((file, length))
        });
        let Some((file, length)) = opened else {
            return Err(format!(
                "is kept in `{name}`, which cannot be read; it must lie in the model's folder"
            ));
        };
        let file = Arc::new(WeightsFile {
            name: name.to_owned(),
            file: Mutex::new(file),
            length,
            failure: self.failure.clone(),
        });
        open.insert(name.to_owned(), file.clone());
        Ok(file)
    }

    /// What is made of numbers of these files.
    ///
    /// # Errors
    /// If some could not be read again as they were, whatever was made of them or went wrong since: the error names file and tensor.
    pub fn checked<T>(&self, make: impl FnOnce() -> Result<T, OnnxError>) -> Result<T, OnnxError> {
        let made = make();
        match self.failure.get() {
            None => made,
            Some(reason) => Err(OnnxError::Corrupt {
                reason: reason.clone(),
            }),
        }
    }
}

impl WeightsFile {
    /// How many bytes it had when it was opened.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Bytes from a place on. An error is the end of a sentence on what is kept there.
    pub fn bytes(&self, offset: u64, count: usize) -> Result<Vec<u8>, String> {
        let mut bytes = vec![0; count];
        let read = self.read(offset, &mut bytes);
        read.map_err(|error| format!("cannot be read: {}", crate::io_reason(&error)))?;
        Ok(bytes)
    }

    fn read(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(bytes)
    }
}

impl FilePart {
    /// The numbers of a tensor from a byte of a file on; `None` if they are no floats of at most single precision.
    pub fn beside(
        file: Arc<WeightsFile>,
        offset: u64,
        tensor: &str,
        element: Element,
        count: usize,
    ) -> Option<Self> {
        Self::of(Source::Beside { file, offset }, tensor, element, count)
    }

    /// The numbers of a tensor that the model's own file holds; `None` if they are no floats of at most single precision, or others than as
    /// many as these bytes hold.
    pub fn own(bytes: &Bytes, tensor: &str, element: Element, count: usize) -> Option<Self> {
        let expected = count.checked_mul(element.bits()? / 8)?;
        let part = Self::of(Source::Own(bytes.clone()), tensor, element, count);
        part.filter(|_| bytes.len() == expected)
    }

    fn of(source: Source, tensor: &str, element: Element, count: usize) -> Option<Self> {
        let fits = matches!(
            element,
            Element::Float | Element::Float16 | Element::Bfloat16
        );
        fits.then(|| Self {
            source,
            tensor: tensor.into(),
            element,
            count,
        })
    }

    /// The same tensor, not read if its numbers are to be assumed.
    pub fn or_assumed(self, files: &Files) -> Self {
        match files.assumed.get(&*self.tensor) {
            None => self,
            Some(&reach) => Self {
                source: Source::Assumed { reach },
                ..self
            },
        }
    }

    /// Whether its numbers are assumed.
    pub fn is_assumed(&self) -> bool {
        matches!(self.source, Source::Assumed { .. })
    }

    /// What is known of the numbers without reading them, if they are assumed.
    pub fn assumed_facts(&self) -> Option<Facts> {
        match self.source {
            Source::Assumed { reach } => Some(Facts::assumed(&self.tensor, self.count, reach)),
            _ => None,
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// All of them in order, in single precision. An error is the end of a sentence on the tensor.
    pub fn read(&self) -> Result<Vec<f32>, String> {
        let mut values = Vec::with_capacity(self.count);
        match &self.source {
            Source::Own(bytes) => self.extend(&mut values, bytes),
            Source::Assumed { reach } => {
                let seed = self.tensor.bytes().map(u32::from).sum::<u32>();
                let mut state = seed.wrapping_mul(2_654_435_761);
                values.extend((0..self.count).map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    // 24 bits of either sign.
                    reach * (state as i32 >> 8) as f32 / (1 << 23) as f32
                }));
            }
            Source::Beside { file, offset } => {
                let (mut offset, mut left) = (*offset, self.count * self.width());
                let mut bytes = vec![0; RUN.min(left)];
                while left > 0 {
                    let bytes = &mut bytes[..RUN.min(left)];
                    file.read(offset, bytes).map_err(|error| {
                        format!("cannot be read any more: {}", crate::io_reason(&error))
                    })?;
                    self.extend(&mut values, bytes);
                    offset += bytes.len() as u64;
                    left -= bytes.len();
                }
            }
        }
        Ok(values)
    }

    /// Bytes of a number.
    fn width(&self) -> usize {
        self.element.bits().unwrap_or(32) / 8
    }

    fn extend(&self, values: &mut Vec<f32>, bytes: &[u8]) {
        fn all<const N: usize>(values: &mut Vec<f32>, bytes: &[u8], of: impl Fn([u8; N]) -> f32) {
            values.extend(bytes.as_chunks().0.iter().map(|&bytes| of(bytes)));
        }
        match self.element {
            Element::Float16 => all(values, bytes, |b| f16::from_le_bytes(b).to_f32()),
            Element::Bfloat16 => all(values, bytes, |b| bf16::from_le_bytes(b).to_f32()),
            _ => all(values, bytes, f32::from_le_bytes),
        }
    }

    /// Remembers that the numbers could not be read again.
    pub fn fail(&self, what: &str) {
        let Source::Beside { file, .. } = &self.source else {
            return;
        };
        let (name, tensor) = (&file.name, &self.tensor);
        let reason = format!(
            "the file `{name}` was changed while the model was read from it: the tensor `{tensor}` {what}; begin again when nothing \
             writes to it"
        );
        // The first failure is told.
        let _ = file.failure.set(reason);
    }
}
