//! The interpreter: the definition of a program's outputs.

use crate::matrix_product::Operand;
use crate::saturation::{self, Saturation};
use crate::{BoundWeights, Node, Op, Program, ProgramError, Tensor, TensorId, Weights};

/// Why a program could not be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// The program is not well formed.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// There are values for a tensor that is no weight.
    #[error("tensor {position} `{tensor}`: values given, but it is no weight of the program")]
    NoWeight {
        /// Its position.
        position: u32,
        /// Its name; empty if there is no such tensor.
        tensor: String,
    },
    /// A weight or input is missing.
    #[error("tensor `{tensor}`: no values given")]
    Missing {
        /// Its name.
        tensor: String,
    },
    /// More inputs are given than the program has.
    #[error("expected {expected} inputs, got {got}")]
    Inputs {
        /// How many the program has.
        expected: usize,
        /// How many there are.
        got: usize,
    },
    /// A weight or input has the wrong number of entries.
    #[error("tensor `{tensor}`: expected {expected} entries, got {got}")]
    Length {
        /// Its name.
        tensor: String,
        /// How many its shape has.
        expected: usize,
        /// How many there are.
        got: usize,
    },
    /// A weight or input has an entry outside the declared range.
    #[error("tensor `{tensor}`: an entry is outside the declared range [{low}, {high}]")]
    Range {
        /// Its name.
        tensor: String,
        /// The least value allowed.
        low: i64,
        /// The greatest value allowed.
        high: i64,
    },
}

/// The value of every tensor in one run.
///
/// Weights are not repeated in it, and a [`Op::Linear`] that only contractions read (the windows of a convolution, many times
/// larger than what they are made of) is dropped as soon as it was used; [`Trace::get`] gives `None` for both.
#[derive(Clone, PartialEq, Eq)]
pub struct Trace {
    values: Vec<Option<Vec<i64>>>,
}

impl Trace {
    /// A tensor's values, row-major.
    #[must_use]
    pub fn get(&self, id: TensorId) -> Option<&[i64]> {
        self.values.get(usize::try_from(id.0).ok()?)?.as_deref()
    }

    /// The values of the program's outputs, in order.
    #[must_use]
    pub fn outputs(&self, program: &Program) -> Vec<Vec<i64>> {
        let outputs = program.outputs.iter();
        outputs
            .map(|&id| self.get(id).unwrap_or_default().to_vec())
            .collect()
    }
}

/// Traces hold private values: only how many is printed.
impl std::fmt::Debug for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "trace of {} tensors", self.values.len())
    }
}

impl BoundWeights {
    /// Runs the program. Weights are read where they are and not copied.
    ///
    /// # Errors
    /// If inputs do not fit it, or a weight is not there.
    pub fn run(&self, inputs: &[Vec<i64>]) -> Result<Trace, RunError> {
        let readers = self.program().readers(|op| matches!(op, Op::Contract(_)));
        let mut readers: Vec<Option<usize>> = readers
            .into_iter()
            .zip(&self.program().nodes)
            .map(|(count, node)| count.filter(|_| matches!(node.op, Op::Linear(_))))
            .collect();
        let values = self.run_dropping(inputs, &mut readers, &mut |_, _| ())?;
        Ok(Trace { values })
    }

    /// Runs the program for its outputs, and for what it cut off on the way. Values are dropped as soon as nothing will read them.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn answer(&self, inputs: &[Vec<i64>]) -> Result<Answer, RunError> {
        let program = self.program();
        let mut readers = program.readers(|_| true);
        let mut saturations = Vec::new();
        let values = self.run_dropping(inputs, &mut readers, &mut |run, node| {
            saturations.extend(saturation::of_node(program, node, |id| run.value(id)));
        })?;
        Ok(Answer {
            outputs: Trace { values }.outputs(program),
            saturations,
        })
    }

    /// The values that are left when the program was run. `readers` says how many more nodes read a tensor before it is dropped; `None` keeps it.
    /// Each node is shown when it was computed.
    fn run_dropping(
        &self,
        inputs: &[Vec<i64>],
        readers: &mut [Option<usize>],
        show: &mut dyn FnMut(&Run<'_>, &Node),
    ) -> Result<Vec<Option<Vec<i64>>>, RunError> {
        self.check_all()?;
        let program = self.program();
        if inputs.len() != program.inputs.len() {
            return Err(RunError::Inputs {
                expected: program.inputs.len(),
                got: inputs.len(),
            });
        }
        let mut run = Run {
            program,
            weights: self.arrays(),
            values: vec![None; program.nodes.len()],
        };
        for (position, (node, tensor)) in program.nodes.iter().zip(&program.tensors).enumerate() {
            let value = match &node.op {
                Op::Input => {
                    let given = program.inputs.iter().position(|&id| id == node.output);
                    Some(input(tensor, given.and_then(|i| inputs.get(i)))?)
                }
                // It stays where it is.
                Op::Weight => None,
                op @ (Op::Linear(_)
                | Op::Contract(_)
                | Op::Rescale(_)
                | Op::Map(_)
                | Op::Max(_)
                | Op::OneHot(_)
                | Op::Indicator(_)
                | Op::Root(_)
                | Op::Quotient(_)) => Some(op.operation().run(&run, tensor).map_err(|reason| {
                    RunError::Program(ProgramError::Node {
                        origin: node.origin.clone(),
                        tensor: tensor.name.clone(),
                        reason,
                    })
                })?),
            };
            if let Some(slot) = run.values.get_mut(position) {
                *slot = value;
            }
            show(&run, node);
            for source in node.op.sources() {
                run.drop_after(source, readers);
            }
        }
        Ok(run.values)
    }
}

