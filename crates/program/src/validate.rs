//! What makes a program well formed. Safe on untrusted input: never panics, and works in time linear in the program's size.

use crate::{Interval, Op, Program, Table, Tensor, TensorId, Term};
use inferproof_view::{ViewError, volume};

/// Every virtual value stays below this in absolute value, far below any proof field's modulus and without overflow in `i64`.
pub const MAX_BOUND: i64 = 1 << 60;

/// The greatest magnitude of a committed value.
const MAX_COMMITTED: i64 = 1 << 40;
/// The most axes a tensor may have.
const MAX_RANK: usize = 16;
/// The most entries a tensor may have.
const MAX_VOLUME: u64 = 1 << 32;
/// The most entries a table may have.
const MAX_TABLE: usize = 1 << 24;
/// The largest shift of a rescale: beyond it, nothing but the sign would be left.
const MAX_SHIFT: u32 = 60;

/// What is wrong with a program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// There must be one node for each tensor, in order.
    #[error(
        "node {position} ({origin}) makes tensor {got}; node {position} must make tensor {position}"
    )]
    Order {
        /// Which node.
        position: usize,
        /// Its origin.
        origin: String,
        /// The tensor it claims to make.
        got: u32,
    },
    /// There must be as many nodes as tensors.
    #[error("{tensors} tensors but {nodes} nodes: every tensor has exactly one node")]
    Count {
        /// How many tensors.
        tensors: usize,
        /// How many nodes.
        nodes: usize,
    },
    /// A tensor's own description is not allowed.
    #[error("tensor `{tensor}`: {reason}")]
    Tensor {
        /// Its name.
        tensor: String,
        /// What is wrong.
        reason: String,
    },
    /// A table is not allowed.
    #[error("table {table}: {reason}")]
    Table {
        /// Which.
        table: usize,
        /// What is wrong.
        reason: String,
    },
    /// A node does not fit its operands or its output.
    #[error("{origin}, which makes tensor `{tensor}`: {reason}")]
    Node {
        /// The node's origin.
        origin: String,
        /// The tensor it makes.
        tensor: String,
        /// What is wrong.
        reason: String,
    },
    /// The list of inputs or outputs is not allowed.
    #[error("{list}: {reason}")]
    Interface {
        /// `inputs`, `outputs`, `limits` or `meanings`.
        list: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl Program {
    pub(crate) fn validate(&self) -> Result<(), ProgramError> {
        if self.tensors.len() != self.nodes.len() {
            return Err(ProgramError::Count {
                tensors: self.tensors.len(),
                nodes: self.nodes.len(),
            });
        }
        // The least and greatest value of each table, so that many nodes that share a long one are no more work.
        let mut values = Vec::with_capacity(self.tables.len());
        for (position, table) in self.tables.iter().enumerate() {
            let range = table.check().map_err(|reason| ProgramError::Table {
                table: position,
                reason,
            })?;
            values.push(range);
        }
        // Whether a tensor is, through virtual ones, made of a contraction.
        let mut bilinear = Vec::with_capacity(self.nodes.len());
        for (position, (node, tensor)) in self.nodes.iter().zip(&self.tensors).enumerate() {
            if usize::try_from(node.output.0) != Ok(position) {
                return Err(ProgramError::Order {
                    position,
                    origin: node.origin.clone(),
                    got: node.output.0,
                });
            }
            tensor
                .check(&node.op)
                .map_err(|reason| ProgramError::Tensor {
                    tensor: tensor.name.clone(),
                    reason,
                })?;
            let checked = Checker {
                program: self,
                before: position,
                bilinear: &bilinear,
                values: &values,
            }
            .node(&node.op, tensor);
            let is_bilinear = checked.map_err(|reason| ProgramError::Node {
                origin: node.origin.clone(),
                tensor: tensor.name.clone(),
                reason,
            })?;
            bilinear.push(is_bilinear);
        }
        self.check_interface()?;
        self.check_limits()?;
        self.check_meanings()
    }

    /// The range of a tensor's values: declared if it is committed, else computed from its operands' declared ranges. `None` if the
    /// tensor or one of its operands does not exist.
    #[must_use]
    pub fn static_bound(&self, id: TensorId) -> Option<Interval> {
        let declared = |id| self.tensor(id).map(Tensor::range);
        match &self.node(id)?.op {
            Op::Linear { terms } => {
                let mut sum = Interval::point(0);
                for term in terms {
                    let source = match term.source {
                        Some(source) => declared(source)?,
                        None => Interval::point(1),
                    };
                    let (value, _) = source.through(&term.view);
                    sum = sum.plus(value.times(Interval::point(term.coefficient.into())));
                }
                Some(sum)
            }
            Op::Contract {
                left,
                right,
                left_free,
                right_free,
                contracted,
                ..
            } => {
                let shape = &self.tensor(*left)?.shape;
                let axes = shape.get(shape.len().checked_sub(*contracted)?..)?;
                let length = i128::try_from(volume(axes)?).ok()?;
                let product = match left == right && (*left_free, *right_free) == (0, 0) {
                    true => declared(*left)?.square(),
                    false => declared(*left)?.times(declared(*right)?),
                };
                Some(product.times(Interval::point(length)))
            }
            Op::Max { left, right } => Some(declared(*left)?.max(declared(*right)?)),
            Op::Input
            | Op::Weight
            | Op::Rescale { .. }
            | Op::Map { .. }
            | Op::OneHot { .. }
            | Op::Indicator { .. }
            | Op::Root { .. } => declared(id),
        }
    }

    fn check_interface(&self) -> Result<(), ProgramError> {
        let error = |list, reason| Err(ProgramError::Interface { list, reason });
        let made = self.nodes.iter().filter(|n| matches!(n.op, Op::Input));
        let mut made: Vec<TensorId> = made.map(|n| n.output).collect();
        let mut listed = self.inputs.clone();
        made.sort_unstable();
        listed.sort_unstable();
        if made != listed {
            return error("inputs", "must list each input tensor exactly once".into());
        }
        if self.outputs.is_empty() {
            return error("outputs", "there must be at least one".into());
        }
        if self.outputs.len() > self.tensors.len() {
            return error("outputs", "more outputs than tensors".into());
        }
        for id in &self.outputs {
            match self.node(*id).map(|n| &n.op) {
                None => return error("outputs", format!("there is no tensor {}", id.0)),
                Some(Op::Weight) => return error("outputs", "a weight cannot be an output".into()),
                Some(_) => {}
            }
        }
        Ok(())
    }
}

impl Table {
    /// The range of its values.
    fn check(&self) -> Result<Interval, String> {
        if self.values.is_empty() || self.values.len() > MAX_TABLE {
            return Err(format!(
                "{} values; expected 1 to {MAX_TABLE}",
                self.values.len()
            ));
        }
        let inside = |v: i64| (-MAX_COMMITTED..=MAX_COMMITTED).contains(&v);
        if !inside(self.low) || !self.values.iter().all(|&v| inside(v)) {
            return Err(format!("a key or value beyond {MAX_COMMITTED}"));
        }
        let least = self.values.iter().copied().min().unwrap_or(0);
        let greatest = self.values.iter().copied().max().unwrap_or(0);
        Ok(Interval::new(least, greatest))
    }

    /// The greatest argument.
    #[must_use]
    pub fn high(&self) -> i64 {
        let last = i64::try_from(self.values.len()).unwrap_or(i64::MAX) - 1;
        self.low.saturating_add(last)
    }

    /// `f(x)`; `None` outside the domain.
    #[must_use]
    pub fn get(&self, x: i64) -> Option<i64> {
        let position = usize::try_from(x.checked_sub(self.low)?).ok()?;
        self.values.get(position).copied()
    }
}

impl Tensor {
    /// The declared range.
    #[must_use]
    pub fn range(&self) -> Interval {
        Interval::new(self.low, self.high)
    }

    /// The number of entries, saturated.
    #[must_use]
    pub fn volume(&self) -> usize {
        volume(&self.shape).unwrap_or(usize::MAX)
    }

    fn check(&self, op: &Op) -> Result<(), String> {
        if self.shape.len() > MAX_RANK {
            return Err(format!("{} axes; at most {MAX_RANK}", self.shape.len()));
        }
        if self.shape.contains(&0) || self.volume() as u64 > MAX_VOLUME {
            return Err(format!(
                "shape {:?}: expected 1 to {MAX_VOLUME} entries",
                self.shape
            ));
        }
        let limit = if op.is_committed() {
            MAX_COMMITTED
        } else {
            MAX_BOUND - 1
        };
        if self.low > self.high || self.low < -limit || self.high > limit {
            return Err(format!(
                "range [{}, {}]; expected one within [-{limit}, {limit}]",
                self.low, self.high
            ));
        }
        Ok(())
    }
}

/// Checks one node against those before it.
struct Checker<'a> {
    program: &'a Program,
    before: usize,
    bilinear: &'a [bool],
    /// The range of each table's values.
    values: &'a [Interval],
}

