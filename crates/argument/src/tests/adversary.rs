//! A second prover, naive and without scruples: everything is a field element, committed rows may have anything in their
//! tails, and each step may be replaced. With honest values it is a check on the real prover, for it shares no code with it.

use super::sample::{Shape, Trace};
use crate::closing::Opened;
use crate::curve::{Point, Profile, Scalar, decode_scalar, encode_point, encode_scalar};
use crate::generators::Generators;
use crate::msm::commit_scalars;
use crate::multilinear::{dot, eq_vector, kron};
use crate::pieces::pieces;
use crate::prover::{Candidate, Opener};
use crate::script::claims::{ContractionClaim, TensorClaim};
use crate::script::party::{
    Commitments, ContractionParty, Layer, LookupParty, OpeningParty, Party, TreeParty,
};
use crate::script::{Outcome, Statement};
use crate::transcript::Message;
use crate::{ProveError, Reject};
use ark_ff::{One, PrimeField, Zero};
use inferproof_relations::bits_of;
use inferproof_relations::{Leaves, Origin, Relations, Source, Term};
use inferproof_view::Group;
use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;
use zeroize::Zeroizing;

/// A leaf's numerators and denominators, from alpha and gamma.
type LeavesHook<'a, F> = Box<dyn Fn(F, F, &mut Vec<F>, &mut Vec<F>) + 'a>;
/// The operands of an instance of a contraction over the sumcheck's whole cube.
type OperandsHook<'a, F> = Box<dyn Fn(&ContractionClaim<F>, &mut Vec<F>, &mut Vec<F>) + 'a>;
/// A message by its first pad, before and after the pads are taken off.
type MessageHook<'a, F> = Box<dyn FnMut(usize, Message, &mut [F]) + 'a>;

/// A coefficient and the two factors of a sumcheck.
type Pair<F> = (F, Vec<F>, Vec<F>);

pub struct Adversary<'a, P: Profile> {
    relations: &'a Relations,
    generators: &'a Generators<P>,
    /// For each tensor its rows, all 2^c entries of them.
    pub rows: Vec<Vec<Vec<Scalar<P>>>>,
    blinders: Vec<Vec<Scalar<P>>>,
    /// What it claims that the contractions give.
    pub outputs: Vec<Vec<Scalar<P>>>,
    publics: Vec<Vec<Scalar<P>>>,
    pads: Vec<Scalar<P>>,
    pad_blinders: Vec<Scalar<P>>,
    pub leaves: Option<LeavesHook<'a, Scalar<P>>>,
    pub operands: Option<OperandsHook<'a, Scalar<P>>>,
    pub message: Option<MessageHook<'a, Scalar<P>>>,
    pub sent: Option<MessageHook<'a, Scalar<P>>>,
    /// What the claimed outputs differ from the true ones, under the coefficients of the instances.
    pub gap: Rc<Cell<Scalar<P>>>,
    layers: Vec<[Vec<Scalar<P>>; 2]>,
    arrays: Vec<Vec<Scalar<P>>>,
    pairs: Vec<Pair<Scalar<P>>>,
    /// How many pads were used.
    used: usize,
    claims: Vec<TensorClaim<Scalar<P>>>,
    contractions: Vec<ContractionClaim<Scalar<P>>>,
    proof: Vec<u8>,
}

/// Binds the most significant variable.
fn bind<F: PrimeField>(v: &mut Vec<F>, x: F) {
    let half = v.len() / 2;
    *v = (0..half).map(|i| v[i] + x * (v[half + i] - v[i])).collect();
}

fn dense<F: PrimeField>(groups: &[Group<F>]) -> Vec<F> {
    groups
        .iter()
        .fold(vec![F::one()], |w, g| kron(&w, &g.weights))
}

/// The place of each index of `shape` where every axis has a power-of-two length.
pub fn places(shape: &[usize]) -> Vec<usize> {
    shape.iter().fold(vec![0], |all, &n| {
        let next = |p: usize| (0..n).map(move |i| (p << bits_of(n)) + i);
        all.into_iter().flat_map(next).collect()
    })
}

