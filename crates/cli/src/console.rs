//! How a command speaks: its report on standard output, everything else on standard error.
//!
//! Text from outside reaches a terminal escaped ([`printable`]): reports are made of rows, each of which is one line whatever stands in it,
//! and errors and warnings are one line each. Behind an error in a claim stands the line of the claim, with the place marked.

use crate::args::{ColorArg, ConsoleArgs};
use crate::error::Error;
use crate::progress::Progress;
use anstyle::{AnsiColor, Style};
use inferproof::{ClaimError, printable, printable_json};
use serde::Serialize;
use std::fmt;
use std::io::{IsTerminal, Write};

const LABEL: Style = AnsiColor::Cyan.on_default();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const ATTENTION: Style = AnsiColor::Yellow.on_default().bold();

/// What was asked of the output.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    json: bool,
    quiet: bool,
    verbose: bool,
    /// Events go to standard error as a log for machines, instead of sentences.
    logs: bool,
    color: ColorArg,
}

impl Console {
    /// As the arguments say.
    pub fn new(args: &ConsoleArgs, logs: bool) -> Self {
        Self {
            json: args.json,
            quiet: args.quiet,
            verbose: args.verbose,
            logs,
            color: args.color,
        }
    }

    /// Whether reports are JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Prints a report on standard output, as one JSON object or as text. A reader that hangs up is no error.
    pub fn report(&self, report: &(impl Serialize + fmt::Display)) {
        if self.json || !self.quiet {
            let color = self.colors(&std::io::stdout());
            let _ = writeln!(std::io::stdout().lock(), "{}", self.text(report, color));
        }
    }

    /// Prints it on standard error, since standard output holds what was made.
    pub fn report_beside(&self, report: &(impl Serialize + fmt::Display)) {
        if (self.json || !self.quiet) && !self.logs {
            let color = self.colors(&std::io::stderr());
            let _ = writeln!(std::io::stderr().lock(), "{}", self.text(report, color));
        }
    }

    fn text(&self, report: &(impl Serialize + fmt::Display), color: bool) -> String {
        if self.json {
            let json = serde_json::to_string_pretty(report).unwrap_or_default();
            return printable_json(&json).into_owned();
        }
        let text = report.to_string();
        let lines = text.trim_end().lines();
        let lines: Vec<String> = if color {
            lines.map(colored).collect()
        } else {
            lines.map(str::to_owned).collect()
        };
        lines.join("\n")
    }

    /// Prints warnings on standard error, unless it shall be quiet.
    pub fn warn(&self, warnings: &[impl fmt::Display]) {
        for warning in warnings {
            if self.logs {
                tracing::warn!("{warning}");
            } else if !self.quiet {
                self.say("warning:", ATTENTION, warning);
            }
        }
    }

    /// Says something worth knowing before the work, on standard error, unless it shall be quiet. Where an object is printed, it is a part of
    /// that: whoever reads both streams would be woken, and on few cores would take one from the work that begins.
    pub fn note(&self, note: impl fmt::Display) {
        if self.logs {
            tracing::info!("{note}");
        } else if !self.quiet && !self.json {
            eprintln!("{}", printable(&note.to_string()));
        }
    }

    /// Prints why there is no verdict, or none but no.
    pub fn rejected(&self, reason: &str) {
        if self.logs {
            tracing::error!("proof rejected: {reason}");
        } else {
            self.say("proof rejected:", BAD, &reason);
        }
    }

    /// Prints an error, as an object as well if those were asked for.
    pub fn error(&self, error: &Error) {
        if self.json && !error.is_reported() {
            let object =
                serde_json::json!({ "error": error.to_string(), "exit_code": error.exit_code() });
            println!("{}", printable_json(&object.to_string()));
        }
        if self.logs {
            tracing::error!(exit_code = error.exit_code(), "{error}");
        } else if let Some(claim) = error.claim() {
            let text = error.to_string();
            let about = text.strip_suffix(&claim.to_string()).unwrap_or_default();
            self.say("error:", BAD, &format!("{about}{}", claim.problem()));
            let _ = writeln!(std::io::stderr().lock(), "{}", marked(claim));
        } else {
            self.say("error:", BAD, error);
        }
    }

    fn say(&self, label: &str, style: Style, message: &dyn fmt::Display) {
        let message = message.to_string();
        let message = printable(&message);
        let style = if self.colors(&std::io::stderr()) {
            style
        } else {
            Style::new()
        };
        let _ = writeln!(
            std::io::stderr().lock(),
            "{style}{label}{style:#} {message}"
        );
    }

    /// Begins a long piece of work.
    pub fn progress(&self, what: &'static str) -> Progress {
        Progress::new(what, !self.quiet && !self.logs, self.verbose && !self.logs)
    }

    /// Colours are for terminals, and for nobody who asked for none.
    fn colors(&self, stream: &(impl IsTerminal + anstream::stream::RawStream)) -> bool {
        match self.color {
            ColorArg::Always => true,
            ColorArg::Never => false,
            ColorArg::Auto => {
                let choice = anstream::AutoStream::choice(stream);
                choice != anstream::ColorChoice::Never
            }
        }
    }
}

/// The line of a claim's text that an error speaks of, and carets below the place.
fn marked(claim: &ClaimError) -> String {
    let Some(line) = claim.line() else {
        return String::new();
    };
    let [before, marked, after] = [line.before, line.marked, line.after].map(printable);
    // As wide as what is printed, in which some characters are escaped.
    let ahead = " ".repeat(before.chars().count());
    let carets = "^".repeat(marked.chars().count().max(1));
    format!("    {before}{marked}{after}\n    {ahead}{carets}")
}

/// A line of a report: the label in the first column, and the verdict as it is.
fn colored(line: &str) -> String {
    let Some((label, value)) = line.split_at_checked(crate::report::LABEL_WIDTH) else {
        return line.to_owned();
    };
    let is_label = |c: char| c.is_ascii_lowercase() || c == ' ';
    if label.starts_with(' ') || !label.chars().all(is_label) || !value.starts_with(' ') {
        return line.to_owned();
    }
    let value = match (label.trim(), value.trim()) {
        ("verdict", verdict) if verdict == "accepted" || verdict.starts_with("all ") => {
            format!("{GOOD}{value}{GOOD:#}")
        }
        ("supported", "yes") => format!("{GOOD}{value}{GOOD:#}"),
        ("supported", "no") => format!("{BAD}{value}{BAD:#}"),
        _ => value.to_owned(),
    };
    format!("{LABEL}{label}{LABEL:#}{value}")
}
