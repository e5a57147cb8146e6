//! Collects the relations of a program, node by node.

use super::tables::{Clamp, Tables, bits, limb_bits, remainder_bits};
use super::{LowerError, Lowered, NonNegative, Product, Recipe};
use crate::visibility::{Visibility, Visible};
use inferproof_argument::{
    CommittedTensor, Contraction, Layout, Limits, Linear, Lookup, Origin, Parts, Relations,
    RelationsError, Source, Term,
};
use inferproof_program::{Node, Op, Program, TensorId};
use inferproof_view::{MAX_STEPS, Step, View};
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};

/// A virtual tensor that is the sum of more terms than this is committed: otherwise a chain of residuals or maxima that fans
/// out would make claims without bound (PROTOCOL must 6).
const MAX_TERMS: usize = 12;

/// Bits of a digit of a tensor that is too wide to be committed in one piece.
const DIGIT_BITS: u32 = 24;

/// Differences wider than this many values are compared in limbs instead of by a clamp table.
const WIDE_SPAN: i64 = 1 << 17;

/// The largest absolute value that a committed tensor may hold.
const MAX_COMMITTED: i64 = i32::MAX as i64;

pub(crate) struct Builder<'a> {
    program: &'a Program,
    c: u32,
    limits: &'a Limits,
    visibility: Visibility,
    /// What each tensor is a sum of, once its node was visited.
    terms: Vec<Vec<Term>>,
    pub tensors: Vec<CommittedTensor>,
    pub recipes: Vec<Recipe>,
    pub publics: Vec<Vec<usize>>,
    pub tables: Tables,
    pub lookups: Vec<Lookup>,
    pub contractions: Vec<Contraction>,
    pub products: Vec<Product>,
    pub linears: Vec<Linear>,
    /// Clamps by their bounds.
    clamps: BTreeMap<(i64, i64), Clamp>,
    remainder_bits: u32,
    /// Places in the program's lists of inputs and of weights.
    places: HashMap<TensorId, usize>,
    /// Numbers in the descriptions of all terms that were copied. A few bytes of a hostile key can ask for a copy of a long
    /// description, again and again.
    copied: Cell<u64>,
}

impl<'a> Builder<'a> {
    pub fn new(
        program: &'a Program,
        c: u32,
        visibility: Visibility,
        limits: &'a Limits,
    ) -> Result<Self, LowerError> {
        let inputs = program.inputs.iter().copied().enumerate();
        let places = inputs.chain(program.weights().enumerate());
        let mut builder = Self {
            visibility,
            places: places.map(|(place, id)| (id, place)).collect(),
            ..Self::bare(program, c, limits)
        };
        builder.place_weights()?;
        builder.size_tables()?;
        Ok(builder)
    }

