//! The page about a proof.

use super::frame::{counted, facts, id, page, section};
use super::values::{self, Labels, heading};
use super::words;
use crate::error::Error;
use crate::inspect::{DisclosedReport, ProofReport, inspect_proof};
use crate::quantities::{Bytes, Count, Seconds};
use crate::verdict::{Expected, Verdict};
use inferproof_inference::{Disclosed, ExplainedClaim, Proof, Role, Statement, Verifier, hex};
use inferproof_program::{Program, ValidProgram};
use maud::{Markup, html};
use std::path::Path;

/// What verifying a proof gave.
pub struct Judged<'a> {
    /// Of the model that the caller's key is of.
    pub verifier: &'a Verifier,
    /// What the caller expects.
    pub expected: &'a Expected,
    /// Whether the proof is of that.
    pub verdict: &'a Verdict,
    /// How long it took.
    pub timings: Timings,
    /// What the proof was compared with, in words, such as a file's name.
    pub compared: Option<&'a str>,
    /// Names of an output's entries, in order, and where they are from: no proof covers them.
    pub labels: Option<(&'a [String], &'a str)>,
}

/// Of a verification, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Timings {
    /// Verifying the proof.
    pub seconds: f64,
    /// Reading the key and making ready, once for any number of proofs.
    pub setup_seconds: f64,
    /// Verifying the range proofs of the weights, if it was done now.
    pub range_proof_seconds: Option<f64>,
}

/// A page about a proof; messages call it by `path`. What an accepted one discloses stands on it; of one that was rejected, or that nobody
/// verified, no value does.
///
/// # Errors
/// If nobody verified it and the bytes are not a proof.
pub fn proof_page(path: &Path, bytes: &[u8], judged: Option<&Judged<'_>>) -> Result<String, Error> {
    let report = match (inspect_proof(path, bytes), judged) {
        (Ok(report), _) => Some(report),
        (Err(error), None) => return Err(error),
        // What is no proof was rejected for that.
        (Err(_), Some(_)) => None,
    };
    let title = match judged.map(|judged| judged.verdict) {
        None => "A proof, not verified",
        Some(Verdict::Accepted(_)) => "An accepted proof",
        Some(Verdict::Rejected(_)) => "A rejected proof",
    };
    let above = html! { h1 { (title) } (banner(judged)) };
    let body = html! {
        @match judged {
            Some(judged) => (of_judged(judged)),
            None => @if let Some(report) = &report { (claimed(report)) },
        }
        (section("file", "The file", &file(path, bytes, report.as_ref(), judged)))
    };
    Ok(page(title, &above, &body))
}

fn banner(judged: Option<&Judged<'_>>) -> Markup {
    match judged.map(|judged| judged.verdict) {
        None => html! {
            div.verdict.unverified {
                strong { "? Not verified" }
                "Nobody has checked this proof: no verifying key was given. What stands here is what the file says of itself."
            }
        },
        Some(Verdict::Accepted(_)) => html! {
            div.verdict.accepted {
                strong { "✓ Accepted" }
                "The proof was verified with the caller's key, and is of the statement that the caller expects."
                @if let Some(compared) = judged.and_then(|judged| judged.compared) {
                    " What it shows was compared with " (compared) "."
                }
            }
        },
        Some(Verdict::Rejected(reason)) => html! {
            div.verdict.rejected {
                strong { "✗ Rejected" }
                (reason)
                ". Nothing that the file says is proven."
            }
        },
    }
}

fn of_judged(judged: &Judged<'_>) -> Markup {
    let statement = judged.expected.statement();
    let executed = executed(judged);
    let program: &Program = executed.as_deref().unwrap_or(judged.verifier.program());
    let sentence = words::sentence(statement, judged.verifier.program(), program);
    let claims = claims(judged);
    match judged.verdict {
        Verdict::Rejected(_) => section(
            "statement",
            "What was expected, and is not proven",
            &html! { p.statement { (sentence) } (claims) (listed(judged, program, None)) },
        ),
        Verdict::Accepted(proof) => html! {
            (section("statement", "What is proven", &html! {
                p.statement { (sentence) }
                (claims)
                (listed(judged, program, Some(proof)))
                p.faint { "Values computed on the way are always hidden. The sentence speaks of the model's integer program, bit for bit; how well that follows the float model is the model's matter." }
            }))
            (shown(judged, program, proof, Role::Output))
            (shown(judged, program, proof, Role::Input))
        },
    }
}

/// What is run: the inputs and outputs of a statement are its own. Of a statement that is not of this model there is none.
fn executed(judged: &Judged<'_>) -> Option<ValidProgram> {
    judged.verifier.listed(judged.expected.statement()).ok()
}

/// What is claimed, with the integers that satisfy it.
fn claims(judged: &Judged<'_>) -> Markup {
    let statement = judged.expected.statement();
    let claims = statement.explained(judged.verifier.program());
    let claims = claims.unwrap_or_default();
    html! {
        @if !claims.is_empty() {
            div.scroll { table {
                caption { "What is claimed, and which integers satisfy it" }
                thead { tr { th scope="col" { "Claim" } th scope="col" { "Comparison" } th scope="col" { "In integers" } } }
                tbody {
                    @for ExplainedClaim { claim, comparisons } in &claims {
                        @for (place, comparison) in comparisons.iter().enumerate() {
                            tr {
                                @if place == 0 { th scope="rowgroup" rowspan=(comparisons.len()) { code { (claim) } } }
                                td { code { (comparison.comparison) } }
                                td {
                                    (comparison.integers)
                                    @for note in &comparison.notes { p.faint { (note) } }
                                }
                            }
                        }
                    }
                }
            } }
        }
    }
}

