//! Files that are read where they lie: of large weights, as much is in memory as is being read, and the system takes it back when it needs it.

use inferproof_program::Bytes;
use memmap2::Mmap;
use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

/// A file's bytes, mapped. Clones share the map.
///
/// Whoever writes to the file while it is mapped changes what is read. Nothing that this crate writes is ever changed in place: it appears under
/// a name of its own, whole, and gives way to another file as a whole ([`crate::atomic`]), of which a map of the old one sees nothing. If
/// another program writes into it all the same, numbers are read that the digest was not made of, and a proof of them is refused by its
/// own prover, who checks what it is about to give out. If another program cuts it short, the system ends this process when it
/// reads beyond the new end: no proof is given out either.
#[derive(Clone)]
pub struct Mapped(Arc<Mmap>);

impl Mapped {
    /// Maps a file.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        // SAFETY: what is asked for is that the bytes do not change as long as slices of them exist. Whoever writes here never does so in
        // place. From others, files are kept by their owner: secrets lie in a folder that nobody else can enter, under modes that nobody
        // else can write with. What is read from the map is integers, of which any bytes are some, digests, and a header that is parsed
        // into memory of its own: no pointer, length or discriminant of this process lies in it, so that a byte that changes against the
        // rule is another integer, checked wherever it would be an index.
        #[expect(unsafe_code, reason = "files can only be mapped by a promise")]
        let map = unsafe { Mmap::map(&file) }?;
        Ok(Self(Arc::new(map)))
    }

    /// The bytes, for arrays that lie in them.
    pub fn bytes(&self) -> Bytes {
        self.0.clone()
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
