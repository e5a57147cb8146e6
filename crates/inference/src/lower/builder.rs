//! Collects the relations of a program, node by node.

mod boxes;
mod indicator;
mod max;
mod one_hot;
mod ranges;
mod rescale;
mod root;

use boxes::{boxes, whole as whole_box};
pub(crate) use max::Rise;
pub(crate) use ranges::Limb;
pub(crate) use rescale::Excess;
use root::root_bits;

use super::tables::{Clamp, Tables, WIDE_SPAN, bits, limb_bits, max_span, remainder_bits};
use super::{Advice, Code, LowerError, Lowered, Product};
use crate::statement::{Form, Role, StatementShape};
#[cfg(feature = "prover")]
use crate::witness::{Run, digit};
#[cfg(feature = "prover")]
use inferproof_argument::ProveError;
use inferproof_argument::{
    CommittedTensor, Contraction, Layout, Limits, Linear, Lookup, Origin, Parts, Relations,
    RelationsError, Source, Term,
};
use inferproof_program::{
    Contract, Indicator, Map, Max, Node, OneHot, Op, Program, Rescale, Root, TensorId,
};
use inferproof_view::{MAX_STEPS, Step, View};
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// A virtual tensor that is the sum of more terms than this is committed: otherwise a chain of residuals or maxima that fans
/// out would make claims without bound (PROTOCOL must 6).
const MAX_TERMS: usize = 12;

/// Bits of a digit of a tensor that is too wide to be committed in one piece.
const DIGIT_BITS: u32 = 24;

/// The largest absolute value that a committed tensor may hold.
const MAX_COMMITTED: i64 = i32::MAX as i64;

/// How an input enters the relations.
#[derive(Clone, Copy)]
enum Entrance {
    /// As this public tensor.
    Public(usize),
    /// As a tensor committed in the proof.
    Private,
    /// As this committed tensor.
    Committed(usize),
}

/// A digit in base `2^bits` of a tensor that is too wide to be committed in one piece; the last one has the sign and all that is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Digit {
    pub tensor: TensorId,
    pub bits: u32,
    pub number: u32,
    pub is_last: bool,
}

#[cfg(feature = "prover")]
impl Digit {
    /// The digits, entry by entry.
    pub fn values(&self, run: &Run<'_>) -> Result<Vec<i64>, ProveError> {
        let part = |&v: &i64| match self.is_last {
            true => v >> (self.bits * self.number),
            false => digit(v, self.bits, self.number),
        };
        Ok(run.read(self.tensor)?.iter().map(part).collect())
    }
}

pub(crate) struct Builder<'a> {
    program: &'a Program,
    c: u32,
    limits: &'a Limits,
    /// How an input enters the relations, and where a committed or public one stands among their sources.
    inputs: HashMap<TensorId, Entrance>,
    /// Where the commitment to an output stands among committed tensors, by its place in the program's list.
    committed_outputs: HashMap<usize, usize>,
    /// What each tensor is a sum of, once its node was visited.
    terms: Vec<Vec<Term>>,
    pub tensors: Vec<CommittedTensor>,
    pub advice: Vec<Advice>,
    pub publics: Vec<Vec<usize>>,
    /// Public tensors that follow from public inputs, after those.
    pub codes: Vec<Code>,
    pub tables: Tables,
    pub lookups: Vec<Lookup>,
    pub contractions: Vec<Contraction>,
    pub products: Vec<Product>,
    pub linears: Vec<Linear>,
    /// Clamps by their bounds.
    clamps: BTreeMap<(i64, i64), Clamp>,
    remainder_bits: u32,
    /// Places in the program's list of weights.
    weights: HashMap<TensorId, usize>,
    /// Numbers in the descriptions of all terms that were copied. A few bytes of a hostile key can ask for a copy of a long
    /// description, again and again.
    copied: Cell<u64>,
}

