//! Strings and missing values: which integers of an input or output stand for them.

use crate::import::Port;
use crate::quantize::scale::Format;
use inferproof_program::{Meaning, TensorId};

/// Makes room in an input's range for what is no number. Numbers keep the integers that they have. What is given makes the meaning of
/// the tensor that the input becomes.
pub fn of_input(
    port: &Port,
    format: &mut Format,
) -> Option<impl FnOnce(TensorId) -> Meaning + use<>> {
    let categories = port.categories.clone();
    if !categories.is_empty() {
        // One more than there are categories: for every other string.
        (format.low, format.high, format.scale) = (0, categories.len() as i64, 0);
    } else if port.may_be_missing {
        format.high += 1;
    } else {
        return None;
    }
    let missing = categories.is_empty().then_some(format.high);
    Some(move |tensor| Meaning {
        tensor,
        categories,
        missing,
    })
}

/// Of an output, whose range is what it is.
pub fn of_output(port: &Port, tensor: TensorId) -> Option<Meaning> {
    (!port.categories.is_empty()).then(|| Meaning {
        tensor,
        categories: port.categories.clone(),
        missing: None,
    })
}
