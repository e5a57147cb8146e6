//! Arrays as numpy saves them: the header first, entries only once type, shape and length are known to fit.

mod header;
mod kind;

use super::array::place;
use super::entry::{Entry, Input, Wrong};
use super::fit;
use super::missing::names;
use super::samples::Samples;
use crate::OnnxError;
use crate::error::io_reason;
use crate::import::Port;
use header::Head;
use inferproof_view::volume;
use kind::{Item, Kind};
use std::io::Read;

/// One array, for a model with one input; its first axis may count samples.
pub fn samples(
    file: &str,
    mut reader: impl Read,
    length: u64,
    ports: &[Port],
) -> Result<Samples, OnnxError> {
    let error = |reason: String| OnnxError::File {
        file: file.into(),
        reason,
    };
    let [port] = ports else {
        return Err(error(format!(
            "an .npy file holds one array, the model has several inputs ({}): use an .npz file with an array for each",
            names(ports)
        )));
    };
    let input = Input::new(port);
    let header = Header::read(&mut reader).map_err(error)?;
    fit::count(file, &input, &header.shape)?;
    header.check_length(length).map_err(error)?;
    let values = header.entries(file, &port.name, &mut reader, |entry| input.take(entry))?;
    Samples::assembled(file, &[input], vec![values], None)
}

/// What is known of an array before its entries are read.
pub struct Header {
    pub shape: Vec<usize>,
    kind: Kind,
    fortran: bool,
    /// Bytes before the entries.
    length: u64,
}

impl Header {
    /// Reads a header, and no more.
    pub fn read(reader: &mut dyn Read) -> Result<Self, String> {
        let head = Head::read(reader)?;
        let lengths = head.shape.iter().map(|&d| usize::try_from(d).ok());
        let shape: Option<Vec<usize>> = lengths.collect();
        let shape = shape.filter(|s| volume(s).is_some_and(|n| (n as u64) < 1 << 48));
        Ok(Self {
            shape: shape.ok_or("its shape is larger than any array")?,
            kind: head.kind,
            fortran: head.fortran,
            length: head.length,
        })
    }

    /// How many entries it has.
    pub fn count(&self) -> u64 {
        volume(&self.shape).unwrap_or(usize::MAX) as u64
    }

    /// How many bytes its entries have. Those without any are counted as if they had one.
    pub fn bytes(&self) -> u64 {
        self.count().saturating_mul(self.kind.width.max(1) as u64)
    }

    /// The whole is at least as long as the entries need.
    pub fn check_length(&self, whole: u64) -> Result<(), String> {
        let held = whole.saturating_sub(self.length);
        if held >= self.bytes() {
            return Ok(());
        }
        Err(format!(
            "it is cut short: its array of shape {:?} has {} bytes, of which {held} are there",
            self.shape,
            self.bytes()
        ))
    }

    /// Reads the entries, in the order of the axes. The length was checked.
    pub fn entries<T: Copy>(
        self,
        file: &str,
        tensor: &str,
        reader: &mut dyn Read,
        mut take: impl FnMut(Entry<'_>) -> Result<T, Wrong>,
    ) -> Result<Vec<T>, OnnxError> {
        let (kind, count) = (self.kind, self.count());
        let order = Ordering::of(self.fortran, self.shape);
        let mut bytes = vec![0; kind.width];
        let mut values = Vec::new();
        for position in 0..count as usize {
            reader.read_exact(&mut bytes).map_err(|e| OnnxError::File {
                file: file.into(),
                reason: format!("array `{tensor}`: {}", io_reason(&e)),
            })?;
            let value = match kind.item(&mut bytes) {
                Item::Number(number) => take(Entry::Number(number)),
                Item::Text(text) => take(Entry::Text(&text)),
                Item::Damaged(expected) => Err(Wrong::new("other bytes".into(), expected)),
            };
            let place = || place(&order.shape, order.place(position));
            values.push(value.map_err(|wrong| wrong.at(file, tensor, place()))?);
        }
        Ok(order.sorted(values))
    }
}

/// In which order a file has the entries of an array: the last axis runs fastest, or in Fortran's order the first.
struct Ordering {
    shape: Vec<usize>,
    fortran: bool,
}

impl Ordering {
    fn of(fortran: bool, shape: Vec<usize>) -> Self {
        Self {
            fortran: fortran && shape.len() > 1,
            shape,
        }
    }

    /// Where the entry that is at some place in the file belongs.
    fn place(&self, position: usize) -> usize {
        if !self.fortran {
            return position;
        }
        let mut rest = position;
        let mut place = 0;
        let mut stride: usize = self.shape.iter().product();
        for &length in &self.shape {
            stride /= length.max(1);
            place += rest % length.max(1) * stride;
            rest /= length.max(1);
        }
        place
    }

    fn sorted<T: Copy>(&self, values: Vec<T>) -> Vec<T> {
        if !self.fortran {
            return values;
        }
        let mut sorted = values.clone();
        for (position, value) in values.into_iter().enumerate() {
            if let Some(slot) = sorted.get_mut(self.place(position)) {
                *slot = value;
            }
        }
        sorted
    }
}
