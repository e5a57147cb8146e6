//! ONNX to a float [`Graph`], node by node.
//!
//! Each node is handed to the import of its operation ([`registry`]), with the values of its inputs: constants as they are, everything else as
//! layers of the graph. What an import makes has its shape by construction; what the file says of shapes in between is not read. A node whose
//! inputs are all constant is evaluated instead ([`folding`]).

mod build;
mod columnwise;
mod control;
mod folding;
mod initializer;
mod node;
mod ops;
mod refusal;
pub mod registry;
mod scope;
mod signature;
mod unsupported;
mod value;

use crate::element::Element;
use crate::foreign::recognize;
use crate::graph::{Graph, Kind, LayerId};
use crate::passes::repeated;
use crate::proto::{FunctionProto, GraphProto, ModelProto, NodeProto};
use crate::tensor::Tensor;
use crate::{Dimensions, OnnxError};
use build::contraction::Foldable;
use build::fuse::Chain;
use build::missing::MaybeMissing;
use build::quantized::Quantized;
use build::strings::{Categories, StringLists};
use inferproof_view::volume;
use node::Node;
use prost::Message;
use prost::bytes::Bytes;
use refusal::{Imported, Refusal, refuse};
use scope::{Frame, Scope};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use value::Value;

/// Entries that all tensors of a model but its constants have together at most: 2 GiB as the reference computes them. A file of
/// a hundred bytes can ask for any number.
const MAX_ENTRIES: usize = 1 << 28;

/// What stands for infinity in a constant: masks of attention add it to what a softmax shall not see.
const INFINITY: f32 = 1e30;

/// Versions of ONNX's own domain that are supported.
pub const OPSETS: std::ops::RangeInclusive<i64> = 7..=26;

/// Versions of the domain of classical models that are supported.
pub const ML_VERSIONS: std::ops::RangeInclusive<i64> = 1..=5;

/// Calls of functions inside of functions, and graphs inside of graphs, at most.
const MAX_DEPTH: usize = 32;

/// Branches and steps of loops that are written out, at most: loops inside of loops multiply.
const MAX_WRITTEN_OUT: usize = 1 << 14;

/// Operations that give what they read in another form: of a constant that the model was given, that constant.
const MOVES: [&str; 7] = [
    "Cast",
    "Flatten",
    "Identity",
    "Reshape",
    "Squeeze",
    "Transpose",
    "Unsqueeze",
];

/// An input or output of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Port {
    /// Its ONNX name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Of a tensor of strings: the integer `n` stands for `categories[n]`, and in an input `categories.len()` for every other string.
    /// Empty for a tensor of numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Whether the model takes missing values (NaN) for this input: everything that reads them says what it makes of one. The greatest
    /// integer of the program's input stands for them, and for nothing else.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub may_be_missing: bool,
    /// Whether its entries are integers or truth values, and not real numbers.
    #[serde(skip)]
    pub is_integral: bool,
}

/// A model, imported.
pub struct Model {
    /// The version of the default operation set.
    pub opset: i64,
    pub graph: Graph,
    pub inputs: Vec<Port>,
    pub outputs: Vec<Port>,
    /// What whoever uses the model has to know of its import, in sentences.
    pub notes: Vec<String>,
    /// The files beside the model's own in which it keeps constants, by name.
    pub external_files: Vec<String>,
}

/// Parses a file.
pub fn parse(onnx: &[u8]) -> Result<ModelProto, OnnxError> {
    let model = ModelProto::decode(Bytes::copy_from_slice(onnx)).ok();
    let model = model.filter(|model| model.graph.is_some());
    model.ok_or_else(|| OnnxError::Corrupt {
        reason: recognize(onnx),
    })
}

/// The version of ONNX's own domain that a model is written in.
pub fn opset(model: &ModelProto) -> i64 {
    version(model, registry::ONNX).unwrap_or(1)
}

fn version(model: &ModelProto, domain: &str) -> Option<i64> {
    let mut sets = model.opset_import.iter();
    let set = sets.find(|set| registry::canonical(&set.domain) == domain)?;
    Some(set.version)
}

