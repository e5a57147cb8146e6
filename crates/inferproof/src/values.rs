//! A program's inputs and outputs by name.

use inferproof_onnx::Port;
use inferproof_program::{Program, Tensor, TensorId};

/// A program's inputs or outputs: names, shapes, and what their integers mean.
pub fn ports(program: &Program, ids: &[TensorId]) -> Vec<Port> {
    let port = |&id: &TensorId| {
        let tensor = program.tensor(id)?;
        let meaning = program.meaning(id);
        Some(Port {
            name: tensor.name.clone(),
            shape: tensor.shape.clone(),
            categories: meaning.map_or_else(Vec::new, |m| m.categories.clone()),
            may_be_missing: meaning.is_some_and(|m| m.missing.is_some()),
            is_integral: tensor.scale_log2 == 0,
            is_fed: false,
        })
    };
    ids.iter().filter_map(port).collect()
}

/// The integer of a tensor that is nearest to a real number (halves up), in its range or not.
pub fn nearest(tensor: &Tensor, value: f64) -> i64 {
    rounded(value * 2f64.powi(tensor.scale_log2))
}

/// The integer that an output has where it means this number: NaN is what is missing. `None` if no integer does.
pub fn integer_of_number(program: &Program, id: TensorId, value: f64) -> Option<i64> {
    let meaning = program.meaning(id);
    if meaning.is_some_and(|meaning| !meaning.categories.is_empty()) {
        return None;
    }
    match value.is_nan() {
        true => meaning?.missing,
        false => Some(nearest(program.tensor(id)?, value)),
    }
}

/// The integer that an output has where it means this string. `None` if it is none of the model's.
pub fn integer_of_text(program: &Program, id: TensorId, text: &str) -> Option<i64> {
    let categories = &program.meaning(id)?.categories;
    let position = categories.iter().position(|category| category == text)?;
    Some(nearest(program.tensor(id)?, position as f64))
}

/// The nearest integer, halves up. Nothing is added before it is rounded: of a number beyond 2^52, half a unit more is another one.
fn rounded(real: f64) -> i64 {
    let below = real.floor();
    below as i64 + i64::from(real - below >= 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_53_bits_are_themselves() {
        for integer in [
            0,
            1,
            -1,
            4_412_296_602_134_209,
            -4_412_296_602_134_209,
            (1 << 53) - 1,
        ] {
            assert_eq!(rounded(integer as f64), integer);
        }
        for (real, integer) in [(0.5, 1), (-0.5, 0), (1.49, 1), (-1.51, -2)] {
            assert_eq!(rounded(real), integer);
        }
    }
}
