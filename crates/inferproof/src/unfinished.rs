//! What is being written lies under a temporary name beside its place until it is whole.
//!
//! Such a name is drawn at random and made exclusively, so that no process ever touches what another is writing, and it is locked as
//! long as its process lives, so that what a killed one left can be told from what is still being written.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tempfile::{NamedTempFile, TempDir};

/// In the names of what is being written.
const UNFINISHED: &str = "unfinished";
/// In the names of what is about to be removed, since something new has taken its place.
pub(crate) const REPLACED: &str = "replaced";

/// What is being written for one owner. An application that has to end at once removes it all; who needs no such thing hands over a fresh
/// one.
#[derive(Clone, Debug, Default)]
pub struct Unfinished(Arc<Mutex<Vec<PathBuf>>>);

impl Unfinished {
    /// Removes all that is unfinished. The process is about to end: what it writes after this fails.
    pub fn remove_all(&self) {
        // While the list is locked nothing new is begun, and nothing is made that is not listed.
        let paths = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for path in paths.iter() {
            let is_folder = std::fs::symlink_metadata(path).is_ok_and(|m| m.is_dir());
            // It is gone already if it was given its final name.
            let _ = if is_folder {
                std::fs::remove_dir_all(path)
            } else {
                std::fs::remove_file(path)
            };
        }
    }

    /// Begins a file beside its place.
    pub(crate) fn file(&self, place: &Path, owner_alone: bool) -> io::Result<UnfinishedFile> {
        let name = prefix(place, UNFINISHED);
        let mode = if owner_alone { 0o600 } else { 0o666 };
        let mut paths = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let file = builder(&name, mode).tempfile_in(parent(place))?;
        // A file system without locks only makes it impossible to find what is left over.
        let _ = file.as_file().try_lock();
        paths.push(file.path().to_owned());
        let listed = self.listed(file.path());
        Ok(UnfinishedFile { file, listed })
    }

    /// Begins a folder beside its place.
    pub(crate) fn folder(&self, place: &Path) -> io::Result<UnfinishedFolder> {
        self.folder_called(&prefix(place, UNFINISHED), parent(place), 0o777)
    }

    /// Makes an empty folder under a name of its own, for what is about to lose its place.
    pub(crate) fn aside(&self, place: &Path) -> io::Result<PathBuf> {
        let reserved = self.folder_called(&prefix(place, REPLACED), parent(place), 0o700)?;
        Ok(reserved.folder.keep())
    }

    /// A folder for what is needed for a while, for the owner alone, removed when dropped: its name begins with `prefix`, and it lies in
    /// `parent`.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn scratch(&self, prefix: &str, parent: &Path) -> io::Result<UnfinishedFolder> {
        self.folder_called(OsStr::new(prefix), parent, 0o700)
    }

    fn folder_called(
        &self,
        prefix: &OsStr,
        parent: &Path,
        mode: u32,
    ) -> io::Result<UnfinishedFolder> {
        let mut paths = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = builder(prefix, mode).tempdir_in(parent)?;
        let lock = lock(folder.path());
        paths.push(folder.path().to_owned());
        let listed = self.listed(folder.path());
        Ok(UnfinishedFolder {
            folder,
            lock,
            listed,
        })
    }

    fn listed(&self, path: &Path) -> Listed {
        Listed {
            owner: self.clone(),
            path: path.to_owned(),
        }
    }
}

/// For names with this beginning; the umask takes from the mode what it takes.
#[cfg_attr(not(unix), expect(unused_variables))]
fn builder(prefix: &OsStr, mode: u32) -> tempfile::Builder<'_, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    builder
}

/// A place in the list of unfinished things, until dropped.
struct Listed {
    owner: Unfinished,
    path: PathBuf,
}

impl Drop for Listed {
    fn drop(&mut self) {
        let mut paths = self.owner.0.lock().unwrap_or_else(PoisonError::into_inner);
        paths.retain(|path| *path != self.path);
    }
}

/// A file that is removed when dropped, unless it was given its name. It leaves the list only after.
pub(crate) struct UnfinishedFile {
    pub(crate) file: NamedTempFile,
    listed: Listed,
}

impl UnfinishedFile {
    /// Gives it its name, if nothing has that.
    pub(crate) fn name_if_free(self, place: &Path) -> io::Result<()> {
        let Self { file, listed } = self;
        file.persist_noclobber(place).map_err(|e| e.error)?;
        drop(listed);
        Ok(())
    }