fn product_round<F: PrimeField>(pairs: &[Pair<F>]) -> Vec<F> {
    let (mut s0, mut lead) = (F::zero(), F::zero());
    for (k, a, b) in pairs {
        let half = a.len() / 2;
        for i in 0..half {
            s0 += *k * a[i] * b[i];
            lead += *k * (a[half + i] - a[i]) * (b[half + i] - b[i]);
        }
    }
    vec![s0, lead]
}

/// Scalars that are the same in every run.
pub fn stream<F: PrimeField>(seed: u64) -> impl FnMut() -> F {
    let mut reader = blake3::Hasher::new_derive_key("inferproof test stream")
        .update(&seed.to_le_bytes())
        .finalize_xof();
    move || {
        let mut wide = [0; 64];
        reader.fill(&mut wide);
        F::from_le_bytes_mod_order(&wide)
    }
}

impl<'a, P: Profile> Adversary<'a, P> {
    /// `values`: every tensor but the multiplicities.
    pub fn new(
        relations: &'a Relations,
        generators: &'a Generators<P>,
        values: &[Vec<Scalar<P>>],
        outputs: Vec<Vec<Scalar<P>>>,
        publics: &[Vec<i64>],
    ) -> Self {
        let mut random = stream(1);
        let parts = relations.parts();
        let publics = publics.iter();
        let mut out = Self {
            relations,
            generators,
            rows: Vec::new(),
            blinders: parts
                .tensors
                .iter()
                .map(|t| (0..t.layout.row_count()).map(|_| random()).collect())
                .collect(),
            outputs,
            publics: publics
                .map(|v| v.iter().map(|&v| v.into()).collect())
                .collect(),
            pads: (0..relations.pad_count()).map(|_| random()).collect(),
            pad_blinders: relations.pad_rows().iter().map(|_| random()).collect(),
            leaves: None,
            operands: None,
            message: None,
            sent: None,
            gap: Rc::default(),
            layers: Vec::new(),
            arrays: Vec::new(),
            pairs: Vec::new(),
            used: 0,
            claims: Vec::new(),
            contractions: Vec::new(),
            proof: Vec::new(),
        };
        for (i, tensor) in values.iter().enumerate() {
            let rows = out.to_rows(i, tensor);
            out.rows.push(rows);
        }
        for (i, counts) in out.count().into_iter().enumerate() {
            let rows = out.to_rows(relations.multiplicities(i), &counts);
            out.rows.push(rows);
        }
        out
    }

    /// With the sample's trace, weights included.
    pub fn sample(relations: &'a Relations, generators: &'a Generators<P>, trace: &Trace) -> Self {
        Self::new(
            relations,
            generators,
            &field_values::<P>(trace),
            field_arrays::<P>(&trace.contractions),
            std::slice::from_ref(&trace.out),
        )
    }

    /// Sends every value as it is.
    pub fn remove_pads(&mut self) {
        self.pads.fill(Scalar::<P>::zero());
    }

    /// The scalars that were sent, where the commitments are not part of what was sent.
    pub fn sent_scalars(&self) -> &[u8] {
        &self.proof
    }

    fn to_rows(&self, tensor: usize, values: &[Scalar<P>]) -> Vec<Vec<Scalar<P>>> {
        let parts = self.relations.parts();
        let ranges = parts.tensors[tensor].layout.rows();
        let row = |range: std::ops::Range<usize>| {
            let mut row = values[range].to_vec();
            row.resize(1 << parts.c, Scalar::<P>::zero());
            row
        };
        ranges.into_iter().map(row).collect()
    }

