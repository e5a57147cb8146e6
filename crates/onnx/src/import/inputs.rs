//! The inputs of a model as layers of the graph.

use super::importer::Importer;
use super::limits::MAX_ENTRIES;
use super::port::Port;
use super::signature::Declared;
use super::value::Value;
use crate::OnnxError;
use crate::element::Element;
use crate::graph::Kind;
use crate::tensor::Tensor;
use inferproof_view::volume;

impl<'a> Importer<'a> {
    /// Binds the inputs of the model. One without entries has nothing to be given: it is a constant.
    pub fn inputs(&mut self, declared: Vec<Declared<'a>>) -> Result<Vec<Port>, OnnxError> {
        let mut ports = Vec::new();
        for input in declared {
            let unusable = |reason: String| OnnxError::Model {
                reason: format!("input `{}`: {reason}", input.name),
            };
            let count = volume(&input.shape).filter(|&n| n <= MAX_ENTRIES);
            let Some(count) = count else {
                return Err(unusable(format!(
                    "shape {:?}; at most {MAX_ENTRIES} entries are supported",
                    input.shape
                )));
            };
            if count == 0 {
                let empty = Tensor::empty(input.element, input.shape.clone());
                let empty = empty.ok_or_else(|| unusable("it has no entries".into()))?;
                self.bind(input.name, Value::Constant(empty))?;
                continue;
            }
            let is_narrow = input.element.bits().is_some_and(|bits| bits <= 8);
            let bounds = input.element.bounds().filter(|_| is_narrow);
            let bounds = bounds.map(|(low, high)| (low as i64, high as i64));
            let kind = Kind::Input {
                integral: input.element.is_whole() || input.element == Element::String,
                bounds,
            };
            let layer = self.graph.push(input.name, input.shape.clone(), kind);
            let categories = match input.element {
                Element::String => self.string_input(input.name, layer),
                _ => vec![],
            };
            self.graph.inputs.push(layer);
            self.bind(input.name, Value::computed(layer, input.element))?;
            self.entries = self.entries.saturating_add(count);
            ports.push(Port {
                name: input.name.to_owned(),
                shape: input.shape,
                categories,
                may_be_missing: false,
                is_integral: input.element.is_whole(),
                is_fed: false,
            });
        }
        Ok(ports)
    }
}
