//! Lookups, cut into boxes.

use super::boxes::{boxes, whole};
use super::{Builder, malformed};
use crate::lower::LowerError;
use inferproof_argument::{Lookup, Term};
use inferproof_view::{MAX_STEPS, Step};
use std::ops::Range;

impl Builder<'_> {
    /// Looks the columns up, in boxes whose axes are nearly powers of two: the argument pads them to such.
    pub(super) fn lookup(
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
            false => vec![whole(&shape)],
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
}
