//! Files and folders that appear whole or not at all: written under a temporary name beside their place, then renamed.

use crate::error::Error;
use crate::unfinished::Unfinished;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Who may read what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// As the user's umask says.
    Shared,
    /// The owner alone.
    Owner,
}

/// Writes one file, replacing what is there.
///
/// # Errors
/// If it cannot be written; what was there is there still.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let temporary = Unfinished::new(sibling(path));
    create(temporary.path(), bytes, Access::Shared).map_err(Error::write(path))?;
    fs::rename(temporary.path(), path).map_err(Error::write(path))?;
    sync_folder(parent(path)).map_err(Error::write(path))
}

/// A folder under its temporary name.
pub struct Folder {
    place: PathBuf,
    temporary: Unfinished,
    folders: Vec<String>,
}

impl Folder {
    /// Refuses at once if the place is taken, unless it may be replaced.
    ///
    /// # Errors
    /// If it is taken, or cannot be written.
    pub fn new(place: &Path, replace: bool) -> Result<Self, Error> {
        if !replace && fs::symlink_metadata(place).is_ok() {
            return Err(Error::Exists { path: place.into() });
        }
        let temporary = Unfinished::new(sibling(place));
        fs::create_dir(temporary.path()).map_err(Error::write(place))?;
        Ok(Self {
            place: place.into(),
            temporary,
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

    /// Gives it its name. What was there before is removed only after.
    pub fn finish(self) -> Result<(), Error> {
        for folder in self
            .folders
            .iter()
            .map(|name| self.temporary.path().join(name))
        {
            sync_folder(&folder).map_err(Error::write(&self.place))?;
        }
        sync_folder(self.temporary.path()).map_err(Error::write(&self.place))?;
        let old = Unfinished::new(sibling(&self.place));
        if fs::symlink_metadata(&self.place).is_ok() {
            fs::rename(&self.place, old.path()).map_err(Error::write(&self.place))?;
        }
        fs::rename(self.temporary.path(), &self.place).map_err(Error::write(&self.place))?;
        sync_folder(parent(&self.place)).map_err(Error::write(&self.place))
    }
}

fn create(path: &Path, bytes: &[u8], access: Access) -> std::io::Result<()> {
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

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A name of our own beside a path: `.name.tmp-<process>-<number>`.
fn sibling(path: &Path) -> PathBuf {
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".tmp-{}-{number}", std::process::id()));
    parent(path).join(name)
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    // Only Unix can open a folder to flush its entries.
    if cfg!(unix) {
        File::open(path)?.sync_all()
    } else {
        Ok(())
    }
}