impl<'a> Builder<'a> {
    pub fn new(
        program: &'a Program,
        c: u32,
        shape: &StatementShape,
        limits: &'a Limits,
    ) -> Result<Self, LowerError> {
        let weights = program.weights().enumerate();
        let mut builder = Self {
            weights: weights.map(|(place, id)| (id, place)).collect(),
            ..Self::bare(program, c, limits)
        };
        builder.place_weights()?;
        builder.place_inputs(shape)?;
        builder.place_outputs(shape)?;
        builder.size_tables()?;
        Ok(builder)
    }

    /// A builder with no relations and no committed tensors.
    pub fn bare(program: &'a Program, c: u32, limits: &'a Limits) -> Self {
        Self {
            program,
            c,
            limits,
            inputs: HashMap::new(),
            committed_outputs: HashMap::new(),
            terms: Vec::new(),
            tensors: Vec::new(),
            advice: Vec::new(),
            publics: Vec::new(),
            codes: Vec::new(),
            tables: Tables::default(),
            lookups: Vec::new(),
            contractions: Vec::new(),
            products: Vec::new(),
            linears: Vec::new(),
            clamps: BTreeMap::new(),
            remainder_bits: 0,
            weights: HashMap::new(),
            copied: Cell::new(0),
        }
    }

    /// Counts copies of terms, before they are made.
    fn copy<'t>(&self, views: impl IntoIterator<Item = &'t View>) -> Result<(), LowerError> {
        let sizes = views.into_iter().map(|v| v.size() as u64);
        let needed = sizes.fold(self.copied.get(), u64::saturating_add);
        self.copied.set(needed);
        if needed <= self.limits.description {
            return Ok(());
        }
        Err(RelationsError::Limit {
            what: "steps of views",
            needed,
            allowed: self.limits.description,
        }
        .into())
    }

    /// A run of a weight tensor's rows is committed before and in its declared range.
    pub fn check_external(&mut self, id: TensorId, layout: Layout) -> Result<(), LowerError> {
        let name = self.tensor(id)?.name.clone();
        let view = self.view(id, layout.shape(), Vec::new())?;
        let term = Term {
            coefficient: 1,
            source: Source::Committed(self.tensors.len()),
            view,
        };
        self.tensors.push(CommittedTensor {
            name,
            layout,
            origin: Origin::External,
        });
        self.check_range(id, &term)
    }

    /// Weights come first among committed tensors, in order.
    fn place_weights(&mut self) -> Result<(), LowerError> {
        for (id, layout) in super::weights::layouts(self.program, self.c)? {
            let name = self.tensor(id)?.name.clone();
            self.tensors.push(CommittedTensor {
                name,
                layout,
                origin: Origin::External,
            });
        }
        Ok(())
    }

    /// Committed inputs come behind the weights; public ones are the first public tensors.
    fn place_inputs(&mut self, shape: &StatementShape) -> Result<(), LowerError> {
        for (&id, form) in self.program.inputs.iter().zip(&shape.inputs) {
            let entrance = match *form {
                Form::Public => {
                    self.publics.push(self.shape(id)?);
                    Entrance::Public(self.publics.len() - 1)
                }
                Form::Private => Entrance::Private,
                Form::Committed { row_bits } => {
                    Entrance::Committed(self.place_committed(Role::Input, id, row_bits)?)
                }
            };
            self.inputs.insert(id, entrance);
        }
        Ok(())
    }

    /// Committed outputs come behind the committed inputs.
    fn place_outputs(&mut self, shape: &StatementShape) -> Result<(), LowerError> {
        for (place, (&id, form)) in self.program.outputs.iter().zip(&shape.outputs).enumerate() {
            if let Form::Committed { row_bits } = *form {
                let tensor = self.place_committed(Role::Output, id, row_bits)?;
                self.committed_outputs.insert(place, tensor);
            }
        }
        Ok(())
    }

    /// A tensor that was committed before, laid out as its shape and the length of its rows say (T1). What may be wider than 32 bits is
    /// refused: it would have to be cut into digits that nothing ranges (T2).
    fn place_committed(
        &mut self,
        role: Role,
        id: TensorId,
        row_bits: u32,
    ) -> Result<usize, LowerError> {
        let tensor = self.tensor(id)?;
        if tensor.low < -MAX_COMMITTED || tensor.high > MAX_COMMITTED {
            return Err(self.refuse(
                id,
                "its values may be wider than 32 bits, so that there is no commitment to it; make it public or private",
            ));
        }
        let layout = Layout::packed(tensor.shape.clone(), row_bits)
            .ok_or_else(|| self.refuse(id, "it is empty or too large to commit"))?;
        self.tensors.push(CommittedTensor {
            name: format!("{role} {}", tensor.name),
            layout,
            origin: Origin::External,
        });
        Ok(self.tensors.len() - 1)
    }

    /// Finds out what tables the program needs before any lookup is made, since ops share them.
    fn size_tables(&mut self) -> Result<(), LowerError> {
        // (bits, entries) of everything that is looked up in the table of remainders.
        let mut remainders: Vec<(u32, usize)> = Vec::new();
        // For each clamp: (largest excess, entries) of every rescale that saturates.
        let mut excesses: BTreeMap<(i64, i64), Vec<(u128, usize)>> = BTreeMap::new();
        for node in &self.program.nodes {
            match &node.op {
                Op::Rescale(Rescale { source, shift }) => {
                    let output = self.tensor(node.output)?;
                    if *shift > 0 {
                        remainders.push((*shift, output.volume()));
                    }
                    let excess = self.excess(node.output, *source, *shift)?;
                    if excess > 0 {
                        let users = excesses.entry((output.low, output.high)).or_default();
                        users.push((excess, output.volume()));
                    }
                }
                Op::Max(Max { left, right }) => {
                    let span = self.span(*left, *right)?;
                    if span > WIDE_SPAN {
                        let volume = self.tensor(node.output)?.volume();
                        let width = bits(span.unsigned_abs().into());
                        remainders.push((width, volume.saturating_mul(2)));
                        continue;
                    }
                    let clamp = self.clamps.entry((0, span)).or_default();
                    clamp.below = clamp.below.max(span as usize);
                }
                Op::OneHot(OneHot { source }) => {
                    let source = self.tensor(*source)?;
                    let width = bits(source.high.abs_diff(source.low).into());
                    remainders.push((width, source.volume()));
                }
                Op::Root(_) => {
                    let root = self.tensor(node.output)?;
                    remainders.push((root_bits(root), root.volume().saturating_mul(2)));
                }
                Op::Input
                | Op::Weight
                | Op::Linear(_)
                | Op::Contract(_)
                | Op::Indicator(_)
                | Op::Map(_) => {}
            }
        }
        for (bounds, users) in excesses {
            self.clamps.entry(bounds).or_default().limb_bits = Some(limb_bits(&users));
        }
        self.remainder_bits = remainder_bits(&remainders);
        Ok(())
    }

    fn tensor(&self, id: TensorId) -> Result<&'a inferproof_program::Tensor, LowerError> {
        self.program.tensor(id).ok_or_else(|| LowerError::Op {
            origin: "program".into(),
            tensor: id.0.to_string(),
            reason: "it does not exist".into(),
        })
    }

    fn refuse(&self, id: TensorId, reason: impl Into<String>) -> LowerError {
        LowerError::Op {
            origin: self
                .program
                .node(id)
                .map(|n| n.origin.clone())
                .unwrap_or_default(),
            tensor: self
                .program
                .tensor(id)
                .map(|t| t.name.clone())
                .unwrap_or_default(),
            reason: reason.into(),
        }
    }

    /// A view, built from steps that this module chose.
    fn view(&self, id: TensorId, source: &[usize], steps: Vec<Step>) -> Result<View, LowerError> {
        View::new(source.to_vec(), steps).map_err(|e| self.refuse(id, e.to_string()))
    }

    pub fn identity(&self, id: TensorId) -> Result<View, LowerError> {
        self.view(id, &self.tensor(id)?.shape, Vec::new())
    }

    /// The largest absolute excess that the clamp of a rescale can cut off.
    fn excess(&self, output: TensorId, source: TensorId, shift: u32) -> Result<u128, LowerError> {
        let (x, y) = (self.tensor(source)?, self.tensor(output)?);
        let half = half(shift);
        let rescale = |v: i64| (i128::from(v) + half) >> shift;
        let above = rescale(x.high) - i128::from(y.high);
        let below = i128::from(y.low) - rescale(x.low);
        Ok(above.max(below).max(0).unsigned_abs())
    }

    /// The largest difference of two tensors' values, either way.
    fn span(&self, left: TensorId, right: TensorId) -> Result<i64, LowerError> {
        max_span(self.program, left, right)
            .ok_or_else(|| self.refuse(left, "its range is not known"))
    }

    /// What a tensor is a sum of. Its node was visited before.
    pub fn read(&self, id: TensorId) -> Result<Vec<Term>, LowerError> {
        let terms = self
            .terms
            .get(id.0 as usize)
            .ok_or_else(|| self.refuse(id, "it is read before it is made"))?;
        self.copy(terms.iter().map(|t| &t.view))?;
        Ok(terms.clone())
    }

    fn commit(
        &mut self,
        name: String,
        shape: Vec<usize>,
        advice: Advice,
    ) -> Result<Source, LowerError> {
        let layout = Layout::packed(shape, self.c).ok_or_else(|| LowerError::Op {
            origin: String::new(),
            tensor: name.clone(),
            reason: "it is empty or too large to commit".into(),
        })?;
        self.tensors.push(CommittedTensor {
            name,
            layout,
            origin: Origin::Fresh,
        });
        self.advice.push(advice);
        Ok(Source::Committed(self.tensors.len() - 1))
    }

    /// A source read as it is, in a tensor's shape.
    fn whole(&self, id: TensorId, source: Source) -> Result<Term, LowerError> {
        Ok(Term {
            coefficient: 1,
            source,
            view: self.identity(id)?,
        })
    }

    /// Commits a tensor of the trace and reads it as it is.
    fn commit_tensor(&mut self, id: TensorId) -> Result<Term, LowerError> {
        let tensor = self.tensor(id)?;
        if tensor.low < -MAX_COMMITTED || tensor.high > MAX_COMMITTED {
            return Err(self.refuse(
                id,
                "its values may be wider than 32 bits, which cannot be committed",
            ));
        }
        let source = self.commit(
            tensor.name.clone(),
            tensor.shape.clone(),
            Advice::Tensor(id),
        )?;
        Ok(Term {
            coefficient: 1,
            source,
            view: self.identity(id)?,
        })
    }

    /// Makes a virtual tensor a committed one: a copy, and the claim that it is the sum. A sum of bounded integers needs no
    /// range check.
    pub fn materialize(&mut self, id: TensorId) -> Result<(), LowerError> {
        let mut terms = self.read(id)?;
        if let [
            Term {
                coefficient: 1,
                source: Source::Committed(_),
                view,
            },
        ] = terms.as_slice()
            && view.steps().is_empty()
        {
            return Ok(());
        }
        let copies = self.commit_digits(id)?;
        for copy in &copies {
            terms.push(scaled(copy.clone(), -1)?);
        }
        let tensor = self.tensor(id)?;
        self.linears.push(Linear {
            name: format!("{} is committed", tensor.name),
            shape: tensor.shape.clone(),
            terms,
        });
        if let Some(slot) = self.terms.get_mut(id.0 as usize) {
            *slot = copies;
        }
        Ok(())
    }

    /// Commits a tensor of the trace, in digits where its values may be too wide for one committed integer. The digits need no
    /// range check: only their sum is ever read.
    fn commit_digits(&mut self, id: TensorId) -> Result<Vec<Term>, LowerError> {
        let tensor = self.tensor(id)?;
        let widest = bits(
            tensor
                .low
                .unsigned_abs()
                .max(tensor.high.unsigned_abs())
                .into(),
        );
        if widest <= DIGIT_BITS {
            return Ok(vec![self.commit_tensor(id)?]);
        }
        let count = widest.div_ceil(DIGIT_BITS);
        (0..count)
            .map(|digit| {
                let part = Digit {
                    tensor: id,
                    bits: DIGIT_BITS,
                    number: digit,
                    is_last: digit + 1 == count,
                };
                let source = self.commit(
                    format!("{}, digit {digit}", tensor.name),
                    tensor.shape.clone(),
                    Advice::Digit(part),
                )?;
                Ok(Term {
                    coefficient: 1 << (digit * DIGIT_BITS),
                    source,
                    view: self.identity(id)?,
                })
            })
            .collect()
    }

    /// A tensor's shape.
    pub fn shape(&self, id: TensorId) -> Result<Vec<usize>, LowerError> {
        Ok(self.tensor(id)?.shape.clone())
    }

    /// The verifier knows an output, entry by entry.
    pub fn publish(&mut self, id: TensorId) -> Result<(), LowerError> {
        let shape = self.shape(id)?;
        let mut terms = self.read(id)?;
        let source = Source::Public(self.publics.len());
        self.publics.push(shape.clone());
        terms.push(Term {
            coefficient: -1,
            source,
            view: self.identity(id)?,
        });
        self.linears.push(Linear {
            name: format!("output {}", self.tensor(id)?.name),
            shape,
            terms,
        });
        Ok(())
    }

    /// An output is what the commitment holds. The claim determines each entry, so that no range check is needed: the output is an integer
    /// of its static bound already.
    pub fn tie_to_commitment(&mut self, place: usize, id: TensorId) -> Result<(), LowerError> {
        let committed = self.committed_outputs.get(&place).copied();
        let committed =
            committed.ok_or_else(|| self.refuse(id, "its commitment was not foreseen"))?;
        let mut terms = self.read(id)?;
        terms.push(Term {
            coefficient: -1,
            source: Source::Committed(committed),
            view: self.identity(id)?,
        });
        self.linears.push(Linear {
            name: format!("output {} is what is committed", self.tensor(id)?.name),
            shape: self.shape(id)?,
            terms,
        });
        Ok(())
    }

    /// The relations, and how to fill them.
    pub fn finish(self) -> Result<Lowered, LowerError> {
        let parts = Parts {
            c: self.c,
            tensors: self.tensors,
            publics: self.publics,
            tables: self.tables.into_tables(),
            lookups: self.lookups,
            contractions: self.contractions,
            linears: self.linears,
            ..Parts::default()
        };
        let relations = Relations::within(parts, self.limits)?;
        Ok(Lowered {
            relations,
            advice: self.advice,
            products: self.products,
            public_inputs: self
                .inputs
                .values()
                .filter(|e| matches!(e, Entrance::Public(_)))
                .count(),
            codes: self.codes,
        })
    }

    /// Terms of an operand, which may not read a contraction.
    fn operand(&mut self, id: TensorId) -> Result<Vec<Term>, LowerError> {
        if self
            .read(id)?
            .iter()
            .any(|t| matches!(t.source, Source::Contraction(_)))
        {
            self.materialize(id)?;
        }
        self.read(id)
    }

    pub fn node(&mut self, node: &Node) -> Result<(), LowerError> {
        let id = node.output;
        let tensor = self.tensor(id)?;
        let terms = match &node.op {
            Op::Input => {
                let entrance = self.inputs.get(&id).copied();
                let entrance =
                    entrance.ok_or_else(|| self.refuse(id, "it is not in the list of inputs"))?;
                let term = match entrance {
                    Entrance::Public(place) => self.whole(id, Source::Public(place))?,
                    Entrance::Private => self.commit_tensor(id)?,
                    Entrance::Committed(place) => self.whole(id, Source::Committed(place))?,
                };
                match entrance {
                    Entrance::Public(_) => {}
                    // Whoever reads a commitment ranges it itself (T2).
                    Entrance::Private | Entrance::Committed(_) => self.check_range(id, &term)?,
                }
                vec![term]
            }
            Op::Weight => {
                let place = self.weights.get(&id).copied();
                let place =
                    place.ok_or_else(|| self.refuse(id, "it is not in the list of weights"))?;
                vec![self.whole(id, Source::Committed(place))?]
            }
            Op::Linear(sum) => self.linear(id, &sum.terms)?,
            Op::Contract(Contract {
                left,
                right,
                shared,
                left_free,
                right_free,
                ..
            }) => {
                let inner = &self.tensor(*left)?.shape;
                let (left, right) = (self.operand(*left)?, self.operand(*right)?);
                let axes = |from: usize, count: usize| {
                    tensor
                        .shape
                        .get(from..from.saturating_add(count))
                        .unwrap_or_default()
                        .to_vec()
                };
                let inner = inner.get(shared + left_free..).unwrap_or_default().to_vec();
                self.contractions.push(Contraction {
                    name: tensor.name.clone(),
                    left,
                    right,
                    shared: axes(0, *shared),
                    left_free: axes(*shared, *left_free),
                    right_free: axes(shared + left_free, *right_free),
                    contracted: inner,
                });
                self.products.push(Product::Tensor(id));
                vec![Term {
                    coefficient: 1,
                    source: Source::Contraction(self.contractions.len() - 1),
                    view: self.identity(id)?,
                }]
            }
            Op::Rescale(Rescale { source, shift }) => vec![self.rescale(id, *source, *shift)?],
            Op::Map(Map { source, table }) => {
                let column = self.read(*source)?;
                let function = self
                    .program
                    .table(*table)
                    .ok_or_else(|| self.refuse(id, "its table does not exist"))?;
                let table = self.tables.function(table.0, function);
                let output = self.commit_tensor(id)?;
                let columns = vec![column, vec![output.clone()]];
                self.lookup(&tensor.name, table, columns)?;
                vec![output]
            }
            Op::Max(Max { left, right }) => self.maximum(id, *left, *right)?,
            Op::OneHot(OneHot { source }) => vec![self.one_hot(id, *source)?],
            Op::Indicator(Indicator { source }) => vec![self.indicator(id, *source)?],
            Op::Root(Root { source }) => vec![self.root(id, *source)?],
        };
        self.terms.push(terms);
        if self.terms.last().is_some_and(|t| t.len() > MAX_TERMS) {
            self.materialize(id)?;
        }
        Ok(())
    }

    /// Whether claims through a view still factor over the axes of every contraction that the tensor reads, and no chain of
    /// views gets too long. Otherwise the tensor has to be committed.
    fn factors(&self, id: TensorId, view: &View) -> Result<bool, LowerError> {
        let none = Vec::new();
        let terms = self.terms.get(id.0 as usize).unwrap_or(&none);
        for term in terms {
            if term.view.steps().len() + view.steps().len() > MAX_STEPS {
                return Ok(false);
            }
            if let Source::Contraction(i) = term.source {
                self.copy([&term.view, view])?;
                let whole = term
                    .view
                    .clone()
                    .chain(view)
                    .map_err(|e| self.refuse(id, e.to_string()))?;
                if !self
                    .contractions
                    .get(i)
                    .is_some_and(|c| c.factors_through(&whole))
                {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Looks the columns up, in boxes whose axes are nearly powers of two: the argument pads them to such.
    fn lookup(
        &mut self,
        name: &str,
        table: usize,
        columns: Vec<Vec<Term>>,
    ) -> Result<(), LowerError> {
        let first = columns.first().and_then(|c| c.first());
        let shape = first.map_or_else(Vec::new, |t| t.view.target().to_vec());
        let views = columns.iter().flatten().map(|t| &t.view);
        let longest = views.map(|v| v.steps().len()).max().unwrap_or(0);
        let boxes = match longest + shape.len() <= MAX_STEPS {
            true => boxes(&shape),
            false => vec![whole_box(&shape)],
        };
        for part in boxes {
            let mut columns = columns.clone();
            for term in columns.iter_mut().flatten() {
                for (axis, (range, &source)) in part.iter().zip(&shape).enumerate() {
                    if range.len() == source {
                        continue;
                    }
                    let step = Step::Slice {
                        axis,
                        source,
                        start: range.start as i64,
                        step: 1,
                        len: range.len(),
                    };
                    self.copy([&term.view])?;
                    let view = term.view.clone().then(step);
                    term.view = view.map_err(|e| malformed(name, e.to_string()))?;
                }
            }
            self.lookups.push(Lookup {
                name: name.to_owned(),
                table,
                shape: part.iter().map(Range::len).collect(),
                columns,
            });
        }
        Ok(())
    }

    /// Chains views; equal readings of one source are added up.
    fn linear(
        &mut self,
        id: TensorId,
        terms: &[inferproof_program::Term],
    ) -> Result<Vec<Term>, LowerError> {
        // Where each reading stands among the terms: many terms of a hostile key would make a search quadratic.
        let mut places: HashMap<(Source, View), usize> = HashMap::new();
        let mut out: Vec<Term> = Vec::new();
        for term in terms {
            let sources = match term.source {
                None => vec![Term {
                    coefficient: 1,
                    source: Source::One,
                    view: self.view(id, &[], Vec::new())?,
                }],
                Some(source) => {
                    if !self.factors(source, &term.view)? {
                        self.materialize(source)?;
                    }
                    self.read(source)?
                }
            };
            self.copy(std::iter::repeat_n(&term.view, sources.len()))?;
            for source in sources {
                let view = source
                    .view
                    .chain(&term.view)
                    .map_err(|e| self.refuse(id, e.to_string()))?;
                let coefficient = source
                    .coefficient
                    .checked_mul(term.coefficient)
                    .ok_or_else(|| self.refuse(id, "a coefficient overflows"))?;
                let place = *places
                    .entry((source.source, view.clone()))
                    .or_insert(out.len());
                match out.get_mut(place) {
                    Some(same) => {
                        same.coefficient = same
                            .coefficient
                            .checked_add(coefficient)
                            .ok_or_else(|| self.refuse(id, "a coefficient overflows"))?
                    }
                    None => out.push(Term {
                        coefficient,
                        source: source.source,
                        view,
                    }),
                }
            }
        }
        Ok(out)
    }

    /// `value` at every index of `shape`.
    fn constant(&self, id: TensorId, shape: &[usize], value: i64) -> Result<Term, LowerError> {
        let steps = shape
            .iter()
            .enumerate()
            .map(|(axis, &len)| Step::Insert { axis, len })
            .collect();
        Ok(Term {
            coefficient: value,
            source: Source::One,
            view: self.view(id, &[], steps)?,
        })
    }
}

fn half(shift: u32) -> i128 {
    if shift == 0 { 0 } else { 1i128 << (shift - 1) }
}

fn malformed(tensor: &str, reason: String) -> LowerError {
    LowerError::Op {
        origin: String::new(),
        tensor: tensor.to_owned(),
        reason,
    }
}

fn scaled(mut term: Term, by: i64) -> Result<Term, LowerError> {
    let product = term.coefficient.checked_mul(by);
    term.coefficient = product.ok_or_else(|| malformed("", "a coefficient overflows".into()))?;
    Ok(term)
}
