//! ONNX to a float [`Graph`], by way of `tract`'s decluttered typed model.

mod attention;
mod contraction;
mod elementwise;
mod fuse;
mod logic;
mod ml;
mod normalize;
mod places;
mod pooling;
mod proto;
mod quantized;
mod ranking;
mod recurrence;
mod resize;
mod shape;

pub use proto::{NodeNames, Proto, name_of};

use crate::graph::{Graph, Kind, LayerId};
use crate::{Dimensions, OnnxError};
use contraction::Foldable;
use fuse::Chain;
use inferproof_view::volume;
use serde::Serialize;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{SessionId, TurnState};
use tract_onnx::tract_core::ops;

/// Entries that all tensors of a model but its constants have together at most: 2 GiB as the reference computes them. A file of
/// a hundred bytes can ask for any number.
const MAX_ENTRIES: usize = 1 << 28;

/// What stands for infinity in a constant: masks of attention add it to what a softmax shall not see.
const INFINITY: f32 = 1e30;

/// What an operation's import says when it cannot go on: the reason, to which the driver adds the node.
type Imported<T> = Result<T, Refusal>;

/// Why a node cannot be imported.
struct Refusal(String);

impl<E: std::error::Error> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

fn refuse<T>(reason: impl Into<String>) -> Imported<T> {
    Err(Refusal(reason.into()))
}

/// An input or output of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Port {
    /// Its ONNX name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
}

/// A model, imported.
pub struct Model {
    /// The version of the default operation set.
    pub opset: i64,
    pub graph: Graph,
    pub inputs: Vec<Port>,
    pub outputs: Vec<Port>,
}

/// Parses, analyses and imports a model.
pub fn import(onnx: &[u8], dimensions: &Dimensions) -> Result<Model, OnnxError> {
    let mut proto = Proto::parse(onnx)?;
    proto.resolve(dimensions)?;
    if proto.is_classical() {
        return ml::import(&proto);
    }
    proto.check_supported()?;
    proto.check_dimensions()?;
    let names = proto.node_names();
    let opset = proto.opset();
    if let Some(graph) = proto.graph_mut()
        && quantized::is_quantized(graph)
    {
        let rewritten = guarded(|| quantized::rewrite(graph));
        let rewritten = rewritten.map_err(|reason| OnnxError::Analysis { opset, reason })?;
        rewritten.map_err(|e| names.unsupported(&e.node, &e.reason))?;
    }
    let typed = guarded(|| analyse(proto))
        .unwrap_or_else(|panic| Err(format!("the front end failed: {panic}")));
    let typed = typed.map_err(|reason| OnnxError::Analysis { opset, reason })?;
    let built = guarded(|| Importer::new(&typed, &names).run(opset));
    built.unwrap_or_else(|panic| {
        Err(OnnxError::Analysis {
            opset,
            reason: format!("the front end failed: {panic}"),
        })
    })
}

/// Runs the front end, which panics on some malformed models.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".into())
    })
}

fn analyse(proto: Proto) -> Result<TypedModel, String> {
    let mut front_end = tract_onnx::onnx();
    quantized::register(&mut front_end);
    attention::register(&mut front_end);
    let model = front_end
        .model_for_proto_model(&proto.into_inner())
        .and_then(|model| model.into_typed())
        .and_then(|model| model.into_decluttered());
    model.map_err(|e| {
        // The chain goes from the outermost context to the cause; the front end's own dumps of a node are cut short.
        let chain: Vec<String> = e
            .chain()
            .map(|c| c.to_string().chars().take(300).collect())
            .collect();
        chain.join(": ")
    })
}

/// Walks the typed model in order, and keeps for each of its outlets the layer that stands for it.
struct Importer<'a> {
    model: &'a TypedModel,
    names: &'a NodeNames,
    graph: Graph,
    layers: BTreeMap<OutletId, LayerId>,
    /// Layers that end a contraction with constant weights, into which what follows may be folded.
    foldable: BTreeMap<LayerId, Foldable>,
    /// Layers that are functions of another one, entry by entry.
    chains: BTreeMap<LayerId, Chain>,
    /// Entries of all layers so far.
    entries: usize,
}

/// One node under import.
struct Context<'a> {
    node: &'a TypedNode,
    origin: String,
    inputs: Vec<LayerId>,
    output_shape: Vec<usize>,
}

impl<'a> Importer<'a> {
    fn new(model: &'a TypedModel, names: &'a NodeNames) -> Self {
        Self {
            model,
            names,
            graph: Graph::default(),
            layers: BTreeMap::new(),
            foldable: BTreeMap::new(),
            chains: BTreeMap::new(),
            entries: 0,
        }
    }

