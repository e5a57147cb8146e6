//! What stands for a name of the model while it is imported.

use crate::element::Element;
use crate::graph::LayerId;
use crate::tensor::Tensor;

/// A value of the model.
#[derive(Clone, Debug)]
pub enum Value {
    /// Entries that are known, whatever the inputs.
    Constant(Tensor),
    /// A layer of the graph, and the type that its entries have in the model.
    Computed { layer: LayerId, element: Element },
    /// A sequence of known length.
    Sequence(Vec<Value>),
    /// An optional value that is not there.
    Nothing,
}

impl Value {
    /// A layer, with the type of its entries.
    pub fn computed(layer: LayerId, element: Element) -> Self {
        Self::Computed { layer, element }
    }

    /// The known entries.
    pub fn constant(&self) -> Option<&Tensor> {
        match self {
            Self::Constant(tensor) => Some(tensor),
            _ => None,
        }
    }

    /// The type of entries; `None` for what is no tensor.
    pub fn element(&self) -> Option<Element> {
        match self {
            Self::Constant(tensor) => Some(tensor.element()),
            Self::Computed { element, .. } => Some(*element),
            Self::Sequence(_) | Self::Nothing => None,
        }
    }
}
