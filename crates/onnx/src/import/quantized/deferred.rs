//! Float operations between quantized tensors, put off until it is known what reads them.
//!
//! An operation on two dequantized tensors of 8 bits, with a ReLU or clip behind it or not, that QuantizeLinear reads is a function of
//! integers: a lookup, which is exact. A concatenation that it reads is one of tensors that are requantized each for itself. Whatever else
//! reads the result gets the float operation, which is made only then.

use super::lookup::LOOKUP;
use super::{
    Constant, FLOAT, Integers, MAX_EXACT, Quantized, Rewriter, Target, input, int_attribute,
    integer,
};
use crate::integer_function::Arithmetic;
use tract_onnx::pb::{self, attribute_proto::AttributeType};

/// An operation that is put off.
#[derive(Clone)]
pub(super) struct Deferred {
    /// As it stands in the model. What it reads is not put off itself, but for the operation before a clip.
    node: pb::NodeProto,
    meaning: Meaning,
}

/// What it is to QuantizeLinear.
#[derive(Clone)]
enum Meaning {
    Function(Function),
    /// A concatenation of tensors that have one scale each.
    Concatenation,
}

/// An operation on two tensors, entry by entry.
#[derive(Clone)]
struct Function {
    /// Its ONNX name.
    operation: String,
    operands: [Operand; 2],
    /// Those of the ReLU or clip behind it.
    bounds: Option<(f32, f32)>,
}

#[derive(Clone)]
struct Operand {
    /// The tensor of its integers; for a number, of its shape.
    integers: String,
    /// A scale, or the number itself.
    factor: f32,
    is_number: bool,
    is_relu: bool,
    /// The bounds of the integers.
    range: (i64, i64),
}

/// The number that all entries are, if there is one.
fn uniform(values: &[f64]) -> Option<f64> {
    let (first, rest) = values.split_first()?;
    rest.iter().all(|v| v == first).then_some(*first)
}

/// A constant that is the same number everywhere, of the shape of this tensor: it may have more axes than the other operand.
fn number(shape: String, number: f32) -> Option<Operand> {
    number.is_finite().then_some(Operand {
        integers: shape,
        factor: number,
        is_number: true,
        is_relu: false,
        range: (0, 0),
    })
}

impl Rewriter {
    /// Puts a node off, if that may be of use; whether it was.
    pub(super) fn defer(&mut self, node: &pb::NodeProto) -> bool {
        let Some(output) = node.output.first() else {
            return false;
        };
        // A name of two tensors is a mistake of the file, which the front end finds. Put off, such nodes could read each other without end.
        let is_taken = self.deferred.contains_key(output)
            || self.tensors.contains_key(output)
            || self.constants.contains_key(output);
        let meaning = match node.op_type.as_str() {
            _ if is_taken => None,
            "Relu" | "Clip" => self.clipped(node).map(Meaning::Function),
            "Concat" => self
                .is_concatenation(node)
                .then_some(Meaning::Concatenation),
            _ => self.function(node).map(Meaning::Function),
        };
        let Some(meaning) = meaning else {
            return false;
        };
        let node = node.clone();
        self.deferred
            .insert(output.clone(), Deferred { node, meaning });
        true
    }

    /// Makes the float operation, if this is the name of one that is put off; whether it is.
    pub(super) fn undeferred(&mut self, name: &str) -> Result<bool, String> {
        let Some(deferred) = self.deferred.get(name) else {
            return Ok(false);
        };
        let node = deferred.node.clone();
        self.made.insert(name.to_owned());
        for input in &node.input {
            self.materialize(input)?;
        }
        self.nodes.push(node);
        Ok(true)
    }

    /// `QuantizeLinear` of something that is put off; whether it is.
    pub(super) fn quantize_deferred(
        &mut self,
        node: &pb::NodeProto,
        x: &str,
        target: &Target,
        integers: &str,
    ) -> Result<bool, String> {
        let Some(deferred) = self.deferred.get(x).cloned() else {
            return Ok(false);
        };
        match deferred.meaning {
            Meaning::Function(function) => self.look_up(node, &function, target, integers),
            Meaning::Concatenation => {
                let mut parts = Vec::new();
                for (position, part) in deferred.node.input.iter().enumerate() {
                    let name = format!("{integers}.part.{position}");
                    self.requantize(node, part, target, &name)?;
                    parts.push(name);
                }
                let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
                let joined = format!("{integers}.joined");
                let axis = integer(&deferred.node, "axis", 0);
                let concatenation = self.emit(node, "Concat", &parts, &joined);
                concatenation.attribute.push(int_attribute("axis", axis));
                // Pieces beside zeros are sums, whose static bounds are wider than their entries: this says that they have 8 bits.
                self.emit_requantize(node, &joined, integers, (vec![1.0], 1.0, 0), target);
            }
        }
        Ok(true)
    }

