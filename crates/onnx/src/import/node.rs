//! A node of the model with the values of its inputs, as an operation's import reads it.

use super::initializer;
use super::refusal::{Imported, refuse};
use super::value::Value;
use crate::element::Element;
use crate::numbers::Files;
use crate::proto::{AttributeProto, GraphProto, NodeProto};
use crate::tensor::Tensor;
use std::sync::Arc;

/// One node under import.
pub struct Node<'a> {
    /// As it stands in the file.
    pub proto: &'a NodeProto,
    /// Its name and operation, for messages and layers.
    pub origin: String,
    /// The version of its operation (`since_version`).
    pub since: i64,
    /// The values of its inputs; `None` where an optional one is left out.
    pub inputs: Vec<Option<Value>>,
    /// Its attributes; those that refer to an attribute of the caller of a function are that one.
    pub attributes: Vec<(&'a str, &'a AttributeProto)>,
    /// The files beside the model.
    pub files: Arc<Files>,
}

impl<'a> Node<'a> {
    /// Its operation's name.
    pub fn op(&self) -> &'a str {
        &self.proto.op_type
    }

    /// An input that must be there.
    pub fn input(&self, position: usize) -> Imported<&Value> {
        match self.optional(position) {
            Some(value) => Ok(value),
            None => refuse(format!("its input {position} is missing")),
        }
    }

    /// An input that may be left out.
    pub fn optional(&self, position: usize) -> Option<&Value> {
        self.inputs.get(position)?.as_ref()
    }

    /// The type of an input's entries.
    pub fn element(&self, position: usize) -> Imported<Element> {
        match self.input(position)?.element() {
            Some(element) => Ok(element),
            None => refuse(format!("its input {position} is no tensor")),
        }
    }

    /// An optional input that must be constant if it is there: `what` says what it is.
    pub fn optional_constant(&self, position: usize, what: &str) -> Imported<Option<&Tensor>> {
        match self.optional(position) {
            None => Ok(None),
            Some(Value::Constant(tensor)) => Ok(Some(tensor)),
            Some(_) => {
                let name = self.proto.input.get(position).map_or("", String::as_str);
                refuse(format!(
                    "its {what}, input `{name}`, is computed; it must be constant: export the model with fixed sizes"
                ))
            }
        }
    }

    /// An input that must be there and constant: `what` says what it is.
    pub fn constant(&self, position: usize, what: &str) -> Imported<&Tensor> {
        match self.optional_constant(position, what)? {
            Some(tensor) => Ok(tensor),
            None => refuse(format!("its {what} (input {position}) is missing")),
        }
    }

    /// Integers of an optional constant input.
    pub fn optional_integers(&self, position: usize, what: &str) -> Imported<Option<Vec<i64>>> {
        let Some(tensor) = self.optional_constant(position, what)? else {
            return Ok(None);
        };
        match tensor.integers() {
            Some(integers) => Ok(Some(integers.to_vec())),
            None => refuse(format!(
                "its {what} holds {}; expected integers",
                tensor.element()
            )),
        }
    }

    /// Integers of a constant input that must be there.
    pub fn integers(&self, position: usize, what: &str) -> Imported<Vec<i64>> {
        match self.optional_integers(position, what)? {
            Some(integers) => Ok(integers),
            None => refuse(format!("its {what} (input {position}) is missing")),
        }
    }

    /// The numbers of a constant input that must be there.
    pub fn reals(&self, position: usize, what: &str) -> Imported<Vec<f64>> {
        match self.constant(position, what)?.reals() {
            Some(reals) => Ok(reals),
            None => refuse(format!("its {what} holds strings; expected numbers")),
        }
    }

    /// The only number of an optional constant input.
    pub fn optional_scalar(&self, position: usize, what: &str) -> Imported<Option<f64>> {
        let Some(tensor) = self.optional_constant(position, what)? else {
            return Ok(None);
        };
        match tensor.scalar() {
            Some(number) => Ok(Some(number)),
            None => refuse(format!(
                "its {what} has the shape {:?}; expected one number",
                tensor.shape()
            )),
        }
    }

    /// Whether an output is asked for.
    pub fn wants(&self, output: usize) -> bool {
        self.proto
            .output
            .get(output)
            .is_some_and(|name| !name.is_empty())
    }

    /// An attribute, if it is given.
    pub fn attribute(&self, name: &str) -> Option<&'a AttributeProto> {
        self.attributes
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, a)| *a)
    }

    /// An integer, if it is given.
    pub fn int(&self, name: &str) -> Option<i64> {
        self.attribute(name).map(|a| a.i)
    }

    /// An integer, or its default.
    pub fn int_or(&self, name: &str, default: i64) -> i64 {
        self.int(name).unwrap_or(default)
    }

    /// Whether a flag is set.
    pub fn flag(&self, name: &str, default: bool) -> bool {
        self.int_or(name, default.into()) != 0
    }

    /// Integers, if they are given.
    pub fn ints(&self, name: &str) -> Option<&'a [i64]> {
        self.attribute(name).map(|a| &a.ints[..])
    }

    /// A number, if it is given.
    pub fn float(&self, name: &str) -> Option<f64> {
        self.attribute(name).map(|a| a.f.into())
    }

    /// A number, or its default.
    pub fn float_or(&self, name: &str, default: f32) -> f64 {
        self.float(name).unwrap_or_else(|| default.into())
    }

    /// Numbers, if they are given.
    pub fn floats(&self, name: &str) -> Option<&'a [f32]> {
        self.attribute(name).map(|a| &a.floats[..])
    }

    /// A word, if it is given.
    pub fn string(&self, name: &str) -> Imported<Option<&'a str>> {
        let Some(attribute) = self.attribute(name) else {
            return Ok(None);
        };
        match std::str::from_utf8(&attribute.s) {
            Ok(text) => Ok(Some(text)),
            Err(_) => refuse(format!("its attribute `{name}` is no text")),
        }
    }

    /// A word, or its default.
    pub fn string_or(&self, name: &str, default: &'static str) -> Imported<&'a str> {
        Ok(self.string(name)?.unwrap_or(default))
    }

    /// Words, if they are given.
    pub fn strings(&self, name: &str) -> Imported<Option<Vec<&'a str>>> {
        let Some(attribute) = self.attribute(name) else {
            return Ok(None);
        };
        let texts = attribute.strings.iter().map(|s| std::str::from_utf8(s));
        let texts: Result<Vec<&str>, _> = texts.collect();
        match texts {
            Ok(texts) => Ok(Some(texts)),
            Err(_) => refuse(format!("its attribute `{name}` holds what is no text")),
        }
    }

    /// A tensor, if it is given.
    pub fn tensor(&self, name: &str) -> Imported<Option<Tensor>> {
        let Some(tensor) = self.attribute(name).and_then(|a| a.t.as_deref()) else {
            return Ok(None);
        };
        match initializer::read(tensor, &self.files) {
            Ok(tensor) => Ok(Some(tensor)),
            Err(reason) => refuse(format!("its attribute `{name}`: {reason}")),
        }
    }

    /// A graph that must be given.
    pub fn subgraph(&self, name: &str) -> Imported<&'a GraphProto> {
        match self.attribute(name).and_then(|a| a.g.as_deref()) {
            Some(graph) => Ok(graph),
            None => refuse(format!("its attribute `{name}` is missing")),
        }
    }
}

/// A node's name, or that of its first output.
pub fn name_of(node: &NodeProto) -> &str {
    match node.name.is_empty() {
        true => node
            .output
            .iter()
            .find(|o| !o.is_empty())
            .map_or("", String::as_str),
        false => &node.name,
    }
}

/// What a layer's origin says of a node.
pub fn describe(node: &NodeProto) -> String {
    format!("{} ({})", name_of(node), node.op_type)
}
