//! Archives of arrays by name, as numpy's `savez` writes them.

use super::entry::{Entry, Input, Wrong};
use super::npy::Header;
use super::{LABEL, Samples, fit, labels, missing};
use crate::OnnxError;
use crate::error::io_reason;
use crate::import::Port;
use npyz::npz::{array_name_from_file_name, file_name_from_array_name};
use npyz::zip::{CompressionMethod, ZipArchive, result::ZipError};
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
    let archive = ZipArchive::new(reader).map_err(|e| OnnxError::File {
        file: file.into(),
        reason: match e {
            ZipError::Io(e) => io_reason(&e),
            _ => "it is not an archive as `numpy.savez` writes it".into(),
        },
    })?;
    let mut archive = Archive { file, archive };
    let inputs: Vec<Input<'_>> = ports.iter().map(Input::new).collect();
    let mut values = Vec::new();
    for input in &inputs {
        let port = input.port;
        let name = match ports {
            [_] if !archive.has(&port.name) && archive.has(UNNAMED) => UNNAMED,
            _ => port.name.as_str(),
        };
        let Some(entries) = archive.array(name, Some(input), |entry| input.take(entry))? else {
            let found = archive
                .archive
                .file_names()
                .filter_map(array_name_from_file_name);
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
}

impl<R: Read + Seek> Archive<'_, R> {
    fn has(&self, name: &str) -> bool {
        let name = file_name_from_array_name(name);
        self.archive.file_names().any(|other| other == name)
    }

    /// An array, if there is one of this name; that of an input only if its shape fits.
    fn array<T: Copy>(
        &mut self,
        name: &str,
        input: Option<&Input<'_>>,
        take: impl FnMut(Entry<'_>) -> Result<T, Wrong>,
    ) -> Result<Option<Vec<T>>, OnnxError> {
        let file = self.file;
        let error = |reason: String| OnnxError::File {
            file: file.into(),
            reason: format!("array `{name}`: {reason}"),
        };
        let member = match self.archive.by_name(&file_name_from_array_name(name)) {
            Ok(member) => member,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(ZipError::Io(e)) => return Err(error(io_reason(&e))),
            Err(ZipError::UnsupportedArchive(_)) => {
                return Err(error(
                    "it is packed in a way that numpy does not use; save it with `numpy.savez`"
                        .into(),
                ));
            }
            Err(ZipError::InvalidArchive(_)) => return Err(error("the archive is damaged".into())),
        };
        let is_packed = member.compression() != CompressionMethod::Stored;
        let whole = member.size();
        let mut member = BufReader::new(member);
        let header = Header::read(&mut member).map_err(error)?;
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
        header.check_length(whole).map_err(error)?;
        if is_packed && (header.bytes() > MAX_UNPACKED || header.count() > MAX_UNPACKED_ENTRIES) {
            return Err(error(format!(
                "it unpacks to {} bytes; compressed arrays may have {MAX_UNPACKED} and {MAX_UNPACKED_ENTRIES} entries: save fewer samples, or use `numpy.savez`, which does not compress",
                header.bytes()
            )));
        }
        header.entries(file, name, member, take).map(Some)
    }
}
