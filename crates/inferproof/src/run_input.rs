//! The inputs of one run as the program's integers: from an opening where the statement names a commitment, else from what the caller
//! gives.

use crate::sample_set::SampleSet;
use crate::saturation::{Saturated, saturated_inputs};
use crate::values::ports;
use inferproof_inference::{Curve, Statement, TensorOpening, Visibility};
use inferproof_onnx::{Port, Sample, quantize_inputs};
use inferproof_program::Program;

/// Which inputs of a run are in openings, and which have to be given.
pub struct InputPlan<'a> {
    program: &'a Program,
    /// The integers of each input that was committed before, in the program's order.
    committed: Vec<Option<&'a [i64]>>,
}

/// One sample.
#[derive(Clone, Debug)]
pub struct RunInput {
    /// The program's integers, of every input.
    pub integers: Vec<Vec<i64>>,
    /// What had to be moved into the declared ranges.
    pub saturated: Vec<Saturated>,
}

impl<'a> InputPlan<'a> {
    /// For what the statement says of the inputs. A commitment whose opening is not there counts as one to be given: the prover
    /// refuses it.
    #[must_use]
    pub fn new(
        program: &'a Program,
        curve: Curve,
        statement: &Statement,
        openings: &'a [TensorOpening],
    ) -> Self {
        let committed = statement.inputs.iter().map(|listed| {
            let named = |opening: &&TensorOpening| {
                listed.visibility == Visibility::Committed(opening.commitment().id(curve))
            };
            openings.iter().find(named).map(TensorOpening::values)
        });
        Self {
            program,
            committed: committed.collect(),
        }
    }

    /// What has to be given, in the program's order.
    #[must_use]
    pub fn open(&self) -> Vec<Port> {
        let all = ports(self.program, &self.program.inputs).into_iter();
        let open = all.zip(&self.committed).filter(|(_, c)| c.is_none());
        open.map(|(port, _)| port).collect()
    }

    /// The names of the inputs that are in openings.
    #[must_use]
    pub fn committed(&self) -> Vec<String> {
        let all = ports(self.program, &self.program.inputs).into_iter();
        let committed = all.zip(&self.committed).filter(|(_, c)| c.is_some());
        committed.map(|(port, _)| port.name).collect()
    }

    /// All inputs, with real numbers for what has to be given, as [`Self::open`] lists it.
    #[must_use]
    pub fn with(&self, given: Sample) -> RunInput {
        let mut given = given.into_iter();
        let mut input = RunInput {
            integers: Vec::new(),
            saturated: Vec::new(),
        };
        for (place, committed) in self.committed.iter().enumerate() {
            input.integers.push(match committed {
                Some(integers) => integers.to_vec(),
                None => {
                    let values = given.next().unwrap_or_default();
                    let (integers, saturated) = single_input(self.program, place, values);
                    input.saturated.extend(saturated);
                    integers
                }
            });
        }
        input
    }
}

impl RunInput {
    /// Of real numbers for all inputs.
    #[must_use]
    pub fn new(program: &Program, sample: &Sample) -> Self {
        Self {
            integers: quantize_inputs(program, sample),
            saturated: saturated_inputs(program, sample),
        }
    }
}

/// Real numbers for one input alone, as its integers; and what had to be moved into its declared range.
#[must_use]
pub fn single_input(
    program: &Program,
    place: usize,
    values: Vec<f64>,
) -> (Vec<i64>, Vec<Saturated>) {
    let set = SampleSet::of_input(program, place, vec![values]);
    let integers = set.integers.into_iter().next();
    (integers.unwrap_or_default(), set.saturated)
}
