//! LSTM: gates for input, output, forgetting and the cell, in this order.

use crate::function::Function;
use crate::graph::{Graph, LayerId};
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::build::gates::activations;
use crate::import::build::recurrence::{Cell, Sequence, State, directions};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, float, floats, int, string, strings};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("LSTM", &[7, 14, 22], import)
        .attributes(&[
            floats("activation_alpha"),
            floats("activation_beta"),
            strings("activations"),
            float("clip"),
            string("direction"),
            int("hidden_size"),
            int("input_forget"),
            int("layout"),
        ])
        .row(
            "constant lengths of sequences; at most 4096 steps",
            "a contraction for all steps, then contractions, tables and products for each",
        )
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let origin = &node.origin;
    let sequence = Sequence::of(importer, node)?;
    let directions = directions(node)?;
    let functions = activations(node, directions.len(), &["Sigmoid", "Tanh", "Tanh"])?;
    let coupled = node.flag("input_forget", false);
    let mut results = Vec::new();
    for (&direction, functions) in directions.iter().zip(&functions) {
        let weights = importer.of_direction(node, 1, direction.number)?;
        let recurrent = importer.of_direction(node, 2, direction.number)?;
        let &[rows, hidden] = importer.graph.shape(recurrent) else {
            return refuse("recurrent weights that are no matrix for each direction");
        };
        if rows != 4 * hidden {
            return refuse(format!("recurrent weights of shape [{rows}, {hidden}]"));
        }
        let bias = match node.optional(3) {
            Some(_) => {
                let bias = importer.of_direction(node, 3, direction.number)?;
                let halves = [0, 1].map(|half| importer.part(origin, bias, half, 4 * hidden));
                let [of_input, of_state] = halves;
                Some(importer.plus(origin, of_input?, of_state?)?)
            }
            None => None,
        };
        let peepholes = match node.optional(7) {
            Some(_) => Some(importer.of_direction(node, 7, direction.number)?),
            None => None,
        };
        let cell = Cell {
            gates: importer.input_gates(origin, sequence.source, weights, bias)?,
            recurrent,
            hidden,
        };
        let initial = State {
            hidden: importer.initial_state(node, 5, &sequence, direction.number, hidden)?,
            cell: Some(importer.initial_state(node, 6, &sequence, direction.number, hidden)?),
        };
        let step = &mut |importer: &mut Importer<'_>, cell: &Cell, gates, state| {
            advance(
                importer,
                origin,
                cell,
                gates,
                state,
                (functions, coupled, peepholes),
            )
        };
        results.push(importer.unrolled(origin, &sequence, direction, &cell, initial, step)?);
    }
    importer.recurrent_outputs(node, &sequence, results)
}

/// One step: `c' = f c + i g`, `h' = o tanh(c')`.
fn advance(
    importer: &mut Importer<'_>,
    origin: &str,
    cell: &Cell,
    gates: LayerId,
    state: State,
    (functions, coupled, peepholes): (&[Function], bool, Option<LayerId>),
) -> Imported<State> {
    let ([of_gates, of_input, of_cell], Some(before)) = (functions, state.cell) else {
        return refuse("a step without a cell");
    };
    let recurrent = importer.recurrent_gates(origin, cell, state.hidden)?;
    let terms = vec![
        importer.graph.summand(1.0, gates, vec![])?,
        importer.graph.summand(1.0, recurrent, vec![])?,
    ];
    let arguments = importer.graph.sum(origin, terms);
    let gate = |importer: &mut Importer<'_>,
                number: usize,
                peeped: Option<(usize, LayerId)>,
                function: &Function| {
        let mut argument = importer.part(origin, arguments, number, cell.hidden)?;
        if let (Some((part, seen)), Some(peepholes)) = (peeped, peepholes) {
            let factors = importer.part(origin, peepholes, part, cell.hidden)?;
            let to = importer.graph.shape(seen).to_vec();
            let place = Place {
                origin,
                to: &to,
                owned: &[],
            };
            let seen =
                importer.binary(&place, crate::function::Operation::Multiply, seen, factors)?;
            argument = importer.plus(origin, argument, seen)?;
        }
        Ok::<LayerId, crate::import::refusal::Refusal>(importer.graph.apply(
            origin,
            argument,
            function.clone(),
        ))
    };
    let input = gate(importer, 0, Some((0, before)), of_gates)?;
    let forget = match coupled {
        true => {
            let shape = importer.graph.shape(input).to_vec();
            let terms = vec![
                importer.graph.summand(-1.0, input, vec![])?,
                Graph::fill(1.0, &shape)?,
            ];
            importer.graph.sum(origin, terms)
        }
        false => gate(importer, 2, Some((2, before)), of_gates)?,
    };
    let update = gate(importer, 3, None, of_input)?;
    let after = importer.blended(origin, [before, forget], [update, input])?;
    let output = gate(importer, 1, Some((1, after)), of_gates)?;
    let squashed = importer.graph.apply(origin, after, of_cell.clone());
    let hidden = importer.graph.entrywise(origin, squashed, output);
    Ok(State {
        hidden,
        cell: Some(after),
    })
}