impl<'a> Checker<'a> {
    fn read(&self, id: TensorId) -> Result<(&'a Tensor, bool), String> {
        let position = usize::try_from(id.0).map_err(|e| e.to_string())?;
        let found = self
            .program
            .tensors
            .get(position)
            .zip(self.bilinear.get(position));
        match found {
            Some((tensor, &bilinear)) if position < self.before => Ok((tensor, bilinear)),
            _ => Err(format!(
                "reads tensor {}, which is not made before it",
                id.0
            )),
        }
    }

    /// Whether the node's output is made of a contraction.
    fn node(&self, op: &Op, output: &Tensor) -> Result<bool, String> {
        match op {
            Op::Input | Op::Weight => Ok(false),
            Op::Linear { terms } => self.linear(terms, output),
            Op::Contract {
                left,
                right,
                shared,
                left_free,
                right_free,
                contracted,
            } => self.contract(
                [*left, *right],
                [*shared, *left_free, *right_free, *contracted],
                output,
            ),
            Op::Rescale { source, shift } => {
                let (source, _) = self.read(*source)?;
                same_shape(source, output)?;
                if *shift > MAX_SHIFT {
                    return Err(format!("a shift of {shift}; at most {MAX_SHIFT}"));
                }
                Ok(false)
            }
            Op::Map { source, table } => {
                let (source, _) = self.read(*source)?;
                same_shape(source, output)?;
                let number = usize::try_from(table.0).unwrap_or(usize::MAX);
                let found = self.program.tables.get(number);
                let Some((table, values)) = found.zip(self.values.get(number)) else {
                    return Err(format!("there is no table {}", table.0));
                };
                if (source.low, source.high) != (table.low, table.high()) {
                    return Err(format!(
                        "the source's range [{}, {}] is not the table's domain [{}, {}]",
                        source.low,
                        source.high,
                        table.low,
                        table.high()
                    ));
                }
                within(*values, output)?;
                Ok(false)
            }
            Op::Max { left, right } => {
                let (left, _) = self.read(*left)?;
                let (right, bilinear) = self.read(*right)?;
                same_shape(left, output)?;
                same_shape(right, output)?;
                within(left.range().max(right.range()), output)?;
                Ok(bilinear)
            }
            Op::OneHot { source } => {
                let (source, _) = self.read(*source)?;
                same_shape(source, output)?;
                if source.shape.is_empty() {
                    return Err("the source has no axis to search along".into());
                }
                within(Interval { low: 0, high: 1 }, output)?;
                Ok(false)
            }
            Op::Indicator { source } => {
                let (source, _) = self.read(*source)?;
                let Some((&classes, rows)) = output.shape.split_last() else {
                    return Err("the output has no axis for the indices".into());
                };
                if rows != source.shape {
                    return Err(format!(
                        "the output's shape {:?} is not the source's {:?} and one more axis",
                        output.shape, source.shape
                    ));
                }
                if source.low < 0 || usize::try_from(source.high).is_ok_and(|h| h >= classes) {
                    return Err(format!(
                        "indices in [{}, {}], but there are {classes} places",
                        source.low, source.high
                    ));
                }
                within(Interval { low: 0, high: 1 }, output)?;
                Ok(false)
            }
            Op::Root { source } => {
                let (source, _) = self.read(*source)?;
                same_shape(source, output)?;
                if source.low < 0 {
                    return Err(format!(
                        "the root of values in [{}, {}], some of which may be negative",
                        source.low, source.high
                    ));
                }
                within(
                    Interval::new(source.low.isqrt(), source.high.isqrt()),
                    output,
                )?;
                if output.low < 0 {
                    return Err(format!(
                        "a root in [{}, {}], though none is negative",
                        output.low, output.high
                    ));
                }
                Ok(false)
            }
        }
    }

