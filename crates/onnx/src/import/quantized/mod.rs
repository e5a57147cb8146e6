//! Quantized models: rewritten, before the front end sees them, to float operations on tensors that hold integers.
//!
//! A dequantized tensor is kept as what it is: integers with the zero point subtracted, and a scale. Products of two such are products of
//! integers, with the product of the scales; a bias of that scale is added as integers. Only `QuantizeLinear` (or the end of a
//! `QLinearConv`) uses up the scale: it becomes a [`Requantize`], one exact step from integers to integers, or, where an operation on two
//! dequantized tensors comes before it, a [`Lookup`]. Whatever else reads a dequantized tensor reads a float tensor, made on demand.

mod deferred;
mod lookup;
mod requantize;

pub(super) use lookup::Lookup;
pub(super) use requantize::Requantize;

use super::proto::name_of;
use deferred::Deferred;
use requantize::REQUANTIZE;
use std::collections::{BTreeMap, BTreeSet};
use tract_onnx::Onnx;
use tract_onnx::pb::{self, attribute_proto::AttributeType};

/// The operations that are rewritten.
const QUANTIZED: [&str; 6] = [
    "ConvInteger",
    "DequantizeLinear",
    "MatMulInteger",
    "QLinearConv",
    "QLinearMatMul",
    "QuantizeLinear",
];

const FLOAT: i32 = 1;
const UINT8: i32 = 2;
const INT8: i32 = 3;
const INT32: i32 = 6;

/// The greatest integer up to which single precision has all.
const MAX_EXACT: i64 = 1 << 24;

/// A node that cannot be rewritten, and why.
pub struct Unquantizable {
    pub node: String,
    pub reason: String,
}

/// Makes what models are rewritten to known to a front end.
pub fn register(onnx: &mut Onnx) {
    requantize::register(onnx);
    lookup::register(onnx);
}

/// Whether there is anything to rewrite.
pub fn is_quantized(graph: &pb::GraphProto) -> bool {
    let mut nodes = graph.node.iter();
    nodes.any(|node| QUANTIZED.contains(&node.op_type.as_str()))
}

/// Rewrites a graph.
pub fn rewrite(graph: &mut pb::GraphProto) -> Result<(), Unquantizable> {
    let constants = graph.initializer.iter().filter_map(Constant::read);
    let mut rewriter = Rewriter {
        constants: constants.collect(),
        tensors: BTreeMap::new(),
        codes: BTreeMap::new(),
        deferred: BTreeMap::new(),
        integer_constants: BTreeMap::new(),
        inputs: graph
            .input
            .iter()
            .filter_map(|i| Some((i.name.clone(), element_type(i)?)))
            .collect(),
        made: BTreeSet::new(),
        nodes: vec![],
        initializers: vec![],
    };
    for node in std::mem::take(&mut graph.node) {
        let name = name_of(&node);
        rewriter
            .node(node)
            .map_err(|reason| Unquantizable { node: name, reason })?;
    }
    for output in &mut graph.output {
        let is_rewritten = rewriter.materialize(&output.name);
        let is_rewritten = is_rewritten.map_err(|reason| Unquantizable {
            node: output.name.clone(),
            reason,
        })?;
        if is_rewritten
            && let Some(pb::type_proto::Value::TensorType(tensor)) =
                output.r#type.as_mut().and_then(|t| t.value.as_mut())
        {
            tensor.elem_type = FLOAT;
        }
    }
    graph.node = rewriter.nodes;
    graph.initializer.extend(rewriter.initializers);
    // They name types that tensors do not have any more; the front end infers what it needs.
    graph.value_info.clear();
    Ok(())
}

/// The least and the greatest integer of a type of 8 bits.
fn bounds(kind: i32) -> Option<(i64, i64)> {
    match kind {
        UINT8 => Some((0, 255)),
        INT8 => Some((-128, 127)),
        _ => None,
    }
}

fn element_type(info: &pb::ValueInfoProto) -> Option<i32> {
    match info.r#type.as_ref()?.value.as_ref()? {
        pb::type_proto::Value::TensorType(tensor) => Some(tensor.elem_type),
    }
}

/// Numbers of the model.
#[derive(Clone)]
struct Constant {
    kind: i32,
    dims: Vec<usize>,
    values: Vec<f64>,
}

