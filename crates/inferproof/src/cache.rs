//! What has been verified on this machine and need not be verified again: range proofs of a key, and that public weights are a key's.
//!
//! A key comes from outside, so what is known of it is never stored beside it. An entry is named after all that it depends on: the files'
//! bytes, and the revision of the code that verified them. It is there or not, and says nothing else.

use crate::atomic::{Access, Existing, write_file};
use crate::unfinished::Unfinished;
use inferproof_inference::{CHECKS, FORMAT_VERSION, PROTOCOL};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What an entry holds, for whoever looks into the folder.
const CONTENT: &str = concat!("verified by inferproof ", env!("CARGO_PKG_VERSION"), "\n");

/// A folder in which it is remembered what was verified, or none.
#[derive(Clone, Debug, Default)]
pub struct Cache(Option<PathBuf>);

impl Cache {
    /// Nothing is remembered.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }

    /// This folder; it is made when there is something to remember. Whoever can write to it can have keys taken for verified.
    #[must_use]
    pub fn at(folder: PathBuf) -> Self {
        Self(Some(folder))
    }

    /// The user's: `$XDG_CACHE_HOME/inferproof`, or `~/.cache/inferproof`. As the XDG specification says, paths that are not absolute
    /// do not count.
    #[must_use]
    pub fn of_user() -> Self {
        let variable = |name| std::env::var_os(name);
        Self(user_folder(variable("XDG_CACHE_HOME"), variable("HOME")))
    }

    /// Whether the range proofs of a key file have been verified.
    #[must_use]
    pub fn has_range_proofs(&self, key: &[u8]) -> bool {
        self.has(&name("range proofs", &[key]))
    }

    /// Remembers that they have.
    pub fn add_range_proofs(&self, key: &[u8]) {
        self.add(&name("range proofs", &[key]));
    }

    /// Whether these bytes of a file of public weights are known to be what a key file commits to.
    pub(crate) fn has_weights(&self, key: &[u8], weights: &[u8]) -> bool {
        self.has(&name("public weights", &[key, weights]))
    }

    /// Remembers that they are.
    pub(crate) fn add_weights(&self, key: &[u8], weights: &[u8]) {
        self.add(&name("public weights", &[key, weights]));
    }

    fn has(&self, name: &str) -> bool {
        let path = self.0.as_ref().map(|folder| folder.join(name));
        path.is_some_and(|path| std::fs::read(path).is_ok_and(|found| found == CONTENT.as_bytes()))
    }

    /// Where the cache cannot be written, the next verification takes longer, that is all.
    fn add(&self, name: &str) {
        if let Some(folder) = &self.0 {
            let _ = make(folder);
            let _ = write_file(
                &folder.join(name),
                CONTENT.as_bytes(),
                Access::Owner,
                Existing::Replace,
                &Unfinished::default(),
            );
        }
    }
}

fn user_folder(cache: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let absolute = |path: OsString| Some(PathBuf::from(path)).filter(|path| path.is_absolute());
    let cache = cache.and_then(absolute);
    let cache = cache.or_else(|| Some(home.and_then(absolute)?.join(".cache")));
    Some(cache?.join("inferproof").join("verified"))
}

/// Makes a folder, for the owner alone.
fn make(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// A digest of what was verified, of which files, and by which code.
fn name(what: &str, files: &[&[u8]]) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("inferproof verified 1");
    let version = FORMAT_VERSION.to_le_bytes();
    let checks = CHECKS.to_le_bytes();
    let code = [CONTENT.as_bytes(), PROTOCOL, &version, &checks];
    for part in code.iter().chain([&what.as_bytes()]).chain(files) {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_paths_count() {
        let of = |cache: Option<&str>, home: Option<&str>| {
            user_folder(cache.map(OsString::from), home.map(OsString::from))
        };
        let home = Some(PathBuf::from("/home/ann/.cache/inferproof/verified"));
        for cache in [None, Some(""), Some("here"), Some("./cache")] {
            assert_eq!(of(cache, Some("/home/ann")), home, "{cache:?}");
            assert_eq!(of(cache, Some("ann")), None);
            assert_eq!(of(cache, None), None);
        }
        let named = Some(PathBuf::from("/tmp/c/inferproof/verified"));
        assert_eq!(of(Some("/tmp/c"), Some("/home/ann")), named);
    }

    #[test]
    fn an_entry_is_of_one_fact_about_these_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("a/b"));
        assert!(!cache.has_range_proofs(b"key"));
        cache.add_range_proofs(b"key");
        assert!(cache.has_range_proofs(b"key"));
        assert!(!cache.has_range_proofs(b"kez"));
        assert!(!cache.has_weights(b"key", b""));
        cache.add_weights(b"ke", b"yweights");
        assert!(!cache.has_weights(b"key", b"weights"));
        Cache::none().add_range_proofs(b"key");
        assert!(!Cache::none().has_range_proofs(b"key"));
    }
}