/// Whether a node's operation is known in a model; if not, why.
pub fn support(model: &ModelProto, node: &NodeProto) -> Result<(), String> {
    if model.functions.iter().any(|f| is_call(f, node)) {
        return Ok(());
    }
    let imported = version(model, registry::canonical(&node.domain));
    operation(node, imported).map(|_| ()).map_err(|e| e.0)
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

/// The operation of a node in a model with this version of its domain, and the version that applies.
fn operation(
    node: &NodeProto,
    imported: Option<i64>,
) -> Imported<(&'static registry::Operation, i64)> {
    let Some(operation) = registry::find(&node.domain, &node.op_type) else {
        return refuse(match registry::canonical(&node.domain) {
            registry::ONNX | registry::ML | registry::MICROSOFT => {
                let known = unsupported::reason(&node.op_type);
                known.unwrap_or("this operation is not supported; replace it by supported ones (docs/reference/operations.md)").to_owned()
            }
            other => format!(
                "operations of the domain `{other}` are not supported; export the model with ONNX's own operations, or with this one as a model-local function"
            ),
        });
    };
    let Some(imported) = imported else {
        return refuse(format!(
            "the model does not say which version of the domain `{}` it uses",
            operation.domain
        ));
    };
    match operation.since(imported) {
        Some(since) => Ok((operation, since)),
        None => refuse(format!(
            "version {imported} of this operation is not supported, version {} is: convert the model with onnx.version_converter",
            operation.versions.first().copied().unwrap_or_default()
        )),
    }
}

fn is_call(function: &FunctionProto, node: &NodeProto) -> bool {
    function.name == node.op_type
        && registry::canonical(&function.domain) == registry::canonical(&node.domain)
        && function.overload == node.overload
}

/// How to read a model.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions<'a> {
    /// Lengths of dimensions that it leaves open.
    pub dimensions: Dimensions,
    /// Where the files lie in which it keeps constants, if it does.
    pub folder: Option<&'a Path>,
    /// Whether a quantized model is to be read as the float model behind it: real numbers that are clipped where its integers would saturate, and
    /// dequantized weights.
    pub dequantize: bool,
}

/// Imports a parsed model.
pub fn import(model: &ModelProto, options: &ImportOptions<'_>) -> Result<Model, OnnxError> {
    let Some(graph) = &model.graph else {
        return Err(OnnxError::Corrupt {
            reason: "the file has no graph".into(),
        });
    };
    let domains = [(registry::ONNX, OPSETS), (registry::ML, ML_VERSIONS)];
    for (domain, supported) in domains {
        if let Some(version) = version(model, domain).filter(|v| !supported.contains(v)) {
            let which = match domain {
                registry::ONNX => "opset".to_owned(),
                other => format!("version of the domain `{other}`"),
            };
            return Err(OnnxError::Model {
                reason: format!(
                    "it uses {which} {version}; {} to {} are supported: convert it with onnx.version_converter",
                    supported.start(),
                    supported.end()
                ),
            });
        }
    }
    let (grown, imported) = import_once(model, graph, options, StringLists::default())?;
    match grown {
        Some(categories) => {
            let lists = StringLists::grown(categories);
            import_once(model, graph, options, lists).map(|(_, imported)| imported)
        }
        None => Ok(imported),
    }
}