    /// Random entries beyond the real ones of every row.
    pub fn fill_tails(&mut self, seed: u64) {
        let mut random = stream(seed);
        for (tensor, rows) in self.relations.parts().tensors.iter().zip(&mut self.rows) {
            for (range, row) in tensor.layout.rows().into_iter().zip(rows) {
                row[range.len()..].fill_with(&mut random);
            }
        }
    }

    fn array(&self, tensor: usize) -> Vec<Scalar<P>> {
        let ranges = self.relations.parts().tensors[tensor].layout.rows();
        let rows = ranges.into_iter().zip(&self.rows[tensor]);
        rows.flat_map(|(range, row)| row[..range.len()].to_vec())
            .collect()
    }

    fn sum(&self, terms: &[Term]) -> Vec<Scalar<P>> {
        let mut total = Vec::new();
        for term in terms {
            let source = match term.source {
                Source::One => vec![Scalar::<P>::one()],
                Source::Public(i) => self.publics[i].clone(),
                Source::Committed(i) => self.array(i),
                Source::Contraction(i) => self.outputs[i].clone(),
                Source::Constant(i) => {
                    let values = &self.relations.parts().field.constants[i].values;
                    let values = values.iter();
                    values.map(|v| decode_scalar(v).unwrap()).collect()
                }
            };
            let read = term.view.apply(&source).unwrap();
            total.resize(read.len(), Scalar::<P>::zero());
            for (slot, v) in total.iter_mut().zip(read) {
                *slot += Scalar::<P>::from(term.coefficient) * v;
            }
        }
        total
    }

    /// For each index of a lookup its tuple.
    fn tuples(&self, lookup: usize) -> Vec<[Scalar<P>; 2]> {
        let columns = &self.relations.parts().lookups[lookup].columns;
        let first = self.sum(&columns[0]);
        let second = match columns.get(1) {
            Some(column) => self.sum(column),
            None => vec![Scalar::<P>::zero(); first.len()],
        };
        first.into_iter().zip(second).map(<[_; 2]>::from).collect()
    }

    /// Multiplicities; what is in no table is not counted.
    fn count(&self) -> Vec<Vec<Scalar<P>>> {
        let parts = self.relations.parts();
        let mut out = Vec::new();
        for (t, table) in parts.tables.iter().enumerate() {
            let tuples = table.tuples().map(|(a, b)| [a, b].map(Scalar::<P>::from));
            let place: HashMap<_, _> = tuples.enumerate().map(|(i, t)| (t, i)).collect();
            let mut counts = vec![Scalar::<P>::zero(); table.len()];
            for (l, lookup) in parts.lookups.iter().enumerate() {
                if lookup.table == t {
                    for tuple in self.tuples(l) {
                        if let Some(&i) = place.get(&tuple) {
                            counts[i] += Scalar::<P>::one();
                        }
                    }
                }
            }
            out.push(counts);
        }
        out
    }

    fn commit(&self, tensor: usize) -> Vec<Point<P>> {
        let rows = self.rows[tensor].iter().zip(&self.blinders[tensor]);
        rows.map(|(row, &k)| commit_scalars(self.generators, row, k))
            .collect()
    }

    pub fn external(&self) -> Vec<Vec<Point<P>>> {
        self.relations
            .external()
            .map(|(i, _)| self.commit(i))
            .collect()
    }

    /// Where a lookup or a table begins among the leaves.
    pub fn offset(relations: &Relations, leaves: Leaves) -> usize {
        let mut blocks = relations.blocks().iter();
        blocks.find(|b| b.leaves == leaves).unwrap().offset
    }

