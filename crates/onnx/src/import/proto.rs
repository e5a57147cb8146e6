//! The ONNX file itself: parsed and checked before the front end sees it, and asked for names afterwards.

use super::ml;
use crate::{Dimensions, OnnxError};
use std::collections::BTreeMap;
use tract_onnx::pb;
use tract_onnx::pb::tensor_shape_proto::Dimension;
use tract_onnx::pb::tensor_shape_proto::dimension::Value as Length;
use tract_onnx::prelude::Framework;

/// The operation sets that are supported.
const OPSETS: std::ops::RangeInclusive<i64> = 11..=23;

/// The operations of the default domain that are supported, with all attributes unless the import of a node says otherwise.
const SUPPORTED: &[&str] = &[
    "Abs",
    "Acos",
    "Acosh",
    "Add",
    "And",
    "ArgMax",
    "ArgMin",
    "Asin",
    "Asinh",
    "Atan",
    "Atanh",
    "Attention",
    "AveragePool",
    "BatchNormalization",
    "Cast",
    "CastLike",
    "Ceil",
    "Celu",
    "Clip",
    "Concat",
    "Constant",
    "ConstantOfShape",
    "Conv",
    "ConvInteger",
    "ConvTranspose",
    "Cos",
    "Cosh",
    "CumSum",
    "DepthToSpace",
    "DequantizeLinear",
    "Div",
    "Dropout",
    "Einsum",
    "Elu",
    "Equal",
    "Erf",
    "Exp",
    "Expand",
    "EyeLike",
    "Flatten",
    "Floor",
    "GRU",
    "Gather",
    "GatherElements",
    "GatherND",
    "Gelu",
    "Gemm",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Greater",
    "GreaterOrEqual",
    "GroupNormalization",
    "HardSigmoid",
    "HardSwish",
    "Hardmax",
    "Identity",
    "InstanceNormalization",
    "LSTM",
    "LayerNormalization",
    "LeakyRelu",
    "Less",
    "LessOrEqual",
    "Log",
    "LogSoftmax",
    "LpNormalization",
    "MatMul",
    "MatMulInteger",
    "Max",
    "MaxPool",
    "Mean",
    "MeanVarianceNormalization",
    "Min",
    "Mish",
    "Mod",
    "Mul",
    "Neg",
    "Not",
    "OneHot",
    "Or",
    "PRelu",
    "Pad",
    "Pow",
    "QLinearConv",
    "QLinearMatMul",
    "QuantizeLinear",
    "RMSNormalization",
    "RNN",
    "Range",
    "Reciprocal",
    "ReduceL1",
    "ReduceL2",
    "ReduceLogSum",
    "ReduceLogSumExp",
    "ReduceMax",
    "ReduceMean",
    "ReduceMin",
    "ReduceProd",
    "ReduceSum",
    "ReduceSumSquare",
    "Relu",
    "Reshape",
    "Resize",
    "RotaryEmbedding",
    "Round",
    "ScatterElements",
    "ScatterND",
    "Selu",
    "Shape",
    "Shrink",
    "Sigmoid",
    "Sign",
    "Sin",
    "Sinh",
    "Size",
    "Slice",
    "Softmax",
    "Softplus",
    "Softsign",
    "SpaceToDepth",
    "Split",
    "Sqrt",
    "Squeeze",
    "Sub",
    "Sum",
    "Tan",
    "Tanh",
    "ThresholdedRelu",
    "Tile",
    "TopK",
    "Transpose",
    "Trilu",
    "Unsqueeze",
    "Upsample",
    "Where",
    "Xor",
];

/// A parsed ONNX file.
pub struct Proto {
    model: pb::ModelProto,
    /// Whether it is for the importer of classical models.
    is_classical: bool,
}

impl Proto {
    /// Parses the file and checks it.
    pub fn parse(onnx: &[u8]) -> Result<Self, OnnxError> {
        let corrupt = |reason: String| OnnxError::Corrupt { reason };
        let mut bytes = onnx;
        let model = tract_onnx::onnx().proto_model_for_read(&mut bytes);
        Self::check(model.map_err(|e| corrupt(format!("{e:#}")))?)
    }