    fn run(mut self, opset: i64) -> Result<Model, OnnxError> {
        // Sources first and in the model's order, whether or not they are read.
        let sources = self.model.input_outlets();
        let mut inputs = Vec::new();
        for &outlet in sources.iter().flat_map(|s| s.iter()) {
            let node = self.model.node(outlet.node);
            let shape = self.shape_of(outlet, &node.name)?;
            let fact = self.model.outlet_fact(outlet);
            let is_integral = fact
                .as_ref()
                .is_ok_and(|f| elementwise::is_integral(f.datum_type));
            let bounds = match fact.map(|f| f.datum_type) {
                Ok(DatumType::U8) => Some((0, 255)),
                Ok(DatumType::I8) => Some((-128, 127)),
                _ => None,
            };
            let kind = Kind::Input {
                integral: is_integral,
                bounds,
            };
            let id = self.graph.push(&node.name, shape.clone(), kind);
            self.layers.insert(outlet, id);
            self.graph.inputs.push(id);
            inputs.push(Port {
                name: node.name.clone(),
                shape,
            });
        }
        self.walk()?;
        let mut outputs = Vec::new();
        let outlets = self.model.output_outlets();
        for (position, &outlet) in outlets.iter().flat_map(|s| s.iter()).enumerate() {
            let name = self.names.output(position).map_or_else(
                || self.model.node(outlet.node).name.clone(),
                ToOwned::to_owned,
            );
            let Some(&id) = self.layers.get(&outlet) else {
                return Err(self
                    .names
                    .unsupported(&name, "this output is not supported"));
            };
            self.graph.outputs.push(id);
            outputs.push(Port {
                name,
                shape: self.graph.shape(id).to_vec(),
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

    /// Imports every node of the model.
    fn walk(&mut self) -> Result<(), OnnxError> {
        let model = self.model;
        let order = self.model.eval_order();
        let order = order.map_err(|e| OnnxError::Model {
            reason: e.to_string(),
        })?;
        for position in order {
            let known = self.graph.layers.len();
            let node = model.node(position);
            if self.layers.contains_key(&OutletId::new(position, 0)) {
                continue;
            }
            let origin = self.names.describe(&node.name);
            let output_shape = self.shape_of(OutletId::new(position, 0), &node.name)?;
            if node.outputs[0].fact.konst.is_none() {
                let outputs = volume(&output_shape).unwrap_or(usize::MAX);
                self.check_entries(self.entries.saturating_add(outputs), &node.name)?;
            }
            let inputs = node.inputs.iter().map(|o| self.layers.get(o).copied());
            let Some(inputs) = inputs.collect::<Option<Vec<_>>>() else {
                return Err(self
                    .names
                    .unsupported(&node.name, "it reads a second output that is not supported"));
            };
            let context = Context {
                node,
                origin,
                inputs,
                output_shape,
            };
            let outputs = self.node(&context).map_err(|refusal| {
                let reason = format!("{} (as `{}`)", refusal.0, node.op.name());
                self.names.unsupported(&node.name, &reason)
            })?;
            for (slot, id) in outputs.into_iter().enumerate() {
                let outlet = OutletId::new(position, slot);
                let expected = self.shape_of(outlet, &node.name)?;
                if self.graph.shape(id) != expected {
                    let got = self.graph.shape(id).to_vec();
                    let reason = format!("imported with shape {got:?} instead of {expected:?}");
                    return Err(self.names.unsupported(&node.name, &reason));
                }
                self.layers.insert(outlet, id);
            }
            // Constants are in the file, or the front end has made them already.
            let made = self.graph.layers.iter().skip(known);
            for layer in made.filter(|l| !matches!(l.kind, Kind::Constant(_))) {
                self.entries = self
                    .entries
                    .saturating_add(volume(&layer.shape).unwrap_or(usize::MAX));
            }
            self.check_entries(self.entries, &node.name)?;
        }
        Ok(())
    }

    fn check_entries(&self, entries: usize, node: &str) -> Result<(), OnnxError> {
        if entries <= MAX_ENTRIES {
            return Ok(());
        }
        let reason = format!(
            "up to here the model's tensors have {entries} entries; at most {MAX_ENTRIES} are supported"
        );
        Err(self.names.unsupported(node, &reason))
    }

    fn shape_of(&self, outlet: OutletId, name: &str) -> Result<Vec<usize>, OnnxError> {
        let fact = self.model.outlet_fact(outlet);
        let fact = fact.map_err(|e| OnnxError::Model {
            reason: e.to_string(),
        })?;
        let symbolic = || OnnxError::SymbolicShape {
            tensor: name.to_owned(),
            shape: format!("{:?}", fact.shape),
        };
        let shape = fact.shape.as_concrete().ok_or_else(symbolic)?.to_vec();
        match volume(&shape) {
            Some(1..=0xFFFF_FFFF) => Ok(shape),
            _ => Err(OnnxError::Model {
                reason: format!("tensor `{name}` has shape {shape:?}; expected 1 to 2^32 entries"),
            }),
        }
    }

    /// The layers that stand for a node's outputs.
    fn node(&mut self, context: &Context<'a>) -> Imported<Vec<LayerId>> {
        let op = &context.node.op;
        let one = |id: Imported<LayerId>| Ok(vec![id?]);
        if let Some(konst) = context
            .node
            .outputs
            .first()
            .and_then(|o| o.fact.konst.as_ref())
        {
            return one(self.constant(context, konst));
        }
        if let Some(op) = op.downcast_ref::<ops::konst::Const>() {
            return one(self.constant(context, op.val()));
        }
        if let Some(op) = op.downcast_ref::<ops::einsum::EinSum>() {
            return one(self.einsum(context, op));
        }
        if let Some(op) = op.downcast_ref::<ops::cnn::Conv>() {
            return one(self.convolution(context, op));
        }
        if let Some(op) = op.downcast_ref::<ops::cnn::MaxPool>() {
            return one(self.max_pool(context, op));
        }
        if let Some(op) = op.downcast_ref::<ops::cnn::SumPool>() {
            return one(self.sum_pool(context, op));
        }
        if let Some(op) = op.downcast_ref::<ops::nn::Reduce>() {
            return one(self.reduce(context, op));
        }
        if let Some(op) = op.downcast_ref::<ops::binary::TypedBinOp>() {
            return one(self.binary(context, op));
        }
        if let Some(op) = op.downcast_ref::<ops::element_wise::ElementWiseOp>() {
            return one(self.unary(context, op));
        }
        if let Some(op) = op.downcast_ref::<ops::nn::Softmax>() {
            return one(self.softmax(context, op));
        }
        if let Some(op) = op.downcast_ref::<ops::nn::RmsNorm>() {
            return one(self.rms_norm(context, op));
        }
        if let Some(op) = op.downcast_ref::<ops::scan::Scan>() {
            return self.unrolled(context, op);
        }
        if let Some(op) = op.downcast_ref::<ops::lstm_cell::LstmEpilogue>() {
            return self.lstm_step(context, op);
        }
        if let Some(op) = op.downcast_ref::<ops::cnn::Deconv>() {
            return one(self.transposed_convolution(context, op));
        }
        if let Some(op) = op.downcast_ref::<ops::array::CumSum>() {
            return one(self.cumulative_sum(context, op));
        }
        if let Some(op) = op.downcast_ref::<ops::array::OneHot>() {
            return one(self.one_hot(context, op));
        }
        if op.is::<ops::array::GatherElements>() || op.is::<ops::array::GatherNd>() {
            return one(self.gathered(context));
        }
        if op.is::<ops::array::ScatterElements>() || op.is::<ops::array::ScatterNd>() {
            return one(self.scattered(context));
        }
        if let Some(op) = op.downcast_ref::<ops::array::Topk>() {
            return self.top(context, op);
        }
        if let Some(op) = resize::read(&**op) {
            return one(self.resized(context, &op));
        }
        if op.is::<ops::array::Trilu>() {
            return one(self.triangle(context));
        }
        if op.is::<ops::logic::Iff>() {
            return one(self.select(context));
        }
        if let Some(op) = op.downcast_ref::<quantized::Requantize>() {
            return one(self.requantize(context, op));
        }
        if let Some(op) = op.downcast_ref::<quantized::Lookup>() {
            return one(self.lookup(context, op));
        }
        one(self.rearrangement(context))
    }

    fn constant(&mut self, context: &Context<'_>, tensor: &Tensor) -> Imported<LayerId> {
        let mut values = numbers(tensor)?;
        for value in &mut values {
            if value.is_nan() {
                return refuse("a constant holds NaN");
            }
            *value = value.clamp(-INFINITY, INFINITY);
        }
        Ok(self
            .graph
            .add_constant(&context.origin, tensor.shape().to_vec(), values))
    }
}

/// What the front end's own operation makes of constants.
fn asked(op: &dyn TypedOp, inputs: TVec<TValue>) -> Imported<TVec<TValue>> {
    let turn = TurnState::default();
    let outputs = op.eval(&turn.context(SessionId::NONE, usize::MAX), inputs);
    outputs.map_err(|e| Refusal(e.to_string()))
}

/// A constant's entries as floats.
fn numbers(tensor: &Tensor) -> Imported<Vec<f32>> {
    let cast = tensor
        .cast_to::<f32>()
        .map_err(|e| Refusal(e.to_string()))?;
    let plain = cast
        .to_plain_array_view::<f32>()
        .map_err(|e| Refusal(e.to_string()))?;
    Ok(plain.iter().copied().collect())
}
