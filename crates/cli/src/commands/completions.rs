//! `inferproof completions`: what a shell has to know to complete a command line.

use crate::Outcome;
use crate::args::{Cli, CompletionsArgs};
use clap::CommandFactory;

pub fn main(args: &CompletionsArgs) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "inferproof", &mut script);
    // A reader that hangs up is no error.
    let _ = std::io::Write::write_all(&mut std::io::stdout(), &script);
    Outcome::Done
}
