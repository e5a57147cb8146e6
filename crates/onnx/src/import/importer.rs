//! The state of an import, and what every operation asks it: layers, shapes and names.

use super::initializer;
use super::known::chain::Chain;
use super::known::foldable::Foldable;
use super::known::missing::MaybeMissing;
use super::known::quantized::Quantized;
use super::known::strings::StringLists;
use super::node::Node;
use super::options::ImportOptions;
use super::refusal::{Imported, refuse};
use super::scope::Frame;
use super::value::Value;
use crate::OnnxError;
use crate::graph::{Graph, Kind, LayerId};
use crate::numbers::{Files, Numbers};
use crate::proto::{FunctionProto, GraphProto, ModelProto};
use crate::range::Range;
use crate::tensor::{Data, Tensor};
use inferproof_view::volume;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What stands for infinity in a constant: masks of attention add it to what a softmax shall not see.
pub const INFINITY: f32 = 1e30;

/// What a constant becomes where a layer is asked for.
pub enum Layers {
    /// Weights.
    Constants,
    /// An input of a graph that is evaluated at once, with the entries that each input has.
    Evaluated(Vec<Tensor>),
}

/// What is known of a model while its nodes are imported: the graph so far, and for each name what stands for it.
pub struct Importer<'a> {
    /// The graph under construction.
    pub graph: Graph,
    pub(super) layers: Layers,
    pub(super) strings: StringLists,
    /// Layers of which something has asked which entries are missing.
    pub(super) maybe_missing: BTreeMap<LayerId, MaybeMissing>,
    /// Layers that end a contraction with constant weights, into which what follows may be folded.
    pub(super) foldable: BTreeMap<LayerId, Foldable>,
    /// Layers that are functions of another one, entry by entry.
    pub(super) chains: BTreeMap<LayerId, Chain>,
    /// Names of constants that the model was given, as against those that are computed.
    pub(super) given: BTreeSet<&'a str>,
    /// Layers of those that are arrays: what they hold is secret, also where it is the same number everywhere.
    pub(super) trained: BTreeSet<LayerId>,
    /// What is known of layers of integers and of what is dequantized from them.
    pub(super) quantized: Quantized,
    /// Whether quantized tensors are to be the real numbers that they stand for.
    pub(super) dequantizes: bool,
    /// What whoever uses the model has to know of its import.
    pub(super) notes: BTreeSet<String>,
    /// The model's graph, and the functions that are being called.
    pub(super) frames: Vec<Frame<'a>>,
    pub(super) functions: Arc<Vec<&'a FunctionProto>>,
    pub(super) files: Arc<Files>,
    /// Entries of all layers so far.
    pub(super) entries: usize,
    /// Graphs inside of the model's that were written out so far.
    pub(super) written_out: usize,
}

impl<'a> Importer<'a> {
    /// An importer of a model, of which nothing is imported yet.
    pub(super) fn new(
        model: &'a ModelProto,
        options: &ImportOptions<'_>,
        files: Arc<Files>,
        strings: StringLists,
    ) -> Self {
        Self {
            graph: Graph::default(),
            layers: Layers::Constants,
            strings,
            maybe_missing: BTreeMap::new(),
            foldable: BTreeMap::new(),
            chains: BTreeMap::new(),
            given: BTreeSet::new(),
            trained: BTreeSet::new(),
            quantized: Quantized::default(),
            dequantizes: options.dequantize,
            notes: BTreeSet::new(),
            frames: vec![Frame::new(&model.opset_import, String::new())],
            functions: Arc::new(model.functions.iter().collect()),
            files,
            entries: 0,
            written_out: 0,
        }
    }