/// What comes out of a run of which nothing else is wanted.
pub struct Answer {
    /// The values of the program's outputs, in order.
    pub outputs: Vec<Vec<i64>>,
    /// What was cut off, tensor by tensor in the program's order.
    pub saturations: Vec<Saturation>,
}

impl Program {
    /// For each tensor, how many nodes read it; `None` for outputs, and where a node reads it that is none of these.
    fn readers(&self, counts: impl Fn(&Op) -> bool) -> Vec<Option<usize>> {
        let mut readers = vec![Some(0); self.nodes.len()];
        let mut slot = |id: TensorId, update: fn(usize) -> Option<usize>| {
            let position = usize::try_from(id.0).unwrap_or(usize::MAX);
            if let Some(slot) = readers.get_mut(position) {
                *slot = slot.and_then(update);
            }
        };
        for node in &self.nodes {
            let update: fn(usize) -> Option<usize> = match counts(&node.op) {
                true => |n| Some(n + 1),
                false => |_| None,
            };
            node.op.sources().for_each(|source| slot(source, update));
        }
        self.outputs.iter().for_each(|&id| slot(id, |_| None));
        readers
    }
}

fn input(tensor: &Tensor, given: Option<&Vec<i64>>) -> Result<Vec<i64>, RunError> {
    let name = || tensor.name.clone();
    let Some(given) = given else {
        return Err(RunError::Missing { tensor: name() });
    };
    if given.len() != tensor.volume() {
        return Err(RunError::Length {
            tensor: name(),
            expected: tensor.volume(),
            got: given.len(),
        });
    }
    if !given.iter().all(|v| (tensor.low..=tensor.high).contains(v)) {
        return Err(RunError::Range {
            tensor: name(),
            low: tensor.low,
            high: tensor.high,
        });
    }
    Ok(given.clone())
}

/// A run under way. The program is well formed, so shapes fit and nothing overflows.
pub(crate) struct Run<'a> {
    pub program: &'a Program,
    weights: &'a Weights,
    values: Vec<Option<Vec<i64>>>,
}

impl Run<'_> {
    fn drop_after(&mut self, id: TensorId, readers: &mut [Option<usize>]) {
        let position = usize::try_from(id.0).unwrap_or(usize::MAX);
        let Some(Some(left)) = readers.get_mut(position) else {
            return;
        };
        *left = left.saturating_sub(1);
        if let (0, Some(value)) = (*left, self.values.get_mut(position)) {
            *value = None;
        }
    }

    /// The values of a tensor other than a weight, if they are there.
    fn value(&self, id: TensorId) -> Option<&[i64]> {
        self.values.get(usize::try_from(id.0).ok()?)?.as_deref()
    }

    pub fn operand(&self, id: TensorId) -> Operand<'_> {
        let is_weight = self.program.node(id).map(|n| &n.op) == Some(&Op::Weight);
        match self.weights.get(&id).filter(|_| is_weight) {
            Some(weight) => Operand::Weight(weight),
            None => Operand::Wide(self.wide(id)),
        }
    }

    /// The values of a tensor other than a weight.
    fn wide(&self, id: TensorId) -> &[i64] {
        self.value(id).unwrap_or_default()
    }

    /// The values of any tensor.
    pub fn read(&self, id: TensorId) -> std::borrow::Cow<'_, [i64]> {
        match self.operand(id) {
            Operand::Weight(weight) => weight.to_i64().into(),
            Operand::Wide(values) => values.into(),
        }
    }
}
