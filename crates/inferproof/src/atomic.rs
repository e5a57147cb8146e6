//! Files and folders that appear whole or not at all: written under a temporary name beside their place, then renamed. What exists is
//! replaced only if that was asked for, and only if it is what such a thing replaces.

use crate::error::Error;
use crate::replaceable::{replaceable_file, replaceable_folder};
use crate::unfinished::{Unfinished, UnfinishedFolder, lock, parent};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Who may read what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// As the user's umask says.
    Shared,
    /// The owner alone.
    Owner,
}

/// What becomes of what has the name already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and nothing is written.
    Keep,
    /// It is replaced: a regular file by a file, a compiled model by another. Links, devices and anything else stay all the same.
    Replace,
}

impl Existing {
    /// Replaces what is there if that was asked for.
    #[must_use]
    pub fn replace_if(asked: bool) -> Self {
        if asked { Self::Replace } else { Self::Keep }
    }
}

/// Refuses a place that [`write_file`] would refuse as it is now, so that it can be said before long work.
///
/// # Errors
/// If something is there that stays.
pub fn check_file(place: &Path, existing: Existing) -> Result<(), Error> {
    let taken = replaceable_file(place)?;
    match existing {
        Existing::Keep if taken => Err(exists(place)),
        Existing::Keep | Existing::Replace => Ok(()),
    }
}

/// Writes one file.
///
/// # Errors
/// If something has its name that stays, or it cannot be written; what was there is there still.
pub fn write_file(
    place: &Path,
    bytes: &[u8],
    access: Access,
    existing: Existing,
    unfinished: &Unfinished,
) -> Result<(), Error> {
    check_file(place, existing)?;
    let mut temporary = unfinished
        .file(place, access == Access::Owner)
        .map_err(Error::write(place))?;
    let file = &mut temporary.file;
    file.write_all(bytes)
        .and_then(|()| file.as_file().sync_all())
        .map_err(Error::write(place))?;
    let named = match existing {
        Existing::Keep => temporary.name_if_free(place),
        Existing::Replace => {
            replaceable_file(place)?;
            temporary.name(place)
        }
    };
    named.map_err(|source| match source.kind() {
        ErrorKind::AlreadyExists => exists(place),
        _ => Error::write(place)(source),
    })?;
    sync_folder(parent(place)).map_err(Error::write(place))
}

/// A folder under its temporary name.
pub struct Folder {
    place: PathBuf,
    existing: Existing,
    temporary: UnfinishedFolder,
    unfinished: Unfinished,
    folders: Vec<String>,
}

impl Folder {
    /// Refuses at once if the place is taken, unless what is there is a compiled model that may be replaced.
    ///
    /// # Errors
    /// If it is taken, or cannot be written.
    pub fn new(place: &Path, existing: Existing, unfinished: &Unfinished) -> Result<Self, Error> {
        match existing {
            Existing::Keep if fs::symlink_metadata(place).is_ok() => return Err(exists(place)),
            Existing::Keep => {}
            Existing::Replace => {
                replaceable_folder(place)?;
            }
        }
        Ok(Self {
            place: place.into(),
            existing,
            temporary: unfinished.folder(place).map_err(Error::write(place))?,
            unfinished: unfinished.clone(),
            folders: Vec::new(),
        })
    }

    /// Makes a folder in it.
    pub fn folder(&mut self, name: &str, access: Access) -> Result<(), Error> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        if access == Access::Owner {
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        }
        self.folders.push(name.to_owned());
        builder
            .create(self.temporary.path().join(name))
            .map_err(Error::write(&self.place.join(name)))
    }

    /// Writes a file in it.
    pub fn file(&self, name: &str, bytes: &[u8], access: Access) -> Result<(), Error> {
        create(&self.temporary.path().join(name), bytes, access)
            .map_err(Error::write(&self.place.join(name)))
    }

    /// Where a file will lie, for messages.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.place.join(name)
    }

    /// Writes a file in it by whatever fills a path; the file is there already, and only whoever may read it can.
    pub(crate) fn file_by(
        &self,
        name: &str,
        access: Access,
        write: impl FnOnce(&Path) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let path = self.temporary.path().join(name);
        let place = self.place.join(name);
        create(&path, &[], access).map_err(Error::write(&place))?;
        write(&path)?;
        File::open(&path)
            .and_then(|file| file.sync_all())
            .map_err(Error::write(&place))
    }

    /// Gives it its name. What was there before is removed only after.
    pub fn finish(self) -> Result<(), Error> {
        let place = self.place;
        let folders = self.folders.iter().map(|n| self.temporary.path().join(n));
        let mut all = folders.chain([self.temporary.path().to_owned()]);
        all.try_for_each(|folder| sync_folder(&folder))
            .map_err(Error::write(&place))?;
        let old = match self.existing {
            Existing::Replace if replaceable_folder(&place)? => {
                Some(put_aside(&place, &self.unfinished).map_err(Error::write(&place))?)
            }
            Existing::Replace | Existing::Keep => None,
        };
        if let Err(source) = self.temporary.name(&place) {
            if let Some((old, _)) = &old {
                fs::rename(old, &place).map_err(Error::write(&place))?;
            }
            return Err(match source.kind() {
                ErrorKind::AlreadyExists
                | ErrorKind::DirectoryNotEmpty
                | ErrorKind::NotADirectory => exists(&place),
                _ => Error::write(&place)(source),
            });
        }
        sync_folder(parent(&place)).map_err(Error::write(&place))?;
        match old {
            Some((old, _locked)) => {
                fs::remove_dir_all(&old).map_err(|source| Error::OldRemains { path: old, source })
            }
            None => Ok(()),
        }
    }
}

/// Gives a folder another name beside its own, and locks it. It is not listed as unfinished: until another has its place, nobody may
/// remove it.
fn put_aside(place: &Path, unfinished: &Unfinished) -> io::Result<(PathBuf, Option<File>)> {
    let old = unfinished.aside(place)?;
    if cfg!(windows) {
        // There a folder does not even replace an empty one.
        fs::remove_dir(&old)?;
    }
    let locked = lock(place);
    fs::rename(place, &old)?;
    Ok((old, locked))
}

fn exists(place: &Path) -> Error {
    Error::Exists {
        path: place.into(),
        is_folder: place.is_dir(),
    }
}

fn create(path: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if access == Access::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync_folder(path: &Path) -> io::Result<()> {
    // Only Unix can open a folder to flush its entries.
    if cfg!(unix) {
        File::open(path)?.sync_all()
    } else {
        Ok(())
    }
}