    fn make_leaves(&self, alpha: Scalar<P>, gamma: Scalar<P>) -> [Vec<Scalar<P>>; 2] {
        let parts = self.relations.parts();
        let (zero, one) = (Scalar::<P>::zero(), Scalar::<P>::one());
        let count = 1 << self.relations.depth();
        let (mut p, mut q) = (vec![zero; count], vec![one; count]);
        let leaf = |tag: usize, [a, b]: [Scalar<P>; 2]| {
            gamma - Scalar::<P>::from(tag as u64 + 1) - alpha * a - alpha * alpha * b
        };
        for block in self.relations.blocks() {
            match block.leaves {
                Leaves::Lookup(i) => {
                    let lookup = &parts.lookups[i];
                    for (at, tuple) in places(&lookup.shape).into_iter().zip(self.tuples(i)) {
                        p[block.offset + at] = one;
                        q[block.offset + at] = leaf(lookup.table, tuple);
                    }
                }
                Leaves::Table(i) => {
                    let counts = self.array(self.relations.multiplicities(i));
                    for (j, (tuple, m)) in parts.tables[i].tuples().zip(counts).enumerate() {
                        p[block.offset + j] = -m;
                        q[block.offset + j] = leaf(i, [tuple.0.into(), tuple.1.into()]);
                    }
                }
            }
        }
        if let Some(hook) = &self.leaves {
            hook(alpha, gamma, &mut p, &mut q);
        }
        [p, q]
    }

    fn layer_round(
        &mut self,
        layer: usize,
        lambda: Scalar<P>,
        target: &[Scalar<P>],
        point: &[Scalar<P>],
    ) -> Vec<Scalar<P>> {
        match point.last() {
            None => {
                let halves = |v: &[Scalar<P>], i| v.iter().skip(i).step_by(2).copied().collect();
                let [p, q] = &self.layers[layer];
                self.arrays = vec![halves(p, 0), halves(p, 1), halves(q, 0), halves(q, 1)];
            }
            Some(&x) => self.arrays.iter_mut().for_each(|a| bind(a, x)),
        }
        let half = self.arrays[0].len() / 2;
        let eq = eq_vector(&target[point.len() + 1..], half);
        let value = |at: &dyn Fn(&[Scalar<P>]) -> Scalar<P>| {
            let [p0, p1, q0, q1] = [0, 1, 2, 3].map(|k| at(&self.arrays[k]));
            p0 * q1 + p1 * q0 + lambda * q0 * q1
        };
        let (mut slope, mut lead) = (Scalar::<P>::zero(), Scalar::<P>::zero());
        for (i, w) in eq.into_iter().enumerate() {
            slope += w * (value(&|a| a[half + i]) - value(&|a| a[i]));
            lead += w * value(&|a| a[half + i] - a[i]);
        }
        vec![slope, lead]
    }

    fn direct_value(&self) -> Scalar<P> {
        let value =
            |term: &TensorClaim<Scalar<P>>| dot(&term.functional.dense(), &self.array(term.tensor));
        self.claims.iter().map(value).sum()
    }

    fn start_contractions(&mut self, instances: &[ContractionClaim<Scalar<P>>]) {
        let rounds = self.relations.contraction_rounds();
        let mut gap = Scalar::<P>::zero();
        self.pairs.clear();
        for instance in instances {
            let contraction = &self.relations.parts().contractions[instance.contraction];
            let contracted: usize = contraction.contracted.iter().product();
            let shared = dense(&instance.shared);
            let fold = |terms: &[Term], free: &[Group<Scalar<P>>]| -> Vec<Scalar<P>> {
                let (values, free) = (self.sum(terms), dense(free));
                let mut out = Vec::new();
                for s in 0..shared.len() {
                    for k in 0..contracted {
                        let at = |f: usize| values[(s * free.len() + f) * contracted + k];
                        out.push((0..free.len()).map(|f| free[f] * at(f)).sum());
                    }
                }
                out
            };
            let mut left = fold(&contraction.left, &instance.left_free);
            for (i, v) in left.iter_mut().enumerate() {
                *v *= shared[i / contracted];
            }
            let right = fold(&contraction.right, &instance.right_free);
            let shape = [&contraction.shared[..], &contraction.contracted].concat();
            let size = 1 << contraction.bits();
            let mut a = vec![Scalar::<P>::zero(); 1 << rounds];
            let mut b = vec![Scalar::<P>::zero(); 1 << rounds];
            for (at, (l, r)) in places(&shape).into_iter().zip(left.into_iter().zip(right)) {
                a[at] = l;
                b.iter_mut()
                    .skip(at)
                    .step_by(size)
                    .for_each(|slot| *slot = r);
            }
            if let Some(hook) = &self.operands {
                hook(instance, &mut a, &mut b);
            }
            let weights = [
                &instance.shared[..],
                &instance.left_free,
                &instance.right_free,
            ];
            let claimed = dot(
                &dense(&weights.concat()),
                &self.outputs[instance.contraction],
            );
            gap += instance.coefficient * (claimed - dot(&a, &b));
            self.pairs.push((instance.coefficient, a, b));
        }
        self.gap.set(gap);
    }

