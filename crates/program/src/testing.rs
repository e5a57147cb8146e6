//! Random small programs, for property tests of this crate and of those that prove what its interpreter computes.
//!
//! A program is built from a list of choices. Fewer and smaller choices make a simpler program, so failures shrink well.

use crate::{
    BoundWeights, Integers, Node, Op, Program, Table, TableId, Tensor, TensorId, Term,
    ValidProgram, Weights,
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
    let mut builder = Builder {
        choices: choices.iter(),
        exhausted: false,
        program: Program {
            tensors: vec![],
            nodes: vec![],
            tables: vec![],
            inputs: vec![],
            outputs: vec![],
            limits: vec![],
            meanings: vec![],
        },
        bilinear: vec![],
        weights: Weights::new(),
        weight_values: vec![],
        inputs: vec![],
    };
    for _ in 0..=builder.choose(2) {
        builder.input();
    }
    for _ in 0..14 {
        if builder.exhausted {
            break;
        }
        builder.operation();
    }
    builder.finish()
}

/// Tensors are kept this small.
const MAX_ENTRIES: usize = 120;
/// Virtual values are kept this small.
const MAX_REACH: i128 = 1 << 36;

struct Builder<'a> {
    choices: std::slice::Iter<'a, u32>,
    exhausted: bool,
    program: Program,
    bilinear: Vec<bool>,
    weights: Weights,
    weight_values: Vec<Vec<i64>>,
    inputs: Vec<Vec<i64>>,
}

