//! Strings and missing values: which integers of an input or output stand for them.

use crate::import::Port;
use inferproof_program::{Meaning, Tensor, TensorId};

/// Makes room in an input's range for what is no number. Numbers keep the integers that they have.
pub fn of_input(port: &Port, id: TensorId, tensor: &mut Tensor) -> Option<Meaning> {
    if !port.categories.is_empty() {
        // One more than there are categories: for every other string.
        (tensor.low, tensor.high, tensor.scale_log2) = (0, port.categories.len() as i64, 0);
        return Some(strings(port, id));
    }
    port.may_be_missing.then(|| {
        tensor.high += 1;
        Meaning {
            tensor: id,
            categories: vec![],
            missing: Some(tensor.high),
        }
    })
}

/// Of an output, whose range is what it is.
pub fn of_output(port: &Port, id: TensorId) -> Option<Meaning> {
    (!port.categories.is_empty()).then(|| strings(port, id))
}

fn strings(port: &Port, id: TensorId) -> Meaning {
    Meaning {
        tensor: id,
        categories: port.categories.clone(),
        missing: None,
    }
}
