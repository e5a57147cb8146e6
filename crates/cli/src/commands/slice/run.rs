//! `inferproof slice run`: run a model once, and commit to all that passes between its parts.
//!
//! With what opens these commitments every part can be proven on a machine of its own, in any order: both sides of a boundary speak of the
//! same commitment.

use super::plan::Plan;
use crate::Outcome;
use crate::args::SliceRunArgs;
use crate::console::Console;
use crate::destination::new_folder;
use crate::error::Error;
use crate::recognise::{INPUT, MODEL, check_all};
use crate::report::row;
use crate::values::{Outputs, allow, read_input};
use inferproof::{
    Access, Error as ModelError, Model, Op, Saturated, Slice, TensorId, ValidProgram, Verifier,
    hex, name_of, saturated_nodes, tensor_named,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

/// What `slice run` prints.
#[derive(Serialize)]
struct Report {
    model_id: String,
    #[serde(flatten)]
    outputs: Outputs,
    saturated: Vec<Saturated>,
    /// The secret file of each commitment, by tensor.
    openings: BTreeMap<String, PathBuf>,
    /// The commitments, by tensor.
    commitments: BTreeMap<String, String>,
    /// What proves each part.
    commands: Vec<String>,
}

pub fn main(args: SliceRunArgs, console: &Console) -> Result<Outcome, Error> {
    check_all(&[(MODEL, &args.model), (INPUT, &args.input.input)])?;
    let report = run(&args, console)?;
    console.report(&report);
    console.warn(&report.saturated);
    Ok(Outcome::Done)
}

fn run(args: &SliceRunArgs, console: &Console) -> Result<Report, Error> {
    let plan = Plan::read(&args.plan)?;
    let folder = new_folder(&args.out, false, console)?;
    let model = Model::open(&args.model)?;
    let key = model.verifying_key().clone();
    let model_id = hex(&key.model_id());
    if plan.model_id != model_id {
        return Err(Error::Plan {
            path: args.plan.clone(),
            reason: format!("it is of model {}, the model is {model_id}", plan.model_id),
        });
    }
    let weights = model.weights(&key, &args.cache.cache())?;
    let verifier = Verifier::new(key).map_err(ModelError::key(&model.key.path))?;
    let program = verifier.program();
    let slices = slices(program, &plan, &args.plan)?;
    let input = read_input(program, &args.input.input, args.input.sample)?;
    let trace = weights.run(&input.integers)?;
    let mut saturated = input.saturated;
    saturated.extend(saturated_nodes(program, &trace));
    allow(&saturated, args.input.strict)?;

    let is_input = |id: &TensorId| program.inputs.contains(id);
    let read = slices.iter().flat_map(|slice| slice.inputs.iter().copied());
    let committed: BTreeSet<TensorId> = read
        .filter(|id| args.hide_inputs || !is_input(id))
        .collect();
    let curve = verifier.curve();
    let (mut openings, mut commitments) = (BTreeMap::new(), BTreeMap::new());
    let mut files = BTreeMap::new();
    for &id in &committed {
        let values = trace.get(id).unwrap_or_default().to_vec();
        let opening = verifier.commit_tensor(id, values);
        let opening = opening.map_err(ModelError::opening(&args.out))?;
        let file = file_name(program, id);
        folder.file(&file, &opening.encode(curve), Access::Owner)?;
        let name = name_of(program, id);
        commitments.insert(name.clone(), hex(&opening.commitment().id(curve)));
        openings.insert(name, args.out.join(&file));
        files.insert(id, args.out.join(file));
    }
    folder.finish()?;
    let numbered = slices.iter().zip(1..);
    let commands = numbered.map(|(slice, number)| command(args, program, slice, number, &files));
    Ok(Report {
        model_id,
        outputs: Outputs::new(program, trace.outputs(program)),
        saturated,
        openings,
        commitments,
        commands: commands.collect(),
    })
}

/// The parts of a plan, which have to be parts of the program.
fn slices(program: &ValidProgram, plan: &Plan, path: &Path) -> Result<Vec<Slice>, Error> {
    let refused = |reason: String| Error::Plan {
        path: path.to_owned(),
        reason,
    };
    let ids = |names: &[String]| {
        let ids = names.iter().map(|name| tensor_named(program, name));
        let ids: Result<Vec<_>, _> = ids.collect();
        ids.map_err(|error| refused(error.to_string()))
    };
    let slices = plan.parts.iter().map(|part| {
        let slice = Slice {
            inputs: ids(&part.from)?,
            outputs: ids(&part.to)?,
        };
        let made = program.slice(&slice.inputs, &slice.outputs);
        made.map_err(|error| refused(error.to_string()))?;
        Ok(slice)
    });
    slices.collect()
}

/// The file of a tensor's opening: its name as far as a file can have it, and its place, which tells it from others.
fn file_name(program: &ValidProgram, id: TensorId) -> String {
    let name = program
        .tensor(id)
        .map(|t| t.name.as_str())
        .unwrap_or_default();
    let safe = name.chars().take(64).map(|c| match c {
        c if c.is_ascii_alphanumeric() => c,
        _ => '_',
    });
    format!("{}-{}.opening", safe.collect::<String>(), id.0)
}

/// What proves a part.
fn command(
    args: &SliceRunArgs,
    program: &ValidProgram,
    slice: &Slice,
    number: usize,
    files: &BTreeMap<TensorId, PathBuf>,
) -> String {
    let names = |ids: &[TensorId]| {
        let names: Vec<String> = ids.iter().map(|&id| name_of(program, id)).collect();
        names.join(",")
    };
    let mut words = vec!["inferproof".to_owned(), "prove".to_owned()];
    words.push(args.model.display().to_string());
    words.extend(["--from".to_owned(), names(&slice.inputs)]);
    words.extend(["--to".to_owned(), names(&slice.outputs)]);
    let mut is_given = false;
    let name = |id: &TensorId| {
        program
            .tensor(*id)
            .map(|t| t.name.as_str())
            .unwrap_or_default()
    };
    let is_made = |id: &TensorId| program.node(*id).is_some_and(|node| node.op != Op::Input);
    let all = || slice.inputs.iter().chain(&slice.outputs);
    for (place, id) in all().enumerate() {
        if let Some(file) = files.get(id) {
            let role = match all().filter(|other| name(other) == name(id)).count() {
                1 => "",
                _ if place < slice.inputs.len() => "input:",
                _ => "output:",
            };
            let said = format!("{role}{}={}", name(id), file.display());
            words.extend(["--committed".to_owned(), said]);
        } else if !is_made(id) {
            is_given = true;
        }
    }
    if is_given {
        words.extend(["--input".to_owned(), args.input.input.display().to_string()]);
        if args.input.sample > 0 {
            words.extend(["--sample".to_owned(), args.input.sample.to_string()]);
        }
    }
    words.extend(["-o".to_owned(), format!("part-{number}.proof")]);
    let quoted: Vec<String> = words.into_iter().map(quoted).collect();
    quoted.join(" ")
}

/// A word as a shell takes it.
fn quoted(word: String) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=,+@%#".contains(c);
    match !word.is_empty() && !word.starts_with('#') && word.chars().all(is_plain) {
        true => word,
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        row(f, "model", &self.model_id)?;
        self.outputs.fmt(f)?;
        for (tensor, opening) in &self.openings {
            row(f, "secret", format_args!("{tensor}: {}", opening.display()))?;
        }
        for command in &self.commands {
            row(f, "prove", command)?;
        }
        Ok(())
    }
}
