//! `inferproof`: compile a model, prove what it says, verify.
//!
//! A command is a function from its arguments to an [`Outcome`]: it prints its report on standard output, or returns an error,
//! which is printed here. Exit codes: 0 done or accepted, 1 proof rejected, 2 error, 130 interrupted.
#![forbid(unsafe_code)]

mod args;
mod commands;
mod console;
mod data_set;
mod destination;
mod digit;
mod error;
mod expected;
mod interrupt;
mod judge;
mod log;
mod progress;
mod recognise;
mod report;
mod shown;
mod source;
mod statement;
mod values;

use args::{Cli, Command};
use clap::Parser;
use console::Console;
use error::Error;
use inferproof::printable_json;
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
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(help) => return usage(&help, &arguments),
    };
    let dispatch = log::dispatch(cli.console.log);
    let console = Console::new(&cli.console, matches!(dispatch, Ok(Some(_))));
    interrupt::listen();
    let work = || match run(cli.command, itself, &console) {
        Ok(Outcome::Done) => 0,
        Ok(Outcome::Rejected) => 1,
        Err(error) => {
            console.error(&error);
            error.exit_code()
        }
    };
    match dispatch {
        Ok(None) => work(),
        // For this command alone: whoever calls it may have a log of their own.
        Ok(Some(dispatch)) => tracing::dispatcher::with_default(&dispatch, work),
        Err(reason) => {
            let error = Error::Log(reason);
            console.error(&error);
            error.exit_code()
        }
    }
}

/// What was typed is no command, or asks for help.
fn usage(help: &clap::Error, arguments: &[OsString]) -> u8 {
    let code = u8::try_from(help.exit_code()).unwrap_or(2);
    let typed = arguments.iter().take_while(|a| *a != "--");
    if help.use_stderr() && typed.into_iter().any(|a| a == "--json") {
        let text = help.to_string();
        let text = text.trim().trim_start_matches("error: ");
        let object = serde_json::json!({ "error": text, "exit_code": code });
        println!("{}", printable_json(&object.to_string()));
    }
    // Help goes to standard output, and ends well; where neither can be written nothing is left to do.
    let _ = help.print();
    code
}

fn run(command: Command, itself: &Itself, console: &Console) -> Result<Outcome, Error> {
    inferproof::Instructions::from_environment()?;
    match command {
        Command::Demo(args) => commands::demo::main(args, itself, console),
        Command::Check(args) => commands::check::main(args, console),
        Command::Compile(args) => commands::compile::main(args, console),
        Command::Run(args) => commands::run::main(args, console),
        Command::Prove(args) => commands::prove::main(args, console),
        Command::Accuracy(args) => commands::accuracy::main(args, console),
        Command::Commit(args) => commands::commit::main(args, console),
        Command::Explain(args) => commands::explain::main(args, console),
        Command::Statement(args) => commands::statement::main(args, console),
        Command::Verify(args) => commands::verify::main(args, console),
        Command::Slice(command) => commands::slice::main(command, console),
        Command::Chain(command) => commands::chain::main(command, console),
        Command::Inspect(args) => commands::inspect::main(args, console),
        Command::Report(args) => commands::report::main(args, console),
        Command::Completions(args) => Ok(commands::completions::main(&args)),
        Command::Manual(args) => commands::manual::main(&args, console),
    }
}
