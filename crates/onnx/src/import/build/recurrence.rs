//! What LSTM, GRU and RNN have in common: directions, lengths of sequences, and the steps of one direction, unrolled.

use super::Place;
use super::broadcast::slice;
use crate::graph::{Graph, LayerId};
use crate::import::Importer;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::value::Value;
use inferproof_view::Step;

/// Steps of a sequence, at most: each has its own layers.
const MAX_STEPS: usize = 4096;

/// The weights of one direction, and how a sequence goes through it.
pub struct Cell {
    /// The input's part of all gates, for all steps at once: `[steps, batch, gates * hidden]`, with the biases that are only added.
    pub gates: LayerId,
    /// `[gates * hidden, hidden]`.
    pub recurrent: LayerId,
    /// Its length.
    pub hidden: usize,
}

/// A state after a step: the hidden state, and what else the cell keeps.
#[derive(Clone, Copy)]
pub struct State {
    pub hidden: LayerId,
    pub cell: Option<LayerId>,
}

/// One direction of a node: which, and whether backwards.
#[derive(Clone, Copy)]
pub struct Direction {
    pub number: usize,
    pub is_reverse: bool,
}

/// The directions of a node.
pub fn directions(node: &Node<'_>) -> Imported<Vec<Direction>> {
    let one = |number, is_reverse| Direction { number, is_reverse };
    Ok(match node.string_or("direction", "forward")? {
        "forward" => vec![one(0, false)],
        "reverse" => vec![one(0, true)],
        "bidirectional" => vec![one(0, false), one(1, true)],
        other => return refuse(format!("its attribute `direction` is `{other}`")),
    })
}

/// Makes the state after one step of the state before it and the input's part of the gates, `[batch, gates * hidden]`.
pub type Advance<'s> = dyn FnMut(&mut Importer<'_>, &Cell, LayerId, State) -> Imported<State> + 's;

/// The shape of a recurrent node.
pub struct Sequence {
    /// `[steps, batch, input]`.
    pub source: LayerId,
    pub steps: usize,
    pub batch: usize,
    /// Whether the batch comes first in the node's tensors.
    pub batch_first: bool,
    /// How many steps each sequence of the batch has.
    pub lengths: Vec<usize>,
}

impl Sequence {
    /// The sequence that a node reads.
    pub fn of(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Self> {
        let batch_first = node.flag("layout", false);
        let mut source = importer.input(node, 0)?;
        if importer.graph.shape(source).len() != 3 {
            return refuse(format!(
                "a sequence of shape {:?}; expected three axes",
                importer.graph.shape(source)
            ));
        }
        if batch_first {
            let order = vec![Step::Permute(vec![1, 0, 2])];
            source = importer.graph.view(&node.origin, source, order)?;
        }
        let shape = importer.graph.shape(source).to_vec();
        let (steps, batch) = (shape[0], shape[1]);
        if steps > MAX_STEPS {
            return refuse(format!(
                "a sequence of {steps} steps; at most {MAX_STEPS} are supported"
            ));
        }
        let lengths = match node.optional_integers(4, "sequence_lens")? {
            None => vec![steps; batch],
            Some(given) => {
                let given = given
                    .iter()
                    .map(|&n| usize::try_from(n).ok().filter(|&n| n <= steps));
                match given.collect::<Option<Vec<usize>>>() {
                    Some(lengths) if lengths.len() == batch && !lengths.contains(&0) => lengths,
                    _ => {
                        return refuse(
                            "lengths of sequences that are none, zero, or beyond the steps",
                        );
                    }
                }
            }
        };
        Ok(Self {
            source,
            steps,
            batch,
            batch_first,
            lengths,
        })
    }
}

impl Importer<'_> {
    /// A direction's part of an input of weights: without the axis of directions.
    pub fn of_direction(
        &mut self,
        node: &Node<'_>,
        position: usize,
        direction: usize,
    ) -> Imported<LayerId> {
        let layer = self.input(node, position)?;
        self.entry(&node.origin, layer, 0, direction)
    }

    /// One entry of an axis, which is left out.
    pub fn entry(
        &mut self,
        origin: &str,
        source: LayerId,
        axis: usize,
        at: usize,
    ) -> Imported<LayerId> {
        let shape = self.graph.shape(source).to_vec();
        if shape.get(axis).is_none_or(|&len| at >= len) {
            return refuse(format!(
                "a tensor of shape {shape:?} for {} directions",
                at + 1
            ));
        }
        let steps = vec![
            slice(axis, &shape, at as i64, 1, 1),
            Step::Reduce {
                axis,
                source: 1,
                weights: None,
            },
        ];
        Ok(self.graph.view(origin, source, steps)?)
    }

