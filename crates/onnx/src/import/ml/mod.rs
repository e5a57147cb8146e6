//! Classical models: the domain `ai.onnx.ml`, and the nodes of the default domain that converters put around it.
//!
//! The front end knows little of this domain, so a model with any node of it is read from the file itself. Such models are short: a
//! chain of a few nodes, all of whose tensors are `[samples, numbers]`. Where onnxruntime and the specification differ, or
//! the specification says nothing, the import does what onnxruntime does.

mod attributes;
mod ensemble;
mod linear;
mod plain;
mod preprocess;
mod scores;
#[cfg(test)]
mod tests;
mod trees;

use super::{Imported, MAX_ENTRIES, Model, NodeNames, Port, Proto, name_of, refuse};
use crate::OnnxError;
use crate::graph::{Graph, Kind, LayerId};
use attributes::Attributes;
use inferproof_view::{Step, volume};
use std::collections::{BTreeMap, BTreeSet};
use tract_onnx::pb;

/// The domain. A model with a node of it is for this importer.
pub const DOMAIN: &str = "ai.onnx.ml";

/// Its versions that are supported.
const VERSIONS: std::ops::RangeInclusive<i64> = 1..=3;

/// The versions of the default domain that may stand beside it: the few operations of it mean the same in all.
const OPSETS: std::ops::RangeInclusive<i64> = 1..=21;

/// The operations of the domain that are supported.
const SUPPORTED: &[&str] = &[
    "ArrayFeatureExtractor",
    "LinearClassifier",
    "LinearRegressor",
    "Normalizer",
    "Scaler",
    "TreeEnsembleClassifier",
    "TreeEnsembleRegressor",
    "ZipMap",
];

/// The operations of the default domain that are supported in such a model.
const SUPPORTED_BESIDE: &[&str] = &[
    "Add", "Cast", "Constant", "Div", "Flatten", "Identity", "Mul", "Reshape", "Sub",
];

/// Whether a node's operation is supported in such a model, and if not, why.
pub fn support(node: &pb::NodeProto) -> Result<(), String> {
    let op = node.op_type.as_str();
    match node.domain.as_str() {
        DOMAIN if SUPPORTED.contains(&op) => Ok(()),
        DOMAIN if op == "TreeEnsemble" => Err(
            "the unified tree ensemble of version 5 is not supported; export the model for version 3 of the domain (TreeEnsembleClassifier or \
             TreeEnsembleRegressor)"
                .into(),
        ),
        DOMAIN => Err("this operation is not supported yet; replace it by supported ones".into()),
        "" | "ai.onnx" if SUPPORTED_BESIDE.contains(&op) => Ok(()),
        "" | "ai.onnx" => Err(format!(
            "beside operations of the domain `{DOMAIN}`, of the default domain only {} are supported",
            SUPPORTED_BESIDE.join(", ")
        )),
        other => Err(format!("operations of the domain `{other}` are not supported")),
    }
}

/// A tensor of the model.
#[derive(Clone, Copy)]
struct Value {
    layer: LayerId,
    /// Whether it holds integers already, so that a cast to integers changes nothing.
    is_integer: bool,
}

/// One node under import.
struct Node<'a> {
    proto: &'a pb::NodeProto,
    origin: String,
    attributes: Attributes<'a>,
    inputs: Vec<Value>,
}

/// Walks the nodes in the file's order, and keeps for each name the layer that stands for it.
struct Walk<'a> {
    proto: &'a Proto,
    names: NodeNames,
    graph: Graph,
    values: BTreeMap<&'a str, Value>,
    /// Tensors of the file itself: only shapes and indices are read from them.
    constants: BTreeMap<&'a str, &'a pb::TensorProto>,
}

/// Imports a model of this domain.
pub fn import(proto: &Proto) -> Result<Model, OnnxError> {
    let version = proto.version(DOMAIN);
    let opset = proto.opset();
    if !OPSETS.contains(&opset) {
        return Err(OnnxError::Model {
            reason: format!(
                "it uses opset {opset}; opsets {} to {} are supported",
                OPSETS.start(),
                OPSETS.end()
            ),
        });
    }
    let walk = Walk {
        proto,
        names: proto.node_names(),
        graph: Graph::default(),
        values: BTreeMap::new(),
        constants: BTreeMap::new(),
    };
    // By name first: an operation of a later version is better news than the version's number.
    for node in proto.nodes() {
        support(node).map_err(|reason| walk.unsupported(node, &reason))?;
    }
    if !VERSIONS.contains(&version) {
        return Err(OnnxError::Model {
            reason: format!(
                "it uses version {version} of the domain `{DOMAIN}`; versions {} to {} are supported",
                VERSIONS.start(),
                VERSIONS.end()
            ),
        });
    }
    walk.run(opset)
}

