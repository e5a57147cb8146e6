//! What a verification takes, computed from the relations before anything is allocated, and how much of it is allowed.
//!
//! Relations come from a key, and a key may be hostile: a few bytes can ask for a table, a product of axes or a number of
//! readings without bound. So [`Relations::within`](crate::Relations::within) adds up, from shapes alone, what the script will
//! do, and refuses what is beyond the limits.

use crate::{Contraction, Layout, Parts, Readings, RelationsError, Source, Term};
use inferproof_view::Foreseen;
use std::collections::HashSet;

/// How much a verifier is ready to spend on a proof, and on making a key ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Field elements made or multiplied. A million takes some 30 milliseconds, and at most 32 megabytes.
    pub work: u64,
    /// Entries of all tables together.
    pub table_entries: u64,
    /// Row commitments of all tensors together, and entries of a row.
    pub rows: u64,
    /// Scalars that a proof sends under a pad.
    pub pads: u64,
    /// Numbers that describe the relations: their tables' values, their views' steps.
    pub description: u64,
}

impl Limits {
    /// Limits in proportion to an amount of work.
    #[must_use]
    pub const fn of_work(work: u64) -> Self {
        Self {
            work,
            table_entries: work / 4,
            rows: work / POINT,
            pads: work / POINT,
            description: work / 4,
        }
    }
}

impl Default for Limits {
    /// Some ten seconds of one core, by these costs some thirty without AVX-512 IFMA, and at most 8 gigabytes: two million rows or padded scalars, three hundred thousand generators, 64 million entries of
    /// tables.
    fn default() -> Self {
        Self::of_work(1 << 28)
    }
}

// What things take in field multiplications, of some 30 nanoseconds. Measured on one core, for both curves.

/// A point of a proof or a key: it is decoded, absorbed, and in a multi-exponentiation (2.5 to 6 microseconds). A point of a proof takes a
/// square root besides: 2 microseconds with AVX-512 IFMA, 9 without.
const POINT: u64 = 128;
/// A generator: it is hashed to the curve, which takes two square roots on average (4 microseconds with AVX-512 IFMA, 18 without).
const GENERATOR: u64 = 700;
/// A scalar that is sent under a pad: it is decoded, absorbed, and in the forms that constraints are (0.3 microseconds).
const PAD: u64 = 16;
/// A row of pads: its commitment, that of its mask, and two cross terms of the closing protocol.
const PAD_ROW: u64 = 2 * POINT + 2 * PAD;
/// A pullback or a reading, whatever its size: what is copied, hashed and kept of it (4 microseconds).
const READING: u64 = 128;
/// A lookup, whatever its size: its block, and its selector (1 microsecond).
const LOOKUP: u64 = 32;
/// A claim on a contraction, whatever its size: two operands with claims of their own (10 microseconds).
const CONTRACTION_CLAIM: u64 = 384;

/// The number of entries, saturated; an empty axis counts as one, since a product may meet it last.
fn entries<'a>(sizes: impl IntoIterator<Item = &'a usize>) -> u64 {
    let sizes = sizes.into_iter();
    sizes.fold(1, |n: u64, &d| n.saturating_mul(d.max(1) as u64))
}

/// One weight vector for each axis.
fn axes(shape: &[usize]) -> Vec<Vec<usize>> {
    shape.iter().map(|&n| vec![n]).collect()
}

/// A sum that saturates.
#[derive(Default)]
struct Sum(u64);

impl Sum {
    fn add(&mut self, work: u64) {
        self.0 = self.0.saturating_add(work);
    }
}

fn limit(what: &'static str, needed: u64, allowed: u64) -> Result<(), RelationsError> {
    if needed <= allowed {
        return Ok(());
    }
    Err(RelationsError::Limit {
        what,
        needed,
        allowed,
    })
}

/// What can be told before readings are collected: tables and tensors.
pub(crate) fn check_parts(parts: &Parts, limits: &Limits) -> Result<(), RelationsError> {
    let mut tables = Sum::default();
    parts.tables.iter().for_each(|t| tables.add(t.len() as u64));
    limit("table entries", tables.0, limits.table_entries)
}

/// As [`check_parts`], once the multiplicities are placed.
pub(crate) fn check_rows(parts: &Parts, limits: &Limits) -> Result<(), RelationsError> {
    let mut rows = Sum(1 << parts.c.min(63));
    let tensors = parts.tensors.iter();
    tensors.for_each(|t| rows.add(t.layout.row_count() as u64));
    limit("row commitments and entries of a row", rows.0, limits.rows)?;

    let mut description = Sum::default();
    let contractions = parts.contractions.iter();
    let operands = contractions.flat_map(|c| c.left.iter().chain(&c.right));
    let columns = parts
        .lookups
        .iter()
        .flat_map(|l| l.columns.iter().flatten());
    let linears = parts.linears.iter().flat_map(|l| &l.terms);
    operands
        .chain(columns)
        .chain(linears)
        .for_each(|t| description.add(t.view.size() as u64));
    let constants = parts.field.constants.iter();
    constants.for_each(|c| description.add(4 * c.values.len() as u64));
    limit("steps of views", description.0, limits.description)
}

