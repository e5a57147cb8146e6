//! Between numpy's arrays and a program's tensors.

use crate::errors::Failure;
use inferproof::{
    Array, Entries, OnnxError, Port, Program, RunInput, Samples, Saturated, TensorId,
    integer_of_number, integer_of_text, meant, ports,
};
use numpy::{PyArray1, PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::collections::BTreeMap;

/// What a caller gives for a model's inputs or outputs.
pub enum Given {
    /// The only one.
    One(Array),
    /// By name.
    Named(BTreeMap<String, Array>),
    /// Columns in order, of samples that are rows.
    Table(Vec<(String, Entries)>),
}

impl<'py> FromPyObject<'_, 'py> for Given {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(columns) = object.cast::<PyList>() {
            let columns = columns.iter().map(|column| {
                let (name, array): (String, Numpy) = column.extract()?;
                Ok((name, array.0.entries))
            });
            return Ok(Self::Table(columns.collect::<PyResult<_>>()?));
        }
        if let Ok(named) = object.cast::<PyDict>() {
            let named: BTreeMap<String, Numpy> = named.extract()?;
            let named = named.into_iter().map(|(name, array)| (name, array.0));
            return Ok(Self::Named(named.collect()));
        }
        let Numpy(array) = object.extract()?;
        Ok(Self::One(array))
    }
}

/// An array of numbers; or of strings, as its shape and a list of them, in which `None` is missing.
pub struct Numpy(pub Array);

impl<'py> FromPyObject<'_, 'py> for Numpy {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(array) = object.extract::<PyReadonlyArrayDyn<'py, f64>>() {
            let numbers = array.as_array().iter().copied().collect();
            return Ok(Self(Array {
                shape: array.shape().to_vec(),
                entries: Entries::Numbers(numbers),
            }));
        }
        let (shape, texts): (Vec<usize>, Vec<Option<String>>) = object.extract()?;
        Ok(Self(Array {
            shape,
            entries: Entries::Texts(texts),
        }))
    }
}

impl Given {
    /// By the names of ports. Errors call the arrays `origin`.
    fn named(self, origin: &str, ports: &[Port]) -> Result<BTreeMap<String, Array>, Failure> {
        let names = || {
            let names: Vec<&str> = ports.iter().map(|p| p.name.as_str()).collect();
            names.join(", ")
        };
        // What an output feeds may be left out.
        let own: Vec<&Port> = ports.iter().filter(|port| !port.is_fed).collect();
        match (self, &own[..]) {
            (Self::One(array), [only]) => Ok(BTreeMap::from([(only.name.clone(), array)])),
            (Self::One(_), _) => Err(Failure::Input {
                message: format!(
                    "{origin}: one array for a model with several tensors; give a dictionary with {}",
                    names()
                ),
                tensor: None,
                expected: Some(names()),
                found: Some("one array".into()),
            }),
            (Self::Table(_), _) => Err(Failure::Input {
                message: format!(
                    "{origin}: a table; give an array, or a dictionary with {}",
                    names()
                ),
                tensor: None,
                expected: Some(names()),
                found: Some("a table".into()),
            }),
            (Self::Named(given), _) => {
                let known = |name: &String| ports.iter().any(|p| p.name == *name);
                if let Some(unknown) = given.keys().find(|name| !known(name)) {
                    return Err(Failure::Input {
                        message: format!(
                            "{origin}: the model has no tensor `{unknown}`; it has {}",
                            names()
                        ),
                        tensor: Some(unknown.clone()),
                        expected: Some(names()),
                        found: Some(unknown.clone()),
                    });
                }
                Ok(given)
            }
        }
    }

    /// Any number of samples.
    pub fn samples(
        self,
        origin: &str,
        labels: Option<Vec<i64>>,
        inputs: &[Port],
    ) -> Result<Samples, Failure> {
        if let Self::Table(columns) = &self {
            return Ok(Samples::from_table(origin, columns, labels, inputs)?);
        }
        let named = self.named(origin, inputs)?;
        Ok(Samples::from_arrays(origin, &named, labels, inputs)?)
    }

