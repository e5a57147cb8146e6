//! Numbers in attributes, in single precision or, as a tensor in another attribute, in double.

use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};

impl Node<'_> {
    /// The finite numbers of an attribute, or of the tensor of doubles that may stand in its place; none where both are missing.
    pub fn numbers(&self, name: &str) -> Imported<Vec<f64>> {
        let doubles = self.tensor(&format!("{name}_as_tensor"))?;
        let values = match doubles {
            Some(tensor) => tensor.reals().unwrap_or_default(),
            None => {
                let floats = self.floats(name).unwrap_or_default();
                floats.iter().map(|&v| v.into()).collect()
            }
        };
        match values.iter().find(|v| !v.is_finite()) {
            Some(bad) => refuse(format!("its attribute `{name}` holds {bad}")),
            None => Ok(values),
        }
    }
}