    /// A part of the last axis, of so many parts of equal length.
    pub fn part(
        &mut self,
        origin: &str,
        source: LayerId,
        number: usize,
        length: usize,
    ) -> Imported<LayerId> {
        let shape = self.graph.shape(source).to_vec();
        let axis = shape.len() - 1;
        let steps = vec![slice(axis, &shape, (number * length) as i64, 1, length)];
        Ok(self.graph.view(origin, source, steps)?)
    }

    /// `left + right`, both of one shape or the right broadcast.
    pub fn plus(&mut self, origin: &str, left: LayerId, right: LayerId) -> Imported<LayerId> {
        let to = self.graph.shape(left).to_vec();
        if let (Some(a), Some(b)) = (self.graph.constant(left), self.graph.constant(right))
            && a.len() == b.len()
        {
            let sums = a
                .entries()
                .iter()
                .zip(b.entries().iter())
                .map(|(a, b)| a + b)
                .collect();
            return Ok(self.graph.add_constant(origin, to, sums));
        }
        let place = Place {
            origin,
            to: &to,
            owned: &[left],
        };
        self.add(&place, left, 1.0, right)
    }

    /// The sum of two products, entry by entry.
    pub fn blended(
        &mut self,
        origin: &str,
        [a, b]: [LayerId; 2],
        [c, d]: [LayerId; 2],
    ) -> Imported<LayerId> {
        let (first, second) = (
            self.graph.entrywise(origin, a, b),
            self.graph.entrywise(origin, c, d),
        );
        let terms = vec![
            self.graph.summand(1.0, first, vec![])?,
            self.graph.summand(1.0, second, vec![])?,
        ];
        Ok(self.graph.sum(origin, terms))
    }

    /// The gates of all steps as far as the input makes them: `x W^T + b`, `[steps, batch, gates * hidden]`.
    pub fn input_gates(
        &mut self,
        origin: &str,
        source: LayerId,
        weights: LayerId,
        bias: Option<LayerId>,
    ) -> Imported<LayerId> {
        let transposed = vec![Step::Permute(vec![1, 0])];
        let weights = self.graph.view(origin, weights, transposed)?;
        let gates = self.matrix_product(origin, source, weights)?;
        match bias {
            Some(bias) => {
                let steps = vec![Step::Insert { axis: 0, len: 1 }; 2];
                let bias = self.graph.view(origin, bias, steps)?;
                self.plus(origin, gates, bias)
            }
            None => Ok(gates),
        }
    }

    /// `h R^T` of the hidden state.
    pub fn recurrent_gates(
        &mut self,
        origin: &str,
        cell: &Cell,
        hidden: LayerId,
    ) -> Imported<LayerId> {
        let transposed = vec![Step::Permute(vec![1, 0])];
        let weights = self.graph.view(origin, cell.recurrent, transposed)?;
        self.matrix_product(origin, hidden, weights)
    }