    /// An importer with an empty graph, in which constants are inputs.
    pub(super) fn scratch(&self) -> Self {
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
            files: self.files.clone(),
            entries: 0,
            written_out: 0,
        }
    }

    /// Whether what is imported is evaluated at once, since all of it is constant.
    pub fn evaluates(&self) -> bool {
        matches!(self.layers, Layers::Evaluated(_))
    }

    /// The names that the nodes under import see.
    pub(super) fn frame(&mut self) -> &mut Frame<'a> {
        // There is none while constants are evaluated, which needs no names.
        if self.frames.is_empty() {
            self.frames.push(Frame::new(&[], String::new()));
        }
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    /// What a name stands for.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.frames.last()?.value(name)
    }

    /// Lets a name of the innermost graph stand for a value.
    pub(super) fn bind(&mut self, name: &'a str, value: Value) -> Result<(), OnnxError> {
        let scope = self.frame().scopes.last_mut();
        match scope.is_none_or(|scope| scope.bind(name, value)) {
            true => Ok(()),
            false => Err(OnnxError::Model {
                reason: format!("the name `{name}` is given to two values"),
            }),
        }
    }

    /// Binds the constants of a graph.
    pub(super) fn initializers(&mut self, graph: &'a GraphProto) -> Result<(), OnnxError> {
        let corrupt = |reason| OnnxError::Corrupt { reason };
        for proto in &graph.initializer {
            let tensor = initializer::read(proto, &self.files).map_err(corrupt)?;
            self.bind(&proto.name, Value::Constant(tensor))?;
            self.given.insert(&proto.name);
        }
        for proto in &graph.sparse_initializer {
            let tensor = initializer::read_sparse(proto, &self.files).map_err(corrupt)?;
            let name = proto.values.as_ref().map_or("", |v| &v.name);
            self.bind(name, Value::Constant(tensor))?;
            self.given.insert(name);
        }
        Ok(())
    }

    /// The layer that stands for a value.
    pub fn layer(&mut self, origin: &str, value: &Value) -> Imported<LayerId> {
        match value {
            Value::Computed { layer, .. } => Ok(*layer),
            Value::Constant(tensor) => match &mut self.layers {
                Layers::Evaluated(known) => known_layer(&mut self.graph, known, origin, tensor),
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
        let shape = tensor.shape().to_vec();
        if volume(&shape) == Some(0) {
            return refuse(format!("a tensor of shape {shape:?}, which has no entries"));
        }
        let values: Numbers = match tensor.data() {
            Data::Floats(values) => values.clone(),
            Data::Doubles(values) => values.iter().map(|&v| v as f32).collect(),
            Data::Integers(values) => {
                let is_exact = |v: &i64| (*v as f32) as i64 == *v || v.unsigned_abs() >= 1 << 31;
                if let Some(inexact) = values.iter().find(|v| !is_exact(v)) {
                    return refuse(format!(
                        "it computes with the constant integer {inexact}, which single precision does not hold"
                    ));
                }
                values.iter().map(|&v| v as f32).collect()
            }
            Data::Strings(_) => return refuse("it computes with constant strings"),
        };
        if values.has_nan() {
            return refuse("a constant holds NaN");
        }
        let Range { low, high } = values.range();
        let values = match low.abs().max(high.abs()) <= INFINITY.into() {
            true => values,
            false => {
                let values = values.entries();
                let bounded = values.iter().map(|v| v.clamp(-INFINITY, INFINITY));
                bounded.collect()
            }
        };
        let layer = self.graph.push(origin, shape, Kind::Constant(values));
        if let Some(of) = tensor.dequantization() {
            self.quantized
                .remember_constant(&mut self.graph, origin, layer, of);
        }
        Ok(layer)
    }
}

/// A constant as a layer of a graph under evaluation: an input, so that no operation takes its entries into account.
fn known_layer(
    graph: &mut Graph,
    known: &mut Vec<Tensor>,
    origin: &str,
    tensor: &Tensor,
) -> Imported<LayerId> {
    if volume(tensor.shape()) == Some(0) {
        return refuse("a tensor without entries");
    }
    let kind = Kind::Input {
        integral: tensor.element().is_whole(),
        bounds: None,
    };
    let id = graph.push(origin, tensor.shape().to_vec(), kind);
    graph.inputs.push(id);
    known.push(tensor.clone());
    Ok(id)
}
