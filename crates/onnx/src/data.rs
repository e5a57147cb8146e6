//! Samples from arrays, and from files: JSON as this field's tools write it, `.npy` and `.npz` as numpy does.

use crate::OnnxError;
use crate::calibrate::Sample;
use crate::import::Port;
use inferproof_view::volume;
use std::collections::BTreeMap;
use std::io::{Cursor, Read, Seek};
use std::path::Path;

/// Samples of a data file.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    /// For each sample, one array for each input of the model.
    pub inputs: Vec<Sample>,
    /// The array `label` of an `.npz` file, if it has one: one entry for each sample.
    pub labels: Option<Vec<i64>>,
}

/// An array of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// The lengths of its axes.
    pub shape: Vec<usize>,
    /// Its entries, row-major.
    pub values: Vec<f64>,
}

impl Samples {
    /// From arrays by the names of the model's inputs; the first axis of each may count samples. Errors name the arrays' `origin`.
    ///
    /// # Errors
    /// If an array is missing or does not fit its input, or there are not as many labels as samples.
    pub fn from_arrays(
        origin: &str,
        arrays: &BTreeMap<String, Array>,
        labels: Option<Vec<i64>>,
        inputs: &[Port],
    ) -> Result<Self, OnnxError> {
        let mut by_input: Vec<Vec<Vec<f32>>> = Vec::new();
        for port in inputs {
            let array = arrays.get(&port.name).ok_or_else(|| {
                missing(
                    origin,
                    port,
                    inputs,
                    &arrays.keys().cloned().collect::<Vec<_>>(),
                )
            })?;
            by_input.push(split(origin, port, array)?);
        }
        let count = by_input.first().map_or(0, Vec::len);
        for (samples, port) in by_input.iter().zip(inputs) {
            if samples.len() != count {
                return Err(OnnxError::Shape {
                    file: origin.into(),
                    tensor: port.name.clone(),
                    expected: format!("{count} samples, as the first input has"),
                    got: format!("{} samples", samples.len()),
                });
            }
        }
        if let Some(labels) = labels.as_ref().filter(|labels| labels.len() != count) {
            return Err(OnnxError::Shape {
                file: origin.into(),
                tensor: LABEL.into(),
                expected: format!("{count} entries, one for each sample"),
                got: format!("{} entries", labels.len()),
            });
        }
        let mut by_input: Vec<_> = by_input.into_iter().map(Vec::into_iter).collect();
        let inputs = (0..count).map(|_| by_input.iter_mut().filter_map(Iterator::next).collect());
        Ok(Self {
            inputs: inputs.collect(),
            labels,
        })
    }
}

/// The array of an `.npz` file that holds labels.
const LABEL: &str = "label";

fn missing(file: &str, port: &Port, inputs: &[Port], found: &[String]) -> OnnxError {
    let expected: Vec<&str> = inputs.iter().map(|p| p.name.as_str()).collect();
    OnnxError::MissingTensor {
        file: file.into(),
        tensor: port.name.clone(),
        expected: expected.join(", "),
        found: found.join(", "),
    }
}

/// Reads samples from a file, whose kind is told by its extension: `.json`, `.npy` or `.npz`.
///
/// # Errors
/// If the file cannot be read, or does not fit the model's inputs; the message names file, tensor, expected and got.
pub fn read_samples(path: &Path, inputs: &[Port]) -> Result<Samples, OnnxError> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|e| OnnxError::File {
        file: name.clone(),
        reason: e.to_string(),
    })?;
    parse_samples(&name, &bytes, inputs)
}

/// Reads samples from the contents of a file of this name.
///
/// # Errors
/// As [`read_samples`].
pub fn parse_samples(file: &str, bytes: &[u8], inputs: &[Port]) -> Result<Samples, OnnxError> {
    let extension = Path::new(file)
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        "json" => json(file, bytes, inputs),
        "npy" => npy(file, bytes, inputs),
        "npz" => npz(file, bytes, inputs),
        other => Err(OnnxError::File {
            file: file.into(),
            reason: format!("its extension is `{other}`; expected json, npy or npz"),
        }),
    }
}

