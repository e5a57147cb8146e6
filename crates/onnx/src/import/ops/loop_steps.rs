//! Loop: a graph written out once for each step. Where the condition to go on is computed, all steps are, and the state of those that count is kept.

use crate::element::Element;
use crate::import::Importer;
use crate::import::build::steps::MAX_STEPS;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation, graph};
use crate::import::value::Value;
use crate::tensor::Tensor;

inventory::submit! {
    Operation::new("Loop", &[1, 11, 13, 16, 19, 21, 23, 24, 25], import)
        .attributes(&[graph("body")])
        .fold(Fold::Never)
        .row("a constant number of at most 4096 steps", "its steps, one after the other")
}

fn import<'a>(importer: &mut Importer<'a>, node: &Node<'a>) -> Imported<Vec<Value>> {
    let body = node.subgraph("body")?;
    let origin = &node.origin;
    let trips = match node.optional(0) {
        None => None,
        Some(Value::Constant(tensor)) => match tensor.integers() {
            Some(&[trips]) => Some(usize::try_from(trips.max(0))?),
            _ => return refuse("a number of steps that is no single integer"),
        },
        Some(_) => {
            return refuse(
                "its number of steps is computed; it must be constant: export the model with the loop unrolled",
            );
        }
    };
    let mut goes_on = match node.optional(1) {
        None => truth(true)?,
        Some(condition) => importer.single(origin, &condition.clone())?,
    };
    let mut state = Vec::new();
    for place in 2..node.inputs.len() {
        state.push(node.optional(place).cloned().unwrap_or(Value::Nothing));
    }
    let states = state.len();
    let Some(scans) = body.output.len().checked_sub(states + 1) else {
        return refuse(format!(
            "a body with {} outputs for {states} states",
            body.output.len()
        ));
    };
    let mut scanned: Vec<Vec<Value>> = vec![Vec::new(); scans];
    let mut step = 0;
    while trips.is_none_or(|trips| step < trips) {
        if let Value::Constant(condition) = &goes_on
            && condition.scalar() == Some(0.0)
        {
            break;
        }
        if step == MAX_STEPS {
            return refuse(format!("more than {MAX_STEPS} steps"));
        }
        let is_computed = matches!(goes_on, Value::Computed { .. });
        if is_computed && trips.is_none() {
            return refuse(
                "it goes on until a computed condition ends it; give it a constant number of steps",
            );
        }
        if is_computed && scans > 0 {
            return refuse(
                "a computed condition decides how many entries it collects; make the condition constant",
            );
        }
        let number = Tensor::of_integers(Element::Int64, vec![], vec![i64::try_from(step)?]);
        let number = number.map_or(Value::Nothing, Value::Constant);
        let inputs = [vec![number, goes_on.clone()], state.clone()].concat();
        let mut outputs = importer.inner_graph(node.proto, body, inputs)?.into_iter();
        let Some(next) = outputs.next() else {
            return refuse("a body without outputs");
        };
        let next = importer.single(origin, &next)?;
        let mut made: Vec<Value> = outputs.by_ref().take(states).collect();
        if is_computed {
            let kept = made.iter().zip(&state);
            let kept = kept.map(|(new, old)| importer.chosen(origin, &goes_on, new, old));
            made = kept.collect::<Imported<_>>()?;
        }
        goes_on = match is_computed {
            true => importer.selected(origin, &goes_on, &next, &truth(false)?)?,
            false => next,
        };
        state = made;
        for (collected, value) in scanned.iter_mut().zip(outputs) {
            collected.push(value);
        }
        step += 1;
    }
    for (place, values) in scanned.into_iter().enumerate() {
        state.push(match values.is_empty() {
            true => importer.nothing_scanned(body, states + 1 + place, 0)?,
            false => importer.stacked(origin, &values, 0)?,
        });
    }
    Ok(state)
}

fn truth(holds: bool) -> Imported<Value> {
    match Tensor::of_integers(Element::Bool, vec![], vec![holds.into()]) {
        Some(tensor) => Ok(Value::Constant(tensor)),
        None => refuse("a truth value"),
    }
}