impl Builder<'_> {
    /// A number below `n`; 0 when the choices are used up.
    fn choose(&mut self, n: usize) -> usize {
        match self.choices.next() {
            Some(&c) if n > 0 => usize::try_from(c).unwrap_or(0) % n,
            Some(_) => 0,
            None => {
                self.exhausted = true;
                0
            }
        }
    }

    fn number(&mut self, low: i64, high: i64) -> i64 {
        let width = usize::try_from(high - low + 1).unwrap_or(1);
        low + i64::try_from(self.choose(width)).unwrap_or(0)
    }

    /// Entries of a tensor: its own small generator, since a choice an entry would use the choices up.
    fn entries(&mut self, low: i64, high: i64, count: usize) -> Vec<i64> {
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

    fn tensor(&self, id: TensorId) -> Tensor {
        let unknown = Tensor {
            name: String::new(),
            shape: vec![],
            low: 0,
            high: 0,
            scale_log2: 0,
        };
        self.program.tensor(id).cloned().unwrap_or(unknown)
    }

    fn is_bilinear(&self, id: TensorId) -> bool {
        let position = usize::try_from(id.0).unwrap_or(usize::MAX);
        self.bilinear.get(position).copied().unwrap_or(true)
    }

    fn push(&mut self, shape: Vec<usize>, low: i64, high: i64, op: Op, bilinear: bool) -> TensorId {
        let id = TensorId(u32::try_from(self.program.nodes.len()).unwrap_or(u32::MAX));
        let name = format!("t{}", id.0);
        self.program.tensors.push(Tensor {
            name,
            shape,
            low,
            high,
            scale_log2: 0,
        });
        self.program.nodes.push(Node {
            origin: "random".into(),
            output: id,
            op,
        });
        self.bilinear.push(bilinear);
        id
    }

    /// Pushes a virtual node with its static bound as range, and takes it back if the bound is too large.
    fn push_virtual(&mut self, shape: Vec<usize>, op: Op, bilinear: bool) -> Option<TensorId> {
        let id = self.push(shape, 0, 0, op, bilinear);
        let bound = self
            .program
            .static_bound(id)
            .filter(|b| b.magnitude() < MAX_REACH);
        let range =
            bound.and_then(|b| Some((i64::try_from(b.low).ok()?, i64::try_from(b.high).ok()?)));
        let (Some((low, high)), Some(tensor)) = (range, self.program.tensors.last_mut()) else {
            self.program.tensors.pop();
            self.program.nodes.pop();
            self.bilinear.pop();
            return None;
        };
        (tensor.low, tensor.high) = (low, high);
        Some(id)
    }

    fn shape(&mut self, least_rank: usize) -> Vec<usize> {
        let rank = least_rank + self.choose(4 - least_rank);
        (0..rank).map(|_| 1 + self.choose(4)).collect()
    }

    fn range(&mut self) -> (i64, i64) {
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
        let id = self.push(shape, low, high, Op::Input, false);
        self.program.inputs.push(id);
        self.inputs.push(entries);
    }

    fn weight(&mut self, shape: Vec<usize>) -> TensorId {
        let high = [3, 127, 2000].get(self.choose(3)).copied().unwrap_or(1);
        let count = volume(&shape).unwrap_or(0);
        let entries = self.entries(-high, high, count);
        let id = self.push(shape, -high, high, Op::Weight, false);
        if let Some(integers) = Integers::narrowest(&entries, -high, high) {
            self.weights.insert(id, integers);
        }
        self.weight_values.push(entries);
        id
    }

    /// Any tensor; recent ones more often, so that programs become deep.
    fn any_tensor(&mut self) -> TensorId {
        let count = self.program.nodes.len();
        let (a, b) = (self.choose(count), self.choose(count));
        TensorId(u32::try_from(a.max(b)).unwrap_or(0))
    }

    fn any_linear_tensor(&mut self) -> TensorId {
        let id = self.any_tensor();
        if self.is_bilinear(id) {
            TensorId(0)
        } else {
            id
        }
    }

    fn operation(&mut self) {
        match self.choose(10) {
            0 | 1 => drop(self.linear()),
            2 | 3 => drop(self.contract()),
            4 => self.rescale(),
            5 => self.map(),
            6 => drop(self.max()),
            7 => self.indicator(),
            8 => drop(self.root()),
            _ => self.one_hot(),
        }
    }

    fn linear(&mut self) -> Option<TensorId> {
        let source = self.any_tensor();
        let view = self.view(self.tensor(source).shape)?;
        let target = view.target().to_vec();
        let mut bilinear = self.is_bilinear(source);
        let coefficient = self.number(-3, 5);
        let mut terms = vec![Term {
            coefficient,
            source: Some(source),
            view,
        }];
        for _ in 0..self.choose(3) {
            let coefficient = self.number(-9, 9);
            let source = (self.choose(4) > 0).then(|| self.any_tensor());
            let shape = source.map_or_else(Vec::new, |s| self.tensor(s).shape);
            bilinear |= source.is_some_and(|s| self.is_bilinear(s));
            let start = self.number(-2, 2);
            terms.push(Term {
                coefficient,
                source,
                view: fit(shape, &target, start)?,
            });
        }
        self.push_virtual(target, Op::Linear { terms }, bilinear)
    }

    /// A tensor of this shape: a weight, or another tensor, cut and padded.
    fn of_shape(&mut self, shape: &[usize], may_be_bilinear: bool) -> Option<TensorId> {
        if self.choose(2) == 0 {
            return Some(self.weight(shape.to_vec()));
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
        let view = fit(tensor.shape, shape, 0)?;
        let bilinear = self.is_bilinear(source);
        let terms = vec![Term {
            coefficient: 1,
            source: Some(source),
            view,
        }];
        self.push_virtual(shape.to_vec(), Op::Linear { terms }, bilinear)
    }

    fn contract(&mut self) -> Option<TensorId> {
        let mut left = self.any_linear_tensor();
        if self.choose(3) == 0 {
            // A window, as of a convolution.
            let view = self.view(self.tensor(left).shape)?;
            let shape = view.target().to_vec();
            let terms = vec![Term {
                coefficient: 1,
                source: Some(left),
                view,
            }];
            left = self.push_virtual(shape, Op::Linear { terms }, false)?;
        }
        let shape = self.tensor(left).shape;
        let rank = shape.len();
        let shared = self.choose(rank.min(1) + 1);
        let contracted = self.choose(rank - shared + 1);
        let left_free = rank - shared - contracted;
        let free: Vec<usize> = (0..self.choose(3)).map(|_| 1 + self.choose(3)).collect();
        let (s, rest) = shape.split_at_checked(shared)?;
        let (f, k) = rest.split_at_checked(left_free)?;
        let right_shape = [s, &free, k].concat();
        let output = [s, f, &free].concat();
        if volume(&output)? > MAX_ENTRIES || volume(&right_shape)? > MAX_ENTRIES {
            return None;
        }
        let right = self.of_shape(&right_shape, false)?;
        let right_free = free.len();
        let op = Op::Contract {
            left,
            right,
            shared,
            left_free,
            right_free,
            contracted,
        };
        self.push_virtual(output, op, true)
    }

    fn rescale(&mut self) {
        let source = self.any_tensor();
        let tensor = self.tensor(source);
        let (low, high) = self.range();
        let bits = 64
            - tensor
                .low
                .unsigned_abs()
                .max(tensor.high.unsigned_abs())
                .leading_zeros();
        let most = usize::try_from(bits).unwrap_or(0);
        let shift = u32::try_from(self.choose(most + 1)).unwrap_or(0);
        self.push(
            tensor.shape,
            low,
            high,
            Op::Rescale { source, shift },
            false,
        );
    }

    fn map(&mut self) {
        let source = self.any_tensor();
        let tensor = self.tensor(source);
        let Ok(width @ 0..=1023) = usize::try_from(tensor.high - tensor.low) else {
            return;
        };
        let (low, high) = self.range();
        let values = self.entries(low, high, width + 1);
        let table = TableId(u32::try_from(self.program.tables.len()).unwrap_or(0));
        self.program.tables.push(Table {
            low: tensor.low,
            values,
        });
        self.push(tensor.shape, low, high, Op::Map { source, table }, false);
    }

    fn max(&mut self) -> Option<TensorId> {
        let left = self.any_tensor();
        let shape = self.tensor(left).shape;
        let right = self.of_shape(&shape, true)?;
        let bilinear = self.is_bilinear(right);
        self.push_virtual(shape, Op::Max { left, right }, bilinear)
    }

    fn one_hot(&mut self) {
        let source = self.any_tensor();
        let shape = self.tensor(source).shape;
        if !shape.is_empty() {
            self.push(shape, 0, 1, Op::OneHot { source }, false);
        }
    }

    fn indicator(&mut self) {
        let source = self.any_tensor();
        let tensor = self.tensor(source);
        let Ok(high @ 0..=7) = usize::try_from(tensor.high) else {
            return;
        };
        let mut shape = tensor.shape;
        shape.push(high + 1 + self.choose(2));
        if tensor.low >= 0 && volume(&shape).is_some_and(|n| n <= MAX_ENTRIES) {
            self.push(shape, 0, 1, Op::Indicator { source }, false);
        }
    }

    /// The root of a tensor that is never negative, or of the sum of a tensor's squares and a constant.
    fn root(&mut self) -> Option<TensorId> {
        let mut source = self.any_linear_tensor();
        let shape = self.tensor(source).shape;
        if self.tensor(source).low < 0 || self.choose(2) == 0 {
            let op = Op::Contract {
                left: source,
                right: source,
                shared: shape.len(),
                left_free: 0,
                right_free: 0,
                contracted: 0,
            };
            source = self.push_virtual(shape.clone(), op, true)?;
            let squares = Term {
                coefficient: 1 + self.number(0, 9),
                source: Some(source),
                view: View::identity(shape.clone()).ok()?,
            };
            let constant = Term {
                coefficient: self.number(0, 99),
                source: None,
                view: fit(vec![], &shape, 0)?,
            };
            let terms = vec![squares, constant];
            source = self.push_virtual(shape.clone(), Op::Linear { terms }, true)?;
        }
        let greatest = self.tensor(source).high.isqrt();
        let spare = self.number(0, 3);
        Some(self.push(shape, 0, greatest + spare, Op::Root { source }, false))
    }

    /// A view of up to four steps.
    fn view(&mut self, shape: Vec<usize>) -> Option<View> {
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
        let kind = self.choose(10);
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
        let last = self.program.nodes.iter().rev().find(|n| n.op != Op::Weight);
        let last = last.map_or(TensorId(0), |n| n.output);
        self.program.outputs.push(last);
        let also = self.any_tensor();
        let is_weight = self.program.node(also).is_none_or(|n| n.op == Op::Weight);
        if also != last && !is_weight {
            self.program.outputs.push(also);
        }
        let program = self.program.validated().expect("random programs are valid");
        Case {
            weights: program.bind(self.weights).expect("random weights fit"),
            program,
            weight_values: self.weight_values,
            inputs: self.inputs,
        }
    }
}

/// Cuts or pads the entries of one shape to those of another.
fn fit(from: Vec<usize>, to: &[usize], start: i64) -> Option<View> {
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
