//! The types of an array's entries, and how each is read from its bytes.

/// The type of an array's entries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kind {
    holds: Holds,
    /// Bytes of an entry.
    pub width: usize,
    /// The most significant byte comes first.
    big: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Holds {
    Float,
    Signed,
    Unsigned,
    Truth,
    /// Code points of four bytes each.
    Unicode,
    /// UTF-8.
    Bytes,
}

/// An entry that was read.
#[derive(Debug, PartialEq)]
pub enum Item {
    Number(f64),
    Text(String),
    /// Bytes that are none of its type, with what was expected of them.
    Damaged(&'static str),
}

impl Kind {
    /// From numpy's short form, as `<f4`; `None` if it is none.
    ///
    /// # Errors
    /// If entries of the type cannot be read.
    pub fn of(text: &str) -> Result<Option<Self>, String> {
        let big = text.starts_with('>');
        let name = text.trim_start_matches(['<', '>', '|', '=']);
        let mut characters = name.chars();
        let (letter, size) = (characters.next().unwrap_or_default(), characters.as_str());
        let size = match letter {
            '?' => "1",
            // Units stand behind: `M8[ns]`.
            _ => size.split('[').next().unwrap_or_default(),
        };
        // Strings of no fixed length are pickled, as other objects are.
        if matches!(letter, 'O' | 'T') {
            return Err("its array holds Python objects, which only Python can read: save strings as `array.astype(str)`, numbers as `array.astype(numpy.float32)`".into());
        }
        let Ok(size) = size.parse::<usize>() else {
            return Ok(None);
        };
        let holds = match (letter, size) {
            ('f', 2 | 4 | 8) => Holds::Float,
            ('i', 1 | 2 | 4 | 8) => Holds::Signed,
            ('u', 1 | 2 | 4 | 8) => Holds::Unsigned,
            ('b' | '?', 1) => Holds::Truth,
            ('U', _) => Holds::Unicode,
            ('S' | 'a', _) => Holds::Bytes,
            _ => return unread(letter, size),
        };
        let width = match holds {
            Holds::Unicode => size.saturating_mul(4),
            _ => size,
        };
        Ok(Some(Self { holds, width, big }))
    }

    /// The entry that these bytes are, of which there are [`Self::width`]. They may be turned round in place.
    pub fn item(self, bytes: &mut [u8]) -> Item {
        if self.big {
            let unit = match self.holds {
                Holds::Unicode => 4,
                Holds::Bytes => 1,
                _ => self.width.max(1),
            };
            bytes.chunks_mut(unit).for_each(<[u8]>::reverse);
        }
        match self.holds {
            Holds::Float => Item::Number(float(bytes)),
            Holds::Signed => {
                let unused = 64 - 8 * self.width as u32;
                Item::Number(((unsigned(bytes) << unused) as i64 >> unused) as f64)
            }
            Holds::Unsigned => Item::Number(unsigned(bytes) as f64),
            Holds::Truth => match unsigned(bytes) {
                truth @ (0 | 1) => Item::Number(truth as f64),
                _ => Item::Damaged("a truth value"),
            },
            Holds::Unicode => {
                let points = bytes.chunks(4).map(|point| unsigned(point) as u32);
                text(points.map(char::from_u32).collect())
            }
            Holds::Bytes => text(String::from_utf8(bytes.to_vec()).ok()),
        }
    }
}

fn unread(letter: char, size: usize) -> Result<Option<Kind>, String> {
    let (what, advice) = match letter {
        'c' => (
            "complex numbers",
            "save real and imaginary parts as the model takes them",
        ),
        'M' | 'm' => ("dates or times", "save the numbers that the model takes"),
        'V' => (
            "a type that numpy does not have (perhaps bfloat16)",
            "save `array.astype(numpy.float32)`",
        ),
        'f' => (
            "floats of an uncommon width",
            "save `array.astype(numpy.float32)`",
        ),
        _ => return Ok(None),
    };
    Err(format!(
        "its array holds {what} (type {letter}{size}): {advice}"
    ))
}

/// Of up to eight bytes, the least significant first.
fn unsigned(bytes: &[u8]) -> u64 {
    let rising = bytes.iter().rev();
    rising.fold(0, |n, &byte| n << 8 | u64::from(byte))
}

fn float(bytes: &[u8]) -> f64 {
    let bits = unsigned(bytes);
    match bytes.len() {
        2 => half::f16::from_bits(bits as u16).into(),
        4 => f32::from_bits(bits as u32).into(),
        _ => f64::from_bits(bits),
    }
}

/// numpy fills strings up with zeros.
fn text(text: Option<String>) -> Item {
    match text {
        Some(text) => Item::Text(text.trim_end_matches('\0').to_owned()),
        None => Item::Damaged("a string"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(kind: &str, bytes: &[u8]) -> Item {
        let kind = Kind::of(kind).unwrap().unwrap();
        assert_eq!(kind.width, bytes.len());
        kind.item(&mut bytes.to_vec())
    }

    #[test]
    fn bytes_are_read_by_type_and_order() {
        assert_eq!(item("|i1", &[0xfe]), Item::Number(-2.0));
        assert_eq!(item("<i2", &[0xfe, 0xff]), Item::Number(-2.0));
        assert_eq!(item(">u2", &[0x01, 0x02]), Item::Number(258.0));
        assert_eq!(
            item(">i8", &i64::MIN.to_be_bytes()),
            Item::Number(-(2f64.powi(63)))
        );
        assert_eq!(
            item("<u8", &u64::MAX.to_le_bytes()),
            Item::Number(2f64.powi(64))
        );
        assert_eq!(item(">f4", &1.5f32.to_be_bytes()), Item::Number(1.5));
        assert_eq!(item("<f8", &(-0.1f64).to_le_bytes()), Item::Number(-0.1));
        assert_eq!(item(">f2", &[0x3e, 0x00]), Item::Number(1.5));
        assert_eq!(item("|b1", &[1]), Item::Number(1.0));
        assert_eq!(item("|b1", &[2]), Item::Damaged("a truth value"));
        assert_eq!(
            item(">U2", &[0, 0, 0, 0xe9, 0, 0, 0, 0]),
            Item::Text("é".into())
        );
        assert_eq!(item("<U1", &[0, 0xd8, 0, 0]), Item::Damaged("a string"));
        assert_eq!(item("|S3", b"ab\0"), Item::Text("ab".into()));
        assert_eq!(item("|S1", &[0xff]), Item::Damaged("a string"));
    }
}