    /// Checks what the front end takes for granted.
    pub fn check(model: pb::ModelProto) -> Result<Self, OnnxError> {
        let corrupt = |reason: String| OnnxError::Corrupt { reason };
        let Some(graph) = &model.graph else {
            return Err(corrupt("the file has no graph".into()));
        };
        for tensor in &graph.initializer {
            check_size(tensor).map_err(corrupt)?;
        }
        for node in &graph.node {
            for tensor in node.attribute.iter().filter_map(|a| a.t.as_ref()) {
                check_size(tensor).map_err(|e| corrupt(format!("node `{}`: {e}", node.name)))?;
            }
        }
        let is_classical = graph.node.iter().any(|node| node.domain == ml::DOMAIN);
        Ok(Self {
            model,
            is_classical,
        })
    }

    /// Gives open dimensions the lengths that are known for them.
    pub fn resolve(&mut self, dimensions: &Dimensions) -> Result<(), OnnxError> {
        let open = self.open_dimensions();
        if let Some(name) = dimensions
            .names()
            .find(|n| open.iter().all(|o| o.name != *n))
        {
            let names: Vec<String> = open.iter().map(|o| format!("`{}`", o.name)).collect();
            return Err(OnnxError::UnknownDimension {
                name: name.to_owned(),
                open: match names.is_empty() {
                    true => "the model has none".into(),
                    false => format!("the model has {}", names.join(", ")),
                },
            });
        }
        let Some(graph) = &mut self.model.graph else {
            return Ok(());
        };
        let values = graph.input.iter_mut();
        let values = values.chain(&mut graph.output).chain(&mut graph.value_info);
        for value in values {
            let tensor = value.name.clone();
            for (axis, dimension) in shape_mut(value).into_iter().flatten().enumerate() {
                if let Some(name) = open_name(&tensor, axis, dimension)
                    && let Some(length) = dimensions.get(&name)
                {
                    dimension.value = Some(Length::DimValue(length as i64));
                }
            }
        }
        Ok(())
    }

    /// Refuses a model with an input of which a dimension is open.
    pub fn check_dimensions(&self) -> Result<(), OnnxError> {
        match self.open_dimensions().into_iter().next() {
            None => Ok(()),
            Some(open) => Err(OnnxError::OpenDimension {
                input: open.input,
                shape: open.shape,
                name: open.name,
            }),
        }
    }

    /// The open dimensions of inputs, each name once.
    fn open_dimensions(&self) -> Vec<Open> {
        let mut found: Vec<Open> = Vec::new();
        let Some(graph) = &self.model.graph else {
            return found;
        };
        let is_constant = |name: &str| graph.initializer.iter().any(|t| t.name == name);
        for input in graph.input.iter().filter(|i| !is_constant(&i.name)) {
            let shape = shape(input).unwrap_or_default();
            let names = shape.iter().enumerate();
            let names = names.map(|(axis, d)| (open_name(&input.name, axis, d), d));
            let names: Vec<_> = names.collect();
            let lengths = names.iter().map(|(name, d)| match (name, &d.value) {
                (Some(name), _) => name.clone(),
                (None, Some(Length::DimValue(n))) => n.to_string(),
                (None, _) => "?".into(),
            });
            let text = format!("[{}]", lengths.collect::<Vec<_>>().join(", "));
            for name in names.into_iter().filter_map(|(name, _)| name) {
                if found.iter().all(|o| o.name != name) {
                    found.push(Open {
                        input: input.name.clone(),
                        shape: text.clone(),
                        name,
                    });
                }
            }
        }
        found
    }

    pub fn into_inner(self) -> pb::ModelProto {
        self.model
    }

    /// The main graph.
    pub fn graph(&self) -> Option<&pb::GraphProto> {
        self.model.graph.as_ref()
    }

    /// The main graph, to rewrite it.
    pub fn graph_mut(&mut self) -> Option<&mut pb::GraphProto> {
        self.model.graph.as_mut()
    }