    /// Runs one direction over a sequence: the hidden state after each step, `[steps, batch, hidden]` in the sequence's order, and the last
    /// state. Sequences of the batch that are shorter are followed by zeros.
    pub fn unrolled(
        &mut self,
        origin: &str,
        sequence: &Sequence,
        direction: Direction,
        cell: &Cell,
        initial: State,
        advance: &mut Advance<'_>,
    ) -> Imported<(LayerId, State)> {
        let mut distinct = sequence.lengths.clone();
        distinct.dedup();
        if let [length] = distinct[..] {
            return self.run(
                origin,
                sequence.steps,
                length,
                direction,
                cell,
                initial,
                advance,
            );
        }
        // Each sequence of the batch for itself.
        let (mut outputs, mut hiddens, mut cells) = (Vec::new(), Vec::new(), Vec::new());
        for (row, &length) in sequence.lengths.iter().enumerate() {
            let mut own = |source: LayerId, axis: usize| -> Imported<LayerId> {
                let shape = self.graph.shape(source).to_vec();
                let steps = vec![slice(axis, &shape, row as i64, 1, 1)];
                Ok(self.graph.view(origin, source, steps)?)
            };
            let state = State {
                hidden: own(initial.hidden, 0)?,
                cell: initial.cell.map(|cell| own(cell, 0)).transpose()?,
            };
            let of_row = Cell {
                gates: own(cell.gates, 1)?,
                ..*cell
            };
            let (output, last) = self.run(
                origin,
                sequence.steps,
                length,
                direction,
                &of_row,
                state,
                advance,
            )?;
            outputs.push(output);
            hiddens.push(last.hidden);
            cells.extend(last.cell);
        }
        let last = State {
            hidden: self.joined(origin, &hiddens, 0)?,
            cell: match cells.is_empty() {
                true => None,
                false => Some(self.joined(origin, &cells, 0)?),
            },
        };
        Ok((self.joined(origin, &outputs, 1)?, last))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a step of `unrolled`, which names them"
    )]
    fn run(
        &mut self,
        origin: &str,
        steps: usize,
        length: usize,
        direction: Direction,
        cell: &Cell,
        initial: State,
        advance: &mut Advance<'_>,
    ) -> Imported<(LayerId, State)> {
        let mut state = initial;
        let mut outputs = Vec::new();
        for step in 0..length {
            let at = match direction.is_reverse {
                true => length - 1 - step,
                false => step,
            };
            let gates = self.entry(origin, cell.gates, 0, at)?;
            state = advance(self, cell, gates, state)?;
            let row = vec![Step::Insert { axis: 0, len: 1 }];
            outputs.push(self.graph.view(origin, state.hidden, row)?);
        }
        if direction.is_reverse {
            outputs.reverse();
        }
        let mut output = self.joined(origin, &outputs, 0)?;
        if length < steps {
            let shape = self.graph.shape(output).to_vec();
            let padded = vec![slice(0, &shape, 0, 1, steps)];
            output = self.graph.view(origin, output, padded)?;
        }
        Ok((output, state))
    }

    /// A state that a node gives for a direction, `[batch, hidden]`; zeros if it gives none.
    pub fn initial_state(
        &mut self,
        node: &Node<'_>,
        position: usize,
        sequence: &Sequence,
        direction: usize,
        hidden: usize,
    ) -> Imported<LayerId> {
        let expected = vec![sequence.batch, hidden];
        if node.optional(position).is_none() {
            let term = Graph::fill(0.0, &expected)?;
            return Ok(self.graph.sum(&node.origin, vec![term]));
        }
        let given = self.input(node, position)?;
        let axis = usize::from(sequence.batch_first);
        let state = self.entry(&node.origin, given, axis, direction)?;
        match self.graph.shape(state) == expected {
            true => Ok(state),
            false => refuse(format!(
                "an initial state of shape {:?}; expected {expected:?} for each direction",
                self.graph.shape(given)
            )),
        }
    }

    /// The outputs of a node of the outputs of its directions: all hidden states, the last ones, and the last cells if there are such.
    pub fn recurrent_outputs(
        &mut self,
        node: &Node<'_>,
        sequence: &Sequence,
        directions: Vec<(LayerId, State)>,
    ) -> Imported<Vec<Value>> {
        let origin = &node.origin;
        let element = node.element(0)?;
        let (mut all, mut hiddens, mut cells) = (Vec::new(), Vec::new(), Vec::new());
        let direction = |axis| vec![Step::Insert { axis, len: 1 }];
        for (output, last) in directions {
            all.push(self.graph.view(origin, output, direction(1))?);
            hiddens.push(self.graph.view(origin, last.hidden, direction(0))?);
            if let Some(cell) = last.cell {
                cells.push(self.graph.view(origin, cell, direction(0))?);
            }
        }
        // [steps, directions, batch, hidden] and [directions, batch, hidden], or with the batch first.
        let mut outputs = Vec::new();
        let orders = [
            (all, 1, vec![2, 0, 1, 3]),
            (hiddens, 0, vec![1, 0, 2]),
            (cells, 0, vec![1, 0, 2]),
        ];
        for (parts, axis, batch_first) in orders {
            if parts.is_empty() {
                continue;
            }
            let mut layer = self.joined(origin, &parts, axis)?;
            if sequence.batch_first {
                layer = self
                    .graph
                    .view(origin, layer, vec![Step::Permute(batch_first)])?;
            }
            outputs.push(Value::computed(layer, element));
        }
        Ok(outputs)
    }
}
