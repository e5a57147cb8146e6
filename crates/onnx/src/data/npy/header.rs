//! The head of an array as numpy saves it: magic, version, length, and a Python dictionary of three keys
//! ([NEP 1](https://numpy.org/neps/nep-0001-npy-format.html)).

use super::kind::Kind;
use crate::error::io_reason;
use std::io::Read;

/// What the head of an array says.
#[derive(Debug, PartialEq)]
pub struct Head {
    pub shape: Vec<u64>,
    pub kind: Kind,
    /// The first axis runs fastest, not the last.
    pub fortran: bool,
    /// Bytes before the entries.
    pub length: u64,
}

/// What stands in the dictionary, if it is one that numpy could have written.
struct Dictionary<'a> {
    /// The type of entries in numpy's short form, such as `<f4`; `None` for a list of fields.
    kind: Option<&'a str>,
    fortran: bool,
    shape: Vec<u64>,
}

impl Head {
    /// Reads the head, and no more.
    pub fn read(reader: &mut dyn Read) -> Result<Self, String> {
        let bytes = raw(reader).map_err(|e| io_reason(&e))?;
        if !bytes.starts_with(b"\x93NUMPY") {
            return Err("it is not an array as numpy saves it".into());
        }
        let damaged = || "the header of its array is damaged".to_owned();
        let text = String::from_utf8_lossy(bytes.get(start(&bytes)..).unwrap_or_default());
        let dictionary = Text(&text).dictionary().ok_or_else(damaged)?;
        let kind = dictionary.kind.ok_or(
            "its array has fields of several types; save one array for each input, of numbers or strings",
        )?;
        Ok(Self {
            kind: Kind::of(kind)?.ok_or_else(damaged)?,
            shape: dictionary.shape,
            fortran: dictionary.fortran,
            length: bytes.len() as u64,
        })
    }
}

/// Where the dictionary begins. Since version 2 its length has four bytes, not two.
fn start(bytes: &[u8]) -> usize {
    match bytes.get(6) {
        Some(0 | 1) => 10,
        _ => 12,
    }
}

/// The bytes of an array before its entries. Shorter if the file is.
fn raw(reader: &mut dyn Read) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    reader.take(8).read_to_end(&mut head)?;
    let width = start(&head) as u64 - 8;
    reader.take(width).read_to_end(&mut head)?;
    let length = head.iter().skip(8).rev();
    let length = length.fold(0u64, |n, &byte| n << 8 | u64::from(byte));
    reader.take(length.min(1 << 16)).read_to_end(&mut head)?;
    Ok(head)
}

/// What is still to be read of a dictionary.
struct Text<'a>(&'a str);

impl<'a> Text<'a> {
    /// In the order that numpy writes or in another, with or without a last comma.
    fn dictionary(mut self) -> Option<Dictionary<'a>> {
        let (mut kind, mut fortran, mut shape) = (None, None, None);
        self.expect('{')?;
        while !self.has('}') {
            let key = self.string()?;
            self.expect(':')?;
            match key {
                "descr" if self.0.trim_start().starts_with('[') => {
                    return Some(Dictionary {
                        kind: None,
                        fortran: false,
                        shape: vec![],
                    });
                }
                "descr" => kind = Some(self.string()?),
                "fortran_order" => fortran = Some(self.truth()?),
                "shape" => shape = Some(self.numbers()?),
                _ => return None,
            }
            if !self.has(',') {
                self.expect('}')?;
                break;
            }
        }
        let ended = self.0.trim_matches([' ', '\n', '\0']).is_empty();
        ended.then_some(Dictionary {
            kind: Some(kind?),
            fortran: fortran?,
            shape: shape?,
        })
    }

    /// Whether this comes next; then it is passed.
    fn has(&mut self, mark: char) -> bool {
        let rest = self.0.trim_start().strip_prefix(mark);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn expect(&mut self, mark: char) -> Option<()> {
        self.has(mark).then_some(())
    }

    /// A string without escapes: no key and no type has any.
    fn string(&mut self) -> Option<&'a str> {
        let quote = match self.has('\'') {
            true => '\'',
            false => self.expect('"').map(|()| '"')?,
        };
        let (string, rest) = self.0.split_once(quote)?;
        self.0 = rest;
        Some(string)
    }

    /// The word or number that comes next.
    fn word(&mut self) -> &'a str {
        let text = self.0.trim_start();
        let end = text.find(|c: char| !c.is_ascii_alphanumeric());
        let (word, rest) = text.split_at(end.unwrap_or(text.len()));
        self.0 = rest;
        word
    }

    fn truth(&mut self) -> Option<bool> {
        match self.word() {
            "True" => Some(true),
            "False" => Some(false),
            _ => None,
        }
    }

    /// A tuple of lengths. Python 2 wrote `3L` for some.
    fn numbers(&mut self) -> Option<Vec<u64>> {
        let mut numbers = Vec::new();
        self.expect('(')?;
        while !self.has(')') {
            numbers.push(self.word().trim_end_matches('L').parse().ok()?);
            if !self.has(',') {
                self.expect(')')?;
                break;
            }
        }
        Some(numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(version: u8, dictionary: &str) -> Result<Head, String> {
        let mut file = b"\x93NUMPY".to_vec();
        file.extend([version, 0]);
        match version {
            1 => file.extend((dictionary.len() as u16).to_le_bytes()),
            _ => file.extend((dictionary.len() as u32).to_le_bytes()),
        }
        file.extend(dictionary.bytes());
        Head::read(&mut file.as_slice())
    }

    #[test]
    fn a_dictionary_may_be_written_in_several_ways() {
        for (version, text) in [
            (
                1,
                "{'descr': '>i2', 'fortran_order': True, 'shape': (3, 4), }   \n",
            ),
            (1, "{'shape':(3,4),'descr':'>i2','fortran_order':True}"),
            (
                2,
                "{\"descr\": \">i2\", \"fortran_order\": True, \"shape\": (3L, 4L)}\n",
            ),
            (
                3,
                "{ 'fortran_order' : True , 'shape' : ( 3 , 4 , ) , 'descr' : '>i2' , }",
            ),
        ] {
            let head = head(version, text).unwrap();
            assert_eq!((head.shape, head.fortran), (vec![3, 4], true), "{text}");
            assert_eq!(Ok(Some(head.kind)), Kind::of(">i2"));
        }
        let scalar = head(1, "{'descr': '<f4', 'fortran_order': False, 'shape': ()}");
        assert_eq!(scalar.unwrap().shape, Vec::<u64>::new());
    }

    #[test]
    fn what_numpy_does_not_write_is_refused() {
        for text in [
            "",
            "{",
            "{}",
            "{'descr': '<f4', 'fortran_order': False}",
            "{'descr': '<f4', 'fortran_order': 0, 'shape': (3,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': 3}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-3,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)} + 1",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'more': (1,)}",
            "{'descr': '<f', 'fortran_order': False, 'shape': (3,)}",
            "{'descr': '', 'fortran_order': False, 'shape': (3,)}",
            "((((((((((((((((((((((((((((((",
        ] {
            let error = head(1, text).unwrap_err();
            assert!(error.contains("damaged"), "{text}: {error}");
        }
        let fields =
            "{'descr': [('a', '<f4'), ('b', '<i8')], 'fortran_order': False, 'shape': (3,)}";
        assert!(head(1, fields).unwrap_err().contains("fields"));
    }
}