impl Constant {
    fn read(tensor: &pb::TensorProto) -> Option<(String, Self)> {
        let raw = &tensor.raw_data;
        let ints = || tensor.int32_data.iter().map(|&v| f64::from(v));
        let words = || raw.chunks_exact(4).map(|b| [b[0], b[1], b[2], b[3]]);
        let is_raw = !raw.is_empty();
        let values: Vec<f64> = match tensor.data_type {
            FLOAT if is_raw => words().map(|b| f32::from_le_bytes(b).into()).collect(),
            FLOAT => tensor.float_data.iter().map(|&v| v.into()).collect(),
            UINT8 if is_raw => raw.iter().map(|&b| b.into()).collect(),
            INT8 if is_raw => raw.iter().map(|&b| b.cast_signed().into()).collect(),
            INT32 if is_raw => words().map(|b| i32::from_le_bytes(b).into()).collect(),
            UINT8 | INT8 | INT32 => ints().collect(),
            _ => return None,
        };
        let dims: Vec<usize> = tensor.dims.iter().map(|&d| d as usize).collect();
        let count: usize = dims.iter().product();
        (count == values.len()).then(|| {
            let kind = tensor.data_type;
            (tensor.name.clone(), Self { kind, dims, values })
        })
    }

    /// Along which axis the index of an entry of the other changes.
    fn channel(&self, axis: usize, position: usize) -> usize {
        let inner: usize = self.dims.iter().skip(axis + 1).product();
        (position / inner.max(1)) % self.dims.get(axis).copied().unwrap_or(1).max(1)
    }
}

/// A tensor of reals as integers times scales.
#[derive(Clone)]
struct Quantized {
    integers: Integers,
    /// One, or one for each entry of an axis.
    scales: Vec<f32>,
    /// That axis; from the end, where it is negative.
    axis: i64,
    /// How many axes come after it, where that is known and matters.
    trailing: usize,
    /// Whether what is negative counts as zero.
    is_relu: bool,
    /// Whether the integers are of 8 bits (9 with a zero point), not sums.
    is_narrow: bool,
    /// Their bounds, if it is certain that they have 8 bits.
    range: Option<(i64, i64)>,
}

#[derive(Clone)]
enum Integers {
    /// A float tensor of this name holds them.
    Computed(String),
    Constant(Constant),
}

impl Quantized {
    /// Computed integers with one scale.
    fn plain(&self) -> Option<&str> {
        match &self.integers {
            Integers::Computed(name) if self.scales.len() == 1 => Some(name),
            _ => None,
        }
    }

    fn constant(&self) -> Option<&Constant> {
        match &self.integers {
            Integers::Constant(constant) if !self.is_relu => Some(constant),
            _ => None,
        }
    }
}

/// A tensor of integers without their zero point.
#[derive(Clone)]
struct Code {
    integers: String,
    zero: i64,
    is_narrow: bool,
    /// Their bounds, if it is certain that they have 8 bits.
    range: Option<(i64, i64)>,
}

/// What `QuantizeLinear` makes.
struct Target {
    scale: f32,
    /// The least and the greatest integer, less the zero point.
    low: i64,
    high: i64,
}

struct Rewriter {
    constants: BTreeMap<String, Constant>,
    tensors: BTreeMap<String, Quantized>,
    codes: BTreeMap<String, Code>,
    deferred: BTreeMap<String, Deferred>,
    /// The integers of constants that are dequantized, where a lookup reads them.
    integer_constants: BTreeMap<String, String>,
    /// The types of the model's inputs.
    inputs: BTreeMap<String, i32>,
    /// What exists under its own name already.
    made: BTreeSet<String>,
    nodes: Vec<pb::NodeProto>,
    initializers: Vec<pb::TensorProto>,
}

/// What an operation reads: a name, empty where it is left out.
fn input(node: &pb::NodeProto, position: usize) -> &str {
    node.input.get(position).map_or("", String::as_str)
}

fn attribute<'a>(node: &'a pb::NodeProto, name: &str) -> Option<&'a pb::AttributeProto> {
    node.attribute.iter().find(|a| a.name == name)
}

fn integer(node: &pb::NodeProto, name: &str, default: i64) -> i64 {
    attribute(node, name).map_or(default, |a| a.i)
}

