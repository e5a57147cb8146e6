//! GRU: gates for update and reset, and the hidden state, in this order.

use crate::function::Function;
use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::build::gates::activations;
use crate::import::build::recurrence::{Cell, Sequence, State, directions};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, float, floats, int, string, strings};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("GRU", &[7, 14, 22], import)
        .attributes(&[
            floats("activation_alpha"),
            floats("activation_beta"),
            strings("activations"),
            float("clip"),
            string("direction"),
            int("hidden_size"),
            int("layout"),
            int("linear_before_reset"),
        ])
        .row(
            "constant lengths of sequences; at most 4096 steps",
            "a contraction for all steps, then contractions, tables and products for each",
        )
}

/// What a step needs beside the cell.
struct Parts<'a> {
    functions: &'a [Function],
    /// The recurrent bias of the hidden state, where it stands inside of the reset.
    inner_bias: Option<LayerId>,
    resets_product: bool,
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let origin = &node.origin;
    let sequence = Sequence::of(importer, node)?;
    let directions = directions(node)?;
    let functions = activations(node, directions.len(), &["Sigmoid", "Tanh"])?;
    let resets_product = node.flag("linear_before_reset", false);
    let mut results = Vec::new();
    for (&direction, functions) in directions.iter().zip(&functions) {
        let weights = importer.of_direction(node, 1, direction.number)?;
        let recurrent = importer.of_direction(node, 2, direction.number)?;
        let &[rows, hidden] = importer.graph.shape(recurrent) else {
            return refuse("recurrent weights that are no matrix for each direction");
        };
        if rows != 3 * hidden {
            return refuse(format!("recurrent weights of shape [{rows}, {hidden}]"));
        }
        let (mut bias, mut inner_bias) = (None, None);
        if node.optional(3).is_some() {
            let given = importer.of_direction(node, 3, direction.number)?;
            let of_input = importer.part(origin, given, 0, 3 * hidden)?;
            let of_state = importer.part(origin, given, 1, 3 * hidden)?;
            bias = Some(match resets_product {
                false => importer.plus(origin, of_input, of_state)?,
                true => {
                    inner_bias = Some(importer.part(origin, of_state, 2, hidden)?);
                    // The first two thirds are added to the gates; the last stands inside of the reset.
                    let kept = Step::Gather {
                        axis: 0,
                        source: 3 * hidden,
                        index: (0..3 * hidden)
                            .map(|i| u32::try_from(i).ok().filter(|_| i < 2 * hidden))
                            .collect(),
                    };
                    let outer = importer.graph.view(origin, of_state, vec![kept])?;
                    importer.plus(origin, of_input, outer)?
                }
            });
        }
        let cell = Cell {
            gates: importer.input_gates(origin, sequence.source, weights, bias)?,
            recurrent,
            hidden,
        };
        let initial = State {
            hidden: importer.initial_state(node, 5, &sequence, direction.number, hidden)?,
            cell: None,
        };
        let parts = Parts {
            functions,
            inner_bias,
            resets_product,
        };
        let step = &mut |importer: &mut Importer<'_>, cell: &Cell, gates, state| {
            advance(importer, origin, cell, gates, state, &parts)
        };
        results.push(importer.unrolled(origin, &sequence, direction, &cell, initial, step)?);
    }
    importer.recurrent_outputs(node, &sequence, results)
}

/// One step: `h' = (1 - z) n + z h`, where `n` sees `h` as far as it is reset.
fn advance(
    importer: &mut Importer<'_>,
    origin: &str,
    cell: &Cell,
    gates: LayerId,
    state: State,
    parts: &Parts<'_>,
) -> Imported<State> {
    let [of_gates, of_state] = parts.functions else {
        return refuse("a step without its activations");
    };
    let hidden = cell.hidden;
    let recurrent = importer.recurrent_gates(origin, cell, state.hidden)?;
    let gate = |importer: &mut Importer<'_>, number: usize| -> Imported<LayerId> {
        let of_input = importer.part(origin, gates, number, hidden)?;
        let of_state = importer.part(origin, recurrent, number, hidden)?;
        let terms = vec![
            importer.graph.summand(1.0, of_input, vec![])?,
            importer.graph.summand(1.0, of_state, vec![])?,
        ];
        let argument = importer.graph.sum(origin, terms);
        Ok(importer.graph.apply(origin, argument, of_gates.clone()))
    };
    let update = gate(importer, 0)?;
    let reset = gate(importer, 1)?;
    let seen = if parts.resets_product {
        let mut product = importer.part(origin, recurrent, 2, hidden)?;
        if let Some(bias) = parts.inner_bias {
            let row = vec![Step::Insert { axis: 0, len: 1 }];
            let bias = importer.graph.view(origin, bias, row)?;
            product = importer.plus(origin, product, bias)?;
        }
        importer.graph.entrywise(origin, product, reset)
    } else {
        let kept = importer.graph.entrywise(origin, state.hidden, reset);
        let rows = importer.graph.shape(cell.recurrent).to_vec();
        let last = Step::Slice {
            axis: 0,
            source: rows[0],
            start: 2 * hidden as i64,
            step: 1,
            len: hidden,
        };
        let weights = vec![last, Step::Permute(vec![1, 0])];
        let weights = importer.graph.view(origin, cell.recurrent, weights)?;
        importer.matrix_product(origin, kept, weights)?
    };
    let of_input = importer.part(origin, gates, 2, hidden)?;
    let terms = vec![
        importer.graph.summand(1.0, of_input, vec![])?,
        importer.graph.summand(1.0, seen, vec![])?,
    ];
    let argument = importer.graph.sum(origin, terms);
    let candidate = importer.graph.apply(origin, argument, of_state.clone());
    // n + z (h - n): one product instead of two.
    let terms = vec![
        importer.graph.summand(1.0, state.hidden, vec![])?,
        importer.graph.summand(-1.0, candidate, vec![])?,
    ];
    let difference = importer.graph.sum(origin, terms);
    let moved = importer.graph.entrywise(origin, difference, update);
    let terms = vec![
        importer.graph.summand(1.0, candidate, vec![])?,
        importer.graph.summand(1.0, moved, vec![])?,
    ];
    Ok(State {
        hidden: importer.graph.sum(origin, terms),
        cell: None,
    })
}
