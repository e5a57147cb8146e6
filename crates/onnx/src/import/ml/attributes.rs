//! A node's attributes by name and type.

use super::{Imported, refuse};
use tract_onnx::pb;

/// The attributes of one node.
pub struct Attributes<'a>(&'a [pb::AttributeProto]);

impl<'a> Attributes<'a> {
    pub fn of(node: &'a pb::NodeProto) -> Self {
        Self(&node.attribute)
    }

    fn find(&self, name: &str) -> Option<&'a pb::AttributeProto> {
        self.0.iter().find(|a| a.name == name)
    }

    /// An integer; the default where the attribute is missing.
    pub fn int(&self, name: &str, default: i64) -> i64 {
        self.find(name).map_or(default, |a| a.i)
    }

    /// A word; the default where the attribute is missing.
    pub fn word(&self, name: &str, default: &'a str) -> Imported<&'a str> {
        let Some(attribute) = self.find(name) else {
            return Ok(default);
        };
        match std::str::from_utf8(&attribute.s) {
            Ok(word) => Ok(word),
            Err(_) => refuse(format!("attribute `{name}` is no text")),
        }
    }

    /// Integers; none where the attribute is missing.
    pub fn ints(&self, name: &str) -> &'a [i64] {
        self.find(name).map_or(&[], |a| &a.ints)
    }

    /// Strings; none where the attribute is missing.
    pub fn strings(&self, name: &str) -> &'a [Vec<u8>] {
        self.find(name).map_or(&[], |a| &a.strings)
    }

    /// Finite numbers in single precision; none where the attribute is missing.
    pub fn floats(&self, name: &str) -> Imported<&'a [f32]> {
        let double = format!("{name}_as_tensor");
        if self.find(&double).is_some() {
            return refuse(format!(
                "attribute `{double}` holds doubles; export the model in single precision"
            ));
        }
        let values = self.find(name).map_or(&[][..], |a| &a.floats);
        match values.iter().find(|v| !v.is_finite()) {
            Some(bad) => refuse(format!("attribute `{name}` holds {bad}")),
            None => Ok(values),
        }
    }

    /// A tensor.
    pub fn tensor(&self, name: &str) -> Option<&'a pb::TensorProto> {
        self.find(name)?.t.as_ref()
    }
}