impl Rewriter {
    fn emit(
        &mut self,
        like: &pb::NodeProto,
        op: &str,
        inputs: &[&str],
        output: &str,
    ) -> &mut pb::NodeProto {
        let node = pb::NodeProto {
            name: format!("{}.{}", name_of(like), self.nodes.len()),
            op_type: op.to_owned(),
            input: inputs.iter().map(|&i| i.to_owned()).collect(),
            output: vec![output.to_owned()],
            ..pb::NodeProto::default()
        };
        self.nodes.push(node);
        let last = self.nodes.len() - 1;
        &mut self.nodes[last]
    }

    /// A float constant.
    fn initializer(&mut self, name: &str, dims: &[usize], values: &[f64]) -> String {
        let name = format!("{name}.{}", self.initializers.len());
        self.named_initializer(&name, dims, values);
        name
    }

    fn named_initializer(&mut self, name: &str, dims: &[usize], values: &[f64]) {
        self.initializers.push(pb::TensorProto {
            name: name.to_owned(),
            dims: dims.iter().map(|&d| d as i64).collect(),
            data_type: FLOAT,
            float_data: values.iter().map(|&v| v as f32).collect(),
            ..pb::TensorProto::default()
        });
    }

    /// The scales of a quantization.
    fn scales(&self, name: &str) -> Result<Vec<f32>, String> {
        let constant = self.constants.get(name).filter(|c| c.kind == FLOAT);
        let Some(constant) = constant else {
            return Err(format!("its scale `{name}` is not a float constant"));
        };
        let scales: Vec<f32> = constant.values.iter().map(|&v| v as f32).collect();
        let is_usable = !scales.is_empty() && constant.dims.len() < 2;
        match is_usable && scales.iter().all(|s| s.is_normal() && *s > 0.0) {
            true => Ok(scales),
            false => Err(format!(
                "its scale `{name}` is not positive, or has several axes"
            )),
        }
    }

    /// The zero points of a quantization, and their type; none is zero.
    fn zeros(&self, name: &str) -> Result<(Vec<i64>, Option<i32>), String> {
        if name.is_empty() {
            return Ok((vec![0], None));
        }
        match self.constants.get(name) {
            Some(c) if c.kind != FLOAT && c.dims.len() < 2 && !c.values.is_empty() => {
                Ok((c.values.iter().map(|&v| v as i64).collect(), Some(c.kind)))
            }
            _ => Err(format!(
                "its zero point `{name}` is not a constant of int8, uint8 or int32"
            )),
        }
    }

    /// Takes a tensor of integers apart.
    fn dequantize(
        &mut self,
        node: &pb::NodeProto,
        x: &str,
        scales: Vec<f32>,
        zeros: &[i64],
        axis: i64,
    ) -> Result<Quantized, String> {
        if let Some(constant) = self.constants.get(x).cloned() {
            if constant.kind == FLOAT {
                return Err(format!("`{x}` holds floats, not integers"));
            }
            let rank = constant.dims.len();
            let axis = if axis < 0 { axis + rank as i64 } else { axis };
            let axis = axis.clamp(0, rank.saturating_sub(1) as i64) as usize;
            let length = constant.dims.get(axis).copied().unwrap_or(1);
            if [scales.len(), zeros.len()]
                .iter()
                .any(|&n| n != 1 && n != length)
            {
                return Err(format!(
                    "`{x}` has {length} entries along axis {axis}, not as many as scales or zero points"
                ));
            }
            let values = constant.values.iter().enumerate();
            let values = values.map(|(i, v)| {
                let channel = constant.channel(axis, i);
                v - zeros[channel % zeros.len()] as f64
            });
            let integers = Constant {
                values: values.collect(),
                ..constant.clone()
            };
            if integers.values.iter().any(|v| v.abs() > MAX_EXACT as f64) {
                return Err(format!("`{x}` holds an integer beyond 2^24"));
            }
            let range = match zeros {
                [zero] => bounds(constant.kind).map(|(low, high)| (low - zero, high - zero)),
                _ => None,
            };
            return Ok(Quantized {
                range,
                integers: Integers::Constant(integers),
                scales,
                axis: axis as i64,
                trailing: rank - axis.min(rank) - usize::from(rank > 0),
                is_relu: false,
                is_narrow: true,
            });
        }
        let [zero] = zeros[..] else {
            return Err(format!(
                "`{x}` is computed and has several zero points; only constants may"
            ));
        };
        if scales.len() != 1 {
            return Err(format!(
                "`{x}` is computed and has several scales; only constants may"
            ));
        }
        let known = self.codes.get(x).cloned();
        let (is_narrow, range) = match &known {
            Some(code) => {
                let offset = code.zero - zero;
                let shifted = |(low, high)| (low + offset, high + offset);
                (code.is_narrow, code.range.map(shifted))
            }
            None => {
                let kind = self.inputs.get(x).copied();
                let range = kind.and_then(bounds);
                let shifted = range.map(|(low, high)| (low - zero, high - zero));
                (kind != Some(INT32), shifted)
            }
        };
        let integers = match known {
            Some(code) if code.zero == zero => code.integers,
            _ => {
                let x = match self.materialize(x)? {
                    true => x.to_owned(),
                    false => self.floats(node, x),
                };
                match zero {
                    0 => x,
                    _ => self.shifted(node, &x, -zero, None),
                }
            }
        };
        Ok(Quantized {
            integers: Integers::Computed(integers),
            scales,
            axis: 0,
            trailing: 0,
            is_relu: false,
            is_narrow,
            range,
        })
    }

