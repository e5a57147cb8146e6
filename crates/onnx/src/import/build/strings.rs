//! Strings as integers: which list of strings the codes of a layer are positions in.
//!
//! A program computes with integers. The strings that a model compares an input with, or looks up, are its *categories*: the sorted list of
//! them is public, an entry's code is its position there, and one code more stands for every other string. A list is known when all nodes
//! have been imported, so a model with such inputs is imported twice: the first time lists grow as operations ask for strings, the second
//! time they are what they have grown to. Strings that the model itself makes, as class labels, have the list that the model has them in.

use crate::element::Element;
use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::known::strings::Codes;
use crate::import::refusal::{Imported, refuse};
use crate::import::value::Value;
use std::collections::BTreeSet;

impl Importer<'_> {
    /// Lets an input hold strings. Its categories, so far as they are known.
    pub fn string_input(&mut self, name: &str, layer: LayerId) -> Vec<String> {
        self.strings.add_input(name, layer)
    }

    /// A layer of positions in a list of strings that the model has, as a value.
    pub fn strings(&mut self, layer: LayerId, strings: &[String]) -> Value {
        self.graph.keep(layer);
        self.strings.add_list(layer, strings);
        Value::computed(layer, Element::String)
    }

    /// The codes of a layer of strings, among which those that are asked for have one each if entries can be such strings.
    pub fn codes<'s>(
        &mut self,
        layer: LayerId,
        wanted: impl Iterator<Item = &'s str>,
    ) -> Imported<Codes> {
        let found = self.strings.of_layer(&self.graph, layer)?;
        let wanted: Vec<&str> = wanted.collect();
        self.strings.ask(&found, &wanted);
        self.strings.join(&found);
        self.strings.common(&found)
    }

    /// What the integers of an output of strings stand for.
    pub fn output_strings(&mut self, layer: LayerId) -> Imported<Vec<String>> {
        let found = self.strings.of_layer(&self.graph, layer)?;
        if found.iter().any(|&list| self.strings.is_closed_input(list)) {
            return refuse(
                "it holds strings of an input, of which a program knows no more than which of the model's own they equal; make an output of numbers",
            );
        }
        Ok(self.strings.common(&found)?.strings)
    }

    /// Strings, computed or constant, as codes of one list: what is compared or selected. `keeps` says whether what comes of them may be
    /// any of them, so that all must be in the list; what is only compared may be in none.
    pub fn string_operands(
        &mut self,
        origin: &str,
        operands: &[&Value],
        keeps: bool,
    ) -> Imported<Vec<LayerId>> {
        let computed = operands.iter().filter_map(|value| match value {
            Value::Computed { layer, .. } => Some(*layer),
            _ => None,
        });
        let computed: Vec<LayerId> = computed.collect();
        let constants = operands.iter().filter_map(|value| value.constant());
        let wanted: BTreeSet<&str> = constants
            .filter_map(|tensor| tensor.strings())
            .flatten()
            .map(String::as_str)
            .collect();
        let mut found = BTreeSet::new();
        for &layer in &computed {
            self.codes(layer, wanted.iter().copied())?;
            found.extend(self.strings.of_layer(&self.graph, layer)?);
        }
        let found: Vec<usize> = found.into_iter().collect();
        self.strings.join(&found);
        let codes = self.strings.common(&found)?;
        if computed.len() > 1 && codes.has_others && !keeps {
            return refuse(
                "it compares strings of two inputs, of which a program only knows which of the model's own strings they are",
            );
        }
        let mut layers = Vec::new();
        for operand in operands {
            layers.push(match operand {
                Value::Constant(tensor) => {
                    let texts = tensor.strings().unwrap_or_default();
                    let of = |text: &String| match codes.of(text) {
                        Some(code) => Ok(code as f32),
                        None if keeps => refuse(format!(
                            "the string `{text}` meets strings of a list that does not have it; look them up before they are selected"
                        )),
                        None => Ok(codes.count() as f32),
                    };
                    let numbers = texts.iter().map(of).collect::<Imported<Vec<f32>>>()?;
                    let shape = tensor.shape().to_vec();
                    let layer = self.graph.add_constant(origin, shape, numbers);
                    self.same_strings(layer, &found);
                    layer
                }
                other => self.layer(origin, other)?,
            });
        }
        Ok(layers)
    }

    /// Says that a layer holds strings of the list that others are of.
    pub fn selected_strings(&mut self, layer: LayerId, of: LayerId) -> Imported<Value> {
        let found = self.strings.of_layer(&self.graph, of)?;
        self.same_strings(layer, &found);
        Ok(Value::computed(layer, Element::String))
    }

    fn same_strings(&mut self, layer: LayerId, found: &[usize]) {
        if let Some(&list) = found.first() {
            self.graph.keep(layer);
            self.strings.add_same(layer, list);
        }
    }
}
