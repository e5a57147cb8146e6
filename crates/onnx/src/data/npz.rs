//! Archives of arrays by name, as numpy's `savez` writes them.

use super::entry::{Entry, Input, Wrong};
use super::labels::LABEL;
use super::missing::missing;
use super::npy::Header;
use super::samples::Samples;
use super::{fit, labels};
use crate::OnnxError;
use crate::error::io_reason;
use crate::import::Port;
use flate2::read::DeflateDecoder;
use rawzip::{
    CompressionMethod, ErrorKind, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ReaderAt, ZipArchive,
    ZipArchiveEntryWayfinder,
};
use std::collections::BTreeMap;
use std::io::{BufReader, Read, Seek};

/// What numpy calls an array that was given no name.
const UNNAMED: &str = "arr_0";

/// The most bytes and entries of a compressed array: a small file can ask for a thousand times as many as it has itself. One that is not
/// compressed cannot have more than the file.
const MAX_UNPACKED: u64 = 1 << 30;
const MAX_UNPACKED_ENTRIES: u64 = 1 << 28;

/// Arrays by the names of the model's inputs; the first axis of each may count samples. The array of a model with one input may have
/// none.
pub fn samples(file: &str, reader: impl Read + Seek, ports: &[Port]) -> Result<Samples, OnnxError> {
    let archive = open(file, reader)?;
    let inputs: Vec<Input<'_>> = ports.iter().map(Input::new).collect();
    let mut values = Vec::new();
    for input in &inputs {
        let port = input.port;
        let name = match ports {
            [_] if !archive.has(&port.name) && archive.has(UNNAMED) => UNNAMED,
            _ => port.name.as_str(),
        };
        let Some(entries) = archive.array(name, Some(input), |entry| input.take(entry))? else {
            if port.is_fed {
                values.push(vec![]);
                continue;
            }
            let found = archive.members.keys().map(String::as_str);
            return Err(missing(file, &port.name, ports, found));
        };
        values.push(entries);
    }
    let is_input = ports.iter().any(|port| port.name == LABEL);
    let labels = match is_input {
        true => None,
        false => archive.array(LABEL, None, labels::take)?,
    };
    Samples::assembled(file, &inputs, values, labels)
}

struct Archive<'a, R> {
    file: &'a str,
    archive: ZipArchive<R>,
    /// By the names of arrays. Of several with one name the last counts, as for numpy.
    members: BTreeMap<String, Member>,
}

/// Where an array lies in the archive, and how.
#[derive(Clone, Copy)]
struct Member {
    place: ZipArchiveEntryWayfinder,
    packing: CompressionMethod,
    is_encrypted: bool,
}

/// Reads the directory.
fn open(file: &str, reader: impl Read + Seek) -> Result<Archive<'_, impl ReaderAt>, OnnxError> {
    let unreadable = |error: rawzip::Error| OnnxError::File {
        file: file.into(),
        reason: match error.into_kind() {
            ErrorKind::IO(e) if e.kind() != std::io::ErrorKind::UnexpectedEof => io_reason(&e),
            _ => "it is not an archive as `numpy.savez` writes it".into(),
        },
    };
    let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let archive = ZipArchive::from_seekable(reader, &mut buffer).map_err(unreadable)?;
    let mut members = BTreeMap::new();
    let mut entries = archive.entries(&mut buffer);
    while let Some(entry) = entries.next_entry().map_err(unreadable)? {
        let path = String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned();
        // As numpy does, which adds the extension when it writes, and does not ask for it when it reads.
        let name = path.strip_suffix(".npy").unwrap_or(&path);
        let member = Member {
            place: entry.wayfinder(),
            packing: entry.compression_method(),
            is_encrypted: entry.flags().is_encrypted(),
        };
        members.insert(name.to_owned(), member);
    }
    Ok(Archive {
        file,
        archive,
        members,
    })
}

impl<R: ReaderAt> Archive<'_, R> {
    fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// An array, if there is one of this name; that of an input only if its shape fits.
    fn array<T: Copy>(
        &self,
        name: &str,
        input: Option<&Input<'_>>,
        take: impl FnMut(Entry<'_>) -> Result<T, Wrong>,
    ) -> Result<Option<Vec<T>>, OnnxError> {
        let file = self.file;
        let error = |reason: String| OnnxError::File {
            file: file.into(),
            reason: format!("array `{name}`: {reason}"),
        };
        let Some(member) = self.members.get(name) else {
            return Ok(None);
        };
        let entry = self.archive.get_entry(member.place);
        let entry = entry.map_err(|e| {
            error(match e.into_kind() {
                ErrorKind::IO(e) => io_reason(&e),
                _ => "the archive is damaged".into(),
            })
        })?;
        let content: Box<dyn Read + '_> = match member.packing {
            CompressionMethod::STORE if !member.is_encrypted => Box::new(entry.reader()),
            CompressionMethod::DEFLATE if !member.is_encrypted => {
                Box::new(DeflateDecoder::new(entry.reader()))
            }
            _ => {
                return Err(error(
                    "it is packed in a way that numpy does not use; save it with `numpy.savez`"
                        .into(),
                ));
            }
        };
        let is_packed = member.packing != CompressionMethod::STORE;
        // The sum of the whole is compared when its end is reached.
        let mut content = BufReader::new(entry.verifying_reader(content));
        let header = Header::read(&mut content).map_err(error)?;
        match input {
            Some(input) => {
                fit::count(file, input, &header.shape)?;
            }
            // One for each sample.
            None => {
                let count = usize::try_from(header.count()).unwrap_or(usize::MAX);
                labels::check_count(file, count)?;
            }
        }
        let whole = member.place.uncompressed_size_hint();
        header.check_length(whole).map_err(error)?;
        if is_packed && (header.bytes() > MAX_UNPACKED || header.count() > MAX_UNPACKED_ENTRIES) {
            return Err(error(format!(
                "it unpacks to {} bytes; compressed arrays may have {MAX_UNPACKED} and {MAX_UNPACKED_ENTRIES} entries: save fewer samples, or use `numpy.savez`, which does not compress",
                header.bytes()
            )));
        }
        let values = header.entries(file, name, &mut content, take)?;
        content.read(&mut [0]).map_err(|e| error(io_reason(&e)))?;
        Ok(Some(values))
    }
}