    /// An input of integers as floats.
    fn floats(&mut self, node: &pb::NodeProto, x: &str) -> String {
        let output = format!("{x}.float.{}", self.nodes.len());
        let cast = self.emit(node, "Cast", &[x], &output);
        cast.attribute.push(int_attribute("to", FLOAT.into()));
        output
    }

    /// `x + offset`.
    fn shifted(
        &mut self,
        node: &pb::NodeProto,
        x: &str,
        offset: i64,
        name: Option<&str>,
    ) -> String {
        let output = name.map_or_else(
            || format!("{x}.shifted.{}", self.nodes.len()),
            str::to_owned,
        );
        if offset == 0 {
            self.emit(node, "Identity", &[x], &output);
            return output;
        }
        let constant = self.initializer(&format!("{x}.zero"), &[], &[offset as f64]);
        self.emit(node, "Add", &[x, &constant], &output);
        output
    }

    /// Makes a tensor exist under its own name, as floats; whether it is one that was rewritten.
    fn materialize(&mut self, name: &str) -> Result<bool, String> {
        if self.made.contains(name) {
            return Ok(true);
        }
        let like = pb::NodeProto {
            name: name.to_owned(),
            ..pb::NodeProto::default()
        };
        if let Some(code) = self.codes.get(name).cloned() {
            self.made.insert(name.to_owned());
            self.shifted(&like, &code.integers, code.zero, Some(name));
            return Ok(true);
        }
        let Some(tensor) = self.tensors.get(name).cloned() else {
            return self.undeferred(name);
        };
        self.made.insert(name.to_owned());
        match &tensor.integers {
            Integers::Constant(constant) => {
                let axis = tensor.axis as usize;
                let values = constant.values.iter().enumerate().map(|(i, &v)| {
                    let channel = constant.channel(axis, i);
                    f64::from(v as f32 * tensor.scales[channel % tensor.scales.len()])
                });
                let values: Vec<f64> = values.collect();
                self.named_initializer(name, &constant.dims, &values);
            }
            Integers::Computed(integers) => {
                let scales: Vec<f64> = tensor.scales.iter().map(|&s| s.into()).collect();
                let dims = match scales.len() {
                    1 => vec![],
                    n => [vec![n], vec![1; tensor.trailing]].concat(),
                };
                let scales = self.initializer(&format!("{name}.scale"), &dims, &scales);
                if tensor.is_relu {
                    let scaled = format!("{name}.scaled");
                    self.emit(&like, "Mul", &[integers, &scales], &scaled);
                    self.emit(&like, "Relu", &[&scaled], name);
                } else {
                    self.emit(&like, "Mul", &[integers, &scales], name);
                }
            }
        }
        Ok(true)
    }