/// About how many field elements the verifier makes or multiplies for a proof.
pub(crate) fn of_verification(parts: &Parts, readings: &Readings, pads: usize) -> u64 {
    let mut work = Sum::default();
    let width = 1u64 << parts.c.min(40);
    work.add(width.saturating_mul(GENERATOR + POINT));
    let pads = pads as u64;
    work.add(pads.saturating_mul(PAD));
    work.add(pads.div_ceil(width).saturating_mul(PAD_ROW));
    for tensor in &parts.tensors {
        work.add((tensor.layout.row_count() as u64).saturating_mul(POINT));
    }
    for table in &parts.tables {
        work.add((table.len() as u64).saturating_mul(4));
    }
    for public in &parts.publics {
        work.add(entries(public));
    }
    for lookup in &parts.lookups {
        work.add(LOOKUP);
        lookup.shape.iter().for_each(|&n| work.add(2 * n as u64));
    }
    let mut pullbacks: Vec<Option<Foreseen>> = Vec::new();
    for pullback in &readings.pullbacks {
        work.add(READING);
        let target = axes(pullback.view.target());
        target
            .iter()
            .flatten()
            .for_each(|&n| work.add(2 * n as u64));
        let pulled = pullback.view.foresee(&target);
        pulled.iter().for_each(|pulled| work.add(pulled.work));
        pullbacks.push(pulled);
    }
    let mut weighed = HashSet::new();
    for reading in &readings.all {
        work.add(READING);
        let Some(Some(pulled)) = pullbacks.get(reading.pullback.index()) else {
            continue;
        };
        match reading.source {
            Source::Contraction(i) => {
                work.add(CONTRACTION_CLAIM);
                if let Some(contraction) = parts.contractions.get(i) {
                    add_instance(parts, contraction, &pulled.groups, width, &mut work);
                }
            }
            Source::Committed(i) => {
                // Rows that are laid out alike are weighed alike, once for a functional.
                if let Some(tensor) = parts.tensors.get(i) {
                    let layout = &tensor.layout;
                    work.add(layout.row_count() as u64);
                    if weighed.insert((layout, reading.pullback)) {
                        work.add(of_rows(layout, &pulled.groups, width));
                    }
                }
            }
            source @ (Source::One | Source::Public(_) | Source::Constant(_)) => {
                add_claim(parts, source, &pulled.groups, width, &mut work);
            }
        }
    }
    work.0
}

/// A claim on a tensor, by a functional with these groups.
fn add_claim(parts: &Parts, source: Source, groups: &[Vec<usize>], width: u64, work: &mut Sum) {
    match source {
        Source::One | Source::Contraction(_) => {}
        Source::Public(i) => work.add(
            parts
                .publics
                .get(i)
                .map_or(0, |s| 2 * entries(s).min(1 << 62)),
        ),
        Source::Constant(i) => work.add(
            parts
                .field
                .constants
                .get(i)
                .map_or(0, |c| 2 * c.values.len() as u64),
        ),
        Source::Committed(i) => {
            if let Some(tensor) = parts.tensors.get(i) {
                work.add(of_rows(&tensor.layout, groups, width));
            }
        }
    }
}

/// A claim on a contraction becomes one on each operand.
fn add_instance(
    parts: &Parts,
    contraction: &Contraction,
    groups: &[Vec<usize>],
    width: u64,
    work: &mut Sum,
) {
    let mut rest = groups.iter();
    let mut take = |axes: usize| -> Vec<Vec<usize>> {
        let mut taken = Vec::new();
        let mut count = 0;
        while count < axes
            && let Some(group) = rest.next()
        {
            count += group.len();
            taken.push(group.clone());
        }
        taken
    };
    let shared = take(contraction.shared.len());
    let (left_free, right_free) = (
        take(contraction.left_free.len()),
        take(contraction.right_free.len()),
    );
    shared
        .iter()
        .for_each(|g| work.add(entries(g).saturating_mul(2)));
    let contracted = axes(&contraction.contracted);
    let left = [shared, left_free, contracted.clone()].concat();
    let right = [axes(&contraction.shared), right_free, contracted].concat();
    for (terms, groups) in [(&contraction.left, left), (&contraction.right, right)] {
        groups.iter().for_each(|g| work.add(entries(g)));
        terms
            .iter()
            .for_each(|t| add_operand(parts, t, &groups, width, work));
    }
}

fn add_operand(parts: &Parts, term: &Term, groups: &[Vec<usize>], width: u64, work: &mut Sum) {
    // The functional is copied for every term.
    groups.iter().for_each(|g| work.add(entries(g)));
    if let Some(pulled) = term.view.foresee(groups) {
        work.add(pulled.work);
        add_claim(parts, term.source, &pulled.groups, width, work);
    }
}

/// What [`Layout::row_weights`] takes.
fn of_rows(layout: &Layout, groups: &[Vec<usize>], width: u64) -> u64 {
    let weights = groups.iter().map(entries).fold(0, u64::saturating_add);
    let rows = (layout.row_count() as u64).saturating_mul(3);
    weights.saturating_add(rows).saturating_add(width)
}

pub(crate) fn check_work(work: u64, limits: &Limits) -> Result<(), RelationsError> {
    limit("field operations to verify a proof", work, limits.work)
}

pub(crate) fn check_pads(pads: usize, limits: &Limits) -> Result<(), RelationsError> {
    limit("padded scalars", pads as u64, limits.pads)
}
