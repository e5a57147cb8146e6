//! Graphs inside of graphs, and functions that a model defines itself.

use super::refusal::{Imported, refuse};
use super::scope::{Frame, Scope};
use super::value::Value;
use super::{Importer, MAX_DEPTH, MAX_WRITTEN_OUT, name_of};
use crate::proto::{FunctionProto, GraphProto, NodeProto};

impl<'a> Importer<'a> {
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
    pub(super) fn called(
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