    fn linear(&self, terms: &[Term], output: &Tensor) -> Result<bool, String> {
        let mut sum = Interval::point(0);
        let mut reach = 0i128;
        let mut bilinear = false;
        if terms.is_empty() {
            return Err("a sum has no terms".into());
        }
        for term in terms {
            let (shape, range): (&[usize], _) = match term.source {
                None => (&[], Interval::point(1)),
                Some(source) => {
                    let (source, of_contraction) = self.read(source)?;
                    bilinear |= of_contraction;
                    (&source.shape, source.range())
                }
            };
            let wrong = |expected: &[usize], got: &[usize]| {
                ViewError::Shape {
                    expected: expected.to_vec(),
                    got: got.to_vec(),
                }
                .to_string()
            };
            if term.view.source() != shape {
                return Err(wrong(term.view.source(), shape));
            }
            if term.view.target() != output.shape {
                return Err(wrong(&output.shape, term.view.target()));
            }
            let (value, peak) = range.through(&term.view);
            let coefficient = Interval::point(term.coefficient.into());
            sum = sum.plus(value.times(coefficient));
            let peak = Interval::point(peak)
                .times(coefficient)
                .magnitude()
                .max(peak);
            reach = reach.saturating_add(peak);
        }
        bounded(reach)?;
        within(sum, output)?;
        Ok(bilinear)
    }