    fn look_up(
        &mut self,
        node: &pb::NodeProto,
        function: &Function,
        target: &Target,
        integers: &str,
    ) {
        let [left, right] = &function.operands;
        let operands = [left.integers.as_str(), right.integers.as_str()];
        let (low, high) = function
            .bounds
            .unwrap_or((f32::NEG_INFINITY, f32::INFINITY));
        let of_both = |value: fn(&Operand) -> i64| vec![value(left), value(right)];
        let ranges = [left.range, right.range];
        let lookup = self.emit(node, LOOKUP, &operands, integers);
        lookup.attribute = vec![
            pb::AttributeProto {
                name: "operation".into(),
                r#type: AttributeType::String as i32,
                s: function.operation.clone().into_bytes(),
                ..pb::AttributeProto::default()
            },
            floats_attribute("factors", vec![left.factor, right.factor]),
            ints_attribute("numbers", of_both(|operand| operand.is_number.into())),
            ints_attribute("relus", of_both(|operand| operand.is_relu.into())),
            ints_attribute("domains", ranges.iter().flat_map(|r| [r.0, r.1]).collect()),
            floats_attribute("bounds", vec![low, high]),
            pb::AttributeProto {
                name: "scale".into(),
                r#type: AttributeType::Float as i32,
                f: target.scale,
                ..pb::AttributeProto::default()
            },
            int_attribute("low", target.low),
            int_attribute("high", target.high),
        ];
    }

    fn function(&mut self, node: &pb::NodeProto) -> Option<Function> {
        Arithmetic::of_onnx(&node.op_type)?;
        let [left, right] = &node.input[..] else {
            return None;
        };
        let is_computed =
            |name: &String| self.tensors.get(name).is_some_and(|t| t.plain().is_some());
        if !is_computed(left) && !is_computed(right) {
            return None;
        }
        let [left, right] = [self.operand(left)?, self.operand(right)?];
        Some(Function {
            operation: node.op_type.clone(),
            operands: [left, right],
            bounds: None,
        })
    }

    fn operand(&mut self, name: &str) -> Option<Operand> {
        if self.deferred.contains_key(name) {
            return None;
        }
        let Some(tensor) = self.tensors.get(name).cloned() else {
            let constant = self.constants.get(name).filter(|c| c.kind == FLOAT)?;
            return number(name.to_owned(), uniform(&constant.values)? as f32);
        };
        let ([scale], Some(range)) = (&tensor.scales[..], tensor.range) else {
            return None;
        };
        let integers = match &tensor.integers {
            Integers::Computed(integers) => integers.clone(),
            Integers::Constant(constant) => {
                let is_within = |v: &f64| (range.0 as f64..=range.1 as f64).contains(v);
                if !constant.values.iter().all(is_within) {
                    return None;
                }
                let integers = self.integer_constant(name, constant);
                if let Some(integer) = uniform(&constant.values) {
                    return number(integers, integer as f32 * scale);
                }
                integers
            }
        };
        let is_exact = |bound: i64| bound.abs() <= MAX_EXACT;
        (is_exact(range.0) && is_exact(range.1)).then_some(Operand {
            integers,
            factor: *scale,
            is_number: false,
            is_relu: tensor.is_relu,
            range,
        })
    }

    /// The integers of a constant that is dequantized, made once for all that reads them.
    fn integer_constant(&mut self, name: &str, constant: &Constant) -> String {
        if let Some(known) = self.integer_constants.get(name) {
            return known.clone();
        }
        let made = self.initializer(
            &format!("{name}.constant"),
            &constant.dims,
            &constant.values,
        );
        self.integer_constants.insert(name.to_owned(), made.clone());
        made
    }

    /// A ReLU or clip of an operation that is put off and has none yet.
    fn clipped(&self, node: &pb::NodeProto) -> Option<Function> {
        let Meaning::Function(function) = &self.deferred.get(input(node, 0))?.meaning else {
            return None;
        };
        if function.bounds.is_some() {
            return None;
        }
        let bound = |position: usize, default: f32| match input(node, position) {
            "" => Some(default),
            name if self.deferred.contains_key(name) => None,
            name => {
                let constant = self.constants.get(name).filter(|c| c.kind == FLOAT)?;
                let number = uniform(&constant.values)? as f32;
                (!number.is_nan()).then_some(number)
            }
        };
        let bounds = match node.op_type.as_str() {
            "Relu" => (0.0, f32::INFINITY),
            _ => (bound(1, f32::NEG_INFINITY)?, bound(2, f32::INFINITY)?),
        };
        Some(Function {
            bounds: Some(bounds),
            ..function.clone()
        })
    }

    /// Whether a node joins tensors of 8 bits that have one scale each.
    fn is_concatenation(&self, node: &pb::NodeProto) -> bool {
        let is_part = |name: &String| {
            let tensor = self.tensors.get(name);
            let is_plain = |t: &Quantized| t.plain().is_some() && t.range.is_some();
            tensor.is_some_and(is_plain) && !self.deferred.contains_key(name)
        };
        !node.input.is_empty() && node.input.iter().all(is_part)
    }
}

fn floats_attribute(name: &str, floats: Vec<f32>) -> pb::AttributeProto {
    pb::AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Floats as i32,
        floats,
        ..pb::AttributeProto::default()
    }
}

fn ints_attribute(name: &str, ints: Vec<i64>) -> pb::AttributeProto {
    pb::AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Ints as i32,
        ints,
        ..pb::AttributeProto::default()
    }
}
