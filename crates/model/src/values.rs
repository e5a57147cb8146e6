//! A program's inputs and outputs by name.

use inferproof_onnx::Port;
use inferproof_program::{Program, Tensor, TensorId};

/// Names and shapes of a program's inputs or outputs.
pub fn ports(program: &Program, ids: &[TensorId]) -> Vec<Port> {
    let tensors = ids.iter().filter_map(|&id| program.tensor(id));
    tensors
        .map(|t| Port {
            name: t.name.clone(),
            shape: t.shape.clone(),
        })
        .collect()
}

/// The integer of a tensor that is nearest to a real number (halves up), in its range or not.
pub fn nearest(tensor: &Tensor, value: f64) -> i64 {
    (value * 2f64.powi(tensor.scale_log2) + 0.5).floor() as i64
}

/// Compares shown with expected integers; the first difference in words.
pub fn difference(
    program: &Program,
    what: &str,
    ids: &[TensorId],
    shown: &[Vec<i64>],
    expected: &[Vec<i64>],
) -> Option<String> {
    for ((port, shown), expected) in ports(program, ids).iter().zip(shown).zip(expected) {
        let differs = |(s, e): &(&i64, &i64)| s != e;
        let count = shown.iter().zip(expected).filter(differs).count();
        if let Some(entry) = shown.iter().zip(expected).position(|pair| differs(&pair)) {
            let (shown, expected) = (shown.get(entry)?, expected.get(entry)?);
            let name = &port.name;
            return Some(format!(
                "{what} `{name}`: {count} entries differ from what the proof shows; entry {entry}: expected {expected}, the proof shows {shown} (quantized)"
            ));
        }
    }
    None
}