    /// The integers of one sample of all inputs, and what had to be moved into the declared ranges.
    pub fn input(self, origin: &str, program: &Program) -> Result<RunInput, Failure> {
        let samples = self.samples(origin, None, &ports(program, &program.inputs))?;
        match samples.inputs.as_slice() {
            [only] => Ok(RunInput::new(program, only)),
            several => Err(Failure::samples(several.len())),
        }
    }

    /// The integers of outputs that mean this.
    pub fn output(self, origin: &str, program: &Program) -> Result<Vec<Vec<i64>>, Failure> {
        let ports = ports(program, &program.outputs);
        let mut named = self.named(origin, &ports)?;
        let tensors = program.outputs.iter().zip(&ports);
        let integers = tensors.map(|(&id, port)| {
            let name = &port.name;
            let array = named.remove(name).ok_or_else(|| OnnxError::MissingTensor {
                file: origin.into(),
                tensor: name.clone(),
                expected: name.clone(),
                found: "nothing".into(),
            })?;
            let (integers, found): (Vec<Option<i64>>, _) = match &array.entries {
                Entries::Numbers(values) => {
                    let integer = |&value: &f64| integer_of_number(program, id, value);
                    (values.iter().map(integer).collect(), "a number")
                }
                Entries::Texts(texts) => {
                    let integer =
                        |text: &Option<String>| integer_of_text(program, id, text.as_deref()?);
                    (texts.iter().map(integer).collect(), "a string")
                }
            };
            if integers.len() != port.shape.iter().product::<usize>() {
                return Err(OnnxError::Shape {
                    file: origin.into(),
                    tensor: name.clone(),
                    expected: format!("shape {:?}", port.shape),
                    got: format!("shape {:?}", array.shape),
                });
            }
            let none = integers.iter().position(Option::is_none);
            match none {
                Some(entry) => Err(OnnxError::Shape {
                    file: origin.into(),
                    tensor: name.clone(),
                    expected: "what the model can say".into(),
                    got: format!("{found} that it cannot, in entry {entry}"),
                }),
                None => Ok(integers.into_iter().flatten().collect()),
            }
        });
        Ok(integers.collect::<Result<_, OnnxError>>()?)
    }
}

/// For Python, as `--json` prints it.
pub fn saturations(saturated: &[Saturated]) -> String {
    serde_json::to_string(saturated).unwrap_or_default()
}

/// Refuses what was cut off, if that was asked for.
pub fn allow(saturated: &[Saturated], strict: bool) -> Result<(), Failure> {
    match strict && !saturated.is_empty() {
        true => Err(Failure::Strict(
            saturated.iter().map(Saturated::to_string).collect(),
        )),
        false => Ok(()),
    }
}

/// A tensor for Python: its name, what its integers mean (an array of numbers, or a list of strings), and the integers. Both are `None`
/// of a tensor that is hidden.
pub type Tensor<'py> = (
    String,
    Option<Bound<'py, PyAny>>,
    Option<Bound<'py, PyArrayDyn<i64>>>,
);

/// Inputs or outputs of a program for Python.
pub fn tensors<'py>(
    py: Python<'py>,
    program: &Program,
    ids: &[TensorId],
    integers: impl IntoIterator<Item = Option<Vec<i64>>>,
) -> PyResult<Vec<Tensor<'py>>> {
    let made = ids.iter().zip(integers);
    let made = made.filter_map(|(&id, integers)| Some((id, program.tensor(id)?, integers)));
    let made = made.map(|(id, tensor, integers)| {
        let name = tensor.name.clone();
        let Some((integers, meant)) = integers.and_then(|integers| {
            let meant = meant(program, id, &integers)?;
            Some((integers, meant))
        }) else {
            return Ok((name, None, None));
        };
        let shape = &tensor.shape[..];
        let means = match meant {
            Entries::Numbers(reals) => PyArray1::from_vec(py, reals).reshape(shape)?.into_any(),
            Entries::Texts(texts) => PyList::new(py, texts)?.into_any(),
        };
        let integers = PyArray1::from_vec(py, integers).reshape(shape)?;
        Ok((name, Some(means), Some(integers)))
    });
    made.collect()
}
