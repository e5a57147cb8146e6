//! `inferproof check`: whether a model can be compiled, node by node, and what proving it will take.

use crate::Outcome;
use crate::args::CheckArgs;
use crate::console::Console;
use crate::error::Error;
use crate::recognise::{ONNX, check_all};
use crate::report::{Bytes, Count, Seconds, Shape, row};
use crate::source::{name, read};
use inferproof::{Check, check, printable};
use inferproof::{NodeSummary, Widths};
use serde::Serialize;
use std::fmt;

/// What `check` prints.
#[derive(Serialize)]
struct Report(Check);

pub fn main(args: CheckArgs, console: &Console) -> Result<Outcome, Error> {
    check_all(&[(ONNX, &args.onnx)])?;
    let path = &args.onnx;
    let bytes = read(path)?;
    let path = &name(path);
    let widths = Widths::new(args.weight_bits, args.activation_bits);
    let report = Report(check(path, &bytes, &args.import.options(), widths)?);
    console.report(&report);
    match report.0.model.error {
        None => Ok(Outcome::Done),
        Some(reason) => Err(Error::Unsupported {
            path: path.clone(),
            reason,
        }),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report(Check {
            model,
            estimate,
            widths,
            ..
        }) = self;
        let width = |of: fn(&NodeSummary) -> &str| {
            model
                .nodes
                .iter()
                .map(|n| printable(of(n)).chars().count())
                .max()
                .unwrap_or(0)
        };
        let (names, ops) = (width(|n| &n.name), width(|n| &n.op));
        for node in &model.nodes {
            write!(
                f,
                "{:<3} {:<names$}  {:<ops$}",
                if node.unsupported.is_some() {
                    "no"
                } else {
                    "yes"
                },
                printable(&node.name),
                printable(&node.op)
            )?;
            match (&node.unsupported, &node.shape) {
                (Some(reason), _) => write!(f, "  {}", printable(reason))?,
                (None, Some(shape)) => write!(f, "  {}", Shape(shape))?,
                (None, None) => {}
            }
            if node.weights > 0 {
                write!(f, ", {} weights", Count(node.weights))?;
            }
            if node.multiplications > 0 {
                write!(f, ", {} multiplications", Count(node.multiplications))?;
            }
            writeln!(f)?;
        }
        writeln!(f)?;
        row(f, "opset", model.opset)?;
        for (label, ports) in [("input", &model.inputs), ("output", &model.outputs)] {
            for port in ports {
                row(
                    f,
                    label,
                    format_args!("{}: {}", port.name, Shape(&port.shape)),
                )?;
            }
        }
        let Some(estimate) = estimate else {
            return row(f, "supported", "no");
        };
        row(f, "weights", Count(model.weights))?;
        row(f, "supported", "yes")?;
        row(
            f,
            "estimate",
            format_args!(
                "prove in {}, {} of memory, proofs of {}, with weights of {} bits and activations of {}",
                Seconds(estimate.seconds),
                Bytes(estimate.memory_bytes),
                Bytes(estimate.proof_bytes as u64),
                widths.weights,
                widths.activations
            ),
        )
    }
}
