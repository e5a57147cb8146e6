//! What a model's inputs and outputs have to do with other runs: said before it is quantized.

use crate::error::Error;
use crate::folder::KeyFile;
use crate::onnx_file::OnnxFile;
use inferproof_onnx::{OnnxError, port_of};
use std::path::Path;

/// Which outputs are the next run's inputs, and which tensors are described as those of other models.
#[derive(Default)]
pub struct Links {
    /// For each, an output and the input that it feeds.
    pub feeds: Vec<(String, String)>,
    /// Tensors of other models' keys.
    pub alike: Vec<Alike>,
}

/// An input or output that has the shape, scale and range of a tensor of another model: a commitment made for one is read by the other.
pub struct Alike {
    /// Of the model that is compiled.
    pub name: String,
    /// The other model's key.
    pub key: KeyFile,
    /// An input or output of it.
    pub tensor: String,
}

impl Alike {
    /// From `PUBLIC:TENSOR`: a public folder or a key, and the name of an input or output of it. Both may hold colons, so that the first
    /// part is the shortest that exists. Messages call the model that is compiled by `onnx`.
    ///
    /// # Errors
    /// If no such file or folder exists, or it is no key.
    pub fn parse(onnx: &Path, name: &str, text: &str) -> Result<Self, Error> {
        let colons = text.match_indices(':').map(|(place, _)| place);
        let halves = colons.filter_map(|place| Some((text.get(..place)?, text.get(place + 1..)?)));
        let mut existing = halves.filter(|(path, tensor)| {
            !path.is_empty() && !tensor.is_empty() && Path::new(path).exists()
        });
        let Some((path, tensor)) = existing.next() else {
            let refused = OnnxError::Interface {
                what: format!("`{name}` cannot be as {text}"),
                reason: "expected PUBLIC:TENSOR, a public folder or key that exists and the name of an input or output of it".into(),
            };
            return Err(Error::onnx(onnx)(refused));
        };
        Ok(Self {
            name: name.to_owned(),
            key: KeyFile::read(Path::new(path))?,
            tensor: tensor.to_owned(),
        })
    }
}

impl OnnxFile {
    /// Lays down what is said. Messages call the model by `onnx`.
    ///
    /// # Errors
    /// If a tensor does not exist, or two do not fit; if a key is damaged.
    pub fn link(&mut self, onnx: &Path, links: &Links) -> Result<(), Error> {
        for (output, input) in &links.feeds {
            self.model.feed(output, input).map_err(Error::onnx(onnx))?;
        }
        for Alike { name, key, tensor } in &links.alike {
            let other = format!("{}:{tensor}", key.path.display());
            let decoded = key.decode()?;
            let program = &decoded.architecture().program;
            let id = port_of(program, tensor).map_err(|reason| OnnxError::Interface {
                what: format!("`{name}` cannot be as {other}"),
                reason,
            });
            let id = id.map_err(Error::onnx(onnx))?;
            if let Some(like) = program.tensor(id) {
                let meaning = program.meaning(id);
                let said = self.model.describe_as(name, like, meaning, &other);
                said.map_err(Error::onnx(onnx))?;
            }
        }
        Ok(())
    }
}
