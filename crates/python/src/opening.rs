//! What opens a commitment: a secret.

use crate::work::{run, whole};
use inferproof::{
    Access, Curve, Error, Existing, Role, TensorOpening, Unfinished, hex, write_file,
};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::PathBuf;

/// The integers of a committed tensor, and the blinders of the commitment.
#[pyclass(frozen, module = "inferproof._native")]
pub struct Opening {
    pub opening: TensorOpening,
    pub curve: Curve,
    id: String,
}

impl Opening {
    pub fn new(opening: TensorOpening, curve: Curve) -> Self {
        let id = hex(&opening.commitment().id(curve));
        Self { opening, curve, id }
    }
}

#[pymethods]
impl Opening {
    /// Reads the file of an opening, and checks that it opens its commitment.
    #[staticmethod]
    fn open(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        run(py, None, move |_| {
            let bytes = std::fs::read(&path).map_err(Error::read(&path))?;
            let bytes = zeroize::Zeroizing::new(bytes);
            let (opening, curve) = TensorOpening::decode(&bytes).map_err(Error::opening(&path))?;
            Ok(Self::new(opening, curve))
        })
    }

    /// Writes the file, for the owner alone.
    fn save(&self, py: Python<'_>, path: PathBuf, replace: bool) -> PyResult<()> {
        whole(py, || {
            let bytes = self.opening.encode(self.curve);
            let existing = Existing::replace_if(replace);
            let unfinished = Unfinished::default();
            Ok(write_file(
                &path,
                &bytes,
                Access::Owner,
                existing,
                &unfinished,
            )?)
        })
    }

    /// Of the commitment.
    #[getter]
    fn id(&self) -> &str {
        &self.id
    }

    /// Of the tensor.
    #[getter]
    fn shape(&self) -> Vec<usize> {
        self.opening.commitment().shape.clone()
    }

    /// The file of the commitment, which is public.
    #[getter]
    fn commitment<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.opening.commitment().encode(self.curve))
    }
}

/// What opens fresh commitments, for Python: by the tensors' names, with the role in front where an input and an output share one.
pub fn by_name(
    program: &inferproof::Program,
    fresh: Vec<inferproof::FreshOpening>,
    curve: Curve,
) -> Vec<(String, Opening)> {
    let ids = |role| match role {
        Role::Input => &program.inputs,
        Role::Output => &program.outputs,
    };
    let name_of = |role, place: usize| {
        let tensor = program.tensor(*ids(role).get(place)?)?;
        Some(tensor.name.as_str())
    };
    let named = fresh.into_iter().filter_map(|fresh| {
        let name = name_of(fresh.role, fresh.place)?;
        let other = match fresh.role {
            Role::Input => Role::Output,
            Role::Output => Role::Input,
        };
        let is_shared = (0..ids(other).len()).any(|place| name_of(other, place) == Some(name));
        let name = match is_shared {
            true => format!("{}:{name}", fresh.role),
            false => name.to_owned(),
        };
        Some((name, Opening::new(fresh.opening, curve)))
    });
    named.collect()
}