impl<'a> Walk<'a> {
    fn run(mut self, opset: i64) -> Result<Model, OnnxError> {
        let Some(file) = self.proto.graph() else {
            return Err(OnnxError::Corrupt {
                reason: "the file has no graph".into(),
            });
        };
        for tensor in &file.initializer {
            self.constants.insert(&tensor.name, tensor);
        }
        let inputs = self.inputs(&file.input)?;
        let mut entries = 0usize;
        for proto in &file.node {
            let known = self.graph.layers.len();
            let outputs = self
                .node(proto)
                .map_err(|refusal| self.unsupported(proto, &refusal.0))?;
            for (name, value) in proto.output.iter().zip(outputs) {
                self.values.insert(name, value);
            }
            for layer in self.graph.layers.iter().skip(known) {
                entries = entries.saturating_add(volume(&layer.shape).unwrap_or(usize::MAX));
            }
            if entries > MAX_ENTRIES {
                return Err(self.unsupported(
                    proto,
                    &format!("up to here the model's tensors have {entries} entries; at most {MAX_ENTRIES} are supported"),
                ));
            }
        }
        let mut outputs = Vec::new();
        for output in &file.output {
            let Some(value) = self.values.get(output.name.as_str()) else {
                return Err(OnnxError::Model {
                    reason: format!("no node makes the output `{}`", output.name),
                });
            };
            self.graph.outputs.push(value.layer);
            outputs.push(Port {
                name: output.name.clone(),
                shape: self.graph.shape(value.layer).to_vec(),
            });
        }
        if outputs.is_empty() {
            return Err(OnnxError::Model {
                reason: "it has no outputs".into(),
            });
        }
        self.graph.prune();
        Ok(Model {
            opset,
            graph: self.graph,
            inputs,
            outputs,
        })
    }

    /// The inputs: one or two axes. Converters leave the number of samples open; a program has a fixed one, so that is 1.
    fn inputs(&mut self, declared: &'a [pb::ValueInfoProto]) -> Result<Vec<Port>, OnnxError> {
        let mut ports = Vec::new();
        let mut known = BTreeSet::new();
        for input in declared {
            let name = input.name.as_str();
            if self.constants.contains_key(name) {
                continue;
            }
            let unusable = |reason: String| OnnxError::Model {
                reason: format!("input `{name}`: {reason}"),
            };
            let (shape, is_integer) = declaration(input)?;
            let count = volume(&shape).unwrap_or(0);
            if !matches!(shape.len(), 1 | 2) || count == 0 || count > MAX_ENTRIES {
                return Err(unusable(format!(
                    "shape {shape:?}; expected one or two axes, and 1 to {MAX_ENTRIES} entries"
                )));
            }
            if !known.insert(name) {
                return Err(unusable("it is declared twice".into()));
            }
            let kind = Kind::Input {
                bounds: None,
                integral: is_integer,
            };
            let layer = self.graph.push(name, shape.clone(), kind);
            self.graph.inputs.push(layer);
            self.values.insert(name, Value { layer, is_integer });
            ports.push(Port {
                name: name.to_owned(),
                shape,
            });
        }
        Ok(ports)
    }

    fn unsupported(&self, node: &pb::NodeProto, reason: &str) -> OnnxError {
        let domain = node.domain.as_str();
        let op = match domain {
            "" | "ai.onnx" => node.op_type.clone(),
            _ => format!("{domain}.{}", node.op_type),
        };
        OnnxError::Unsupported {
            node: name_of(node),
            op,
            opset: self.proto.version(domain),
            reason: reason.to_owned(),
        }
    }