    /// `QuantizeLinear` of a tensor.
    fn quantize(
        &mut self,
        node: &pb::NodeProto,
        x: &str,
        scale: &str,
        zero: &str,
    ) -> Result<(), String> {
        let [scale] = self.scales(scale)?[..] else {
            return Err(
                "a quantization of a computed tensor by several scales is not supported".into(),
            );
        };
        let (zeros, kind) = self.zeros(zero)?;
        let [zero] = zeros[..] else {
            return Err(
                "a quantization of a computed tensor by several zero points is not supported"
                    .into(),
            );
        };
        let default = match integer(node, "output_dtype", 0) {
            0 => UINT8,
            kind => kind as i32,
        };
        let kind = kind.unwrap_or(default);
        let Some((low, high)) = bounds(kind) else {
            return Err(format!(
                "a quantization to ONNX type {kind}; only int8 and uint8 are supported"
            ));
        };
        let output = node.output[0].clone();
        if let Some(constant) = self.constants.get(x).filter(|c| c.kind == FLOAT) {
            let quantized = constant.values.iter().map(|&v| {
                let real = (v as f32 / scale).round_ties_even() + zero as f32;
                f64::from(real.clamp(low as f32, high as f32))
            });
            let quantized = Constant {
                kind,
                dims: constant.dims.clone(),
                values: quantized.collect(),
            };
            self.named_initializer(&output, &quantized.dims, &quantized.values);
            self.constants.insert(output, quantized);
            return Ok(());
        }
        let target = Target {
            scale,
            low: low - zero,
            high: high - zero,
        };
        let integers = format!("{output}.integers");
        if !self.quantize_deferred(node, x, &target, &integers)? {
            self.requantize(node, x, &target, &integers)?;
        }
        self.codes.insert(
            output,
            Code {
                integers,
                zero,
                is_narrow: true,
                range: Some((target.low, target.high)),
            },
        );
        Ok(())
    }

    /// The integers that a tensor becomes, under this name.
    fn requantize(
        &mut self,
        node: &pb::NodeProto,
        x: &str,
        target: &Target,
        integers: &str,
    ) -> Result<(), String> {
        let &Target { scale, low, .. } = target;
        let known = self.tensors.get(x).cloned();
        let (source, factors, divisor, axis, low) = match known {
            Some(Quantized {
                integers: Integers::Computed(integers),
                scales,
                axis,
                is_relu,
                is_narrow,
                ..
            }) => {
                let low = if is_relu { low.max(0) } else { low };
                // What onnxruntime does: of a sum, one factor; of a single number, a product and a quotient.
                match is_narrow {
                    true => (integers, scales, scale, axis, low),
                    false => (
                        integers,
                        scales.iter().map(|s| s / scale).collect(),
                        1.0,
                        axis,
                        low,
                    ),
                }
            }
            _ => {
                self.materialize(x)?;
                (x.to_owned(), vec![1.0], scale, 0, low)
            }
        };
        let target = Target { low, ..*target };
        self.emit_requantize(node, &source, integers, (factors, divisor, axis), &target);
        Ok(())
    }

    /// `x` times factors along an axis over a divisor, rounded and saturated.
    fn emit_requantize(
        &mut self,
        node: &pb::NodeProto,
        x: &str,
        integers: &str,
        (factors, divisor, axis): (Vec<f32>, f32, i64),
        target: &Target,
    ) {
        let requantize = self.emit(node, REQUANTIZE, &[x], integers);
        requantize.attribute = vec![
            pb::AttributeProto {
                name: "factors".into(),
                r#type: AttributeType::Floats as i32,
                floats: factors,
                ..pb::AttributeProto::default()
            },
            pb::AttributeProto {
                name: "divisor".into(),
                r#type: AttributeType::Float as i32,
                f: divisor,
                ..pb::AttributeProto::default()
            },
            int_attribute("axis", axis),
            int_attribute("low", target.low),
            int_attribute("high", target.high),
        ];
    }

