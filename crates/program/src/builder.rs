//! Programs, node by node.
//!
//! Each method checks its node at once, derives the shape, and gives a virtual tensor the range that its operands' ranges imply, so that
//! what is left for [`Builder::finish`] is what concerns the program as a whole. Each operation's own method stands in its file.
//!
//! ```
//! use inferproof_program::{Builder, Contract, Integers, Weights};
//!
//! let mut builder = Builder::new();
//! let x = builder.input("x", &[1, 2], -8..=7)?;
//! let w = builder.weight(&[3, 2], -3..=3)?;
//! let product = builder.contract(Contract::matrices(x, w))?;
//! let relu = builder.rescale(product, 1, 0..=7)?;
//! builder.output(relu);
//! let program = builder.finish()?;
//! assert_eq!((program.tensors[2].low, program.tensors[2].high), (-48, 48));
//!
//! let weights = Weights::from([(w, Integers::narrowest(&[1, 0, -1, 1, 3, 3], -3, 3).unwrap())]);
//! let trace = program.bind(weights)?.run(&[vec![5, -2]])?;
//! assert_eq!(trace.outputs(&program), [[3, 0, 5]]); // 2.5 and 4.5 are rounded up, -3.5 is clamped at 0
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::ops::Before;
use crate::{
    Feed, Interval, Limit, Meaning, Node, Op, Program, ProgramError, Table, TableId, Tensor,
    TensorId, ValidProgram,
};
use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, RangeInclusive};

/// A program in the making. What there is of it so far can be read.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    program: Program,
    /// Of each tensor, whether it is made of a contraction.
    bilinear: Vec<bool>,
    /// The range of each table's values.
    table_values: Vec<Interval>,
    /// Tables by their hash, so that equal ones are one.
    known_tables: HashMap<u64, Vec<TableId>>,
    origin: String,
}

impl Deref for Builder {
    type Target = Program;

    fn deref(&self) -> &Program {
        &self.program
    }
}

impl Builder {
    /// An empty program.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on behind a program: its tensors, tables and outputs are there already.
    #[must_use]
    pub fn behind(program: ValidProgram) -> Self {
        let program = program.into_program();
        let mut builder = Self {
            program,
            ..Self::default()
        };
        let tables = builder.program.tables.iter();
        // They were valid, so that they have ranges.
        let values = tables.map(|t| t.range().unwrap_or(Interval::point(0)));
        builder.table_values = values.collect();
        for (number, table) in (0..).zip(&builder.program.tables) {
            let known = builder.known_tables.entry(hash(table)).or_default();
            known.push(TableId(number));
        }
        for node in &builder.program.nodes {
            let is_bilinear = node.op.operation().is_bilinear(&Before {
                program: &builder.program,
                bilinear: &builder.bilinear,
                tables: &builder.table_values,
            });
            builder.bilinear.push(is_bilinear);
        }
        builder
    }

    /// Says where the nodes that follow come from: the ONNX node, or whatever a message should name.
    pub fn at(&mut self, origin: &str) -> &mut Self {
        origin.clone_into(&mut self.origin);
        self
    }

    /// A function table; one that is there already is used again.
    ///
    /// # Errors
    /// If it is empty, too long, or its values are too great.
    pub fn table(&mut self, table: Table) -> Result<TableId, ProgramError> {
        let known = self.known_tables.entry(hash(&table)).or_default();
        let same = known
            .iter()
            .find(|&&id| self.program.table(id) == Some(&table));
        if let Some(&same) = same {
            return Ok(same);
        }
        let position = self.program.tables.len();
        let refused = |reason| ProgramError::Table {
            table: position,
            reason,
        };
        let id = TableId(u32::try_from(position).map_err(|e| refused(e.to_string()))?);
        self.table_values.push(table.range().map_err(refused)?);
        known.push(id);
        self.program.tables.push(table);
        Ok(id)
    }

    /// Names an output; they are listed in the order in which they are named.
    pub fn output(&mut self, id: TensorId) {
        self.program.outputs.push(id);
    }

    /// Gives a tensor a name.
    pub fn rename(&mut self, id: TensorId, name: &str) {
        if let Some(tensor) = self.tensor_mut(id) {
            name.clone_into(&mut tensor.name);
        }
    }

    /// Says what a tensor's integers mean: `n * 2^-scale_log2`.
    pub fn set_scale(&mut self, id: TensorId, scale_log2: i32) {
        if let Some(tensor) = self.tensor_mut(id) {
            tensor.scale_log2 = scale_log2;
        }
    }