/// Imports a model with the lists of strings that are known, and says what those of its inputs have grown to.
fn import_once(
    model: &ModelProto,
    graph: &GraphProto,
    options: &ImportOptions<'_>,
    strings: StringLists,
) -> Result<(Option<Categories>, Model), OnnxError> {
    let opset = opset(model);
    let mut importer = Importer {
        strings,
        maybe_missing: BTreeMap::new(),
        graph: Graph::default(),
        layers: Layers::Constants,
        foldable: BTreeMap::new(),
        chains: BTreeMap::new(),
        given: BTreeSet::new(),
        trained: BTreeSet::new(),
        quantized: Quantized::default(),
        dequantizes: options.dequantize,
        notes: BTreeSet::new(),
        frames: vec![Frame::new(&model.opset_import, String::new())],
        functions: Arc::new(model.functions.iter().collect()),
        folder: options.folder,
        entries: 0,
        written_out: 0,
    };
    let outputs = graph.output.iter().map(|o| o.name.as_str());
    let scope = Scope::of(&graph.node, outputs.clone());
    importer.frame().scopes.push(scope);
    importer.initializers(graph)?;
    let mut inputs = importer.inputs(signature::inputs(model, graph, &options.dimensions)?)?;
    importer.walk(&graph.node)?;
    let mut ports = Vec::new();
    for name in outputs {
        let Some(value) = importer.value(name).cloned() else {
            return Err(OnnxError::Model {
                reason: format!("no node makes the output `{name}`"),
            });
        };
        let unusable = |refusal: Refusal| OnnxError::Model {
            reason: format!("output `{name}`: {}", refusal.0),
        };
        let layer = importer.layer(name, &value).map_err(unusable)?;
        if importer.quantized.reals.contains_key(&layer) {
            return Err(OnnxError::Model {
                reason: format!(
                    "output `{name}` holds the integers of a quantization that is not carried out; dequantize it in the model"
                ),
            });
        }
        importer.graph.outputs.push(layer);
        ports.push(Port {
            name: name.to_owned(),
            shape: importer.graph.shape(layer).to_vec(),
            categories: match value.element() {
                Some(Element::String) => importer.output_strings(layer).map_err(unusable)?,
                _ => vec![],
            },
            may_be_missing: false,
            is_integral: value.element().is_some_and(Element::is_whole),
        });
    }
    if ports.is_empty() {
        return Err(OnnxError::Model {
            reason: "it has no outputs".into(),
        });
    }
    let notes = importer.notes.into_iter().collect();
    let grown = importer.strings.categories();
    let external_files = initializer::external_files(model).into_iter().collect();
    let mut graph = importer.graph;
    repeated::merge(&mut graph);
    graph.prune();
    let mut complete = BTreeSet::new();
    for (input, &layer) in inputs.iter_mut().zip(&graph.inputs) {
        input.may_be_missing = graph.takes_missing(layer);
        if !input.may_be_missing {
            complete.insert(layer);
        }
    }
    let graph = graph.without_missing(&complete);
    let model = Model {
        opset,
        graph,
        inputs,
        outputs: ports,
        notes,
        external_files,
    };
    Ok((grown, model))
}

/// Whether what an operation makes of real numbers in the place of integers is such a place again.
#[derive(Clone, Copy)]
enum Follows {
    Yes,
    No,
}

/// What a constant becomes where a layer is asked for.
enum Layers {
    /// Weights.
    Constants,
    /// An input of a graph that is evaluated at once, with the entries that each input has.
    Evaluated(Vec<Tensor>),
}

/// Walks the nodes, and keeps for each name what stands for it.
pub struct Importer<'a> {
    /// The graph under construction.
    pub graph: Graph,
    layers: Layers,
    strings: StringLists,
    /// Layers of which something has asked which entries are missing.
    maybe_missing: BTreeMap<LayerId, MaybeMissing>,
    /// Layers that end a contraction with constant weights, into which what follows may be folded.
    foldable: BTreeMap<LayerId, Foldable>,
    /// Layers that are functions of another one, entry by entry.
    chains: BTreeMap<LayerId, Chain>,
    /// Names of constants that the model was given, as against those that are computed.
    given: BTreeSet<&'a str>,
    /// Layers of those that are arrays: what they hold is secret, also where it is the same number everywhere.
    trained: BTreeSet<LayerId>,
    /// What is known of layers of integers and of what is dequantized from them.
    quantized: Quantized,
    /// Whether quantized tensors are to be the real numbers that they stand for.
    dequantizes: bool,
    /// What whoever uses the model has to know of its import.
    notes: BTreeSet<String>,
    /// The model's graph, and the functions that are being called.
    frames: Vec<Frame<'a>>,
    functions: Arc<Vec<&'a FunctionProto>>,
    folder: Option<&'a Path>,
    /// Entries of all layers so far.
    entries: usize,
    /// Graphs inside of the model's that were written out so far.
    written_out: usize,
}

impl<'a> Importer<'a> {
    /// Whether what is imported is evaluated at once, since all of it is constant.
    pub fn evaluates(&self) -> bool {
        matches!(self.layers, Layers::Evaluated(_))
    }