/// `{"input_data": [[...], ...]}`: one flat list for each input, in order; one sample.
fn json(file: &str, bytes: &[u8], inputs: &[Port]) -> Result<Samples, OnnxError> {
    let error = |reason: String| OnnxError::File {
        file: file.into(),
        reason,
    };
    let document: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|e| error(e.to_string()))?;
    let lists = document.get("input_data").and_then(|d| d.as_array());
    let lists = lists.ok_or_else(|| error("expected an object with a list `input_data`".into()))?;
    if lists.len() != inputs.len() {
        return Err(error(format!(
            "expected a list in `input_data` for each input of the model ({}), got {}",
            names(inputs),
            lists.len()
        )));
    }
    let mut sample = Vec::new();
    for (list, port) in lists.iter().zip(inputs) {
        let expected = volume(&port.shape).unwrap_or(0);
        let shape_error = |got: String| OnnxError::Shape {
            file: file.into(),
            tensor: port.name.clone(),
            expected: format!("a flat list of {expected} numbers (shape {:?})", port.shape),
            got,
        };
        let entries = list
            .as_array()
            .ok_or_else(|| shape_error("something else".into()))?;
        let numbers = entries.iter().map(serde_json::Value::as_f64);
        let values: Option<Vec<f64>> = numbers.collect();
        let values =
            values.ok_or_else(|| shape_error("a list with an entry that is no number".into()))?;
        if values.len() != expected {
            return Err(shape_error(format!("{} numbers", values.len())));
        }
        sample.push(finite(file, &port.name, &values)?);
    }
    Ok(Samples {
        inputs: vec![sample],
        labels: None,
    })
}

fn names(ports: &[Port]) -> String {
    let names: Vec<_> = ports.iter().map(|p| format!("`{}`", p.name)).collect();
    names.join(", ")
}

/// One array, for a model with one input; its first axis may count samples.
fn npy(file: &str, bytes: &[u8], inputs: &[Port]) -> Result<Samples, OnnxError> {
    let [port] = inputs else {
        return Err(OnnxError::File {
            file: file.into(),
            reason: format!(
                "an npy file holds one array, the model has several inputs ({}): use an npz file",
                names(inputs)
            ),
        });
    };
    let array = read_array(Cursor::new(bytes)).map_err(|reason| OnnxError::File {
        file: file.into(),
        reason,
    })?;
    let inputs = split(file, port, &array)?
        .into_iter()
        .map(|values| vec![values])
        .collect();
    Ok(Samples {
        inputs,
        labels: None,
    })
}

/// Arrays by the names of the model's inputs; the first axis of each may count samples.
fn npz(file: &str, bytes: &[u8], inputs: &[Port]) -> Result<Samples, OnnxError> {
    let error = |reason: String| OnnxError::File {
        file: file.into(),
        reason,
    };
    let mut archive =
        npyz::npz::NpzArchive::new(Cursor::new(bytes)).map_err(|e| error(e.to_string()))?;
    let found: Vec<String> = archive.array_names().map(ToOwned::to_owned).collect();
    let mut arrays = BTreeMap::new();
    for port in inputs {
        let array = named(&mut archive, &port.name).map_err(error)?;
        // What is missing is said with all that is there.
        let array = array.ok_or_else(|| missing(file, port, inputs, &found))?;
        arrays.insert(port.name.clone(), array);
    }
    let labels = named(&mut archive, LABEL).map_err(error)?;
    let labels = labels.map(|array| array.values.iter().map(|&v| v as i64).collect());
    Samples::from_arrays(file, &arrays, labels, inputs)
}

fn named<R: Read + Seek>(
    archive: &mut npyz::npz::NpzArchive<R>,
    name: &str,
) -> Result<Option<Array>, String> {
    let place = format!("array `{name}`");
    let file_name = npyz::npz::file_name_from_array_name(name);
    match archive.zip_archive().by_name(&file_name) {
        Ok(file) => read_array(file)
            .map(Some)
            .map_err(|e| format!("{place}: {e}")),
        Err(npyz::zip::result::ZipError::FileNotFound) => Ok(None),
        Err(e) => Err(format!("{place}: {e}")),
    }
}

fn read_array<R: Read>(mut reader: R) -> Result<Array, String> {
    let header = header(&mut reader).map_err(|e| e.to_string())?;
    if depth(&header) > MAX_DEPTH {
        return Err("its header is nested too deeply".into());
    }
    let whole = Cursor::new(header).chain(reader);
    array(npyz::NpyFile::new(whole).map_err(|e| e.to_string())?)
}

/// Brackets of a header that describes plain numbers are nested twice. The time that `npyz` takes for more doubles with each.
const MAX_DEPTH: usize = 4;

