//! What a run cut off, in words: which input or node, how many entries, and how far they lie beyond.

use inferproof_onnx::Sample;
use inferproof_program::{Op, Program, Tensor, TensorId, Trace};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use std::fmt;

/// Entries of one tensor that were moved to the end of its range.
#[derive(Clone, Debug, PartialEq)]
pub struct Saturated {
    /// Of what: an input of the model, or what a node of it makes.
    pub place: Place,
    /// The input's name, or the node's with its operation.
    pub name: String,
    /// How many entries.
    pub entries: usize,
    /// How many there are in all.
    pub total: usize,
    /// The least value that is kept; `None` where the model itself cuts off, so that nothing is lost.
    pub low: Option<f64>,
    /// The greatest, likewise.
    pub high: Option<f64>,
    /// The value that lies farthest beyond.
    pub farthest: f64,
}

/// Where entries were cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// When an input was rounded to integers.
    Input,
    /// In what a node makes.
    Node,
}

/// The entries of real inputs that are beyond the declared ranges by more than one unit; of indices, by anything.
#[must_use]
pub fn saturated_inputs(program: &Program, sample: &Sample) -> Vec<Saturated> {
    let inputs = program.inputs.iter().zip(sample);
    inputs
        .filter_map(|(&id, values)| {
            let tensor = program.tensor(id)?;
            let missing = program.meaning(id).and_then(|meaning| meaning.missing);
            // The greatest integer may be for what is missing alone.
            let high = missing.map_or(tensor.high, |missing| missing - 1);
            of_input(tensor, high, values, is_index(program, id))
        })
        .collect()
}

fn of_input(tensor: &Tensor, high: i64, values: &[f64], is_index: bool) -> Option<Saturated> {
    let unit = 2f64.powi(-tensor.scale_log2);
    let (low, high) = (tensor.low as f64 * unit, high as f64 * unit);
    // Half a unit is rounded, an index beyond is another one.
    let slack = if is_index { unit / 2.0 } else { unit };
    let beyond = |value: f64| (low - value).max(value - high) - slack;
    let cut = values.iter().copied().filter(|&v| beyond(v) > 0.0);
    let farthest = cut
        .clone()
        .max_by(|a, b| beyond(*a).total_cmp(&beyond(*b)))?;
    Some(Saturated {
        place: Place::Input,
        name: tensor.name.clone(),
        entries: cut.count(),
        total: values.len(),
        low: Some(low),
        high: Some(high),
        farthest,
    })
}

/// Whether entries of a tensor choose rows, perhaps after they were moved around or counted from elsewhere.
fn is_index(program: &Program, id: TensorId) -> bool {
    let mut carried = vec![id];
    for node in &program.nodes {
        let reads = node.op.sources().any(|source| carried.contains(&source));
        if reads && matches!(node.op, Op::Indicator(_)) {
            return true;
        }
        if reads && matches!(node.op, Op::Linear(_)) {
            carried.push(node.output);
        }
    }
    false
}

/// What a run cut off in the tensors of a program.
#[must_use]
pub fn saturated_nodes(program: &Program, trace: &Trace) -> Vec<Saturated> {
    let found = trace.saturations(program).into_iter();
    found
        .filter_map(|saturation| {
            let real = |integer: i64| integer as f64 * 2f64.powi(-saturation.scale_log2);
            let end = |integer: i64, open: i64| (integer != open).then(|| real(integer));
            Some(Saturated {
                place: Place::Node,
                name: program.node(saturation.tensor)?.origin.clone(),
                entries: saturation.entries,
                total: saturation.of,
                low: end(saturation.low, i64::MIN),
                high: end(saturation.high, i64::MAX),
                farthest: real(saturation.farthest),
            })
        })
        .collect()
}

/// Its fields for programs, and the message for people.
impl Serialize for Saturated {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Saturated", 8)?;
        object.serialize_field("of", &self.place)?;
        object.serialize_field("name", &self.name)?;
        object.serialize_field("entries", &self.entries)?;
        object.serialize_field("total", &self.total)?;
        object.serialize_field("low", &self.low)?;
        object.serialize_field("high", &self.high)?;
        object.serialize_field("farthest", &self.farthest)?;
        object.serialize_field("message", &self.to_string())?;
        object.end()
    }
}

impl fmt::Display for Saturated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            place,
            name,
            entries,
            total,
            low,
            high,
            farthest,
        } = self;
        match place {
            Place::Input => write!(f, "input `{name}`: ")?,
            Place::Node => write!(f, "node {name}: ")?,
        }
        let lie = if *entries == 1 { "lies" } else { "lie" };
        write!(f, "{entries} of {total} entries {lie} beyond ")?;
        match (low, high) {
            (Some(low), Some(high)) => {
                write!(f, "the range from {} to {}", Digits(*low), Digits(*high))?;
            }
            (Some(low), None) => write!(f, "the range from {} on", Digits(*low))?,
            (None, Some(high)) => write!(f, "the range up to {}", Digits(*high))?,
            (None, None) => write!(f, "the range")?,
        }
        write!(
            f,
            " that calibration gave, the farthest at {}; they are moved to its end",
            Digits(*farthest)
        )
    }
}

/// A number with at most five significant digits.
struct Digits(f64);

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounded: f64 = format!("{:.4e}", self.0).parse().unwrap_or(self.0);
        if rounded != 0.0 && !(1e-4..1e9).contains(&rounded.abs()) {
            write!(f, "{rounded:e}")
        } else {
            write!(f, "{rounded}")
        }
    }
}
