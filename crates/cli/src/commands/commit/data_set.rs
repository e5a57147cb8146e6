//! `inferproof commit DATA --for MODEL:NAME`: commit to all samples of a data set at once.

use super::Report;
use crate::args::{CommitArgs, TensorOf};
use crate::console::Console;
use crate::data_set::{port_named, read_integers, score};
use crate::destination::Destination;
use crate::error::Error;
use crate::recognise::{INPUT, PUBLIC_KEY, check_all};
use crate::source::read_key;
use crate::values::allow;
use inferproof::{DataSetPort, Error as ModelError, Verifier, hex};
use std::path::{Path, PathBuf};

/// The file beside another name.
pub fn beside(stem: &Path, extension: &str) -> PathBuf {
    let mut name = stem.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

pub fn commit(
    data: &Path,
    of: &TensorOf,
    args: &CommitArgs,
    console: &Console,
) -> Result<Report, Error> {
    check_all(&[(PUBLIC_KEY, &of.model), (INPUT, data)])?;
    let read = [of.model.as_path(), data];
    let (opening, commitment) = (
        beside(&args.out, "opening"),
        beside(&args.out, "commitment"),
    );
    let secret = Destination::secret(&opening, args.force, &read, console)?;
    let public = Destination::new(&commitment, args.force, &read, console)?;
    let file = read_key(&of.model)?;
    let verifier = Verifier::new(file.decode()?).map_err(ModelError::key(&file.path))?;
    let program = verifier.program();
    let port = port_named(program, &args.score, &of.tensor)?;
    let found = read_integers(program, &port, data)?;
    allow(&found.saturated, args.strict)?;
    let score = match port {
        DataSetPort::Input { .. } => None,
        DataSetPort::Further { .. } => Some(score(program, &args.score, Some(&of.tensor))?),
    };
    let made = verifier.commit_samples(score, &of.tensor, found.samples, found.integers);
    let made = made.map_err(ModelError::opening(data))?;
    let curve = verifier.curve();
    secret.write(&made.encode(curve))?;
    public.write(&made.commitment().encode(curve))?;
    Ok(Report {
        tensor_id: hex(&made.commitment().id(curve)),
        tensor: of.tensor.clone(),
        shape: made.commitment().shape.clone(),
        saturated: found.saturated,
        opening,
        commitment: Some(commitment),
    })
}
