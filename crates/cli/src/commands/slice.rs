//! `inferproof slice`: parts of a model that are proven apart.

mod plan;
mod run;

use crate::Outcome;
use crate::args::SliceCommand;
use crate::console::Console;
use crate::error::Error;

pub fn main(command: SliceCommand, console: &Console) -> Result<Outcome, Error> {
    match command {
        SliceCommand::Plan(args) => plan::main(args, console),
        SliceCommand::Run(args) => run::main(args, console),
    }
}