    /// A builder with no relations and no committed tensors.
    pub fn bare(program: &'a Program, c: u32, limits: &'a Limits) -> Self {
        Self {
            program,
            c,
            limits,
            visibility: Visibility::default(),
            terms: Vec::new(),
            tensors: Vec::new(),
            recipes: Vec::new(),
            publics: Vec::new(),
            tables: Tables::default(),
            lookups: Vec::new(),
            contractions: Vec::new(),
            products: Vec::new(),
            linears: Vec::new(),
            clamps: BTreeMap::new(),
            remainder_bits: 0,
            places: HashMap::new(),
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

    /// A run of a weight tensor's rows, from entry `start` on, is committed before and in its declared range.
    pub fn check_external(
        &mut self,
        id: TensorId,
        layout: Layout,
        start: usize,
    ) -> Result<(), LowerError> {
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
        self.check_range(id, &term, start)
    }

    /// Weights come first among committed tensors, in order, one row for each combination of a contraction's free axes.
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

    /// Finds out what tables the program needs before any lookup is made, since ops share them.
    fn size_tables(&mut self) -> Result<(), LowerError> {
        let (mut widest, mut entries) = (0, 0usize);
        // For each clamp: (largest excess, entries) of every rescale that saturates.
        let mut excesses: BTreeMap<(i64, i64), Vec<(u128, usize)>> = BTreeMap::new();
        for node in &self.program.nodes {
            match &node.op {
                Op::Rescale { source, shift } => {
                    let output = self.tensor(node.output)?;
                    if *shift > 0 {
                        widest = widest.max(*shift);
                        entries = entries.saturating_add(output.volume());
                    }
                    let excess = self.excess(node.output, *source, *shift)?;
                    if excess > 0 {
                        let users = excesses.entry((output.low, output.high)).or_default();
                        users.push((excess, output.volume()));
                    }
                }
                Op::Max { left, right } => {
                    let span = self.span(*left, *right)?;
                    if span > WIDE_SPAN {
                        widest = widest.max(bits(span.unsigned_abs().into()));
                        let volume = self.tensor(node.output)?.volume();
                        entries = entries.saturating_add(volume.saturating_mul(2));
                        continue;
                    }
                    let clamp = self.clamps.entry((0, span)).or_default();
                    clamp.below = clamp.below.max(span as usize);
                }
                Op::OneHot { source } => {
                    let source = self.tensor(*source)?;
                    widest = widest.max(bits(source.high.abs_diff(source.low).into()));
                    entries = entries.saturating_add(source.volume());
                }
                Op::Input
                | Op::Weight
                | Op::Linear { .. }
                | Op::Contract { .. }
                | Op::Map { .. } => {}
            }
        }
        for (bounds, users) in excesses {
            self.clamps.entry(bounds).or_default().limb_bits = Some(limb_bits(&users));
        }
        self.remainder_bits = remainder_bits(widest, entries);
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
        let (l, r) = (self.tensor(left)?, self.tensor(right)?);
        let span = (l.high.saturating_sub(r.low))
            .max(r.high.saturating_sub(l.low))
            .max(1);
        Ok(span)
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
        recipe: Recipe,
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
        self.recipes.push(recipe);
        Ok(Source::Committed(self.tensors.len() - 1))
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
            Recipe::Tensor(id),
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
                let recipe = Recipe::Digit {
                    tensor: id,
                    bits: DIGIT_BITS,
                    digit,
                    last: digit + 1 == count,
                };
                let source = self.commit(
                    format!("{}, digit {digit}", tensor.name),
                    tensor.shape.clone(),
                    recipe,
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
        };
        let relations = Relations::within(parts, self.limits)?;
        Ok(Lowered {
            relations,
            recipes: self.recipes,
            products: self.products,
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
            Op::Input if self.visibility.input == Visible::Public => {
                let place = self.places.get(&id).copied();
                let source = Source::Public(
                    place.ok_or_else(|| self.refuse(id, "it is not in the list of inputs"))?,
                );
                vec![Term {
                    coefficient: 1,
                    source,
                    view: self.identity(id)?,
                }]
            }
            Op::Input => {
                let term = self.commit_tensor(id)?;
                self.check_range(id, &term, 0)?;
                vec![term]
            }
            Op::Weight => {
                let place = self.places.get(&id).copied();
                let source = Source::Committed(
                    place.ok_or_else(|| self.refuse(id, "it is not in the list of weights"))?,
                );
                vec![Term {
                    coefficient: 1,
                    source,
                    view: self.identity(id)?,
                }]
            }
            Op::Linear { terms } => self.linear(id, terms)?,
            Op::Contract {
                left,
                right,
                shared,
                left_free,
                right_free,
                ..
            } => {
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
            Op::Rescale { source, shift } => vec![self.rescale(id, *source, *shift)?],
            Op::Map { source, table } => {
                let column = self.read(*source)?;
                let function = self
                    .program
                    .table(*table)
                    .ok_or_else(|| self.refuse(id, "its table does not exist"))?;
                let table = self.tables.function(table.0, function);
                let output = self.commit_tensor(id)?;
                let columns = vec![column, vec![output.clone()]];
                self.lookup(&tensor.name, table, columns);
                vec![output]
            }
            Op::Max { left, right } => self.maximum(id, *left, *right)?,
            Op::OneHot { source } => vec![self.one_hot(id, *source)?],
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

    fn lookup(&mut self, name: &str, table: usize, columns: Vec<Vec<Term>>) {
        let shape = columns
            .first()
            .and_then(|c| c.first())
            .map(|t| t.view.target().to_vec())
            .unwrap_or_default();
        self.lookups.push(Lookup {
            name: name.to_owned(),
            table,
            shape,
            columns,
        });
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

    /// A committed tensor is in its declared range (PROTOCOL must 4). It is not known to be an integer yet, so that nothing
    /// may be scaled before it is looked up. `start`: the term reads the tensor from this entry on.
    fn check_range(&mut self, id: TensorId, term: &Term, start: usize) -> Result<(), LowerError> {
        let tensor = self.tensor(id)?;
        let size = tensor.high.abs_diff(tensor.low).saturating_add(1);
        if size <= 1 << 16 {
            let table = self.tables.range(tensor.low, size as usize);
            self.lookup(&tensor.name, table, vec![vec![term.clone()]]);
            return Ok(());
        }
        let bits = bits((size - 1).into());
        for (sign, offset) in [(1, -tensor.low), (-1, tensor.high)] {
            let value = vec![
                scaled(term.clone(), sign)?,
                self.constant(id, term.view.target(), offset)?,
            ];
            let of = NonNegative::Offset {
                tensor: id,
                start,
                sign,
                offset,
            };
            self.check_limbs(&tensor.name, value, bits, of)?;
            if size.is_power_of_two() {
                break;
            }
        }
        Ok(())
    }

    /// The sum of `value`, which other lookups make an integer, is in `[0, 2^bits)`: a multiple of it may be looked up instead,
    /// so that narrow and wide ones share a table.
    fn check_integer_bits(
        &mut self,
        name: &str,
        value: Vec<Term>,
        bits: u32,
        of: NonNegative,
    ) -> Result<(), LowerError> {
        if bits <= self.limb_bits() {
            let shared = bits <= self.remainder_bits;
            let (table, factor) = match shared {
                true => (
                    self.tables.range(0, 1 << self.remainder_bits),
                    1 << (self.remainder_bits - bits),
                ),
                false => (self.tables.range(0, 1 << bits), 1),
            };
            let column = value
                .into_iter()
                .map(|t| scaled(t, factor))
                .collect::<Result<_, _>>()?;
            self.lookup(name, table, vec![column]);
            return Ok(());
        }
        self.check_limbs(name, value, bits, of)
    }

    /// The sum of `value`, whatever it is, is an integer in `[0, 2^bits)`, more bits than a limb has: limbs, each looked up as it is.
    fn check_limbs(
        &mut self,
        name: &str,
        value: Vec<Term>,
        bits: u32,
        of: NonNegative,
    ) -> Result<(), LowerError> {
        let limb = self.limb_bits();
        let shape = value
            .first()
            .map(|t| t.view.target().to_vec())
            .unwrap_or_default();
        let mut lowest = value;
        for number in 1..bits.div_ceil(limb) {
            let term = self.commit_limb(
                name,
                &shape,
                of.clone(),
                number,
                limb.min(bits - number * limb),
            )?;
            lowest.push(scaled(term, -1)?);
        }
        let table = self.tables.range(0, 1 << limb);
        self.lookup(name, table, vec![lowest]);
        Ok(())
    }

    fn limb_bits(&self) -> u32 {
        self.remainder_bits.max(8)
    }

    /// Commits limb `number` of a value and looks it up in `[0, 2^width)`; gives its share of the value.
    fn commit_limb(
        &mut self,
        name: &str,
        shape: &[usize],
        of: NonNegative,
        number: u32,
        width: u32,
    ) -> Result<Term, LowerError> {
        let limb = self.limb_bits();
        let recipe = Recipe::Limb {
            of,
            bits: limb,
            limb: number,
        };
        let source = self.commit(format!("{name}, limb {number}"), shape.to_vec(), recipe)?;
        let view = View::identity(shape.to_vec()).map_err(|e| malformed(name, e.to_string()))?;
        let term = Term {
            coefficient: 1,
            source,
            view,
        };
        let table = self.tables.range(0, 1 << width);
        self.lookup(name, table, vec![vec![term.clone()]]);
        scaled(term, 1 << (number * limb))
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

    /// `x + half = 2^shift (y + e) + rem` (PROTOCOL must 5).
    fn rescale(&mut self, id: TensorId, source: TensorId, shift: u32) -> Result<Term, LowerError> {
        let tensor = self.tensor(id)?;
        let shape = tensor.shape.clone();
        let output = self.commit_tensor(id)?;
        let mut quotient = vec![output.clone()];
        let excess = self.excess(id, source, shift)?;
        if excess == 0 {
            self.check_range(id, &output, 0)?;
        } else {
            let users = self.clamps.get(&(tensor.low, tensor.high)).copied();
            let users = users.unwrap_or_default();
            let table = self.tables.clamp(tensor.low, tensor.high, users);
            let limb_bits = users
                .limb_bits
                .ok_or_else(|| self.refuse(id, "its table was not foreseen"))?;
            for limb in 0..bits(excess).div_ceil(limb_bits) {
                let recipe = Recipe::Excess {
                    output: id,
                    source,
                    shift,
                    bits: limb_bits,
                    limb,
                };
                let advice = self.commit(
                    format!("{}, excess {limb}", tensor.name),
                    shape.clone(),
                    recipe,
                )?;
                let term = Term {
                    coefficient: 1,
                    source: advice,
                    view: self.identity(id)?,
                };
                let name = format!("{}, clamp", tensor.name);
                self.lookup(&name, table, vec![vec![term.clone()], vec![output.clone()]]);
                quotient.push(scaled(term, 1 << (limb * limb_bits))?);
            }
        }
        let mut remainder = self.read(source)?;
        if shift > 0 {
            remainder.push(self.constant(id, &shape, half(shift) as i64)?);
        }
        for term in quotient {
            let factor = 1i64
                .checked_shl(shift)
                .filter(|f| *f > 0)
                .ok_or_else(|| self.refuse(id, "its shift is too large"))?;
            remainder.push(scaled(term, -factor)?);
        }
        let name = format!("{}, remainder", tensor.name);
        if shift == 0 {
            self.linears.push(Linear {
                name,
                shape,
                terms: remainder,
            });
        } else {
            self.check_integer_bits(
                &name,
                remainder,
                shift,
                NonNegative::Remainder { source, shift },
            )?;
        }
        Ok(output)
    }

    /// `right + r` with `r = relu(left - right)`.
    fn maximum(
        &mut self,
        id: TensorId,
        left: TensorId,
        right: TensorId,
    ) -> Result<Vec<Term>, LowerError> {
        let tensor = self.tensor(id)?;
        let span = self.span(left, right)?;
        if span > WIDE_SPAN {
            return self.wide_maximum(id, left, right, bits(span.unsigned_abs().into()));
        }
        let users = self.clamps.get(&(0, span)).copied().unwrap_or_default();
        let table = self.tables.clamp(0, span, users);
        let source = self.commit(
            format!("{}, rise", tensor.name),
            tensor.shape.clone(),
            Recipe::Positive { left, right },
        )?;
        let rise = Term {
            coefficient: 1,
            source,
            view: self.identity(id)?,
        };
        let mut fall = self.read(left)?;
        for term in self.read(right)? {
            fall.push(scaled(term, -1)?);
        }
        fall.push(scaled(rise.clone(), -1)?);
        self.lookup(&tensor.name, table, vec![fall, vec![rise.clone()]]);
        let mut terms = self.read(right)?;
        terms.push(rise);
        Ok(terms)
    }

    /// The same where no table is large enough: r and the fall `r - (left - right)` are not negative, and their product is zero.
    fn wide_maximum(
        &mut self,
        id: TensorId,
        left: TensorId,
        right: TensorId,
        width: u32,
    ) -> Result<Vec<Term>, LowerError> {
        let tensor = self.tensor(id)?;
        let shape = tensor.shape.clone();
        let limb = self.limb_bits();
        let mut rise = Vec::new();
        for number in 0..width.div_ceil(limb) {
            let of = NonNegative::Positive { left, right };
            let name = format!("{}, rise", tensor.name);
            rise.push(self.commit_limb(
                &name,
                &shape,
                of,
                number,
                limb.min(width - number * limb),
            )?);
        }
        let mut fall = rise.clone();
        fall.extend(self.operand(right)?);
        for term in self.operand(left)? {
            fall.push(scaled(term, -1)?);
        }
        self.contractions.push(Contraction {
            name: format!("{}, rise times fall", tensor.name),
            left: rise.clone(),
            right: fall.clone(),
            shared: shape.clone(),
            left_free: Vec::new(),
            right_free: Vec::new(),
            contracted: Vec::new(),
        });
        self.products.push(Product::Zero(id));
        let product = Term {
            coefficient: 1,
            source: Source::Contraction(self.contractions.len() - 1),
            view: self.identity(id)?,
        };
        self.linears.push(Linear {
            name: format!("{}, rise or fall is zero", tensor.name),
            shape,
            terms: vec![product],
        });
        let of = NonNegative::Positive {
            left: right,
            right: left,
        };
        self.check_integer_bits(&format!("{}, fall", tensor.name), fall, width, of)?;
        let mut terms = self.read(right)?;
        terms.extend(rise);
        Ok(terms)
    }

    /// PROTOCOL section 5, argmax: the first index wins.
    fn one_hot(&mut self, id: TensorId, source: TensorId) -> Result<Term, LowerError> {
        let tensor = self.tensor(id)?;
        let shape = tensor.shape.clone();
        let Some((&classes, rest)) = shape.split_last() else {
            return Err(self.refuse(id, "it needs at least one axis"));
        };
        let axis = rest.len();
        let values = self.operand(source)?;
        let bit = self.commit_tensor(id)?;
        let table = self.tables.range(0, 2);
        self.lookup(
            &format!("{}, bits", tensor.name),
            table,
            vec![vec![bit.clone()]],
        );

        let sum = self.view(
            id,
            &shape,
            vec![Step::Reduce {
                axis,
                source: classes,
                weights: None,
            }],
        )?;
        self.linears.push(Linear {
            name: format!("{}, one bit is set", tensor.name),
            shape: rest.to_vec(),
            terms: vec![
                Term {
                    view: sum,
                    ..bit.clone()
                },
                self.constant(id, rest, -1)?,
            ],
        });

        self.contractions.push(Contraction {
            name: format!("{}, maximum", tensor.name),
            left: vec![bit.clone()],
            right: values.clone(),
            shared: rest.to_vec(),
            left_free: Vec::new(),
            right_free: Vec::new(),
            contracted: vec![classes],
        });
        self.products.push(Product::Maximum(source));
        let maximum = Term {
            coefficient: 1,
            source: Source::Contraction(self.contractions.len() - 1),
            view: self.view(id, rest, vec![Step::Insert { axis, len: classes }])?,
        };
        let later = self.view(id, &shape, vec![Step::SuffixSum { axis, len: classes }])?;
        let mut gap = vec![
            maximum,
            Term {
                coefficient: -1,
                view: later,
                ..bit.clone()
            },
        ];
        for term in values {
            gap.push(scaled(term, -1)?);
        }
        let range = self.tensor(source)?;
        let width = bits(range.high.abs_diff(range.low).into()).max(1);
        self.check_integer_bits(
            &format!("{}, gap", tensor.name),
            gap,
            width,
            NonNegative::Gap { source },
        )?;
        Ok(bit)
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
