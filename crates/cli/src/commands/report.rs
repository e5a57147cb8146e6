//! `inferproof report`: a page to look at, of a model or of a proof. It reads no secret files.

use crate::Outcome;
use crate::args::{LimitArgs, ReportArgs, VerifyArgs};
use crate::console::Console;
use crate::destination::Destination;
use crate::error::Error;
use crate::judge::Judge;
use crate::recognise::{EXPECT, INPUT, LABELS, PUBLIC_KEY, SHOWN, check_all};
use crate::report::{Bytes, row};
use crate::source::{is_standard, name, read, read_key};
use inferproof::{
    CARD, Error as ModelError, Judged, KeyFile, Kind, PUBLIC, Timings, Verdict,
    check_public_weights, kind_of, model_page, proof_page,
};
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What `report` prints.
#[derive(Serialize)]
struct Report {
    /// Where the page lies.
    page: PathBuf,
    page_bytes: usize,
    /// What it is about.
    of: &'static str,
    /// Of a proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<&'static str>,
    /// Why a proof was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// A page, and what is said of it.
struct Made {
    page: String,
    of: &'static str,
    verdict: Option<&'static str>,
    reason: Option<String>,
}

pub fn main(args: ReportArgs, console: &Console) -> Result<Outcome, Error> {
    let mut sources = vec![(SHOWN, args.file.as_path())];
    let optional = [
        (PUBLIC_KEY, &args.key),
        (EXPECT, &args.expect),
        (INPUT, &args.input),
        (LABELS, &args.labels),
    ];
    let optional = optional.into_iter();
    sources.extend(optional.filter_map(|(argument, path)| Some((argument, path.as_deref()?))));
    check_all(&sources)?;
    let read: Vec<&Path> = sources.iter().map(|(_, path)| *path).collect();
    let destination = Destination::new(&args.out, args.force, &read, console)?;
    let made = made(&args, console)?;
    destination.write(made.page.as_bytes())?;
    let report = Report {
        page: args.out,
        page_bytes: made.page.len(),
        of: made.of,
        verdict: made.verdict,
        reason: made.reason,
    };
    match destination.is_standard() {
        true => console.report_beside(&report),
        false => console.report(&report),
    }
    Ok(match report.verdict {
        Some(REJECTED) => Outcome::Rejected,
        _ => Outcome::Done,
    })
}

const ACCEPTED: &str = "accepted";
const REJECTED: &str = "rejected";
const NOT_VERIFIED: &str = "not verified";

fn made(args: &ReportArgs, console: &Console) -> Result<Made, Error> {
    let path = &args.file;
    if !is_standard(path) && path.is_dir() {
        let public = path.join(PUBLIC);
        let folder = if public.is_dir() { &public } else { path };
        let card = std::fs::read_to_string(folder.join(CARD)).ok();
        let key = KeyFile::read(folder)?;
        check_public_weights(folder, &key, &args.cache.cache())?;
        return of_model(args, &key, card.as_deref());
    }
    let bytes = read(path)?;
    let place = name(path);
    match kind_of(&bytes) {
        Ok((Kind::Key, _)) => {
            let beside = path.parent().map(|folder| folder.join(CARD));
            let card = beside.and_then(|card| std::fs::read_to_string(card).ok());
            of_model(args, &KeyFile::new(place, bytes)?, card.as_deref())
        }
        // What is no proof is rejected by whoever verifies it, and refused without a key.
        Ok((Kind::Proof | Kind::Commitment | Kind::Opening | Kind::Evaluation, _)) | Err(_) => {
            of_proof(args, console, &place, &bytes)
        }
    }
}

fn of_model(args: &ReportArgs, key: &KeyFile, card: Option<&str>) -> Result<Made, Error> {
    if args.key.is_some() {
        let path = name(&args.file);
        return Err(Error::KeyOfModel { path });
    }
    Ok(Made {
        page: model_page(key, card, &args.cache.cache())?,
        of: "model",
        verdict: None,
        reason: None,
    })
}

fn of_proof(
    args: &ReportArgs,
    console: &Console,
    place: &Path,
    bytes: &[u8],
) -> Result<Made, Error> {
    let Some(key) = &args.key else {
        return Ok(Made {
            page: proof_page(place, bytes, None)?,
            of: "proof",
            verdict: Some(NOT_VERIFIED),
            reason: None,
        });
    };
    let labels = args.labels.as_deref().map(read_labels).transpose()?;
    let file = read_key(key)?;
    let judge = Judge::new(&file, &verify_args(args, key))?;
    let start = Instant::now();
    let verdict = judge.verdict(bytes);
    let seconds = start.elapsed().as_secs_f64();
    console.warn(&judge.saturated);
    let input = args.input.as_deref().map(name);
    let compared = input.map(|path| format!("the input in {}", path.display()));
    let from = args.labels.as_deref().map(name).unwrap_or_default();
    let from = from.display().to_string();
    let page = proof_page(
        place,
        bytes,
        Some(&Judged {
            verifier: &judge.verifier,
            expected: &judge.expected,
            verdict: &verdict,
            timings: Timings {
                seconds,
                setup_seconds: judge.setup_seconds,
                range_proof_seconds: judge.range_proof_seconds,
            },
            compared: compared.as_deref(),
            labels: labels.as_deref().map(|labels| (labels, from.as_str())),
        }),
    )?;
    let (verdict, reason) = match verdict {
        Verdict::Accepted(_) => (ACCEPTED, None),
        Verdict::Rejected(reason) => (REJECTED, Some(reason)),
    };
    Ok(Made {
        page,
        of: "proof",
        verdict: Some(verdict),
        reason,
    })
}

/// What `verify` would have been asked.
fn verify_args(args: &ReportArgs, key: &Path) -> VerifyArgs {
    VerifyArgs {
        key: key.to_owned(),
        proofs: vec![args.file.clone()],
        context: args.context.clone(),
        expect: args.expect.clone(),
        input: args.input.clone(),
        sample: args.sample,
        strict: false,
        output: None,
        quantized: false,
        recheck: args.recheck,
        limit: LimitArgs {
            max_work: args.max_work,
        },
        cache: args.cache.clone(),
    }
}

/// One name a line.
fn read_labels(path: &Path) -> Result<Vec<String>, Error> {
    let bytes = read(path)?;
    let text = String::from_utf8(bytes).map_err(|_| {
        let reason = std::io::ErrorKind::InvalidData;
        Error::from(ModelError::read(&name(path))(reason.into()))
    })?;
    Ok(text.lines().map(|line| line.trim().to_owned()).collect())
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        row(f, "page", self.page.display())?;
        row(f, "of", format_args!("a {}", self.of))?;
        if let Some(verdict) = self.verdict {
            match &self.reason {
                Some(reason) => row(f, "verdict", format_args!("{verdict}: {reason}"))?,
                None => row(f, "verdict", verdict)?,
            }
        }
        row(f, "size", Bytes(self.page_bytes as u64))
    }
}
