//! Where: the entries of one tensor where a condition holds, else those of another.

use crate::element::Element;
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::build::broadcast::common_shape;
use crate::import::build::movement::{room, without_entries};
use crate::import::build::typed::places;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation};
use crate::import::value::Value;
use crate::tensor::Tensor;

inventory::submit! {
    Operation::new("Where", &[9, 16], import)
        .fold(Fold::Own(evaluate))
        .row(
            "",
            "a product of a truth value and a difference, and a sum; of a constant condition that follows no rule products with weights, of others views",
        )
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let [condition, yes, no] = [
        node.input(0)?.clone(),
        node.input(1)?.clone(),
        node.input(2)?.clone(),
    ];
    let chooses_reals = yes.element().is_some_and(Element::is_float);
    // An array that the model was given may be a weight; integers may be wider than products of them. What is never chosen may hold anything.
    let is_weighed = chooses_reals && decided(&condition).is_none();
    for (position, value) in [&condition, &yes, &no].into_iter().enumerate() {
        let entries = value.constant().map_or(0, Tensor::len);
        if is_weighed && entries > 0 {
            importer.input(node, position)?;
        }
    }
    let selected = importer.selected(&node.origin, &condition, &yes, &no)?;
    Ok(vec![selected])
}

/// Whether a condition holds, if it is the same everywhere.
fn decided(condition: &Value) -> Option<bool> {
    let truths = condition.constant().and_then(Tensor::integers)?;
    let (first, rest) = truths.split_first()?;
    let holds = *first != 0;
    rest.iter().all(|&h| (h != 0) == holds).then_some(holds)
}

impl Importer<'_> {
    /// `yes` where the condition holds, else `no`, all broadcast to one shape.
    pub fn selected(
        &mut self,
        origin: &str,
        condition: &Value,
        yes: &Value,
        no: &Value,
    ) -> Imported<Value> {
        let shapes = [self.shape(condition)?, self.shape(yes)?, self.shape(no)?];
        let to = common_shape(&[&shapes[0], &shapes[1], &shapes[2]])?;
        let (Some(element), Some(other)) = (yes.element(), no.element()) else {
            return refuse("it selects what is no tensor");
        };
        if element != other {
            return refuse(format!(
                "it selects from tensors of types {element} and {other}"
            ));
        }
        if room(&to)? == 0 {
            return without_entries(element, to);
        }
        // A condition that holds everywhere, or nowhere, leaves nothing of the other tensor.
        if let Some(holds) = decided(condition) {
            let chosen = if holds { yes } else { no };
            return self.repeated_to(origin, chosen, &to);
        }
        let condition = self.layer(origin, condition)?;
        let chosen = match element {
            Element::String => self.string_operands(origin, &[yes, no], true)?,
            _ => {
                let chosen = [self.layer(origin, yes)?, self.layer(origin, no)?];
                vec![chosen[0], self.beside(condition, chosen[1])]
            }
        };
        let [yes, no] = chosen[..] else {
            return refuse("it selects from two tensors");
        };
        let operands = [condition, yes, no];
        let place = Place {
            origin,
            to: &to,
            owned: &[],
        };
        let layer = self.select(&place, operands)?;
        match element {
            Element::String => self.selected_strings(layer, yes),
            _ => Ok(Value::computed(layer, element)),
        }
    }
}

fn evaluate(node: &Node<'_>) -> Imported<Vec<Value>> {
    let condition = node.constant(0, "condition")?;
    let (yes, no) = (node.constant(1, "tensor")?, node.constant(2, "tensor")?);
    let to = common_shape(&[condition.shape(), yes.shape(), no.shape()])?;
    room(&to)?;
    let (Some(holds), Some(both)) = (condition.integers(), Tensor::concatenated(&[yes, no])) else {
        return refuse(format!(
            "a condition of type {} for tensors of types {} and {}",
            condition.element(),
            yes.element(),
            no.element()
        ));
    };
    let from_yes = places(yes.shape(), &to);
    let from_no = places(no.shape(), &to).map(|place| yes.len() + place);
    let chosen = places(condition.shape(), &to).zip(from_yes.zip(from_no));
    let chosen = chosen.map(|(at, (yes, no))| match holds.get(at) {
        Some(0) => Some(no),
        _ => Some(yes),
    });
    let chosen: Vec<Option<usize>> = chosen.collect();
    match both.picked(to, &chosen) {
        Some(selected) => Ok(vec![Value::Constant(selected)]),
        None => refuse("its constants could not be selected"),
    }
}
