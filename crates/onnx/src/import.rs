//! ONNX to a float [`Graph`], node by node.
//!
//! Each node is handed to the import of its operation ([`registry`]), with the values of its inputs: constants as they are, everything else as
//! layers of the graph. What an import makes has its shape by construction; what the file says of shapes in between is not read. A node whose
//! inputs are all constant is evaluated instead ([`folding`]).
//!
//! In layers, of which each knows only those before it: the file's own words ([`domains`], [`initializer`], [`node`], [`scope`], [`signature`]);
//! what is [`known`] of layers of the graph beside their kind; the [`importer`], which holds all of it; pieces of graph ([`build`]); the
//! [`registry`], and how its operations are evaluated on constants; the [`walk`] over nodes; the operations themselves ([`ops`]), which the
//! walk finds in the registry.

mod assumed;
mod build;
mod columnwise;
mod domains;
mod dynamic_quantization;
mod folding;
mod importer;
mod initializer;
mod inputs;
mod known;
mod limits;
mod node;
mod ops;
mod options;
mod port;
mod refusal;
pub mod registry;
mod scope;
mod signature;
mod support;
mod value;
mod walk;

pub use domains::{ML_VERSIONS, ONNX, OPSETS, opset};
pub use node::{describe, name_of};
pub use options::ImportOptions;
pub use port::Port;
pub use support::support;

use crate::OnnxError;
use crate::element::Element;
use crate::foreign::recognize;
use crate::graph::Graph;
use crate::numbers::Files;
use crate::passes::repeated;
use crate::proto::{GraphProto, ModelProto};
use domains::check_versions;
use importer::{INFINITY, Importer};
use known::strings::{Categories, StringLists};
use prost::Message;
use prost::bytes::Bytes;
use refusal::Refusal;
use scope::Scope;
use std::collections::BTreeSet;
use std::sync::Arc;

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
    /// These files: what is made of their numbers counts only as long as they can be read as they were.
    pub files: Arc<Files>,
}

/// Parses a file.
pub fn parse(onnx: &[u8]) -> Result<ModelProto, OnnxError> {
    let model = ModelProto::decode(Bytes::copy_from_slice(onnx)).ok();
    let model = model.filter(|model| model.graph.is_some());
    model.ok_or_else(|| OnnxError::Corrupt {
        reason: recognize(onnx),
    })
}

/// Imports a parsed model.
pub fn import(model: &ModelProto, options: &ImportOptions<'_>) -> Result<Model, OnnxError> {
    import_from(model, options, Files::beside(options.folder))
}

/// Imports a parsed model without reading its large weights: others of their shapes stand for them.
pub fn import_assumed(model: &ModelProto, options: &ImportOptions<'_>) -> Result<Model, OnnxError> {
    let files = Files::beside(options.folder).assuming(assumed::large_weights(model));
    import_from(model, options, files)
}

fn import_from(
    model: &ModelProto,
    options: &ImportOptions<'_>,
    files: Files,
) -> Result<Model, OnnxError> {
    let Some(graph) = &model.graph else {
        return Err(OnnxError::Corrupt {
            reason: "the file has no graph".into(),
        });
    };
    check_versions(model)?;
    let files = Arc::new(files);
    files.checked(|| {
        let once = |strings| import_once(model, graph, options, files.clone(), strings);
        let (grown, imported) = once(StringLists::default())?;
        match grown {
            Some(categories) => once(StringLists::grown(categories)).map(|(_, imported)| imported),
            None => Ok(imported),
        }
    })
}

/// Imports a model with the lists of strings that are known, and says what those of its inputs have grown to.
fn import_once(
    model: &ModelProto,
    graph: &GraphProto,
    options: &ImportOptions<'_>,
    files: Arc<Files>,
    strings: StringLists,
) -> Result<(Option<Categories>, Model), OnnxError> {
    let opset = opset(model);
    let mut importer = Importer::new(model, options, files, strings);
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
            is_fed: false,
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
    let files = importer.files;
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
        files,
    };
    Ok((grown, model))
}
