//! Arrays as numpy saves them: the header first, entries only once type, shape and length are known to fit.

use super::array::place;
use super::entry::{Entry, Input, Wrong};
use super::{Samples, fit, names};
use crate::OnnxError;
use crate::error::io_reason;
use crate::import::Port;
use inferproof_view::volume;
use npyz::{Deserialize, NpyFile, NpyHeader, Order, TypeChar};
use std::io::{Cursor, Read};

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
    let values = header.entries(file, &port.name, reader, |entry| input.take(entry))?;
    Samples::assembled(file, &[input], vec![values], None)
}

/// What is known of an array before its entries are read.
pub struct Header {
    pub shape: Vec<usize>,
    kind: Kind,
    /// Bytes of one entry.
    width: u64,
    /// Bytes before the entries.
    length: u64,
    parsed: NpyHeader,
}

/// The types of entries that can be read.
#[derive(Clone, Copy, Debug)]
enum Kind {
    F16,
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    Bool,
    /// Code points of four bytes each.
    Unicode,
    /// UTF-8.
    Bytes,
}

impl Header {
    /// Reads a header, and no more.
    pub fn read(reader: &mut impl Read) -> Result<Self, String> {
        let bytes = raw(reader).map_err(|e| io_reason(&e))?;
        if !bytes.starts_with(b"\x93NUMPY") {
            return Err("it is not an array as numpy saves it".into());
        }
        if depth(&bytes) > MAX_DEPTH {
            return Err("the header of its array is nested too deeply".into());
        }
        let parsed = NpyHeader::from_reader(Cursor::new(&bytes));
        let parsed = parsed.map_err(|_| match is_of_objects(&bytes) {
            true => "its array holds Python objects, which only Python can read: save strings as `array.astype(str)`, numbers as `array.astype(numpy.float32)`".to_owned(),
            false => "the header of its array is damaged".to_owned(),
        })?;
        let lengths = parsed.shape().iter().map(|&d| usize::try_from(d).ok());
        let shape: Option<Vec<usize>> = lengths.collect();
        let shape = shape.filter(|s| volume(s).is_some_and(|n| (n as u64) < 1 << 48));
        let shape = shape.ok_or("its shape is larger than any array")?;
        let kind = kind(&parsed)?;
        let width = parsed.dtype().num_bytes().unwrap_or(usize::MAX) as u64;
        Ok(Self {
            shape,
            kind,
            width,
            length: bytes.len() as u64,
            parsed,
        })
    }

    /// How many entries it has.
    pub fn count(&self) -> u64 {
        volume(&self.shape).unwrap_or(usize::MAX) as u64
    }

