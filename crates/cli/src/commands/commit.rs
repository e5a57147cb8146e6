//! `inferproof commit`: commit to an input outside of any proof.

mod data_set;

pub use data_set::beside;

use crate::Outcome;
use crate::args::CommitArgs;
use crate::console::Console;
use crate::destination::Destination;
use crate::error::Error;
use crate::recognise::{INPUT, PUBLIC_KEY, check_all};
use crate::report::{Shape, row};
use crate::source::read_key;
use crate::values::{allow, read_sample};
use inferproof::{Error as ModelError, Saturated, Verifier, hex, ports, single_input};
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};

/// What `commit` prints.
#[derive(Serialize)]
pub struct Report {
    /// What a statement names.
    tensor_id: String,
    /// Which input of the model.
    tensor: String,
    shape: Vec<usize>,
    saturated: Vec<Saturated>,
    /// The secret file.
    opening: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    commitment: Option<PathBuf>,
}

pub fn main(args: CommitArgs, console: &Console) -> Result<Outcome, Error> {
    let report = commit(&args, console)?;
    console.report(&report);
    console.warn(&report.saturated);
    Ok(Outcome::Done)
}

fn commit(args: &CommitArgs, console: &Console) -> Result<Report, Error> {
    match (&args.data, &args.of, &args.key, &args.input) {
        (Some(data), Some(of), _, _) => data_set::commit(data, of, args, console),
        (_, _, Some(key), Some(input)) => commit_one(key, input, args, console),
        _ => Err(Error::WhichInput(
            "DATA with --for, or --key with --input".into(),
        )),
    }
}

/// One sample.
fn commit_one(
    key: &Path,
    input: &Path,
    args: &CommitArgs,
    console: &Console,
) -> Result<Report, Error> {
    check_all(&[(PUBLIC_KEY, key), (INPUT, input)])?;
    let mut read = vec![key, input];
    let secret = Destination::secret(&args.out, args.force, &read, console)?;
    read.push(&args.out);
    let public = args.commitment.as_deref();
    let public = public.map(|place| Destination::new(place, args.force, &read, console));
    let public = public.transpose()?;
    let file = read_key(key)?;
    let verifier = Verifier::new(file.decode()?).map_err(ModelError::key(&file.path))?;
    let program = verifier.program();
    let names = ports(program, &program.inputs);
    let place = match (&args.tensor, names.as_slice()) {
        (Some(name), _) => names.iter().position(|port| port.name == *name),
        (None, [_]) => Some(0),
        (None, _) => None,
    };
    let Some((place, port)) = place.and_then(|place| Some((place, names.get(place)?))) else {
        let known: Vec<String> = names.into_iter().map(|port| port.name).collect();
        return Err(Error::WhichInput(known.join(", ")));
    };
    // Only this input is read.
    let values = read_sample(input, args.sample, std::slice::from_ref(port))?;
    let values = values.into_iter().next().unwrap_or_default();
    let (integers, saturated) = single_input(program, place, values);
    allow(&saturated, args.strict)?;
    let opening = verifier.commit_input(place, integers);
    let opening = opening.map_err(ModelError::opening(input))?;
    let curve = verifier.curve();
    secret.write(&opening.encode(curve))?;
    if let Some(public) = public {
        public.write(&opening.commitment().encode(curve))?;
    }
    Ok(Report {
        tensor_id: hex(&opening.commitment().id(curve)),
        tensor: port.name.clone(),
        shape: port.shape.clone(),
        saturated,
        opening: args.out.clone(),
        commitment: args.commitment.clone(),
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        row(f, "commitment", &self.tensor_id)?;
        row(
            f,
            "tensor",
            format_args!("{}: {}", self.tensor, Shape(&self.shape)),
        )?;
        row(
            f,
            "secret",
            format_args!("{} (keep it to yourself)", self.opening.display()),
        )?;
        match &self.commitment {
            Some(path) => row(f, "public", path.display()),
            None => Ok(()),
        }
    }
}
