//! How many bits the committed tensors of a program have.

use inferproof_program::{Op, Program};
use serde::Serialize;

/// Widths of many numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The least.
    pub min: u32,
    /// The mean over all numbers, so that large tensors count for more.
    pub mean: f64,
    /// The greatest.
    pub max: u32,
}

/// The width of one committed tensor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TensorWidth {
    /// The tensor's name.
    pub name: String,
    /// Whether it belongs to the model; otherwise it is an input or computed.
    pub is_weight: bool,
    /// How many numbers it has.
    pub entries: usize,
    /// Bits of one of them.
    pub bits: u32,
}

/// The widths of everything that is committed.
#[must_use]
pub fn tensor_widths(program: &Program) -> Vec<TensorWidth> {
    let nodes = program.nodes.iter().zip(&program.tensors);
    let committed = nodes.filter(|(node, _)| node.op.is_committed());
    let widths = committed.map(|(node, tensor)| TensorWidth {
        name: tensor.name.clone(),
        is_weight: node.op == Op::Weight,
        entries: tensor.volume(),
        bits: u64::BITS - tensor.high.abs_diff(tensor.low).leading_zeros(),
    });
    widths.collect()
}

impl Spread {
    /// The spread of some tensors' widths; `None` if there is no number at all.
    pub fn of<'a>(tensors: impl Iterator<Item = &'a TensorWidth>) -> Option<Self> {
        let (mut min, mut max, mut bits, mut entries) = (u32::MAX, 0, 0f64, 0f64);
        for tensor in tensors {
            min = min.min(tensor.bits);
            max = max.max(tensor.bits);
            bits += f64::from(tensor.bits) * tensor.entries as f64;
            entries += tensor.entries as f64;
        }
        (entries > 0.0).then(|| Self {
            min,
            mean: bits / entries,
            max,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Spread, TensorWidth};

    #[test]
    fn the_mean_goes_by_numbers() {
        let width = |entries, bits| TensorWidth {
            name: String::new(),
            is_weight: true,
            entries,
            bits,
        };
        let spread = Spread::of([width(300, 8), width(100, 16)].iter());
        let expected = Spread {
            min: 8,
            mean: 10.0,
            max: 16,
        };
        assert_eq!(spread, Some(expected));
        assert_eq!(Spread::of([].iter()), None);
    }
}