    fn bind_pairs(&mut self, x: Scalar<P>) {
        for (_, a, b) in &mut self.pairs {
            bind(a, x);
            bind(b, x);
        }
    }

    /// Starts the merge of the claims.
    fn start_opening(&mut self, claims: &[TensorClaim<Scalar<P>>]) {
        let width = 1 << self.relations.parts().c;
        self.pairs.clear();
        for claim in claims {
            let rows = &self.rows[claim.tensor];
            let layout = &self.relations.parts().tensors[claim.tensor].layout;
            for piece in pieces(layout, &claim.functional) {
                let mut folded = vec![Scalar::<P>::zero(); width];
                for (row, k) in piece.rows(layout) {
                    let row = rows[row].iter();
                    folded.iter_mut().zip(row).for_each(|(f, v)| *f += k * v);
                }
                let mut column = piece.column;
                column.resize(width, Scalar::<P>::zero());
                let weight = claim.functional.coefficient;
                self.pairs.push((weight, folded, column));
            }
        }
    }

    /// Sends values minus their pads, after the hooks have seen them.
    fn send(&mut self, message: Message, mut values: Vec<Scalar<P>>) -> Vec<Scalar<P>> {
        let first = self.used;
        self.used += values.len();
        if let Some(hook) = &mut self.message {
            hook(first, message, &mut values);
        }
        let pads = &self.pads[first..self.used];
        values.iter_mut().zip(pads).for_each(|(v, &s)| *v -= s);
        if let Some(hook) = &mut self.sent {
            hook(first, message, &mut values);
        }
        self.proof.extend(values.iter().flat_map(encode_scalar));
        values
    }

    fn send_exactly<const N: usize>(
        &mut self,
        message: Message,
        values: Vec<Scalar<P>>,
    ) -> Result<[Scalar<P>; N], ProveError> {
        Ok(self.send(message, values).try_into().unwrap())
    }

    /// A proof for the statement with its own external commitments.
    pub fn prove(self, publics: &[Vec<i64>]) -> (Vec<u8>, Vec<Vec<Point<P>>>) {
        let external = self.external();
        let statement = statement(&external, publics);
        let (relations, generators) = (self.relations, self.generators);
        let proof = cheat(relations, generators, &statement, self).unwrap();
        (proof, external)
    }

    /// Proves, and asks the verifier.
    pub fn attempt(self, publics: &[Vec<i64>]) -> Result<(), Reject> {
        let (relations, generators) = (self.relations, self.generators);
        let (proof, external) = self.prove(publics);
        crate::verify(
            relations,
            generators,
            &statement(&external, publics),
            &proof,
        )
    }
}

/// A proof by a prover who does not look whether it proves anything true.
pub fn cheat<P: Profile, S>(
    relations: &Relations,
    generators: &Generators<P>,
    statement: &Statement<'_, P>,
    prover: S,
) -> Result<Vec<u8>, ProveError>
where
    S: Party<P, Error = ProveError, Last: Opener<P>>,
{
    Candidate::new(relations, statement, prover)?.close(generators)
}

