//! Which of a list of keys, strings or numbers, the entries of a tensor are, and what stands for each.

use crate::element::Element;
use crate::function::{Comparison, Function};
use crate::graph::{Axes, Graph, LayerId};
use crate::import::Importer;
use crate::import::refusal::{Imported, refuse};
use crate::import::value::Value;
use inferproof_view::{Step, volume};

/// Integers that are looked up are factors of sums; beyond this one may not be a number of single precision.
const MAX_INTEGER: f64 = 16_777_216.0;

/// What entries are compared with, or what stands for them.
#[derive(Clone, Debug, PartialEq)]
pub enum Entries {
    Strings(Vec<String>),
    Integers(Vec<i64>),
    Reals(Vec<f64>),
}

impl Entries {
    pub fn of_strings(strings: &[&str]) -> Self {
        Self::Strings(strings.iter().map(|&s| s.to_owned()).collect())
    }

    pub fn of_floats(floats: &[f32]) -> Self {
        Self::Reals(floats.iter().map(|&v| v.into()).collect())
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Strings(v) => v.len(),
            Self::Integers(v) => v.len(),
            Self::Reals(v) => v.len(),
        }
    }

    fn reals(&self) -> Vec<f64> {
        match self {
            Self::Strings(_) => vec![],
            Self::Integers(v) => v.iter().map(|&v| v as f64).collect(),
            Self::Reals(v) => v.clone(),
        }
    }
}

impl Importer<'_> {
    /// Along a new last axis, 1 at the key that an entry is, and 0 elsewhere.
    pub fn matches(
        &mut self,
        origin: &str,
        source: LayerId,
        element: Element,
        keys: &Entries,
    ) -> Imported<LayerId> {
        let shape = self.graph.shape(source).to_vec();
        let axis = shape.len();
        let count = keys.len();
        if count == 0 {
            return refuse("it has nothing to look up");
        }
        let entries = volume(&shape).and_then(|n| n.checked_mul(count));
        if entries.is_none_or(|n| n > crate::import::limits::MAX_ENTRIES) {
            return refuse(format!(
                "{count} keys for a tensor of shape {shape:?}: too many"
            ));
        }
        match (keys, element) {
            (Entries::Strings(keys), Element::String) => {
                let codes = self.codes(source, keys.iter().map(String::as_str))?;
                let hot = self
                    .graph
                    .indicator(origin, source, codes.count().max(2), false);
                let index = keys.iter().map(|key| {
                    let code = codes.of(key).map(u32::try_from);
                    code.transpose()
                });
                let gather = Step::Gather {
                    axis,
                    source: codes.count().max(2),
                    index: index.collect::<Result<_, _>>()?,
                };
                Ok(self.graph.view(origin, hot, vec![gather])?)
            }
            (Entries::Strings(_), other) => {
                refuse(format!("its keys are strings, its input holds {other}"))
            }
            (_, Element::String) => refuse("its keys are numbers, its input holds strings"),
            (keys, _) => {
                let numbers = keys.reals();
                if numbers.iter().any(|n| !n.is_finite()) {
                    return refuse("a key is no finite number");
                }
                let keys = self.row_of(origin, &numbers);
                let before = shape.iter().enumerate();
                let repeat = before.map(|(axis, &len)| Step::Insert { axis, len });
                let terms = vec![
                    self.graph
                        .summand(1.0, source, vec![Step::Insert { axis, len: count }])?,
                    self.graph.summand(-1.0, keys, repeat.collect())?,
                ];
                let difference = self.graph.sum(origin, terms);
                Ok(self
                    .graph
                    .apply(origin, difference, Function::Compare(Comparison::Equal)))
            }
        }
    }

    /// What stands for the keys that entries are, and something else for those that are none. `matches` has an entry for each key
    /// along its last axis.
    pub fn value_of_match(
        &mut self,
        origin: &str,
        matches: LayerId,
        values: &Entries,
        default: &Entries,
        element: Element,
    ) -> Imported<Value> {
        if let (Entries::Strings(values), Entries::Strings(default)) = (values, default) {
            let mut list: Vec<String> = values.iter().chain(default).cloned().collect();
            list.sort_unstable();
            list.dedup();
            let position = |text: &String| list.iter().position(|s| s == text).unwrap_or(0) as f64;
            let numbers: Vec<f64> = values.iter().map(position).collect();
            let default = default.first().map_or(0.0, position);
            let layer = self.picked_number(origin, matches, &numbers, default)?;
            return Ok(self.strings(layer, &list));
        }
        let numbers = values.reals();
        let default = default.reals().first().copied().unwrap_or(0.0);
        let too_large = |v: &&f64| v.abs() > MAX_INTEGER && element.is_whole();
        if let Some(large) = numbers.iter().chain([&default]).find(too_large) {
            return refuse(format!(
                "it makes the integer {large}; integers within {MAX_INTEGER} are supported"
            ));
        }
        let layer = self.picked_number(origin, matches, &numbers, default)?;
        Ok(Value::computed(layer, element))
    }

    /// The number of the bit along the last axis that is 1, or the default if none is.
    fn picked_number(
        &mut self,
        origin: &str,
        matches: LayerId,
        numbers: &[f64],
        default: f64,
    ) -> Imported<LayerId> {
        let shape = self.graph.shape(matches).to_vec();
        let Some((_, outer)) = shape.split_last() else {
            return refuse("nothing is looked up");
        };
        let beyond: Vec<f64> = numbers.iter().map(|n| n - default).collect();
        let numbers = self.row_of(origin, &beyond);
        let axes = Axes {
            shared: 0,
            left_free: outer.len(),
            right_free: 0,
            contracted: 1,
        };
        let picked = self.graph.contract(origin, matches, numbers, axes);
        if default == 0.0 {
            return Ok(picked);
        }
        let terms = vec![
            self.graph.summand(1.0, picked, vec![])?,
            Graph::fill(default, outer)?,
        ];
        Ok(self.graph.sum(origin, terms))
    }
}