    /// Gives it its name, whatever has that.
    pub(crate) fn name(self, place: &Path) -> io::Result<()> {
        let Self { file, listed } = self;
        file.persist(place).map_err(|e| e.error)?;
        drop(listed);
        Ok(())
    }
}

/// A folder that is removed when dropped, unless it was given its name. It leaves the list only after.
pub struct UnfinishedFolder {
    folder: TempDir,
    lock: Option<File>,
    listed: Listed,
}

impl UnfinishedFolder {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Gives it its name, if nothing but an empty folder has that: a folder replaces nothing else.
    pub(crate) fn name(self, place: &Path) -> io::Result<()> {
        let Self {
            folder,
            lock,
            listed,
        } = self;
        std::fs::rename(folder.path(), place)?;
        let _ = folder.keep();
        drop((listed, lock));
        Ok(())
    }
}

/// What interrupted runs left beside a place: unfinished, or replaced and not removed. It may hold secrets.
#[must_use]
pub fn leftovers(place: &Path) -> Vec<PathBuf> {
    let prefixes = [prefix(place, UNFINISHED), prefix(place, REPLACED)];
    let Ok(entries) = std::fs::read_dir(parent(place)) else {
        return Vec::new();
    };
    let is_left = |entry: &std::fs::DirEntry| {
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        let ours = |prefix: &OsString| name.starts_with(prefix.as_encoded_bytes());
        let kind = entry.file_type();
        prefixes.iter().any(ours)
            && kind.is_ok_and(|kind| kind.is_file() || kind.is_dir())
            // Whoever is writing holds the lock.
            && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok())
    };
    let left = entries.flatten().filter(is_left).map(|e| e.path());
    let mut left: Vec<PathBuf> = left.collect();
    left.sort();
    left
}

/// The folder in which a path lies.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// How temporary names beside a path begin: `.name.unfinished-`.
pub(crate) fn prefix(path: &Path, state: &str) -> OsString {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{state}-"));
    name
}

/// Locks a folder, where the system can, until what is returned is dropped.
pub(crate) fn lock(folder: &Path) -> Option<File> {
    let file = File::open(folder).ok()?;
    file.try_lock().ok()?;
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_removes_its_own_and_no_other() {
        let place = tempfile::tempdir().unwrap();
        let (mine, theirs) = (Unfinished::default(), Unfinished::default());
        let model = place.path().join("credit.model");
        let file = mine.file(&place.path().join("a.proof"), false).unwrap();
        let folder = mine.folder(&model).unwrap();
        std::fs::write(folder.path().join("weights"), "secret").unwrap();
        let other = theirs.folder(&model).unwrap();
        assert_ne!(folder.path(), other.path());
        assert_eq!(
            leftovers(&model),
            [] as [PathBuf; 0],
            "both are being written"
        );
        mine.remove_all();
        assert!(!file.file.path().exists() && !folder.path().exists());
        assert!(other.path().is_dir());
    }

    #[test]
    fn what_has_its_name_is_no_longer_listed() {
        let place = tempfile::tempdir().unwrap();
        let owner = Unfinished::default();
        let file = owner.file(&place.path().join("a.proof"), false).unwrap();
        file.name_if_free(&place.path().join("a.proof")).unwrap();
        let folder = owner.folder(&place.path().join("a.model")).unwrap();
        folder.name(&place.path().join("a.model")).unwrap();
        owner.remove_all();
        assert!(place.path().join("a.proof").is_file() && place.path().join("a.model").is_dir());
        let late = owner.file(&place.path().join("a.proof"), false).unwrap();
        assert!(late.name_if_free(&place.path().join("a.proof")).is_err());
        let left = std::fs::read_dir(place.path()).unwrap().count();
        assert_eq!(left, 2, "what was refused its name is removed");
    }

    #[cfg(unix)]
    #[test]
    fn nobodys_files_are_found() {
        let place = tempfile::tempdir().unwrap();
        let model = place.path().join("credit.model");
        let folder = Unfinished::default().folder(&model).unwrap();
        let (path, locked) = (folder.folder.path().to_owned(), leftovers(&model));
        // As if the process had been killed: nothing is removed, and its locks are gone.
        let UnfinishedFolder {
            folder,
            lock,
            listed,
        } = folder;
        let _ = folder.keep();
        drop((lock, listed));
        assert_eq!((locked, leftovers(&model)), (vec![], vec![path]));
    }
}