    /// Says where what is cut off is no loss.
    pub fn limit(&mut self, limit: Limit) {
        self.program.limits.push(limit);
    }

    /// Says what an input's or output's integers mean.
    pub fn meaning(&mut self, meaning: Meaning) {
        self.program.meanings.push(meaning);
    }

    /// Says that an output is the next run's input.
    pub fn feed(&mut self, feed: Feed) {
        self.program.feeds.push(feed);
    }

    /// Whether a tensor is, through virtual ones, made of a contraction.
    #[must_use]
    pub fn is_bilinear(&self, id: TensorId) -> bool {
        self.before().is_bilinear(id)
    }

    /// The range that the output of a virtual operation would have; `None` if it is committed, or reads what does not exist.
    #[must_use]
    pub fn bound(&self, op: &Op) -> Option<Interval> {
        op.operation().bound(&self.program)
    }

    /// A node whose output is described in full, with a range as wide as one likes if it is virtual.
    ///
    /// # Errors
    /// If it does not fit what is made before it, or the description.
    pub fn add(&mut self, op: Op, tensor: Tensor) -> Result<TensorId, ProgramError> {
        let position = u32::try_from(self.program.nodes.len());
        let id = TensorId(position.map_err(|e| self.refusal(e.to_string()))?);
        let is_bilinear = self.before().check(&self.origin, &op, &tensor)?;
        self.bilinear.push(is_bilinear);
        if op == Op::Input {
            self.program.inputs.push(id);
        }
        self.program.tensors.push(tensor);
        self.program.nodes.push(Node {
            origin: self.origin.clone(),
            output: id,
            op,
        });
        Ok(id)
    }

    /// Puts a program's nodes behind what there is: its inputs are these tensors, in its inputs' order. Gives what stands for each of its
    /// tensors, in order. Its outputs, limits, meanings and feeds are left to the caller.
    ///
    /// # Errors
    /// If there are more or fewer inputs; if one has another shape or scale, or a range that is not within the declared one; if a node does
    /// not fit what the input now is, as a contraction of another contraction.
    pub fn append(
        &mut self,
        program: &ValidProgram,
        inputs: &[TensorId],
    ) -> Result<Vec<TensorId>, ProgramError> {
        if inputs.len() != program.inputs.len() {
            return Err(ProgramError::Interface {
                list: "inputs",
                reason: format!(
                    "the program that is appended has {}, and {} tensors are given for them",
                    program.inputs.len(),
                    inputs.len()
                ),
            });
        }
        let mut made: Vec<TensorId> = Vec::with_capacity(program.nodes.len());
        for (node, tensor) in program.nodes.iter().zip(&program.tensors) {
            let position = program.inputs.iter().position(|&id| id == node.output);
            if let Some(&given) = position.and_then(|position| inputs.get(position)) {
                self.at(&node.origin);
                self.check_input(given, tensor)?;
                made.push(given);
                continue;
            }
            let of = |id: TensorId| {
                let position = usize::try_from(id.0).ok();
                position.and_then(|p| made.get(p)).copied().unwrap_or(id)
            };
            let op = node
                .op
                .redirected(of, |table| self.table_of(program, table))?;
            made.push(self.at(&node.origin).add(op, tensor.clone())?);
        }
        Ok(made)
    }

    /// A table of another program.
    pub(crate) fn table_of(&mut self, of: &Program, id: TableId) -> Result<TableId, ProgramError> {
        match of.table(id) {
            Some(table) => self.table(table.clone()),
            None => Err(self.refusal(format!("there is no table {}", id.0))),
        }
    }

    /// Whether a tensor can be what an input of another program is given.
    fn check_input(&self, given: TensorId, input: &Tensor) -> Result<(), ProgramError> {
        let refused = |reason| ProgramError::Node {
            origin: self.origin.clone(),
            tensor: input.name.clone(),
            reason,
        };
        let tensor = self.before().tensor(given).map_err(refused)?;
        if tensor.shape != input.shape || tensor.scale_log2 != input.scale_log2 {
            return Err(refused(format!(
                "it is given `{}` of shape {:?} at scale 2^-{}, expected {:?} at 2^-{}",
                tensor.name, tensor.shape, tensor.scale_log2, input.shape, input.scale_log2
            )));
        }
        if !input.range().contains(tensor.range()) {
            return Err(refused(format!(
                "it is given `{}` in [{}, {}], outside the declared range [{}, {}]",
                tensor.name, tensor.low, tensor.high, input.low, input.high
            )));
        }
        Ok(())
    }

