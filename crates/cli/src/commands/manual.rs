//! `inferproof manual`: the manual pages, one for each command.

use crate::Outcome;
use crate::args::{Cli, ManualArgs};
use crate::console::Console;
use crate::destination::Destination;
use crate::error::Error;
use clap::CommandFactory;
use inferproof::Error as ModelError;
use std::path::Path;

pub fn main(args: &ManualArgs, console: &Console) -> Result<Outcome, Error> {
    let folder = &args.out;
    std::fs::create_dir_all(folder).map_err(ModelError::write(folder))?;
    let mut command = Cli::command();
    command.build();
    pages(folder, &command, args.force, console)?;
    Ok(Outcome::Done)
}

/// Of a command and of all under it.
fn pages(
    folder: &Path,
    command: &clap::Command,
    force: bool,
    console: &Console,
) -> Result<(), Error> {
    page(folder, command, force, console)?;
    let inner = command.get_subcommands().filter(|c| !c.is_hide_set());
    // `help` of a group of commands has no page.
    let mut inner = inner.filter(|c| c.get_name() != "help");
    inner.try_for_each(|command| pages(folder, command, force, console))
}

/// `inferproof.1`, or `inferproof-prove.1`.
fn page(
    folder: &Path,
    command: &clap::Command,
    force: bool,
    console: &Console,
) -> Result<(), Error> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let place = folder.join(format!("{name}.1"));
    let destination = Destination::new(&place, force, &[], console)?;
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone().disable_help_subcommand(true))
        .title(name.to_uppercase())
        .render(&mut page)
        .map_err(ModelError::write(&place))?;
    destination.write(&page)
}