/// The bytes of an `.npy` file before its numbers: magic, version, length, and a Python dictionary. Shorter if the file is.
fn header(reader: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut header = Vec::new();
    reader.take(8).read_to_end(&mut header)?;
    // Since version 2 the length has four bytes.
    let width = match header.get(6) {
        Some(0 | 1) => 2,
        _ => 4,
    };
    reader.take(width).read_to_end(&mut header)?;
    let length = header.iter().skip(8).rev();
    let length = length.fold(0u64, |n, &byte| n << 8 | u64::from(byte));
    reader.take(length.min(1 << 16)).read_to_end(&mut header)?;
    Ok(header)
}

/// How deeply brackets are nested.
fn depth(text: &[u8]) -> usize {
    let mut open = 0usize;
    let depths = text.iter().map(|byte| {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        open
    });
    depths.max().unwrap_or(0)
}

fn array<R: Read>(file: npyz::NpyFile<R>) -> Result<Array, String> {
    let shape: Option<Vec<usize>> = file
        .shape()
        .iter()
        .map(|&d| usize::try_from(d).ok())
        .collect();
    let shape = shape.filter(|s| volume(s).is_some_and(|n| n < 1 << 36));
    let shape = shape.ok_or("its shape is too large")?;
    if file.order() == npyz::Order::Fortran && shape.len() > 1 {
        return Err("it is in Fortran order; save `numpy.ascontiguousarray` of it".into());
    }
    let dtype = file.dtype().descr();
    let kind = dtype
        .trim_matches(|c: char| "'\"<>|=".contains(c))
        .to_owned();
    let values = match kind.as_str() {
        "f4" => numbers::<f32, R>(file, f64::from),
        "f8" => numbers::<f64, R>(file, |v| v),
        "i1" => numbers::<i8, R>(file, f64::from),
        "i2" => numbers::<i16, R>(file, f64::from),
        "i4" => numbers::<i32, R>(file, f64::from),
        "i8" => numbers::<i64, R>(file, |v| v as f64),
        "u1" => numbers::<u8, R>(file, f64::from),
        "u2" => numbers::<u16, R>(file, f64::from),
        "u4" => numbers::<u32, R>(file, f64::from),
        "u8" => numbers::<u64, R>(file, |v| v as f64),
        "b1" => numbers::<bool, R>(file, f64::from),
        other => {
            return Err(format!(
                "its type is `{other}`; expected integers or floats of 32 or 64 bits"
            ));
        }
    }?;
    Ok(Array { shape, values })
}

fn numbers<T: npyz::Deserialize, R: Read>(
    file: npyz::NpyFile<R>,
    real: impl Fn(T) -> f64,
) -> Result<Vec<f64>, String> {
    let entries = file.data::<T>().map_err(|e| e.to_string())?;
    let mut values = Vec::new();
    for entry in entries {
        values.push(real(entry.map_err(|e| e.to_string())?));
    }
    Ok(values)
}

/// The samples of an array: it has the input's shape, or one more axis in front, or the input's first axis is of length
/// one and counts samples instead, or is left out.
fn split(file: &str, port: &Port, array: &Array) -> Result<Vec<Vec<f32>>, OnnxError> {
    let shape = &port.shape;
    let of_one = shape.split_first().filter(|(first, _)| **first == 1);
    let fits = array.shape == *shape
        || array.shape.get(1..) == Some(shape)
        || of_one.is_some_and(|(_, rest)| {
            array.shape == rest || (!array.shape.is_empty() && array.shape.get(1..) == Some(rest))
        });
    let count = volume(shape).unwrap_or(0);
    if !fits || array.values.is_empty() || count == 0 {
        return Err(OnnxError::Shape {
            file: file.into(),
            tensor: port.name.clone(),
            expected: format!("shape {shape:?}, or samples of it along one more axis in front"),
            got: format!("shape {:?}", array.shape),
        });
    }
    let values = finite(file, &port.name, &array.values)?;
    Ok(values.chunks(count).map(<[f32]>::to_vec).collect())
}

fn finite(file: &str, tensor: &str, values: &[f64]) -> Result<Vec<f32>, OnnxError> {
    let checked = values.iter().enumerate().map(|(position, &value)| {
        let narrow = value as f32;
        if narrow.is_finite() {
            return Ok(narrow);
        }
        Err(OnnxError::Value {
            file: file.into(),
            tensor: tensor.into(),
            position,
            value: format!("{value:e}"),
        })
    });
    checked.collect()
}
