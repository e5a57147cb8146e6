//! Where a command writes: a file or folder, or standard output where `-` stands.
//!
//! What exists is replaced only with `--force`, and what the command reads not even then. A place is looked at before the long work, so
//! that a name in use is an error at once, and again when the name is given.

use crate::console::Console;
use crate::error::Error;
use crate::interrupt;
use crate::source::is_standard;
use inferproof::{
    Access, Error as ModelError, Existing, Folder, check_file, leftovers, write_file,
};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

/// A file to write, or standard output.
pub struct Destination {
    place: PathBuf,
    existing: Existing,
    access: Access,
}

impl Destination {
    /// As [`Self::new`], for a file that only its owner may read.
    pub fn secret(
        place: &Path,
        force: bool,
        read: &[&Path],
        console: &Console,
    ) -> Result<Self, Error> {
        Ok(Self {
            access: Access::Owner,
            ..Self::new(place, force, read, console)?
        })
    }

    /// Refuses what is in use. `read` is what the command reads: files, and folders with all in them.
    pub fn new(
        place: &Path,
        force: bool,
        read: &[&Path],
        console: &Console,
    ) -> Result<Self, Error> {
        let existing = Existing::replace_if(force);
        let destination = Self {
            place: place.to_owned(),
            existing,
            access: Access::Shared,
        };
        if destination.is_standard() {
            return match std::io::stdout().is_terminal() {
                true => Err(Error::Terminal),
                false => Ok(destination),
            };
        }
        check_file(place, existing)?;
        if let Some(read) = read.iter().find(|read| lies_in(place, read)) {
            return Err(Error::Own {
                path: place.into(),
                read: read.to_path_buf(),
            });
        }
        name_leftovers(place, console);
        Ok(destination)
    }

    /// Whether it is standard output, on which nothing else may be printed then.
    pub fn is_standard(&self) -> bool {
        is_standard(&self.place)
    }

    /// Writes all of it.
    pub fn write(&self, bytes: &[u8]) -> Result<(), Error> {
        if self.is_standard() {
            let mut out = std::io::stdout().lock();
            let written = out.write_all(bytes).and_then(|()| out.flush());
            return Ok(written.map_err(ModelError::write(Path::new("standard output")))?);
        }
        let unfinished = interrupt::unfinished();
        Ok(write_file(
            &self.place,
            bytes,
            self.access,
            self.existing,
            unfinished,
        )?)
    }
}

/// Begins the folder of a model.
pub fn new_folder(place: &Path, force: bool, console: &Console) -> Result<Folder, Error> {
    if is_standard(place) {
        return Err(Error::FolderToStandard);
    }
    let folder = Folder::new(place, Existing::replace_if(force), interrupt::unfinished())?;
    name_leftovers(place, console);
    Ok(folder)
}

/// Whether a file is another, or lies in it.
fn lies_in(file: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    matches!((real(file), real(other)), (Some(file), Some(other)) if file.starts_with(&other))
}

/// Says what interrupted runs left.
fn name_leftovers(place: &Path, console: &Console) {
    let named = leftovers(place).into_iter().map(|path| {
        let path = path.display();
        format!("{path}: left by an interrupted run, perhaps with secrets in it; remove it")
    });
    console.warn(&named.collect::<Vec<_>>());
}