    /// The values that stand for a node's outputs.
    fn node(&mut self, proto: &'a pb::NodeProto) -> Imported<Vec<Value>> {
        if proto.op_type == "Constant" {
            return self.constant(proto);
        }
        let computed = proto.input.iter().map_while(|name| {
            let value = self.values.get(name.as_str()).copied();
            (!self.constants.contains_key(name.as_str())).then_some((name, value))
        });
        let mut inputs = Vec::new();
        for (name, value) in computed {
            let Some(value) = value else {
                return refuse(format!("it reads `{name}`, which nothing before it makes"));
            };
            inputs.push(value);
        }
        let node = Node {
            proto,
            origin: self.names.describe(&name_of(proto)),
            attributes: Attributes::of(proto),
            inputs,
        };
        match proto.op_type.as_str() {
            "TreeEnsembleClassifier" => ensemble::classifier(&mut self.graph, &node),
            "TreeEnsembleRegressor" => ensemble::regressor(&mut self.graph, &node),
            "LinearClassifier" => linear::classifier(&mut self.graph, &node),
            "LinearRegressor" => linear::regressor(&mut self.graph, &node),
            "Scaler" => preprocess::scaler(&mut self.graph, &node),
            "Normalizer" => preprocess::normalizer(&mut self.graph, &node),
            "ArrayFeatureExtractor" => self.extract(&node),
            "Add" | "Sub" | "Mul" | "Div" => self.arithmetic(&node),
            "Reshape" => self.reshape(&node),
            "Flatten" => plain::flatten(&mut self.graph, &node),
            "Cast" => plain::cast(&mut self.graph, &node),
            // A ZipMap makes a dictionary of each row; the row itself is kept, in the order of the class labels.
            "Identity" | "ZipMap" => Ok(vec![node.input()?]),
            _ => refuse("this operation has no import"),
        }
    }
}

impl Node<'_> {
    /// The only computed input, or the first of several.
    fn input(&self) -> Imported<Value> {
        match self.inputs.first() {
            Some(value) => Ok(*value),
            None => refuse("it has no computed input"),
        }
    }

    /// The first input as `[samples, numbers]`, and both lengths: an array of one axis is one sample.
    fn rows(&self, graph: &mut Graph) -> Imported<(LayerId, usize, usize)> {
        let source = self.input()?.layer;
        match *graph.shape(source) {
            [samples, numbers] => Ok((source, samples, numbers)),
            [numbers] => {
                let row = Step::Insert { axis: 0, len: 1 };
                Ok((graph.view(&self.origin, source, vec![row])?, 1, numbers))
            }
            ref shape => refuse(format!(
                "an input of shape {shape:?}; expected one or two axes"
            )),
        }
    }
}

/// An input's shape, with a first dimension that is open or zero read as 1, and whether it holds integers.
fn declaration(input: &pb::ValueInfoProto) -> Result<(Vec<usize>, bool), OnnxError> {
    use pb::tensor_proto::DataType;
    use pb::tensor_shape_proto::dimension::Value as Dim;
    let name = &input.name;
    let declared = input.r#type.as_ref().and_then(|t| t.value.as_ref());
    let Some(pb::type_proto::Value::TensorType(tensor)) = declared else {
        return Err(OnnxError::Model {
            reason: format!("input `{name}` is no tensor"),
        });
    };
    let is_integer = match DataType::try_from(tensor.elem_type) {
        Ok(DataType::Float | DataType::Double | DataType::Float16) => false,
        Ok(DataType::Int32 | DataType::Int64) => true,
        other => {
            return Err(OnnxError::Model {
                reason: format!("input `{name}` holds {other:?}; expected numbers"),
            });
        }
    };
    let dims = tensor.shape.as_ref().map_or(&[][..], |s| &s.dim[..]);
    let symbolic = || OnnxError::SymbolicShape {
        tensor: name.clone(),
        shape: format!("{:?}", dims.iter().map(|d| &d.value).collect::<Vec<_>>()),
    };
    let mut shape = Vec::new();
    for (axis, dim) in dims.iter().enumerate() {
        let given = match &dim.value {
            Some(Dim::DimValue(len)) => usize::try_from(*len).ok().filter(|&len| len > 0),
            _ => None,
        };
        match given {
            Some(len) => shape.push(len),
            None if axis == 0 && dims.len() == 2 => shape.push(1),
            None => return Err(symbolic()),
        }
    }
    if shape.is_empty() {
        return Err(symbolic());
    }
    Ok((shape, is_integer))
}