    /// Whether the model has a node of the domain `ai.onnx.ml`.
    pub fn is_classical(&self) -> bool {
        self.is_classical
    }

    /// The nodes of the main graph.
    pub fn nodes(&self) -> &[pb::NodeProto] {
        self.graph().map_or(&[], |g| &g.node)
    }

    /// The version of the default operation set.
    pub fn opset(&self) -> i64 {
        self.version("")
    }

    /// The version of a domain's operation set; the default domain has two names. Models that do not say have the first.
    pub fn version(&self, domain: &str) -> i64 {
        let plain = |name: &'_ str| if name == "ai.onnx" { "" } else { name }.to_owned();
        let sets = self.model.opset_import.iter();
        let sets = sets.filter(|s| plain(&s.domain) == plain(domain));
        sets.map(|s| s.version).max().unwrap_or(1)
    }

    pub fn producer(&self) -> String {
        format!(
            "{} {}",
            self.model.producer_name, self.model.producer_version
        )
        .trim()
        .to_owned()
    }

    /// Whether a node's operation is supported, and if not, why.
    pub fn support(&self, node: &pb::NodeProto) -> Result<(), String> {
        if self.is_classical {
            return ml::support(node);
        }
        if !node.domain.is_empty() && node.domain != "ai.onnx" {
            return Err(format!(
                "operations of the domain `{}` are not supported",
                node.domain
            ));
        }
        let alpha = node.attribute.iter().find(|a| a.name == "alpha");
        if node.op_type == "Celu" && alpha.is_some_and(|a| a.f != 1.0) {
            return Err("an alpha other than 1 is not supported; write it as Div, Elu, Mul".into());
        }
        check_recurrence(node)?;
        if node.op_type == "Constant" || SUPPORTED.contains(&node.op_type.as_str()) {
            return Ok(());
        }
        Err("this operation is not supported yet; replace it by supported ones".into())
    }

    /// Refuses a model by its first unsupported node.
    pub fn check_supported(&self) -> Result<(), OnnxError> {
        let opset = self.opset();
        if !OPSETS.contains(&opset) {
            return Err(OnnxError::Model {
                reason: format!(
                    "it uses opset {opset}; opsets {} to {} are supported",
                    OPSETS.start(),
                    OPSETS.end()
                ),
            });
        }
        let names = self.node_names();
        for node in self.nodes() {
            self.support(node)
                .map_err(|reason| names.unsupported(&name_of(node), &reason))?;
        }
        Ok(())
    }

    fn output_names(&self) -> Vec<String> {
        let outputs = self.model.graph.iter().flat_map(|g| &g.output);
        outputs.map(|o| o.name.clone()).collect()
    }

    pub fn node_names(&self) -> NodeNames {
        let nodes = self.nodes().iter();
        NodeNames {
            opset: self.opset(),
            ops: nodes.map(|n| (name_of(n), n.op_type.clone())).collect(),
            outputs: self.output_names(),
        }
    }
}

/// The front end takes recurrent operations to be the usual ones, whatever their attributes say.
fn check_recurrence(node: &pb::NodeProto) -> Result<(), String> {
    let usual: &[&str] = match node.op_type.as_str() {
        "LSTM" => &["Sigmoid", "Tanh", "Tanh"],
        "GRU" => &["Sigmoid", "Tanh"],
        "RNN" => &["Tanh"],
        _ => return Ok(()),
    };
    for attribute in &node.attribute {
        let is_usual = match attribute.name.as_str() {
            "activations" => {
                let mut named = attribute.strings.chunks(usual.len());
                named.all(|names| names.iter().eq(usual.iter().map(|name| name.as_bytes())))
            }
            "activation_alpha" | "activation_beta" => attribute.floats.is_empty(),
            "clip" => false,
            "input_forget" => attribute.i == 0,
            _ => true,
        };
        if !is_usual {
            return Err(format!(
                "only its usual activations ({}) are supported, without `{}`",
                usual.join(", "),
                attribute.name
            ));
        }
    }
    Ok(())
}