    /// A product of integers, with the product of the scales. `None` if it has to be computed with floats.
    fn product(
        &mut self,
        node: &pb::NodeProto,
        op: &str,
        left: &Quantized,
        right: &Quantized,
        bias: Option<&Constant>,
    ) -> Option<Quantized> {
        if left.is_relu
            || right.is_relu
            || left.scales.len() != 1
            || !left.is_narrow
            || !right.is_narrow
        {
            return None;
        }
        if left.constant().is_some() && right.constant().is_some() {
            return None;
        }
        let rank = right.constant().map_or(0, |c| c.dims.len());
        let last = rank.saturating_sub(1) as i64;
        let (channels, axis, trailing) = match op {
            "Conv" => (0, 1, rank.saturating_sub(2)),
            "Gemm" => (i64::from(integer(node, "transB", 0) == 0), 1, 0),
            _ => (last, -1, 0),
        };
        if right.scales.len() != 1 && (right.axis != channels || (op == "MatMul" && rank < 2)) {
            return None;
        }
        let output = format!("{}.sums", node.output[0]);
        let left_scale = left.scales[0];
        let operand = |this: &mut Self, tensor: &Quantized, name: &str| match &tensor.integers {
            Integers::Computed(name) => name.clone(),
            Integers::Constant(c) => this.initializer(name, &c.dims, &c.values),
        };
        let left = operand(self, left, &format!("{output}.left"));
        let right_name = operand(self, right, &format!("{output}.right"));
        let mut inputs = vec![left, right_name];
        if let Some(bias) = bias {
            inputs.push(self.initializer(&format!("{output}.bias"), &bias.dims, &bias.values));
        }
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let known = [
            "alpha",
            "beta",
            "transA",
            "transB",
            "auto_pad",
            "dilations",
            "group",
            "kernel_shape",
            "pads",
            "strides",
        ];
        let attributes = node
            .attribute
            .iter()
            .filter(|a| known.contains(&a.name.as_str()));
        let attributes = attributes.cloned().collect();
        self.emit(node, op, &inputs, &output).attribute = attributes;
        Some(Quantized {
            integers: Integers::Computed(output),
            scales: right.scales.iter().map(|s| left_scale * s).collect(),
            axis,
            trailing,
            is_relu: false,
            is_narrow: false,
            range: None,
        })
    }

    /// A bias as integers of the scale that the products have.
    fn bias(&self, name: &str, left: &Quantized, right: &Quantized) -> Option<Constant> {
        let bias = self.tensors.get(name)?;
        let constant = bias.constant()?;
        let near = |(i, given): (usize, f32)| {
            let expected = left.scales[0] * right.scales[i % right.scales.len()];
            (given / expected - 1.0).abs() < 1e-5
        };
        let count = bias.scales.len().max(right.scales.len());
        let mut given = (0..count).map(|i| (i, bias.scales[i % bias.scales.len()]));
        (constant.dims.len() == 1 && given.all(near)).then(|| constant.clone())
    }

    /// The rewritten form of a float operation on dequantized tensors; `None` if it is left as it is.
    fn dequantized(&mut self, node: &pb::NodeProto) -> Option<Quantized> {
        let first = self.tensors.get(input(node, 0))?.clone();
        match node.op_type.as_str() {
            "Conv" | "Gemm" => {
                let is_plain = attribute(node, "alpha").is_none_or(|a| a.f == 1.0)
                    && attribute(node, "beta").is_none_or(|a| a.f == 1.0)
                    && integer(node, "transA", 0) == 0;
                let right = self.tensors.get(input(node, 1))?.clone();
                right.constant()?;
                first.plain()?;
                let bias = match input(node, 2) {
                    "" => None,
                    name => Some(self.bias(name, &first, &right)?),
                };
                if !is_plain {
                    return None;
                }
                self.product(node, &node.op_type, &first, &right, bias.as_ref())
            }
            "MatMul" => {
                let right = self.tensors.get(input(node, 1))?.clone();
                self.product(node, "MatMul", &first, &right, None)
            }
            "Relu" => first.constant().is_none().then_some(Quantized {
                is_relu: true,
                ..first
            }),
            _ if keeps_entries(node) => {
                let integers = first.plain()?.to_owned();
                if node.op_type == "MaxPool" && !first.is_narrow {
                    return None;
                }
                let output = self.same(node, &integers);
                Some(Quantized {
                    integers: Integers::Computed(output),
                    ..first
                })
            }
            _ => None,
        }
    }

    /// The same node on other integers.
    fn same(&mut self, node: &pb::NodeProto, integers: &str) -> String {
        let output = format!("{}.integers", node.output[0]);
        let mut same = node.clone();
        same.name = format!("{}.{}", name_of(node), self.nodes.len());
        same.input[0] = integers.to_owned();
        same.output = vec![output.clone()];
        self.nodes.push(same);
        output
    }

