//! `inferproof`: compile a model, prove what it says, verify.
//!
//! A command is a function from its arguments to an [`Outcome`]: it prints its report on standard output, or returns an error,
//! which is printed here. Exit codes: 0 done or accepted, 1 proof rejected, 2 error, 130 interrupted.
#![forbid(unsafe_code)]

mod args;
mod atomic;
mod card;
mod checked;
mod commands;
mod curve;
mod digit;
mod error;
mod estimate;
mod expected;
mod folder;
mod interrupt;
mod onnx_file;
mod progress;
mod report;
mod secret;
mod values;

use args::{Cli, Command};
use clap::Parser;
use error::Error;
use std::process::ExitCode;

/// How a command that met no error ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did what was asked; a proof was accepted.
    Done,
    /// A proof was rejected.
    Rejected,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    interrupt::listen();
    match run(cli.command, cli.json) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Rejected) => ExitCode::from(1),
        Err(error) => {
            if cli.json && !error.is_reported() {
                println!(
                    "{}",
                    serde_json::json!({ "error": error.to_string(), "exit_code": error.exit_code() })
                );
            }
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(command: Command, json: bool) -> Result<Outcome, Error> {
    match command {
        Command::Demo(args) => commands::demo::main(args, json),
        Command::Check(args) => commands::check::main(args, json),
        Command::Compile(args) => commands::compile::main(args, json),
        Command::Run(args) => commands::run::main(args, json),
        Command::Prove(args) => commands::prove::main(args, json),
        Command::Verify(args) => commands::verify::main(args, json),
        Command::Inspect(args) => commands::inspect::main(args, json),
    }
}
