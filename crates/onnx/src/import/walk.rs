//! Nodes, imported in their order: those of the model's graph, of graphs inside of it, and of functions that the model defines itself.

use super::domains::{ONNX, canonical};
use super::folding;
use super::importer::Importer;
use super::limits::{MAX_ALL_ENTRIES, MAX_DEPTH, MAX_ENTRIES, MAX_WRITTEN_OUT};
use super::node::{Node, describe, name_of};
use super::refusal::{Imported, Refusal, refuse};
use super::scope::{Frame, Scope};
use super::support::{is_call, operation};
use super::value::Value;
use crate::OnnxError;
use crate::graph::Kind;
use crate::proto::{FunctionProto, GraphProto, NodeProto};
use inferproof_view::volume;

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

impl<'a> Importer<'a> {
    /// Imports nodes in their order.
    pub fn walk(&mut self, nodes: &'a [NodeProto]) -> Result<(), OnnxError> {
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
            let mut largest = 0;
            for layer in made.filter(|l| !matches!(l.kind, Kind::Constant(_))) {
                let entries = volume(&layer.shape).unwrap_or(usize::MAX);
                largest = largest.max(entries);
                self.entries = self.entries.saturating_add(entries);
            }
            let outputs = outputs.and_then(|outputs| {
                if largest > MAX_ENTRIES {
                    return refuse(format!(
                        "it takes a tensor of {largest} entries; at most {MAX_ENTRIES} are supported"
                    ));
                }
                if self.entries > MAX_ALL_ENTRIES {
                    return refuse(format!(
                        "up to here the model's tensors have {} entries; at most {MAX_ALL_ENTRIES} are supported",
                        self.entries
                    ));
                }
                Ok(outputs)
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
        let domain = canonical(&proto.domain);
        let frame = self.frame();
        OnnxError::Unsupported {
            node: format!("{}{}", frame.prefix, name_of(proto)),
            op: match domain {
                ONNX => proto.op_type.clone(),
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
        let imported = frame.opsets.get(canonical(&proto.domain));
        let (operation, since) = operation(proto, imported.copied())?;
        let node = self.node(proto, since)?;
        operation.check_attributes(&node)?;
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
                let reals = self.reals_behind(&node)?;
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

    /// A node with what its inputs and attributes stand for.
    fn node(&mut self, proto: &'a NodeProto, since: i64) -> Imported<Node<'a>> {
        let files = self.files.clone();
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
            files,
        })
    }

    /// The outputs of a graph inside of the present one, for these values of its inputs. It sees the names around it.
    pub fn inner_graph(
        &mut self,
        node: &NodeProto,
        graph: &'a GraphProto,
        inputs: Vec<Value>,
    ) -> Imported<Vec<Value>> {
        if self.frame().scopes.len() >= MAX_DEPTH {
            return refuse(format!("more than {MAX_DEPTH} graphs inside of each other"));
        }
        self.written_out += 1;
        if self.written_out > MAX_WRITTEN_OUT {
            return refuse(format!(
                "more than {MAX_WRITTEN_OUT} branches and steps of loops are written out"
            ));
        }
        if inputs.len() != graph.input.len() {
            return refuse(format!(
                "its inner graph has {} inputs; expected {}",
                graph.input.len(),
                inputs.len()
            ));
        }
        let outputs = graph.output.iter().map(|o| o.name.as_str());
        let scope = Scope::of(&graph.node, outputs.clone());
        let frame = self.frame();
        let outer = frame.prefix.clone();
        frame.prefix = format!("{outer}{}/", name_of(node));
        frame.scopes.push(scope);
        let walked = self.inside(graph, inputs);
        let results: Option<Vec<Value>> = outputs.map(|o| self.value(o).cloned()).collect();
        let frame = self.frame();
        frame.scopes.pop();
        frame.prefix = outer;
        walked?;
        match results {
            Some(results) => Ok(results),
            None => refuse("its inner graph has an output that nothing in it makes"),
        }
    }

    fn inside(&mut self, graph: &'a GraphProto, inputs: Vec<Value>) -> Imported<()> {
        self.initializers(graph)?;
        for (input, value) in graph.input.iter().zip(inputs) {
            self.bind(&input.name, value)?;
        }
        self.walk(&graph.node)?;
        Ok(())
    }

    /// The outputs of a function of the model, written out.
    fn called(
        &mut self,
        function: &'a FunctionProto,
        proto: &'a NodeProto,
    ) -> Imported<Vec<Value>> {
        if self.frames.len() >= MAX_DEPTH {
            return refuse(format!(
                "functions that call each other more than {MAX_DEPTH} deep"
            ));
        }
        let node = self.node(proto, 0)?;
        let prefix = format!("{}{}/", self.frame().prefix, name_of(proto));
        let mut frame = Frame::new(&function.opset_import, prefix);
        for default in &function.attribute_proto {
            frame.attributes.insert(&default.name, default);
        }
        for (name, attribute) in &node.attributes {
            frame.attributes.insert(name, attribute);
        }
        let outputs = function.output.iter().map(String::as_str);
        let mut scope = Scope::of(&function.node, outputs.clone());
        let inputs = node.inputs.into_iter().map(|v| v.unwrap_or(Value::Nothing));
        for (name, value) in function
            .input
            .iter()
            .zip(inputs.chain(std::iter::repeat(Value::Nothing)))
        {
            scope.bind(name, value);
        }
        frame.scopes.push(scope);
        self.frames.push(frame);
        let walked = self.walk(&function.node);
        let results: Option<Vec<Value>> = outputs.map(|o| self.value(o).cloned()).collect();
        self.frames.pop();
        walked?;
        match results {
            Some(results) => Ok(results),
            None => refuse(format!(
                "the function `{}` has an output that nothing in it makes",
                function.name
            )),
        }
    }
}