    /// How many bytes its entries have. Those without any are counted as if they had one.
    pub fn bytes(&self) -> u64 {
        self.count().saturating_mul(self.width.max(1))
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

    /// Reads the entries, in the order of the axes.
    pub fn entries<T: Copy>(
        self,
        file: &str,
        tensor: &str,
        reader: impl Read,
        take: impl FnMut(Entry<'_>) -> Result<T, Wrong>,
    ) -> Result<Vec<T>, OnnxError> {
        let reading = Reading {
            order: Ordering::of(self.parsed.order(), self.shape),
            npy: NpyFile::with_header(self.parsed, reader),
            file,
            tensor,
            take,
        };
        match self.kind {
            Kind::F16 => reading.run::<half::f16, T>(|v| Item::Number(v.into())),
            Kind::F32 => reading.run::<f32, T>(|v| Item::Number(v.into())),
            Kind::F64 => reading.run::<f64, T>(Item::Number),
            Kind::I8 => reading.run::<i8, T>(|v| Item::Number(v.into())),
            Kind::I16 => reading.run::<i16, T>(|v| Item::Number(v.into())),
            Kind::I32 => reading.run::<i32, T>(|v| Item::Number(v.into())),
            Kind::I64 => reading.run::<i64, T>(|v| Item::Number(v as f64)),
            Kind::U8 => reading.run::<u8, T>(|v| Item::Number(v.into())),
            Kind::U16 => reading.run::<u16, T>(|v| Item::Number(v.into())),
            Kind::U32 => reading.run::<u32, T>(|v| Item::Number(v.into())),
            Kind::U64 => reading.run::<u64, T>(|v| Item::Number(v as f64)),
            Kind::Bool => reading.run::<bool, T>(|v| Item::Number(v.into())),
            Kind::Unicode => reading.run::<Vec<u32>, T>(|points| {
                let text: Option<String> = points.into_iter().map(char::from_u32).collect();
                text.map_or(Item::Damaged, Item::Text)
            }),
            Kind::Bytes => reading.run::<Vec<u8>, T>(|bytes| {
                String::from_utf8(bytes).map_or(Item::Damaged, Item::Text)
            }),
        }
    }
}

/// An entry that was read.
enum Item {
    Number(f64),
    Text(String),
    /// Bytes of a string that are no text.
    Damaged,
}

/// An array whose entries are being read.
struct Reading<'a, R: Read, F> {
    order: Ordering,
    npy: NpyFile<R>,
    file: &'a str,
    tensor: &'a str,
    take: F,
}

impl<R: Read, F> Reading<'_, R, F> {
    fn run<E: Deserialize, T: Copy>(mut self, item: impl Fn(E) -> Item) -> Result<Vec<T>, OnnxError>
    where
        F: FnMut(Entry<'_>) -> Result<T, Wrong>,
    {
        let (file, tensor, order) = (self.file, self.tensor, self.order);
        let unreadable = |reason: String| OnnxError::File {
            file: file.into(),
            reason: format!("array `{tensor}`: {reason}"),
        };
        let entries = self.npy.data::<E>();
        let entries = entries.map_err(|_| unreadable("its entries cannot be read".into()))?;
        let mut values = Vec::new();
        for (position, entry) in entries.enumerate() {
            let item = item(entry.map_err(|e| unreadable(io_reason(&e)))?);
            let value = match &item {
                Item::Number(number) => (self.take)(Entry::Number(*number)),
                Item::Text(text) => (self.take)(Entry::Text(text)),
                Item::Damaged => Err(Wrong::new("not text".into(), "a string")),
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
    fn of(order: Order, shape: Vec<usize>) -> Self {
        Self {
            fortran: order == Order::Fortran && shape.len() > 1,
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

fn kind(header: &NpyHeader) -> Result<Kind, String> {
    let dtype = header.dtype();
    let npyz::DType::Plain(scalar) = &dtype else {
        return Err(
            "its array has fields of several types; save one array for each input, of numbers or strings".into(),
        );
    };
    let kind = match (scalar.type_char(), scalar.size_field()) {
        (TypeChar::Float, 2) => Kind::F16,
        (TypeChar::Float, 4) => Kind::F32,
        (TypeChar::Float, 8) => Kind::F64,
        (TypeChar::Int, 1) => Kind::I8,
        (TypeChar::Int, 2) => Kind::I16,
        (TypeChar::Int, 4) => Kind::I32,
        (TypeChar::Int, 8) => Kind::I64,
        (TypeChar::Uint, 1) => Kind::U8,
        (TypeChar::Uint, 2) => Kind::U16,
        (TypeChar::Uint, 4) => Kind::U32,
        (TypeChar::Uint, 8) => Kind::U64,
        (TypeChar::Bool, 1) => Kind::Bool,
        (TypeChar::UnicodeStr, _) => Kind::Unicode,
        (TypeChar::ByteStr, _) => Kind::Bytes,
        (other, size) => {
            let (what, advice) = match other {
                TypeChar::Complex => (
                    "complex numbers",
                    "save real and imaginary parts as the model takes them",
                ),
                TypeChar::DateTime | TypeChar::TimeDelta => {
                    ("dates or times", "save the numbers that the model takes")
                }
                TypeChar::RawData => (
                    "a type that numpy does not have (perhaps bfloat16)",
                    "save `array.astype(numpy.float32)`",
                ),
                _ => (
                    "floats of an uncommon width",
                    "save `array.astype(numpy.float32)`",
                ),
            };
            return Err(format!(
                "its array holds {what} (type {}{size}): {advice}",
                other.to_str()
            ));
        }
    };
    Ok(kind)
}

/// Whether a header says that entries are pickled objects, or strings of numpy's own kind, which are pickled too.
fn is_of_objects(header: &[u8]) -> bool {
    let text = String::from_utf8_lossy(header);
    ["'|O", "'O'", "'|T", "'T'"]
        .iter()
        .any(|kind| text.contains(kind))
}

/// Brackets of a header that describes plain numbers are nested twice. The time that `npyz` takes for more doubles with each.
const MAX_DEPTH: usize = 4;

/// The bytes of an array before its entries: magic, version, length, and a Python dictionary. Shorter if the file is.
fn raw(reader: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut header = Vec::new();
    reader.take(8).read_to_end(&mut header)?;
    // Since version 2 the length has four bytes.
    let width = match header.get(6) {
        Some(0 | 1) => 2,
        _ => 4,
    };
    reader.take(width).read_to_end(&mut header)?;
    let length = header.iter().skip(8).rev();
    let length = length.fold(0u64, |n, &byte| n << 8 | u64::from(byte));
    reader.take(length.min(1 << 16)).read_to_end(&mut header)?;
    Ok(header)
}

/// How deeply brackets are nested.
fn depth(text: &[u8]) -> usize {
    let mut open = 0usize;
    let depths = text.iter().map(|byte| {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        open
    });
    depths.max().unwrap_or(0)
}
