//! If: the outputs of one of two graphs. Where the condition is computed both are, and entries are selected.

use crate::import::Importer;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation, graph};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("If", &[1, 11, 13, 16, 19, 21, 23, 24, 25], import)
        .attributes(&[graph("then_branch"), graph("else_branch")])
        .fold(Fold::Never)
        .row("branches of the same shapes where the condition is computed", "the branch, or a selection between both")
}

fn import<'a>(importer: &mut Importer<'a>, node: &Node<'a>) -> Imported<Vec<Value>> {
    let (yes, no) = (node.subgraph("then_branch")?, node.subgraph("else_branch")?);
    let condition = node.input(0)?.clone();
    if let Value::Constant(tensor) = &condition {
        let branch = match tensor.scalar() {
            Some(holds) if holds != 0.0 => yes,
            Some(_) => no,
            None => {
                return refuse(format!(
                    "a condition of shape {:?}; expected one truth value",
                    tensor.shape()
                ));
            }
        };
        return importer.inner_graph(node.proto, branch, vec![]);
    }
    let condition = importer.single(&node.origin, &condition)?;
    let yes = importer.inner_graph(node.proto, yes, vec![])?;
    let no = importer.inner_graph(node.proto, no, vec![])?;
    if yes.len() != no.len() {
        return refuse(format!(
            "branches with {} and {} outputs",
            yes.len(),
            no.len()
        ));
    }
    let both = yes.iter().zip(&no);
    both.map(|(yes, no)| importer.chosen(&node.origin, &condition, yes, no))
        .collect()
}

impl Importer<'_> {
    /// A truth value of one entry, without axes.
    pub fn single(&mut self, origin: &str, condition: &Value) -> Imported<Value> {
        let shape = self.shape(condition)?;
        if shape.iter().any(|&len| len != 1) {
            return refuse(format!(
                "a condition of shape {shape:?}; expected one truth value"
            ));
        }
        let only = Step::Reduce {
            axis: 0,
            source: 1,
            weights: None,
        };
        self.moved(origin, condition, vec![only; shape.len()])
    }

    /// One value where a computed condition holds, else another of the same shape.
    pub fn chosen(
        &mut self,
        origin: &str,
        condition: &Value,
        yes: &Value,
        no: &Value,
    ) -> Imported<Value> {
        match (yes, no) {
            (Value::Nothing, Value::Nothing) => return Ok(Value::Nothing),
            (Value::Constant(left), Value::Constant(right)) if left == right => {
                return Ok(yes.clone());
            }
            (Value::Sequence(left), Value::Sequence(right)) if left.len() == right.len() => {
                let both = left.iter().zip(right);
                let parts = both.map(|(yes, no)| self.chosen(origin, condition, yes, no));
                return Ok(Value::Sequence(parts.collect::<Imported<_>>()?));
            }
            (Value::Sequence(_) | Value::Nothing, _) | (_, Value::Sequence(_) | Value::Nothing) => {
                return refuse(
                    "a computed condition decides how long a sequence is, or whether a value is there; make it constant",
                );
            }
            _ => {}
        }
        let (left, right) = (self.shape(yes)?, self.shape(no)?);
        if left != right {
            return refuse(format!(
                "a computed condition decides between shapes {left:?} and {right:?}, which must be the same; make the condition constant"
            ));
        }
        self.selected(origin, condition, yes, no)
    }
}
