//! Random small programs, for property tests of this crate and of those that prove what its interpreter computes.
//!
//! A program is built from a list of choices. Fewer and smaller choices make a simpler program, so failures shrink well.

use crate::ops::random;
use crate::{
    BoundWeights, Builder, Contract, Integers, Linear, Op, Tensor, TensorId, Term, ValidProgram,
    Weights,
};
use inferproof_view::{Step, View, volume};
use proptest::prelude::*;

/// A valid program with weights and inputs in their declared ranges.
#[derive(Clone, Debug)]
pub struct Case {
    /// The program.
    pub program: ValidProgram,
    /// Its weights.
    pub weights: BoundWeights,
    /// The weights again, in the order of [`Program::weights`]: [`Integers`] do not show themselves when a test fails.
    pub weight_values: Vec<Vec<i64>>,
    /// Its inputs.
    pub inputs: Vec<Vec<i64>>,
}

/// Random valid programs of some ten operations on tensors of at most some hundred entries: every operation and every step of
/// a view occurs.
pub fn programs() -> impl Strategy<Value = Case> {
    prop::collection::vec(any::<u32>(), 0..400).prop_map(|choices| build(&choices))
}

/// The program made by these choices.
#[must_use]
pub fn build(choices: &[u32]) -> Case {
    let mut random = Random {
        choices: choices.iter(),
        exhausted: false,
        builder: Builder::new(),
        weights: Weights::new(),
        weight_values: vec![],
        inputs: vec![],
    };
    random.builder.at("random");
    for _ in 0..=random.choose(2) {
        random.input();
    }
    for _ in 0..14 {
        if random.exhausted {
            break;
        }
        random.operation();
    }
    random.finish()
}

/// Tensors are kept this small.
pub(crate) const MAX_ENTRIES: usize = 120;
/// Virtual values are kept this small.
const MAX_REACH: i128 = 1 << 36;

/// A random program in the making.
pub(crate) struct Random<'a> {
    choices: std::slice::Iter<'a, u32>,
    exhausted: bool,
    pub builder: Builder,
    weights: Weights,
    weight_values: Vec<Vec<i64>>,
    inputs: Vec<Vec<i64>>,
}

