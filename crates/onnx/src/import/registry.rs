//! The operations that are known, each declared beside its import.
//!
//! A file of `ops/` submits one [`Operation`] (or those of a family whose imports are one) with `inventory::submit!`; nothing else lists
//! them. What `docs/reference/operations.md` says of them is made from here.

use super::domains::{ONNX, canonical};
use super::importer::Importer;
use super::node::Node;
use super::refusal::{Imported, refuse};
use super::value::Value;
use crate::proto::AttributeType;

/// Makes the values of a node's outputs, as many as the operation has.
pub type Import = for<'a> fn(&mut Importer<'a>, &Node<'a>) -> Imported<Vec<Value>>;

/// Makes the values of the outputs of a node whose inputs are all constant.
pub type Evaluate = fn(&Node<'_>) -> Imported<Vec<Value>>;

/// An operation, or several whose imports are the same.
pub struct Operation {
    /// Its domain.
    pub domain: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The versions of the domain in which it began or changed (`since_version`), from the first that is supported.
    pub versions: &'static [i64],
    /// All its attributes in these versions.
    pub attributes: &'static [Attribute],
    /// What it becomes.
    pub import: Import,
    /// What becomes of it where all inputs are constant.
    pub fold: Fold,
    /// For the documentation: what of it is supported, where that is not all.
    pub conditions: &'static str,
    /// For the documentation: what it becomes in a proof.
    pub becomes: &'static str,
}

/// How an operation on constants is evaluated.
pub enum Fold {
    /// By its import: what that makes is computed in double precision and rounded to the type of the output. Right for what rearranges
    /// entries, and for functions of real numbers.
    ByImport,
    /// By a function of its own, in the arithmetic of the type.
    Own(Evaluate),
    /// Not at all: its import does that itself.
    Never,
}

/// An attribute, and what it holds.
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: AttributeType,
}

/// An attribute that holds an integer.
pub const fn int(name: &'static str) -> Attribute {
    Attribute {
        name,
        kind: AttributeType::Int,
    }
}

/// An attribute that holds integers.
pub const fn ints(name: &'static str) -> Attribute {
    Attribute {
        name,
        kind: AttributeType::Ints,
    }
}

/// An attribute that holds a number.
pub const fn float(name: &'static str) -> Attribute {
    Attribute {
        name,
        kind: AttributeType::Float,
    }
}

/// An attribute that holds numbers.
pub const fn floats(name: &'static str) -> Attribute {
    Attribute {
        name,
        kind: AttributeType::Floats,
    }
}

/// An attribute that holds a word.
pub const fn string(name: &'static str) -> Attribute {
    Attribute {
        name,
        kind: AttributeType::String,
    }
}

/// An attribute that holds words.
pub const fn strings(name: &'static str) -> Attribute {
    Attribute {
        name,
        kind: AttributeType::Strings,
    }
}

/// An attribute that holds a tensor.
pub const fn tensor(name: &'static str) -> Attribute {
    Attribute {
        name,
        kind: AttributeType::Tensor,
    }
}

/// An attribute that holds a sparse tensor.
pub const fn sparse_tensor(name: &'static str) -> Attribute {
    Attribute {
        name,
        kind: AttributeType::SparseTensor,
    }
}

/// An attribute that holds a graph.
pub const fn graph(name: &'static str) -> Attribute {
    Attribute {
        name,
        kind: AttributeType::Graph,
    }
}

impl Operation {
    /// An operation of ONNX's own domain without attributes, evaluated by its import.
    pub const fn new(name: &'static str, versions: &'static [i64], import: Import) -> Self {
        Self {
            domain: ONNX,
            name,
            versions,
            attributes: &[],
            import,
            fold: Fold::ByImport,
            conditions: "",
            becomes: "",
        }
    }

    /// The same in another domain.
    pub const fn domain(mut self, domain: &'static str) -> Self {
        self.domain = domain;
        self
    }

    /// The same with these attributes.
    pub const fn attributes(mut self, attributes: &'static [Attribute]) -> Self {
        self.attributes = attributes;
        self
    }

    /// The same, evaluated otherwise on constants.
    pub const fn fold(mut self, fold: Fold) -> Self {
        self.fold = fold;
        self
    }

    /// The same with its row of the documentation: conditions (empty where everything is supported), and what it becomes.
    pub const fn row(mut self, conditions: &'static str, becomes: &'static str) -> Self {
        self.conditions = conditions;
        self.becomes = becomes;
        self
    }

    /// The version that applies in a model that imports this version of the domain.
    pub fn since(&self, imported: i64) -> Option<i64> {
        self.versions
            .iter()
            .copied()
            .filter(|&v| v <= imported)
            .max()
    }

    /// Refuses a node with attributes that the operation does not have, and such as hold something else than they should.
    pub fn check_attributes(&self, node: &Node<'_>) -> Imported<()> {
        for (name, attribute) in &node.attributes {
            let known = self.attributes.iter().find(|a| a.name == *name);
            let Some(known) = known else {
                return refuse(format!(
                    "it has an attribute `{name}`, which this operation does not have in version {}",
                    node.since
                ));
            };
            // Files of the first versions of the format do not say what an attribute holds.
            let is_told = attribute.r#type != AttributeType::Undefined as i32;
            if is_told && attribute.r#type != known.kind as i32 {
                return refuse(format!(
                    "its attribute `{name}` should hold {}",
                    match known.kind {
                        AttributeType::Int => "an integer",
                        AttributeType::Ints => "integers",
                        AttributeType::Float => "a number",
                        AttributeType::Floats => "numbers",
                        AttributeType::String => "a word",
                        AttributeType::Strings => "words",
                        AttributeType::Tensor => "a tensor",
                        AttributeType::SparseTensor => "a sparse tensor",
                        AttributeType::Graph => "a graph",
                        _ => "something else",
                    }
                ));
            }
        }
        Ok(())
    }
}

inventory::collect!(Operation);

/// The operation of this name.
pub fn find(domain: &str, name: &str) -> Option<&'static Operation> {
    let domain = canonical(domain);
    inventory::iter::<Operation>
        .into_iter()
        .find(|op| op.name == name && op.domain == domain)
}

/// All operations, by domain and name.
pub fn all() -> Vec<&'static Operation> {
    let mut all: Vec<&Operation> = inventory::iter::<Operation>.into_iter().collect();
    all.sort_by_key(|op| (op.domain, op.name));
    all
}
