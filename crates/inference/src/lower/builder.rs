//! Collects the relations of a program, node by node.

mod boxes;
mod commitments;
mod indicator;
mod linear;
mod lookups;
mod max;
mod one_hot;
mod places;
mod quotient;
mod ranges;
mod rescale;
mod root;
mod sizes;

pub(crate) use commitments::Digit;
pub(crate) use max::Rise;
use places::Standing;
use quotient::rest_bits;
pub(crate) use ranges::Limb;
pub(crate) use rescale::Excess;
use root::root_bits;

use super::tables::{Clamp, Tables};
use super::{Advice, Code, LowerError, Lowered, Product, RowBits};
use crate::statement::StatementShape;
use inferproof_argument::{
    CommittedTensor, Contraction, Limits, Linear, Lookup, Parts, Relations, RelationsError, Source,
    Term,
};
use inferproof_program::{
    Contract, Indicator, Map, Max, Node, OneHot, Op, Program, Quotient, Rescale, Root, TensorId,
};
use inferproof_view::{Step, View};
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};

/// A virtual tensor that is the sum of more terms than this is committed: otherwise a chain of residuals or maxima that fans
/// out would make claims without bound (PROTOCOL must 6).
const MAX_TERMS: usize = 12;

/// The largest absolute value that a committed tensor may hold.
const MAX_COMMITTED: i64 = i32::MAX as i64;

/// How an input enters the relations.
#[derive(Clone, Copy)]
enum Entrance {
    /// As this public tensor.
    Public(usize),
    /// As a tensor committed in the proof.
    Private,
    /// As what a committed tensor holds in this place.
    Committed(Standing),
}

pub(crate) struct Builder<'a> {
    program: &'a Program,
    c: u32,
    limits: &'a Limits,
    /// How an input enters the relations, and where a committed or public one stands among their sources.
    inputs: HashMap<TensorId, Entrance>,
    /// Where the commitment to an output stands among committed tensors, by its place in the program's list.
    committed_outputs: HashMap<usize, Standing>,
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
        rows: RowBits,
        shape: &StatementShape,
        limits: &'a Limits,
    ) -> Result<Self, LowerError> {
        let weights = program.weights().enumerate();
        let mut builder = Self {
            weights: weights.map(|(place, id)| (id, place)).collect(),
            ..Self::bare(program, rows.own, limits)
        };
        builder.place_weights(rows.weights)?;
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

    /// What a tensor is a sum of. Its node was visited before.
    pub fn read(&self, id: TensorId) -> Result<Vec<Term>, LowerError> {
        let terms = self
            .terms
            .get(id.0 as usize)
            .ok_or_else(|| self.refuse(id, "it is read before it is made"))?;
        self.copy(terms.iter().map(|t| &t.view))?;
        Ok(terms.clone())
    }

    /// A source read as it is, in a tensor's shape.
    fn whole(&self, id: TensorId, source: Source) -> Result<Term, LowerError> {
        Ok(Term {
            coefficient: 1,
            source,
            view: self.identity(id)?,
        })
    }

    /// A tensor's shape.
    pub fn shape(&self, id: TensorId) -> Result<Vec<usize>, LowerError> {
        Ok(self.tensor(id)?.shape.clone())
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
                    Entrance::Committed(standing) => self.read_standing(id, standing)?,
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
            Op::Quotient(Quotient { dividend, divisor }) => {
                vec![self.quotient(id, *dividend, *divisor)?]
            }
        };
        self.terms.push(terms);
        if self.terms.last().is_some_and(|t| t.len() > MAX_TERMS) {
            self.materialize(id)?;
        }
        Ok(())
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