    fn contract(
        &self,
        operands: [TensorId; 2],
        [shared, left_free, right_free, contracted]: [usize; 4],
        output: &Tensor,
    ) -> Result<bool, String> {
        let [(left, left_bilinear), (right, right_bilinear)] =
            [self.read(operands[0])?, self.read(operands[1])?];
        if left_bilinear || right_bilinear {
            return Err("an operand is made of another contraction; rescale it first".into());
        }
        let parts = |shape: &'a [usize], free: usize| {
            let (s, rest) = shape.split_at_checked(shared)?;
            let (free, k) = rest.split_at_checked(free)?;
            (k.len() == contracted).then_some((s, free, k))
        };
        let (Some((s, f, k)), Some((s2, g, k2))) = (
            parts(&left.shape, left_free),
            parts(&right.shape, right_free),
        ) else {
            return Err(format!(
                "operands of shapes {:?} and {:?} do not have {shared} shared, {left_free} and {right_free} free, and \
                 {contracted} contracted axes",
                left.shape, right.shape
            ));
        };
        if s != s2 || k != k2 {
            return Err(format!(
                "the shared or contracted axes of {:?} and {:?} differ",
                left.shape, right.shape
            ));
        }
        if output.shape != [s, f, g].concat() {
            return Err(format!(
                "expected output shape {:?}, got {:?}",
                [s, f, g].concat(),
                output.shape
            ));
        }
        // Each entry of a tensor times itself, and sums of these: never negative.
        let product = match operands[0] == operands[1] && (left_free, right_free) == (0, 0) {
            true => left.range().square(),
            false => left.range().times(right.range()),
        };
        let length = volume(k)
            .and_then(|k| i128::try_from(k).ok())
            .unwrap_or(i128::MAX);
        let sum = product.times(Interval::point(length));
        bounded(sum.magnitude())?;
        within(sum, output)?;
        Ok(true)
    }
}

fn same_shape(source: &Tensor, output: &Tensor) -> Result<(), String> {
    if source.shape == output.shape {
        return Ok(());
    }
    Err(format!(
        "source shape {:?} is not the output shape {:?}",
        source.shape, output.shape
    ))
}

fn within(bound: Interval, output: &Tensor) -> Result<(), String> {
    if output.range().contains(bound) {
        return Ok(());
    }
    Err(format!(
        "values reach from {} to {}, outside the declared range [{}, {}]",
        bound.low, bound.high, output.low, output.high
    ))
}

fn bounded(magnitude: i128) -> Result<(), String> {
    if magnitude < i128::from(MAX_BOUND) {
        return Ok(());
    }
    Err(format!(
        "values could reach {magnitude}; they must stay below 2^60"
    ))
}
