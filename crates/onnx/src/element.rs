//! The types of a tensor's entries, and how numbers are brought to them.

use half::{bf16, f16};
use std::fmt;

/// A type of entries, as ONNX numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
#[allow(missing_docs, reason = "each is what its name says")]
pub enum Element {
    Float = 1,
    Uint8 = 2,
    Int8 = 3,
    Uint16 = 4,
    Int16 = 5,
    Int32 = 6,
    Int64 = 7,
    String = 8,
    Bool = 9,
    Float16 = 10,
    Double = 11,
    Uint32 = 12,
    Uint64 = 13,
    Bfloat16 = 16,
    Uint4 = 21,
    Int4 = 22,
    Uint2 = 25,
    Int2 = 26,
}

impl Element {
    /// The types that are supported.
    pub const ALL: [Self; 18] = [
        Self::Float,
        Self::Uint8,
        Self::Int8,
        Self::Uint16,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::String,
        Self::Bool,
        Self::Float16,
        Self::Double,
        Self::Uint32,
        Self::Uint64,
        Self::Bfloat16,
        Self::Uint4,
        Self::Int4,
        Self::Uint2,
        Self::Int2,
    ];

    /// The type with this number in a file.
    pub fn of(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|&e| e as i32 == number)
    }

    /// Whether entries are real numbers.
    pub fn is_float(self) -> bool {
        matches!(
            self,
            Self::Float | Self::Float16 | Self::Bfloat16 | Self::Double
        )
    }

    /// Whether entries are integers; truth values are none.
    pub fn is_integer(self) -> bool {
        self.bounds().is_some() && self != Self::Bool
    }

    /// Whether entries are whole numbers: integers or truth values.
    pub fn is_whole(self) -> bool {
        self.bounds().is_some()
    }

    /// The least and the greatest integer, or truth value, of the type.
    pub fn bounds(self) -> Option<(i128, i128)> {
        let signed = |bits: u32| Some((-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1));
        let unsigned = |bits: u32| Some((0, (1i128 << bits) - 1));
        match self {
            Self::Bool => Some((0, 1)),
            Self::Uint2 => unsigned(2),
            Self::Uint4 => unsigned(4),
            Self::Uint8 => unsigned(8),
            Self::Uint16 => unsigned(16),
            Self::Uint32 => unsigned(32),
            Self::Uint64 => unsigned(64),
            Self::Int2 => signed(2),
            Self::Int4 => signed(4),
            Self::Int8 => signed(8),
            Self::Int16 => signed(16),
            Self::Int32 => signed(32),
            Self::Int64 => signed(64),
            Self::Float | Self::Float16 | Self::Bfloat16 | Self::Double | Self::String => None,
        }
    }

    /// How many bits an entry takes in a file; strings have no width.
    pub fn bits(self) -> Option<usize> {
        Some(match self {
            Self::Uint2 | Self::Int2 => 2,
            Self::Uint4 | Self::Int4 => 4,
            Self::Uint8 | Self::Int8 | Self::Bool => 8,
            Self::Uint16 | Self::Int16 | Self::Float16 | Self::Bfloat16 => 16,
            Self::Float | Self::Int32 | Self::Uint32 => 32,
            Self::Double | Self::Int64 | Self::Uint64 => 64,
            Self::String => return None,
        })
    }

    /// The real number of this type that is nearest to a real: what arithmetic in this type gives, rounded from an exact result.
    pub fn round(self, real: f64) -> f64 {
        match self {
            Self::Float => f64::from(real as f32),
            Self::Float16 => f16::from_f64(real).to_f64(),
            Self::Bfloat16 => bf16::from_f64(real).to_f64(),
            _ => real,
        }
    }

    /// An integer brought into the type's range, as arithmetic in this type does it: modulo its size.
    pub fn wrap(self, integer: i128) -> i128 {
        match self.bounds() {
            Some((low, high)) => low + (integer - low).rem_euclid(high - low + 1),
            None => integer,
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Float => "float32",
            Self::Uint8 => "uint8",
            Self::Int8 => "int8",
            Self::Uint16 => "uint16",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::String => "string",
            Self::Bool => "bool",
            Self::Float16 => "float16",
            Self::Double => "float64",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Bfloat16 => "bfloat16",
            Self::Uint4 => "uint4",
            Self::Int4 => "int4",
            Self::Uint2 => "uint2",
            Self::Int2 => "int2",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_wrap_and_reals_round_as_their_types_do() {
        assert_eq!(Element::Uint8.wrap(300), 44);
        assert_eq!(Element::Int8.wrap(200), -56);
        assert_eq!(
            Element::Int64.wrap(i128::from(i64::MAX) + 1),
            i64::MIN.into()
        );
        assert_eq!(Element::Float.round(0.1), f64::from(0.1f32));
        assert_eq!(Element::Float16.round(2049.0), 2048.0);
        assert_eq!(Element::of(16), Some(Element::Bfloat16));
        assert_eq!(Element::of(17), None);
    }
}
