//! Who may read field elements.
//!
//! An entry of a field tensor has no range. A linear claim and a product entry by entry mean the same of it as of an integer. In a lookup
//! it is known to be what its limbs say only if it is looked up as it is: `2^j v` is in `[0, 2^bits)` for `v = 2^-j` too. Any other
//! reader would let a fraction pass for an integer.

use crate::error::malformed;
use crate::{Contraction, Lookup, Parts, RelationsError, Source, Table, Term};
use inferproof_view::{Step, volume};

impl Parts {
    /// Whether a source's entries are field elements, rather than small integers.
    #[must_use]
    pub fn is_field(&self, source: Source) -> bool {
        match source {
            Source::One | Source::Public(_) => false,
            Source::Committed(i) => self.field.tensors.binary_search(&i).is_ok(),
            Source::Constant(_) => true,
            Source::Contraction(i) => self
                .contractions
                .get(i)
                .is_some_and(|contraction| self.is_field_product(contraction)),
        }
    }

    /// Whether a sum reads field elements.
    #[must_use]
    pub fn reads_field(&self, terms: &[Term]) -> bool {
        terms.iter().any(|term| self.is_field(term.source))
    }

    /// Whether a contraction is a product of field elements. Operands do not read contractions, so this ends.
    #[must_use]
    pub fn is_field_product(&self, contraction: &Contraction) -> bool {
        let mut terms = contraction.left.iter().chain(&contraction.right);
        terms.any(|term| match term.source {
            Source::Contraction(_) => false,
            source @ (Source::One
            | Source::Public(_)
            | Source::Committed(_)
            | Source::Constant(_)) => self.is_field(source),
        })
    }
}

/// Field tensors exist, and nothing reads them that must not.
pub(crate) fn check(parts: &Parts) -> Result<(), RelationsError> {
    if parts.field.is_empty() {
        return Ok(());
    }
    let ascending = parts.field.tensors.iter().is_sorted_by(|a, b| a < b);
    let last = parts.field.tensors.last();
    if !ascending || last.is_some_and(|&last| last >= parts.tensors.len()) {
        return Err(malformed(
            "the field tensors",
            "they are not tensors in ascending order",
        ));
    }
    for constant in &parts.field.constants {
        if volume(&constant.shape) != Some(constant.values.len()) {
            return Err(malformed(
                "a constant",
                "it has not as many values as its shape",
            ));
        }
    }
    for contraction in &parts.contractions {
        let entry_by_entry = contraction.left_free.is_empty()
            && contraction.right_free.is_empty()
            && contraction.contracted.is_empty();
        if parts.is_field_product(contraction) && !entry_by_entry {
            return Err(reader(
                &contraction.name,
                "a contraction that is no product entry by entry",
            ));
        }
    }
    parts
        .lookups
        .iter()
        .try_for_each(|lookup| check_lookup(parts, lookup))
}

fn check_lookup(parts: &Parts, lookup: &Lookup) -> Result<(), RelationsError> {
    let reads = lookup.columns.iter().any(|terms| parts.reads_field(terms));
    if !reads {
        return Ok(());
    }
    if !matches!(parts.tables.get(lookup.table), Some(Table::Range { .. })) {
        return Err(reader(&lookup.name, "a lookup in a table that is no range"));
    }
    let mut terms = lookup.columns.iter().flatten();
    let scaled = terms.any(|term| {
        let weighs = |step: &Step| {
            matches!(
                step,
                Step::Reduce {
                    weights: Some(_),
                    ..
                }
            )
        };
        parts.is_field(term.source)
            && (term.coefficient.unsigned_abs() != 1 || term.view.steps().iter().any(weighs))
    });
    match scaled {
        true => Err(reader(&lookup.name, "a lookup that scales them")),
        false => Ok(()),
    }
}

fn reader(place: &str, what: &'static str) -> RelationsError {
    RelationsError::FieldReader {
        place: place.to_owned(),
        what,
    }
}