/// The statement of every forgery.
pub fn statement<'a, P: Profile>(
    external: &'a [Vec<Point<P>>],
    publics: &'a [Vec<i64>],
) -> Statement<'a, P> {
    Statement {
        context: b"context",
        external: external.iter().map(Vec::as_slice).collect(),
        publics,
    }
}

pub fn field_arrays<P: Profile>(arrays: &[Vec<i64>]) -> Vec<Vec<Scalar<P>>> {
    let field = |v: &Vec<i64>| v.iter().map(|&v| v.into()).collect();
    arrays.iter().map(field).collect()
}

/// The sample's tensors in order.
pub fn field_values<P: Profile>(trace: &Trace) -> Vec<Vec<Scalar<P>>> {
    let fresh = [&trace.x, &trace.y, &trace.e, &trace.h].map(Clone::clone);
    field_arrays::<P>(&[&trace.weights[..], &fresh[..]].concat())
}

impl<P: Profile> Party<P> for Adversary<'_, P> {
    type Error = ProveError;
    type Last = Self;
    type Lookups = Self;

    fn commitments(mut self) -> Result<(Commitments<P>, Self), ProveError> {
        let tensors = self.relations.parts().tensors.iter().enumerate();
        let fresh = tensors.filter(|(_, t)| t.origin == Origin::Fresh);
        let fresh: Vec<_> = fresh.map(|(i, _)| self.commit(i)).collect();
        let pads = self.pads.chunks(1 << self.relations.parts().c);
        let pads = pads.zip(&self.pad_blinders);
        let pads = pads.map(|(row, &blinder)| commit_scalars(self.generators, row, blinder));
        let pads: Vec<_> = pads.collect();
        let all = fresh.iter().flatten().chain(&pads);
        self.proof = all.flat_map(|p| encode_point::<P>(p)).collect();
        Ok((Commitments { fresh, pads }, self))
    }
}

impl<P: Profile> LookupParty<Scalar<P>> for Adversary<'_, P> {
    type Error = ProveError;
    type Last = Self;
    type Tree = Self;

    fn root(
        mut self,
        alpha: Scalar<P>,
        gamma: Scalar<P>,
    ) -> Result<([Scalar<P>; 4], Self), ProveError> {
        self.layers = vec![self.make_leaves(alpha, gamma)];
        while self.layers[0][0].len() > 2 {
            let [p, q] = &self.layers[0];
            let pairs = p.chunks(2).zip(q.chunks(2));
            let next = pairs
                .map(|(p, q)| (p[0] * q[1] + p[1] * q[0], q[0] * q[1]))
                .unzip();
            self.layers.insert(0, next.into());
        }
        let [p, q] = &self.layers[0];
        let root = vec![p[0], p[1], q[0], q[1]];
        Ok((self.send_exactly(Message::Root, root)?, self))
    }
}

impl<P: Profile> TreeParty<Scalar<P>> for Adversary<'_, P> {
    type Error = ProveError;
    type Last = Self;
    type Contractions = Self;

    fn round(
        &mut self,
        layer: &Layer<'_, Scalar<P>>,
        point: &[Scalar<P>],
    ) -> Result<[Scalar<P>; 2], ProveError> {
        let round = self.layer_round(layer.number, layer.lambda, layer.target, point);
        self.send_exactly(Message::LayerRound, round)
    }

    fn values(&mut self, point: &[Scalar<P>]) -> Result<[Scalar<P>; 4], ProveError> {
        let x = *point.last().unwrap();
        self.arrays.iter_mut().for_each(|a| bind(a, x));
        let values = self.arrays.iter().map(|a| a[0]).collect();
        self.send_exactly(Message::LayerValues, values)
    }

    fn claims(
        mut self,
        direct: &[TensorClaim<Scalar<P>>],
        contractions: &[ContractionClaim<Scalar<P>>],
    ) -> Result<Self, ProveError> {
        self.claims = direct.to_vec();
        self.contractions = contractions.to_vec();
        Ok(self)
    }
}