    /// The program, after the checks that concern it as a whole.
    ///
    /// # Errors
    /// If inputs, outputs, limits, meanings or feeds are not allowed.
    pub fn finish(mut self) -> Result<ValidProgram, ProgramError> {
        self.program.limits.sort_by_key(|limit| limit.tensor);
        self.program.meanings.sort_by_key(|meaning| meaning.tensor);
        self.program.feeds.sort_unstable();
        ValidProgram::of_checked_nodes(self.program)
    }

    pub(crate) fn before(&self) -> Before<'_> {
        Before {
            program: &self.program,
            bilinear: &self.bilinear,
            tables: &self.table_values,
        }
    }

    /// That the node to come is not allowed.
    pub(crate) fn refusal(&self, reason: String) -> ProgramError {
        ProgramError::Node {
            origin: self.origin.clone(),
            tensor: self.next_name(),
            reason,
        }
    }

    pub(crate) fn shape_of(&self, id: TensorId) -> Result<Vec<usize>, ProgramError> {
        let tensor = self.before().tensor(id);
        let tensor = tensor.map_err(|reason| self.refusal(reason))?;
        Ok(tensor.shape.clone())
    }

    pub(crate) fn scale_of(&self, id: TensorId) -> i32 {
        self.program.tensor(id).map_or(0, |t| t.scale_log2)
    }

    /// A committed tensor of a declared range.
    pub(crate) fn committed(
        &mut self,
        op: Op,
        shape: Vec<usize>,
        range: RangeInclusive<i64>,
        scale_log2: i32,
    ) -> Result<TensorId, ProgramError> {
        let tensor = Tensor {
            name: self.next_name(),
            shape,
            low: *range.start(),
            high: *range.end(),
            scale_log2,
        };
        self.add(op, tensor)
    }

    /// A virtual tensor; its range is the static bound.
    pub(crate) fn virtual_tensor(
        &mut self,
        op: Op,
        shape: Vec<usize>,
        scale_log2: i32,
    ) -> Result<TensorId, ProgramError> {
        // What has no bound reads what is not there, or does not fit it, which the check of the node says.
        let bound = self.bound(&op).unwrap_or(Interval::point(0));
        let end = |end: i128| {
            i64::try_from(end).map_err(|_| {
                self.refusal(format!(
                    "values could reach {end}; they must stay below 2^60"
                ))
            })
        };
        let tensor = Tensor {
            name: self.next_name(),
            shape,
            low: end(bound.low)?,
            high: end(bound.high)?,
            scale_log2,
        };
        self.add(op, tensor)
    }

    /// Describes a tensor as another one is, but for the shape.
    pub(crate) fn describe(&mut self, id: TensorId, like: &Tensor) -> Result<(), ProgramError> {
        let bound = self.tensor(id).map_or(Interval::point(0), Tensor::range);
        if !like.range().contains(bound) {
            return Err(self.refusal(format!(
                "values reach from {} to {}, outside the range [{}, {}] of `{}`",
                bound.low, bound.high, like.low, like.high, like.name
            )));
        }
        if let Some(tensor) = self.tensor_mut(id) {
            *tensor = Tensor {
                shape: std::mem::take(&mut tensor.shape),
                ..like.clone()
            };
        }
        Ok(())
    }

    /// Takes over the tables of a valid program, under their numbers.
    pub(crate) fn keep_tables(&mut self, of: &Program) {
        for table in &of.tables {
            // A valid program's tables are allowed; two equal ones stay two.
            self.table_values
                .push(table.range().unwrap_or(Interval::point(0)));
            self.program.tables.push(table.clone());
        }
    }

    fn tensor_mut(&mut self, id: TensorId) -> Option<&mut Tensor> {
        self.program.tensors.get_mut(usize::try_from(id.0).ok()?)
    }

    fn next_name(&self) -> String {
        match self.origin.as_str() {
            "" => format!("t{}", self.program.nodes.len()),
            origin => format!("{origin}#{}", self.program.nodes.len()),
        }
    }
}

fn hash(table: &Table) -> u64 {
    let mut hasher = DefaultHasher::new();
    table.hash(&mut hasher);
    hasher.finish()
}
