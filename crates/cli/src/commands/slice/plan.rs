//! `inferproof slice plan`: where to cut a model.

use crate::Outcome;
use crate::args::SlicePlanArgs;
use crate::console::Console;
use crate::destination::Destination;
use crate::error::Error;
use crate::recognise::{PLANNED, check_all};
use crate::report::{Bytes, Count, Seconds, row};
use crate::source::{name, read, read_key};
use inferproof::{Estimate, SliceError, SliceGoal, SlicePart, hex, slice_plan};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;

/// The format of plans.
const FORMAT: &str = "inferproof slice plan 1";

/// What `slice plan` prints and writes.
#[derive(Serialize)]
struct Report {
    format: &'static str,
    model_id: String,
    whole: Estimate,
    parts: Vec<SlicePart>,
}

/// A plan, as it is read again.
#[derive(Deserialize)]
pub struct Plan {
    format: String,
    /// Of which model.
    pub model_id: String,
    /// In the program's order.
    pub parts: Vec<Part>,
}

/// Where a part begins and ends.
#[derive(Deserialize)]
pub struct Part {
    /// At these tensors.
    pub from: Vec<String>,
    /// At those.
    pub to: Vec<String>,
}

impl Plan {
    /// From a file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let refused = |reason: String| Error::Plan {
            path: name(path),
            reason,
        };
        let plan: Self =
            serde_json::from_slice(&read(path)?).map_err(|e| refused(e.to_string()))?;
        match plan.format == FORMAT {
            true => Ok(plan),
            false => Err(refused(format!(
                "its format is {:?}, expected {FORMAT:?}",
                plan.format
            ))),
        }
    }
}

pub fn main(args: SlicePlanArgs, console: &Console) -> Result<Outcome, Error> {
    check_all(&[(PLANNED, &args.key)])?;
    let out = args.out.as_deref();
    let destination = out.map(|out| Destination::new(out, args.force, &[&args.key], console));
    let destination = destination.transpose()?;
    let key = read_key(&args.key)?.decode()?;
    let goal = match (args.memory, args.parts) {
        (_, Some(parts)) => SliceGoal::Parts(parts.into()),
        (memory, None) => SliceGoal::Memory(memory.unwrap_or(u64::MAX)),
    };
    let plan = slice_plan(&key.architecture().program, goal);
    let plan = plan.map_err(|source: SliceError| Error::Slice(Box::new(source)))?;
    let report = Report {
        format: FORMAT,
        model_id: hex(&key.model_id()),
        whole: plan.whole,
        parts: plan.parts,
    };
    if let Some(destination) = &destination {
        let text = serde_json::to_string_pretty(&report).unwrap_or_default();
        destination.write(format!("{text}\n").as_bytes())?;
        if destination.is_standard() {
            return Ok(Outcome::Done);
        }
    }
    console.report(&report);
    Ok(Outcome::Done)
}

/// An estimate in words.
struct Takes<'a>(&'a Estimate);

impl fmt::Display for Takes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Estimate {
            seconds,
            memory_bytes,
            proof_bytes,
        } = self.0;
        write!(
            f,
            "about {} and {} of memory, proof {}",
            Seconds(*seconds),
            Bytes(*memory_bytes),
            Bytes(*proof_bytes as u64)
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        row(f, "model", &self.model_id)?;
        row(f, "whole", Takes(&self.whole))?;
        for (number, part) in self.parts.iter().enumerate() {
            row(
                f,
                &format!("part {}", number + 1),
                format_args!("--from {} --to {}", part.from.join(","), part.to.join(",")),
            )?;
            let handed_on = match part.boundary_entries {
                0 => String::new(),
                entries => format!("; hands on {} numbers", Count(entries)),
            };
            row(f, "", format_args!("{}{handed_on}", Takes(&part.estimate)))?;
        }
        Ok(())
    }
}
