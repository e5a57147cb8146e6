//! What may be replaced: a regular file by a file, a compiled model by a compiled model, and nothing behind a link.

use crate::error::Error;
use crate::folder::{BLINDING, CARD, KEY, PUBLIC, SECRET, WEIGHTS};
use std::fs::{self, FileType, Metadata};
use std::io::ErrorKind;
use std::path::Path;

/// What `compile` puts into a model's folder, and what lies in its public folder, which can be saved alone.
const OURS: [&str; 6] = [PUBLIC, SECRET, KEY, CARD, WEIGHTS, BLINDING];

/// Whether a regular file is there.
///
/// # Errors
/// If something else is there.
pub(crate) fn replaceable_file(place: &Path) -> Result<bool, Error> {
    match found(place)? {
        Some(metadata) if !metadata.is_file() => Err(Error::NotReplaced {
            path: place.into(),
            what: called(metadata.file_type()),
        }),
        found => Ok(found.is_some()),
    }
}

/// Whether a compiled model, or an empty folder, is there.
///
/// # Errors
/// If something else is there; if a part of the model is a link: removing that would leave the old secrets where it leads.
pub(crate) fn replaceable_folder(place: &Path) -> Result<bool, Error> {
    let Some(metadata) = found(place)? else {
        return Ok(false);
    };
    refuse_link(place, &metadata)?;
    if !metadata.is_dir() {
        return Err(Error::NotReplaced {
            path: place.into(),
            what: called(metadata.file_type()),
        });
    }
    for entry in fs::read_dir(place).map_err(Error::read(place))? {
        let name = entry.map_err(Error::read(place))?.file_name();
        if !OURS.iter().any(|ours| name == *ours) {
            return Err(Error::Foreign {
                path: place.into(),
                entry: name.to_string_lossy().into_owned(),
            });
        }
    }
    refuse_links_in(place)?;
    Ok(true)
}

/// Refuses links anywhere in a folder.
fn refuse_links_in(folder: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(Error::read(folder))? {
        let path = entry.map_err(Error::read(folder))?.path();
        let metadata = fs::symlink_metadata(&path).map_err(Error::read(&path))?;
        refuse_link(&path, &metadata)?;
        if metadata.is_dir() {
            refuse_links_in(&path)?;
        }
    }
    Ok(())
}

fn refuse_link(path: &Path, metadata: &Metadata) -> Result<(), Error> {
    if !metadata.file_type().is_symlink() {
        return Ok(());
    }
    Err(Error::Link {
        path: path.into(),
        target: fs::read_link(path).unwrap_or_default(),
    })
}

/// What has a name, links themselves and not what they lead to.
fn found(place: &Path) -> Result<Option<Metadata>, Error> {
    match fs::symlink_metadata(place) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::write(place)(error)),
    }
}

fn called(kind: FileType) -> &'static str {
    if kind.is_symlink() {
        "a link"
    } else if kind.is_dir() {
        "a folder"
    } else if kind.is_file() {
        "a file"
    } else {
        "a device, a pipe or a socket"
    }
}