impl<P: Profile> ContractionParty<Scalar<P>> for Adversary<'_, P> {
    type Error = ProveError;
    type Last = Self;
    type Opening = Self;

    fn direct(&mut self) -> Result<Scalar<P>, ProveError> {
        let value = self.direct_value();
        let contractions = std::mem::take(&mut self.contractions);
        self.start_contractions(&contractions);
        let [sent] = self.send_exactly(Message::Direct, vec![value])?;
        Ok(sent)
    }

    fn round(&mut self, point: &[Scalar<P>]) -> Result<[Scalar<P>; 2], ProveError> {
        point.last().into_iter().for_each(|&x| self.bind_pairs(x));
        let round = product_round(&self.pairs);
        self.send_exactly(Message::ContractionRound, round)
    }

    fn operands(&mut self, point: &[Scalar<P>], _: usize) -> Result<Vec<Scalar<P>>, ProveError> {
        point.last().into_iter().for_each(|&x| self.bind_pairs(x));
        let pairs = self.pairs.iter();
        let values = pairs.flat_map(|(_, a, b)| [a[0], b[0]]).collect();
        Ok(self.send(Message::Operands, values))
    }

    fn open(mut self, claims: &[TensorClaim<Scalar<P>>]) -> Result<Self, ProveError> {
        self.start_opening(claims);
        Ok(self)
    }
}

impl<P: Profile> OpeningParty<Scalar<P>> for Adversary<'_, P> {
    type Error = ProveError;
    type Last = Self;

    fn round(&mut self, point: &[Scalar<P>]) -> Result<[Scalar<P>; 2], ProveError> {
        point.last().into_iter().for_each(|&x| self.bind_pairs(x));
        let round = product_round(&self.pairs);
        self.send_exactly(Message::MergeRound, round)
    }

    fn last(self, _: &[Scalar<P>]) -> Result<Self, ProveError> {
        Ok(self)
    }
}

impl<P: Profile> Opener<P> for Adversary<'_, P> {
    fn open(self, outcome: &Outcome<'_, P>) -> Result<(Opened<P>, Vec<u8>), ProveError> {
        let mut vector = vec![Scalar::<P>::zero(); 1 << self.relations.parts().c];
        let mut blinder = Scalar::<P>::zero();
        for (i, opened) in outcome.opening.iter().enumerate() {
            for (k, row) in opened.scalars.iter().zip(&self.rows[i]) {
                vector.iter_mut().zip(row).for_each(|(u, v)| *u += *k * v);
            }
            blinder += dot(&opened.scalars, &self.blinders[i]);
        }
        let opened = Opened {
            pads: Zeroizing::new(self.pads),
            pad_blinders: Zeroizing::new(self.pad_blinders),
            vector: Zeroizing::new(vector),
            blinder,
        };
        Ok((opened, self.proof))
    }
}

/// With honest values the naive prover is accepted, and so it is with anything at all in the tails of rows (musts 1 and 2).
#[test]
fn naive_proofs_are_accepted_with_any_tails() {
    fn accepts<P: Profile>(shape: Shape) {
        let relations = shape.relations();
        let generators = Generators::<P>::new(relations.generator_count());
        let trace = Trace::random(&shape, 5);
        let publics = vec![trace.out.clone()];
        let mut prover = Adversary::sample(&relations, &generators, &trace);
        prover.fill_tails(6);
        assert_eq!(prover.attempt(&publics), Ok(()), "{shape:?}");
    }
    let shape = Shape::default();
    accepts::<ark_grumpkin::GrumpkinConfig>(shape);
    accepts::<ark_bn254::g1::Config>(Shape { hidden: 3, ..shape });
    accepts::<ark_grumpkin::GrumpkinConfig>(Shape {
        inputs: 9,
        outputs: 5,
        c: 2,
        ..shape
    });
    accepts::<ark_grumpkin::GrumpkinConfig>(Shape {
        samples: 7,
        c: 4,
        squares: false,
        ..shape
    });
}
