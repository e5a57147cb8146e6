//! `inferproof`: compile a model, prove what it says, verify.
//!
//! A command is a function from its arguments to an [`Outcome`]: it prints its report on standard output, or returns an error,
//! which is printed here. Exit codes: 0 done or accepted, 1 proof rejected, 2 error, 130 interrupted.
#![forbid(unsafe_code)]

mod args;
mod commands;
mod destination;
mod digit;
mod error;
mod expected;
mod interrupt;
mod progress;
mod report;
mod source;
mod statement;
mod values;

use args::{Cli, Command};
use clap::Parser;
use error::Error;
use std::ffi::OsString;
use std::path::PathBuf;

/// How a command that met no error ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It did what was asked; a proof was accepted.
    Done,
    /// A proof was rejected.
    Rejected,
}

/// How to start another process of this command line.
#[derive(Clone, Debug)]
pub struct Itself {
    /// The program.
    pub program: PathBuf,
    /// Its first arguments.
    pub arguments: Vec<OsString>,
}

/// The command line: `arguments` begin with the name it was called by. The answer is the exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>, itself: &Itself) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(help) => {
            // Help goes to standard output, and ends well; where neither can be written nothing is left to do.
            let _ = help.print();
            return u8::try_from(help.exit_code()).unwrap_or(2);
        }
    };
    interrupt::listen();
    match run(cli.command, cli.json, itself) {
        Ok(Outcome::Done) => 0,
        Ok(Outcome::Rejected) => 1,
        Err(error) => {
            if cli.json && !error.is_reported() {
                println!(
                    "{}",
                    serde_json::json!({ "error": error.to_string(), "exit_code": error.exit_code() })
                );
            }
            eprintln!("error: {error}");
            error.exit_code()
        }
    }
}

fn run(command: Command, json: bool, itself: &Itself) -> Result<Outcome, Error> {
    match command {
        Command::Demo(args) => commands::demo::main(args, itself, json),
        Command::Check(args) => commands::check::main(args, json),
        Command::Compile(args) => commands::compile::main(args, json),
        Command::Run(args) => commands::run::main(args, json),
        Command::Prove(args) => commands::prove::main(args, json),
        Command::Commit(args) => commands::commit::main(args, json),
        Command::Statement(args) => commands::statement::main(args, json),
        Command::Verify(args) => commands::verify::main(args, json),
        Command::Inspect(args) => commands::inspect::main(args, json),
    }
}