/// Every input and output of the program that is run, who sees it, and its commitment.
fn listed(judged: &Judged<'_>, program: &Program, proof: Option<&Proof>) -> Markup {
    let statement = judged.expected.statement();
    let curve = judged.verifier.curve();
    let disclosed = |role, place: usize| proof.and_then(|proof| of(proof, role).get(place));
    html! {
        div.scroll { table {
            caption { "Inputs and outputs" }
            thead { tr { th scope="col" { "Tensor" } th scope="col" { "What the proof discloses" } th scope="col" { "Commitment" } } }
            tbody {
                @for (role, all) in [(Role::Input, &statement.inputs), (Role::Output, &statement.outputs)] {
                    @for (place, listed) in all.iter().enumerate() {
                        tr {
                            th scope="row" {
                                (role) " " @if let Some(tensor) = program.tensor(listed.tensor) { (heading(tensor)) }
                            }
                            td { (words::seen(listed.visibility)) }
                            td {
                                @match disclosed(role, place).and_then(Disclosed::commitment) {
                                    Some(commitment) => (id(&hex(&commitment.id(curve)))),
                                    None => "–",
                                }
                            }
                        }
                    }
                }
            }
        } }
    }
}

fn of(proof: &Proof, role: Role) -> &[Disclosed] {
    match role {
        Role::Input => &proof.disclosure.inputs,
        Role::Output => &proof.disclosure.outputs,
    }
}

/// What an accepted proof shows of its inputs or outputs, if anything.
fn shown(judged: &Judged<'_>, program: &Program, proof: &Proof, role: Role) -> Markup {
    let (ids, name, heading_id) = match role {
        Role::Input => (&program.inputs, "Inputs that are shown", "inputs"),
        Role::Output => (&program.outputs, "Outputs that are shown", "outputs"),
    };
    let shown = ids.iter().zip(of(proof, role));
    let shown: Vec<_> = shown
        .filter_map(|(&id, disclosed)| Some((id, program.tensor(id)?, disclosed.integers()?)))
        .collect();
    let given = judged.labels.map(|(names, from)| Labels { names, from });
    let labels = given.or_else(|| values::own_labels(program));
    html! {
        @if !shown.is_empty() {
            (section(heading_id, name, &html! {
                @for (id, tensor, integers) in shown {
                    h3 { (heading(tensor)) }
                    @match role {
                        Role::Input => (values::input(program, id, integers)),
                        Role::Output => (values::output(program, id, integers, labels)),
                    }
                }
            }))
        }
    }
}

/// What a file says of itself, before anybody has verified it.
fn claimed(report: &ProofReport) -> Markup {
    let content = html! {
        p.statement {
            "The file says: the committed model " span.id title=(report.model_id) { (words::head(&report.model_id)) }
            " was run on " (counted(report.inputs.len(), "input")) " and gave " (counted(report.outputs.len(), "output")) "."
        }
        div.scroll { table {
            caption { "What it would disclose. The names stand in the model's key" }
            thead { tr { th scope="col" { "Tensor" } th scope="col" { "Disclosed" } } }
            tbody {
                @for (role, all) in [("Input", &report.inputs), ("Output", &report.outputs)] {
                    @for (place, disclosed) in all.iter().enumerate() {
                        tr {
                            th scope="row" { (role) " " (place) }
                            td {
                                @match disclosed {
                                    DisclosedReport::Public(count) => { (Count(*count)) " integers" },
                                    DisclosedReport::Private => "nothing",
                                    DisclosedReport::OfDataSet => "samples of a data set",
                                    DisclosedReport::Committed(commitment) => { "the commitment " (id(commitment)) },
                                }
                            }
                        }
                    }
                }
            }
        } }
        p { "To verify it, give the public folder of the model: " code { "inferproof report PROOF --key PUBLIC -o report.html" } "." }
    };
    section("claim", "What the file says", &content)
}

fn file(
    path: &Path,
    bytes: &[u8],
    report: Option<&ProofReport>,
    judged: Option<&Judged<'_>>,
) -> Markup {
    let name = path.file_name().unwrap_or(path.as_os_str());
    let mut rows = vec![
        (
            "File",
            html! { code { (name.to_string_lossy()) } ", " (Bytes(bytes.len() as u64)) },
        ),
        ("BLAKE3", id(blake3::hash(bytes).to_hex().as_str())),
    ];
    if let Some(report) = report {
        let frame = &report.frame;
        rows.push(("Argument", html! { (Bytes(report.argument_bytes as u64)) }));
        rows.push(("Model id", id(&report.model_id)));
        rows.push((
            "Format",
            html! { "version " (frame.format_version) ", protocol " (frame.protocol) ", curve " (frame.curve) ", about " (frame.security_bits) " bits" },
        ));
    }
    if let Some(judged) = judged {
        rows.push(("Expected context", context(judged.expected.statement())));
        rows.extend(timings(judged.timings));
    }
    facts("What was looked at", &rows)
}

fn context(statement: &Statement) -> Markup {
    match statement.context.is_empty() {
        true => html! { "none: the proof answers no particular request, and can be shown again" },
        false => words::context(&statement.context),
    }
}

fn timings(timings: Timings) -> Vec<(&'static str, Markup)> {
    vec![
        (
            "Verified in",
            html! { (Seconds(timings.seconds)) ", after " (Seconds(timings.setup_seconds)) " to read the key" },
        ),
        (
            "Range proofs",
            match timings.range_proof_seconds {
                Some(seconds) => {
                    html! { "of the weights verified in " (Seconds(seconds)) ", once for this key" }
                }
                None => html! { "of the weights verified on this machine before" },
            },
        ),
    ]
}
