//! The keys whose range proofs have been verified on this machine, remembered in the user's cache.
//!
//! A key comes from outside, so what is known of it is never stored beside it. An entry is named after the digest of the whole
//! key file, and counts only for the version that wrote it.

use std::path::PathBuf;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// One key's entry in the cache.
pub struct Checked(Option<PathBuf>);

impl Checked {
    /// Of a key file's bytes.
    #[must_use]
    pub fn of(key: &[u8]) -> Self {
        let cache = std::env::var_os("XDG_CACHE_HOME")
            .filter(|p| !p.is_empty())
            .map(PathBuf::from);
        let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
        let digest = blake3::hash(key).to_hex();
        Self(cache.map(|c| {
            c.join("inferproof")
                .join("checked-keys")
                .join(digest.as_str())
        }))
    }

    /// Whether this version has verified the key before.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.0.as_ref().is_some_and(|path| {
            std::fs::read_to_string(path).is_ok_and(|version| version == VERSION)
        })
    }

    /// Remembers it. Where the cache cannot be written, the next verification takes longer, that is all.
    pub fn remember(&self) {
        if let Some(path) = &self.0 {
            let _ = path.parent().map(std::fs::create_dir_all);
            let _ = std::fs::write(path, VERSION);
        }
    }
}