    /// An importer with an empty graph, in which constants are inputs.
    fn scratch(&self) -> Self {
        Self {
            graph: Graph::default(),
            layers: Layers::Evaluated(Vec::new()),
            strings: StringLists::default(),
            maybe_missing: BTreeMap::new(),
            foldable: BTreeMap::new(),
            chains: BTreeMap::new(),
            given: BTreeSet::new(),
            trained: BTreeSet::new(),
            quantized: Quantized::default(),
            dequantizes: self.dequantizes,
            notes: BTreeSet::new(),
            frames: Vec::new(),
            functions: self.functions.clone(),
            folder: self.folder,
            entries: 0,
            written_out: 0,
        }
    }

    fn frame(&mut self) -> &mut Frame<'a> {
        // There is none while constants are evaluated, which needs no names.
        if self.frames.is_empty() {
            self.frames.push(Frame::new(&[], String::new()));
        }
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    /// What a name stands for.
    fn value(&self, name: &str) -> Option<&Value> {
        self.frames.last()?.value(name)
    }

    /// Lets a name of the innermost graph stand for a value.
    fn bind(&mut self, name: &'a str, value: Value) -> Result<(), OnnxError> {
        let scope = self.frame().scopes.last_mut();
        match scope.is_none_or(|scope| scope.bind(name, value)) {
            true => Ok(()),
            false => Err(OnnxError::Model {
                reason: format!("the name `{name}` is given to two values"),
            }),
        }
    }

    /// Binds the constants of a graph.
    fn initializers(&mut self, graph: &'a GraphProto) -> Result<(), OnnxError> {
        let corrupt = |reason| OnnxError::Corrupt { reason };
        for proto in &graph.initializer {
            let tensor = initializer::read(proto, self.folder).map_err(corrupt)?;
            self.bind(&proto.name, Value::Constant(tensor))?;
            self.given.insert(&proto.name);
        }
        for proto in &graph.sparse_initializer {
            let tensor = initializer::read_sparse(proto, self.folder).map_err(corrupt)?;
            let name = proto.values.as_ref().map_or("", |v| &v.name);
            self.bind(name, Value::Constant(tensor))?;
            self.given.insert(name);
        }
        Ok(())
    }