/// A dimension of an input that has no length.
struct Open {
    input: String,
    shape: String,
    name: String,
}

/// What an open dimension is called: by its own name, or by its tensor and axis.
fn open_name(tensor: &str, axis: usize, dimension: &Dimension) -> Option<String> {
    match &dimension.value {
        Some(Length::DimValue(n)) if *n > 0 => None,
        Some(Length::DimParam(name)) if !name.is_empty() => Some(name.clone()),
        _ => Some(format!("{tensor}.{axis}")),
    }
}

fn shape(value: &pb::ValueInfoProto) -> Option<&[Dimension]> {
    let pb::type_proto::Value::TensorType(tensor) = value.r#type.as_ref()?.value.as_ref()?;
    Some(&tensor.shape.as_ref()?.dim)
}

fn shape_mut(value: &mut pb::ValueInfoProto) -> Option<&mut Vec<Dimension>> {
    let pb::type_proto::Value::TensorType(tensor) = value.r#type.as_mut()?.value.as_mut()?;
    Some(&mut tensor.shape.as_mut()?.dim)
}

/// A node's name, or that of its first output, as the front end has it.
pub fn name_of(node: &pb::NodeProto) -> String {
    if node.name.is_empty() {
        node.output.first().cloned().unwrap_or_default()
    } else {
        node.name.clone()
    }
}

/// The ONNX names behind the front end's: it appends to them what a node became.
pub struct NodeNames {
    opset: i64,
    ops: BTreeMap<String, String>,
    outputs: Vec<String>,
}

impl NodeNames {
    /// The name of the model's output at a position.
    pub fn output(&self, position: usize) -> Option<&str> {
        self.outputs.get(position).map(String::as_str)
    }

    /// The ONNX node whose name is the longest beginning of this name.
    fn find(&self, name: &str) -> Option<(&str, &str)> {
        let boundaries = name.char_indices().map(|(i, _)| i).chain([name.len()]);
        boundaries.rev().find_map(|end| {
            let (name, op) = self.ops.get_key_value(&name[..end])?;
            Some((name.as_str(), op.as_str()))
        })
    }

    /// The ONNX node's name and operation; the name itself if there is none.
    pub fn describe(&self, name: &str) -> String {
        match self.find(name) {
            Some((node, op)) => format!("{node} ({op})"),
            None => name.to_owned(),
        }
    }

    pub fn unsupported(&self, name: &str, reason: &str) -> OnnxError {
        let (node, op) = self.find(name).unwrap_or((name, "unknown operation"));
        OnnxError::Unsupported {
            node: node.to_owned(),
            op: op.to_owned(),
            opset: self.opset,
            reason: reason.to_owned(),
        }
    }
}

/// Refuses tensors whose shape and contents disagree, before anything is allocated for them.
fn check_size(tensor: &pb::TensorProto) -> Result<(), String> {
    let mut count = 1usize;
    for &d in &tensor.dims {
        let d = usize::try_from(d)
            .map_err(|_| format!("tensor `{}` has a dimension {d}", tensor.name))?;
        count = count
            .checked_mul(d)
            .filter(|&n| n < 1 << 32)
            .ok_or_else(|| format!("tensor `{}` is too large", tensor.name))?;
    }
    if !tensor.external_data.is_empty() {
        return Err(format!(
            "tensor `{}` is stored in another file; save the model as one file",
            tensor.name
        ));
    }
    let typed = [
        tensor.float_data.len(),
        tensor.int32_data.len(),
        tensor.int64_data.len(),
        tensor.double_data.len(),
        tensor.uint64_data.len(),
        tensor.string_data.len(),
    ];
    let given = typed.into_iter().max().unwrap_or(0);
    // Every type of more than four bits takes at least a byte; the front end checks the exact length.
    let room = given.max(tensor.raw_data.len().saturating_mul(2));
    if count > room {
        return Err(format!(
            "tensor `{}` should have {count} entries, but its data ends early",
            tensor.name
        ));
    }
    Ok(())
}