    fn node(&mut self, node: pb::NodeProto) -> Result<(), String> {
        let at = |position: usize| input(&node, position).to_owned();
        let Some(output) = node.output.first().cloned() else {
            return Err("it has no output".into());
        };
        match node.op_type.as_str() {
            "Constant" => {
                let tensor = attribute(&node, "value").and_then(|a| a.t.as_ref());
                if let Some((_, constant)) = tensor.and_then(Constant::read) {
                    self.constants.insert(output, constant);
                }
                self.nodes.push(node);
            }
            "QuantizeLinear" => {
                if integer(&node, "block_size", 0) != 0 {
                    return Err("scales for blocks are not supported".into());
                }
                self.quantize(&node, &at(0), &at(1), &at(2))?;
            }
            "DequantizeLinear" => {
                if integer(&node, "block_size", 0) != 0 {
                    return Err("scales for blocks are not supported".into());
                }
                let (scales, (zeros, _)) = (self.scales(&at(1))?, self.zeros(&at(2))?);
                let axis = integer(&node, "axis", 1);
                let tensor = self.dequantize(&node, &at(0), scales, &zeros, axis)?;
                self.tensors.insert(output, tensor);
            }
            "QLinearConv" | "QLinearMatMul" => {
                let is_convolution = node.op_type == "QLinearConv";
                let (op, axis) = if is_convolution {
                    ("Conv", 0)
                } else {
                    ("MatMul", -1)
                };
                let left = (self.scales(&at(1))?, self.zeros(&at(2))?.0);
                let left = self.dequantize(&node, &at(0), left.0, &left.1, -1)?;
                let right = (self.scales(&at(4))?, self.zeros(&at(5))?.0);
                let right = self.dequantize(&node, &at(3), right.0, &right.1, axis)?;
                let bias = match self.constants.get(&at(8)) {
                    Some(bias) if bias.values.iter().all(|v| v.abs() <= MAX_EXACT as f64) => {
                        Some(bias.clone())
                    }
                    Some(_) => return Err("its bias has an integer beyond 2^24".into()),
                    None if at(8).is_empty() => None,
                    None => return Err("its bias is not a constant".into()),
                };
                if is_convolution && right.constant().is_none() {
                    return Err("its weights are not constant".into());
                }
                let product = self.product(&node, op, &left, &right, bias.as_ref());
                let product =
                    product.ok_or("scales of this layout, or two constants, are not supported")?;
                let name = format!("{output}.product");
                self.tensors.insert(name.clone(), product);
                self.quantize(&node, &name, &at(6), &at(7))?;
            }
            "ConvInteger" | "MatMulInteger" => {
                let is_convolution = node.op_type == "ConvInteger";
                let (op, axis) = if is_convolution {
                    ("Conv", 0)
                } else {
                    ("MatMul", -1)
                };
                let zeros = self.zeros(&at(2))?.0;
                let left = self.dequantize(&node, &at(0), vec![1.0], &zeros, -2)?;
                let zeros = self.zeros(&at(3))?.0;
                let right = self.dequantize(&node, &at(1), vec![1.0], &zeros, axis)?;
                if is_convolution && right.constant().is_none() {
                    return Err("its weights are not constant".into());
                }
                let product = self.product(&node, op, &left, &right, None);
                let product = product.and_then(|p| p.plain().map(str::to_owned));
                let integers = product.ok_or("a product of two constants")?;
                self.codes.insert(
                    output,
                    Code {
                        integers,
                        zero: 0,
                        is_narrow: false,
                        range: None,
                    },
                );
            }
            _ => {
                if let Some(tensor) = self.dequantized(&node) {
                    self.tensors.insert(output, tensor);
                } else if let Some(code) = self.codes.get(&at(0)).cloned()
                    && keeps_entries(&node)
                {
                    let integers = self.same(&node, &code.integers);
                    self.codes.insert(output, Code { integers, ..code });
                } else if !self.defer(&node) {
                    for name in &node.input {
                        self.materialize(name)?;
                    }
                    self.nodes.push(node);
                }
            }
        }
        Ok(())
    }
}

/// Whether an operation's output has entries of its first input, whatever they mean, and the greater of two stays the greater.
fn keeps_entries(node: &pb::NodeProto) -> bool {
    let movements = [
        "Flatten",
        "Identity",
        "MaxPool",
        "Reshape",
        "Slice",
        "Squeeze",
        "Transpose",
        "Unsqueeze",
    ];
    movements.contains(&node.op_type.as_str()) && node.output.len() == 1
}

fn int_attribute(name: &str, i: i64) -> pb::AttributeProto {
    pb::AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Int as i32,
        i,
        ..pb::AttributeProto::default()
    }
}