    /// Binds the inputs of the model. One without entries has nothing to be given: it is a constant.
    fn inputs(&mut self, declared: Vec<signature::Declared<'a>>) -> Result<Vec<Port>, OnnxError> {
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
            });
        }
        Ok(ports)
    }

    /// Imports nodes in their order.
    fn walk(&mut self, nodes: &'a [NodeProto]) -> Result<(), OnnxError> {
        let columnwise = self.columnwise(nodes);
        for (position, proto) in nodes.iter().enumerate() {
            if columnwise.passed_over.contains(&position) {
                continue;
            }
            let known = self.graph.layers.len();
            let outputs = match columnwise.functions.get(&position) {
                Some(columns) => self.of_columns(proto, columns),
                None => self.imported(proto),
            };
            let made = self.graph.layers.get(known..).unwrap_or_default().iter();
            for layer in made.filter(|l| !matches!(l.kind, Kind::Constant(_))) {
                let entries = volume(&layer.shape).unwrap_or(usize::MAX);
                self.entries = self.entries.saturating_add(entries);
            }
            let outputs = outputs.and_then(|outputs| match self.entries <= MAX_ENTRIES {
                true => Ok(outputs),
                false => refuse(format!(
                    "up to here the model's tensors have {} entries; at most {MAX_ENTRIES} are supported",
                    self.entries
                )),
            });
            let outputs = outputs.map_err(|refusal| self.unsupported(proto, refusal))?;
            let source = proto.input.first().map(String::as_str);
            let is_given = proto.op_type == "Constant"
                || source.is_some_and(|name| self.given.contains(name))
                    && MOVES.contains(&proto.op_type.as_str());
            for (name, value) in proto.output.iter().zip(outputs) {
                if is_given {
                    self.given.insert(name);
                }
                if !name.is_empty() {
                    self.bind(name, value)?;
                }
            }
        }
        Ok(())
    }

    fn unsupported(&mut self, proto: &NodeProto, refusal: Refusal) -> OnnxError {
        let domain = registry::canonical(&proto.domain);
        let frame = self.frame();
        OnnxError::Unsupported {
            node: format!("{}{}", frame.prefix, name_of(proto)),
            op: match domain {
                registry::ONNX => proto.op_type.clone(),
                other => format!("{other}.{}", proto.op_type),
            },
            opset: frame.opsets.get(domain).copied().unwrap_or_default(),
            reason: refusal.0,
        }
    }

    /// The values of a node's outputs.
    fn imported(&mut self, proto: &'a NodeProto) -> Imported<Vec<Value>> {
        let functions = self.functions.clone();
        if let Some(function) = functions.iter().find(|f| is_call(f, proto)) {
            return self.called(function, proto);
        }
        let frame = self.frame();
        let imported = frame.opsets.get(registry::canonical(&proto.domain));
        let (operation, since) = operation(proto, imported.copied())?;
        let node = self.node(proto, since)?;
        node.check_attributes(operation)?;
        let is_constant = |value: &Value| match value {
            Value::Constant(_) => true,
            Value::Computed { .. } | Value::Sequence(_) | Value::Nothing => false,
        };
        let folded = match node.inputs.iter().flatten().all(is_constant) {
            true => folding::fold(self, operation, &node)?,
            false => None,
        };
        let outputs = match folded {
            Some(outputs) => outputs,
            None => {
                let reals = self.reals(&node)?;
                let outputs = (operation.import)(self, &node)?;
                self.remember_reals(reals, &outputs);
                outputs
            }
        };
        if let Some(missing) = proto.output.get(outputs.len()..)
            && missing.iter().any(|name| !name.is_empty())
        {
            return refuse(format!(
                "it has {} outputs; {} are supported",
                proto.output.len(),
                outputs.len()
            ));
        }
        Ok(outputs)
    }

    /// The scale of the integers that a node takes some of its inputs for, if these hold the real numbers behind them. Refused where the
    /// operation would tell the difference.
    fn reals(&self, node: &Node<'_>) -> Imported<Option<(f32, Follows)>> {
        let scale = node.inputs.iter().flatten().find_map(|value| match value {
            Value::Computed { layer, .. } => self.quantized.reals.get(layer).copied(),
            _ => None,
        });
        let Some(scale) = scale else {
            return Ok(None);
        };
        match node.op() {
            "ConvInteger" | "MatMulInteger" | "DequantizeLinear" | "QLinearConv"
            | "QLinearMatMul" => Ok(Some((scale, Follows::No))),
            "Concat" | "Flatten" | "Gather" | "Identity" | "MaxPool" | "Reshape" | "Slice"
            | "Split" | "Squeeze" | "Transpose" | "Unsqueeze" => Ok(Some((scale, Follows::Yes))),
            _ => refuse(
                "it computes with the integers of a dynamic quantization, in whose place the real numbers are proven; export the float model",
            ),
        }
    }

    /// Remembers that what was only moved still holds reals.
    fn remember_reals(&mut self, reals: Option<(f32, Follows)>, outputs: &[Value]) {
        if let Some((scale, Follows::Yes)) = reals {
            for output in outputs {
                if let Value::Computed { layer, .. } = output {
                    self.quantized.reals.insert(*layer, scale);
                }
            }
        }
    }

    /// A node with what its inputs and attributes stand for.
    fn node(&mut self, proto: &'a NodeProto, since: i64) -> Imported<Node<'a>> {
        let folder = self.folder;
        let frame = self.frame();
        let mut inputs = Vec::new();
        for name in &proto.input {
            inputs.push(match name.as_str() {
                "" => None,
                name => match frame.value(name) {
                    Some(Value::Nothing) => None,
                    Some(value) => Some(value.clone()),
                    None => {
                        return refuse(format!("it reads `{name}`, which nothing before it makes"));
                    }
                },
            });
        }
        let mut attributes = Vec::new();
        for attribute in &proto.attribute {
            match attribute.ref_attr_name.as_str() {
                "" => attributes.push((attribute.name.as_str(), attribute)),
                // One that the caller has left out, and the function has no default for, is left out here as well.
                outer => attributes.extend(
                    frame
                        .attributes
                        .get(outer)
                        .map(|value| (attribute.name.as_str(), *value)),
                ),
            }
        }
        Ok(Node {
            proto,
            origin: format!("{}{}", frame.prefix, describe(proto)),
            since,
            inputs,
            attributes,
            folder,
        })
    }

    /// The layer that stands for a value.
    pub fn layer(&mut self, origin: &str, value: &Value) -> Imported<LayerId> {
        match value {
            Value::Computed { layer, .. } => Ok(*layer),
            Value::Constant(tensor) => match &mut self.layers {
                Layers::Evaluated(known) => {
                    folding::known_layer(&mut self.graph, known, origin, tensor)
                }
                Layers::Constants => self.weights(origin, tensor),
            },
            Value::Sequence(_) => refuse("a sequence where a tensor is expected"),
            Value::Nothing => refuse("an optional value that is not there"),
        }
    }

    /// The layer of a node's input.
    pub fn input(&mut self, node: &Node<'_>, position: usize) -> Imported<LayerId> {
        let value = node.input(position)?.clone();
        let layer = self.layer(&node.origin, &value)?;
        let name = node.proto.input.get(position);
        let is_array = value.constant().is_some_and(|tensor| tensor.len() > 1);
        if is_array && name.is_some_and(|name| self.given.contains(name.as_str())) {
            self.trained.insert(layer);
        }
        Ok(layer)
    }

    /// The layers of all of a node's inputs, none of which may be left out.
    pub fn all_inputs(&mut self, node: &Node<'_>) -> Imported<Vec<LayerId>> {
        (0..node.inputs.len())
            .map(|i| self.input(node, i))
            .collect()
    }

    /// The shape of a value.
    pub fn shape(&self, value: &Value) -> Imported<Vec<usize>> {
        match value {
            Value::Constant(tensor) => Ok(tensor.shape().to_vec()),
            Value::Computed { layer, .. } => Ok(self.graph.shape(*layer).to_vec()),
            Value::Sequence(_) => refuse("a sequence where a tensor is expected"),
            Value::Nothing => refuse("an optional value that is not there"),
        }
    }

    /// Whether nothing but this node reads one of its inputs: otherwise what is folded into the weights behind it would be a
    /// second copy of them.
    pub fn is_read_once(&self, node: &Node<'_>, position: usize) -> bool {
        let name = node.proto.input.get(position);
        let frame = self.frames.last();
        name.zip(frame)
            .is_some_and(|(name, frame)| frame.is_read_once(name))
    }

    /// A constant as weights.
    fn weights(&mut self, origin: &str, tensor: &Tensor) -> Imported<LayerId> {
        use crate::tensor::Data;
        let shape = tensor.shape().to_vec();
        if volume(&shape) == Some(0) {
            return refuse(format!("a tensor of shape {shape:?}, which has no entries"));
        }
        let is_plain = |v: &f32| v.is_finite() && v.abs() <= INFINITY;
        let values = match tensor.data() {
            Data::Floats(values) if values.iter().all(is_plain) => values.clone(),
            Data::Floats(values) => Arc::new(values.to_vec()),
            Data::Doubles(values) => Arc::new(values.iter().map(|&v| v as f32).collect()),
            Data::Integers(values) => {
                let is_exact = |v: &i64| (*v as f32) as i64 == *v || v.unsigned_abs() >= 1 << 31;
                if let Some(inexact) = values.iter().find(|v| !is_exact(v)) {
                    return refuse(format!(
                        "it computes with the constant integer {inexact}, which single precision does not hold"
                    ));
                }
                Arc::new(values.iter().map(|&v| v as f32).collect())
            }
            Data::Strings(_) => return refuse("it computes with constant strings"),
        };
        if values.iter().any(|v| v.is_nan()) {
            return refuse("a constant holds NaN");
        }
        let values = match values.iter().all(is_plain) {
            true => values,
            false => {
                let bounded = values.iter().map(|v| v.clamp(-INFINITY, INFINITY));
                Arc::new(bounded.collect())
            }
        };
        let layer = self.graph.push(origin, shape, Kind::Constant(values));
        if let Some(of) = tensor.dequantization() {
            self.remember_constant(origin, layer, of)?;
        }
        Ok(layer)
    }
}
