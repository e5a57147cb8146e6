//! Whether the parts of relations fit together.

use crate::error::malformed;
use crate::{Contraction, Parts, RelationsError, Source, Table, Term};

/// Rows of more than `2^MAX_ROW_BITS` entries are refused: the response alone would take gigabytes.
const MAX_ROW_BITS: u32 = 26;
/// Tables begin and end within this, so that their tuples do not overflow.
const MAX_TABLE_VALUE: u64 = 1 << 61;

/// Every part fits the others, before multiplicities are there.
pub(crate) fn check(parts: &Parts) -> Result<(), RelationsError> {
    if parts.c > MAX_ROW_BITS {
        return Err(malformed("the relations", "their rows are too long"));
    }
    check_tables(parts)?;
    check_tensors(parts)?;
    for lookup in &parts.lookups {
        let table = parts.tables.get(lookup.table);
        let table = table.ok_or_else(|| malformed(&lookup.name, "its table does not exist"))?;
        if table.arity() != lookup.columns.len() {
            return Err(malformed(
                &lookup.name,
                "it has not as many columns as its table",
            ));
        }
        for column in &lookup.columns {
            check_terms(parts, &lookup.name, &lookup.shape, column, false)?;
        }
    }
    for contraction in &parts.contractions {
        let Contraction {
            name, left, right, ..
        } = contraction;
        check_terms(parts, name, &contraction.left_shape(), left, true)?;
        check_terms(parts, name, &contraction.right_shape(), right, true)?;
    }
    for linear in &parts.linears {
        check_terms(parts, &linear.name, &linear.shape, &linear.terms, false)?;
    }
    Ok(())
}

fn check_tables(parts: &Parts) -> Result<(), RelationsError> {
    // Tuples are computed in 64 bits: a table near their ends would overflow, or panic, where it is evaluated.
    for (i, table) in parts.tables.iter().enumerate() {
        let small = |v: i64| v.unsigned_abs() <= MAX_TABLE_VALUE;
        let bounded = match table {
            Table::Range { low, .. } => small(*low),
            Table::Function { low, values } => small(*low) && values.iter().all(|&v| small(v)),
            Table::Clamp { low, high, .. } => small(*low) && small(*high) && low <= high,
        };
        if !bounded {
            let name = format!("table {i}");
            return Err(malformed(
                &name,
                "its values are too large, or its ends reversed",
            ));
        }
    }
    Ok(())
}

fn check_tensors(parts: &Parts) -> Result<(), RelationsError> {
    for tensor in &parts.tensors {
        if tensor.layout.row_width() > 1usize.checked_shl(parts.c).unwrap_or(0) {
            return Err(malformed(
                &tensor.name,
                "its rows are longer than the commitment's",
            ));
        }
    }
    Ok(())
}

/// The terms of a relation read what exists, by views that start and end where they should.
fn check_terms(
    parts: &Parts,
    place: &str,
    shape: &[usize],
    terms: &[Term],
    operand: bool,
) -> Result<(), RelationsError> {
    if terms.is_empty() {
        return Err(malformed(place, "it has no terms"));
    }
    for term in terms {
        let source: Option<Vec<usize>> = match term.source {
            Source::One => Some(Vec::new()),
            Source::Public(i) => parts.publics.get(i).cloned(),
            Source::Committed(i) => parts.tensors.get(i).map(|t| t.layout.shape().to_vec()),
            Source::Contraction(_) if operand => {
                return Err(malformed(
                    place,
                    "an operand of a contraction reads a contraction",
                ));
            }
            Source::Contraction(i) => parts.contractions.get(i).map(Contraction::output_shape),
            Source::Constant(i) => parts.field.constants.get(i).map(|c| c.shape.clone()),
        };
        let source = source.ok_or_else(|| malformed(place, "a term reads what does not exist"))?;
        if source != term.view.source() {
            return Err(malformed(
                place,
                "a term's view does not start at its source's shape",
            ));
        }
        if shape != term.view.target() {
            return Err(malformed(
                place,
                "a term does not have the shape of its relation",
            ));
        }
    }
    Ok(())
}
