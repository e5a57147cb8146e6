//! RNN: a function of a sum of the input's and the state's products.

use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::build::gates::activations;
use crate::import::build::recurrence::{Cell, Sequence, State, directions};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, float, floats, int, string, strings};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("RNN", &[7, 14, 22], import)
        .attributes(&[
            floats("activation_alpha"),
            floats("activation_beta"),
            strings("activations"),
            float("clip"),
            string("direction"),
            int("hidden_size"),
            int("layout"),
        ])
        .row(
            "constant lengths of sequences; at most 4096 steps",
            "a contraction for all steps, then a contraction and a table for each",
        )
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let origin = &node.origin;
    let sequence = Sequence::of(importer, node)?;
    let directions = directions(node)?;
    let functions = activations(node, directions.len(), &["Tanh"])?;
    let mut results = Vec::new();
    for (&direction, functions) in directions.iter().zip(&functions) {
        let weights = importer.of_direction(node, 1, direction.number)?;
        let recurrent = importer.of_direction(node, 2, direction.number)?;
        let &[rows, hidden] = importer.graph.shape(recurrent) else {
            return refuse("recurrent weights that are no matrix for each direction");
        };
        if rows != hidden {
            return refuse(format!("recurrent weights of shape [{rows}, {hidden}]"));
        }
        let bias = match node.optional(3) {
            Some(_) => {
                let bias = importer.of_direction(node, 3, direction.number)?;
                let of_input = importer.part(origin, bias, 0, hidden)?;
                let of_state = importer.part(origin, bias, 1, hidden)?;
                Some(importer.plus(origin, of_input, of_state)?)
            }
            None => None,
        };
        let cell = Cell {
            gates: importer.input_gates(origin, sequence.source, weights, bias)?,
            recurrent,
            hidden,
        };
        let initial = State {
            hidden: importer.initial_state(node, 5, &sequence, direction.number, hidden)?,
            cell: None,
        };
        let Some(function) = functions.first() else {
            return refuse("a direction without its activation");
        };
        let step = &mut |importer: &mut Importer<'_>, cell: &Cell, gates: LayerId, state: State| {
            let recurrent = importer.recurrent_gates(origin, cell, state.hidden)?;
            let terms = vec![
                importer.graph.summand(1.0, gates, vec![])?,
                importer.graph.summand(1.0, recurrent, vec![])?,
            ];
            let argument = importer.graph.sum(origin, terms);
            Ok(State {
                hidden: importer.graph.apply(origin, argument, function.clone()),
                cell: None,
            })
        };
        results.push(importer.unrolled(origin, &sequence, direction, &cell, initial, step)?);
    }
    importer.recurrent_outputs(node, &sequence, results)
}