impl Random<'_> {
    /// A number below `n`; 0 when the choices are used up.
    pub fn choose(&mut self, n: usize) -> usize {
        match self.choices.next() {
            Some(&c) if n > 0 => usize::try_from(c).unwrap_or(0) % n,
            Some(_) => 0,
            None => {
                self.exhausted = true;
                0
            }
        }
    }

    pub fn number(&mut self, low: i64, high: i64) -> i64 {
        let width = usize::try_from(high - low + 1).unwrap_or(1);
        low + i64::try_from(self.choose(width)).unwrap_or(0)
    }

    /// Entries of a tensor: its own small generator, since a choice an entry would use the choices up.
    pub fn entries(&mut self, low: i64, high: i64, count: usize) -> Vec<i64> {
        let mut state = self.choose(1 << 31) as u64;
        let width = (high - low + 1).unsigned_abs();
        let entries = (0..count).map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            low + i64::try_from((state >> 33) % width).unwrap_or(0)
        });
        entries.collect()
    }

    pub fn tensor(&self, id: TensorId) -> Tensor {
        let tensor = self.builder.tensor(id);
        tensor.cloned().expect("it was made before")
    }

    /// A virtual node, unless its values could be great.
    fn small(&mut self, op: &Op) -> Option<()> {
        let bound = self.builder.bound(op)?;
        (bound.magnitude() < MAX_REACH).then_some(())
    }

    pub fn linear(&mut self, terms: Vec<Term>) -> Option<TensorId> {
        let op = Op::Linear(Linear { terms });
        self.small(&op)?;
        let Op::Linear(Linear { terms }) = op else {
            return None;
        };
        self.builder.linear(terms).ok()
    }

    pub fn contraction(&mut self, contract: Contract) -> Option<TensorId> {
        self.small(&Op::Contract(contract))?;
        self.builder.contract(contract).ok()
    }

    fn shape(&mut self, least_rank: usize) -> Vec<usize> {
        let rank = least_rank + self.choose(4 - least_rank);
        (0..rank).map(|_| 1 + self.choose(4)).collect()
    }

    pub fn range(&mut self) -> (i64, i64) {
        let ranges = [
            (0, 15),
            (-8, 7),
            (0, 1),
            (-3, 3),
            (0, 255),
            (-128, 127),
            (5, 5),
            (-20, -4),
        ];
        ranges
            .get(self.choose(ranges.len()))
            .copied()
            .unwrap_or((0, 1))
    }

    fn input(&mut self) {
        let shape = self.shape(0);
        let (low, high) = self.range();
        let count = volume(&shape).unwrap_or(0);
        let entries = self.entries(low, high, count);
        let name = format!("x{}", self.inputs.len());
        let input = self.builder.input(&name, &shape, low..=high);
        input.expect("small inputs are allowed");
        self.inputs.push(entries);
    }

    fn weight(&mut self, shape: &[usize]) -> Option<TensorId> {
        let high = [3, 127, 2000].get(self.choose(3)).copied().unwrap_or(1);
        let count = volume(shape).unwrap_or(0);
        let entries = self.entries(-high, high, count);
        let id = self.builder.weight(shape, -high..=high).ok()?;
        let integers = Integers::narrowest(&entries, -high, high)?;
        self.weights.insert(id, integers);
        self.weight_values.push(entries);
        Some(id)
    }

    /// Any tensor; recent ones more often, so that programs become deep.
    pub fn any_tensor(&mut self) -> TensorId {
        let count = self.builder.nodes.len();
        let (a, b) = (self.choose(count), self.choose(count));
        TensorId(u32::try_from(a.max(b)).unwrap_or(0))
    }

    pub fn any_linear_tensor(&mut self) -> TensorId {
        let id = self.any_tensor();
        if self.builder.is_bilinear(id) {
            TensorId(0)
        } else {
            id
        }
    }

    /// Some operation; none where what was chosen does not fit.
    fn operation(&mut self) {
        let made = match self.choose(11) {
            0 | 1 => random::linear(self),
            2 | 3 => random::contract(self),
            4 => random::rescale(self),
            5 => random::map(self),
            6 => random::max(self),
            7 => random::indicator(self),
            8 => random::root(self),
            9 => random::quotient(self),
            _ => random::one_hot(self),
        };
        let _ = made;
    }

    /// A tensor of this shape: a weight, or another tensor, cut and padded.
    pub fn of_shape(&mut self, shape: &[usize], may_be_bilinear: bool) -> Option<TensorId> {
        if self.choose(2) == 0 {
            return self.weight(shape);
        }
        let source = if may_be_bilinear {
            self.any_tensor()
        } else {
            self.any_linear_tensor()
        };
        let tensor = self.tensor(source);
        if tensor.shape == shape {
            return Some(source);
        }
        self.linear(vec![Term {
            coefficient: 1,
            source: Some(source),
            view: fit(tensor.shape, shape, 0)?,
        }])
    }

    /// A view of up to four steps.
    pub fn view(&mut self, shape: Vec<usize>) -> Option<View> {
        let mut view = View::identity(shape).ok()?;
        for _ in 0..self.choose(5) {
            let Some(step) = self.step(view.target()) else {
                continue;
            };
            let Ok(longer) = view.clone().then(step) else {
                continue;
            };
            if (1..=MAX_ENTRIES).contains(&volume(longer.target())?) && longer.target().len() <= 6 {
                view = longer;
            }
        }
        Some(view)
    }

    fn step(&mut self, shape: &[usize]) -> Option<Step> {
        let rank = shape.len();
        let kind = self.choose(11);
        if kind == 0 {
            return Some(Step::Insert {
                axis: self.choose(rank + 1),
                len: 1 + self.choose(3),
            });
        }
        let axis = self.choose(rank);
        let source = *shape.get(axis)?;
        Some(match kind {
            1 => {
                let mut rest: Vec<usize> = (0..rank).collect();
                let permutation = (0..rank).map(|left| rest.remove(self.choose(rank - left)));
                Step::Permute(permutation.collect())
            }
            2 | 3 => Step::Slice {
                axis,
                source,
                start: self.number(-2, 3),
                step: [1, 2, -1].get(self.choose(3)).copied()?,
                len: 1 + self.choose(5),
            },
            4 => {
                let index = (0..=self.choose(4)).map(|_| {
                    let at = self.choose(source + 1);
                    u32::try_from(at).ok().filter(|_| at < source)
                });
                Step::Gather {
                    axis,
                    source,
                    index: index.collect(),
                }
            }
            5 | 6 => Step::Window {
                axis,
                source,
                positions: 1 + self.choose(3),
                kernel: 1 + self.choose(3),
                stride: 1 + self.choose(2),
                dilation: 1 + self.choose(2),
                pad: self.choose(2),
            },
            7 => {
                let weighted = self.choose(2) > 0;
                let weights = weighted.then(|| (0..source).map(|_| self.number(-2, 4)).collect());
                Step::Reduce {
                    axis,
                    source,
                    weights,
                }
            }
            8 => {
                let next = shape.get(axis + 1);
                match next {
                    Some(&next) => Step::Merge {
                        axis,
                        sizes: vec![source, next],
                    },
                    None => {
                        let divisors = (1..=source).filter(|d| source % d == 0).collect::<Vec<_>>();
                        let first = divisors.get(self.choose(divisors.len())).copied()?;
                        Step::Split {
                            axis,
                            sizes: vec![first, source / first],
                        }
                    }
                }
            }
            _ => Step::SuffixSum { axis, len: source },
        })
    }

    fn finish(mut self) -> Case {
        let is_weight = |builder: &Builder, id| builder.node(id).is_none_or(|n| n.op == Op::Weight);
        let made = self.builder.nodes.iter().rev();
        let mut made = made.filter(|n| n.op != Op::Weight);
        let last = made.next().map_or(TensorId(0), |n| n.output);
        self.builder.output(last);
        let also = self.any_tensor();
        if also != last && !is_weight(&self.builder, also) {
            self.builder.output(also);
        }
        let program = self.builder.finish();
        let program = program.expect("random programs are valid");
        Case {
            weights: program.bind(self.weights).expect("random weights fit"),
            program,
            weight_values: self.weight_values,
            inputs: self.inputs,
        }
    }
}

/// Cuts or pads the entries of one shape to those of another.
pub(crate) fn fit(from: Vec<usize>, to: &[usize], start: i64) -> Option<View> {
    let (count, wanted) = (volume(&from)?, volume(to)?);
    let mut view = View::identity(from.clone()).ok()?;
    view = match from.len() {
        0 => view.then(Step::Insert { axis: 0, len: 1 }).ok()?,
        1 => view,
        _ => view
            .then(Step::Merge {
                axis: 0,
                sizes: from,
            })
            .ok()?,
    };
    let cut = Step::Slice {
        axis: 0,
        source: count,
        start,
        step: 1,
        len: wanted,
    };
    view = view.then(cut).ok()?;
    match to.len() {
        0 => view
            .then(Step::Reduce {
                axis: 0,
                source: 1,
                weights: None,
            })
            .ok(),
        1 => Some(view),
        _ => view
            .then(Step::Split {
                axis: 0,
                sizes: to.to_vec(),
            })
            .ok(),
    }
}
