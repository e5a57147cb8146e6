//! What integers of a program mean: numbers, strings, or missing values.

use crate::conversion::dequantize;
use crate::data::Entries;
use inferproof_program::{Program, TensorId};

/// What the integers of an input or output mean; nothing if there is no such tensor. A missing number is NaN; an integer that stands for
/// every string that is none of the categories is `None`.
#[must_use]
pub fn meant(program: &Program, id: TensorId, integers: &[i64]) -> Option<Entries> {
    let tensor = program.tensor(id)?;
    let Some(meaning) = program.meaning(id) else {
        return Some(Entries::Numbers(dequantize(tensor, integers)));
    };
    if meaning.categories.is_empty() {
        let mut numbers = dequantize(tensor, integers);
        for (number, integer) in numbers.iter_mut().zip(integers) {
            if Some(*integer) == meaning.missing {
                *number = f64::NAN;
            }
        }
        return Some(Entries::Numbers(numbers));
    }
    let text = |&position: &f64| {
        let position = position.round();
        let is_one = (0.0..meaning.categories.len() as f64).contains(&position);
        is_one.then(|| meaning.categories.get(position as usize).cloned())?
    };
    let positions = dequantize(tensor, integers);
    Some(Entries::Texts(positions.iter().map(text).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversion::quantize_inputs;
    use inferproof_program::{Meaning, Node, Op, Tensor};

    #[test]
    fn what_is_quantized_means_what_it_was() {
        let input = |name: &str, low, high| Tensor {
            name: name.into(),
            shape: vec![3],
            low,
            high,
            scale_log2: 0,
        };
        let node = |output| Node {
            origin: "test".into(),
            output: TensorId(output),
            op: Op::Input,
        };
        let program = Program {
            tensors: vec![input("city", 0, 2), input("age", 0, 100)],
            nodes: vec![node(0), node(1)],
            tables: vec![],
            inputs: vec![TensorId(0), TensorId(1)],
            outputs: vec![TensorId(1)],
            limits: vec![],
            meanings: vec![
                Meaning {
                    tensor: TensorId(0),
                    categories: vec!["Bern".into(), "Ulm".into()],
                    missing: None,
                },
                Meaning {
                    tensor: TensorId(1),
                    categories: vec![],
                    missing: Some(100),
                },
            ],
            feeds: vec![],
        };
        let program = program.validated().unwrap();
        // The greatest integer is for what is missing alone: a number as great saturates below it.
        let integers = quantize_inputs(&program, &[vec![1.0, 0.0, 2.0], vec![7.0, f64::NAN, 1e9]]);
        assert_eq!(integers, [[1, 0, 2], [7, 100, 99]]);
        let texts = Entries::Texts(vec![Some("Ulm".into()), Some("Bern".into()), None]);
        assert_eq!(meant(&program, TensorId(0), &integers[0]), Some(texts));
        match meant(&program, TensorId(1), &integers[1]) {
            Some(Entries::Numbers(numbers)) => {
                assert_eq!((numbers[0], numbers[2]), (7.0, 99.0));
                assert!(numbers[1].is_nan());
            }
            other => panic!("{other:?}"),
        }
    }
}
